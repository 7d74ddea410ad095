#include "gitops/drift/cbor.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <optional>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

enum Major : std::uint8_t { kUnsigned = 0, kNegative = 1, kText = 3, kArray = 4, kMap = 5, kSimple = 7 };
enum Simple : std::uint8_t { kFalse = 20, kTrue = 21, kNull = 22, kDouble = 27 };

void put_bytes(std::uint64_t number, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
}

void put_head(Major major, std::uint64_t number, std::string& out) {
  const auto top = static_cast<unsigned>(major) << 5U;
  const auto put = [&](unsigned low) { out.push_back(static_cast<char>(top | low)); };
  if (number < 24) {
    put(static_cast<unsigned>(number));
  } else if (number <= 0xFF) {
    put(24);
    put_bytes(number, 1, out);
  } else if (number <= 0xFFFF) {
    put(25);
    put_bytes(number, 2, out);
  } else if (number <= 0xFFFFFFFF) {
    put(26);
    put_bytes(number, 4, out);
  } else {
    put(27);
    put_bytes(number, 8, out);
  }
}

void put_text(std::string_view text, std::string& out) {
  put_head(kText, text.size(), out);
  out += text;
}

void put_simple(Simple simple, std::string& out) { out.push_back(static_cast<char>(kSimple << 5 | simple)); }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool read(json& value, int depth = 0) {
    const auto head = take(1);
    if (!head || depth > 512) return false;
    const auto major = static_cast<std::uint8_t>(*head >> 5U);
    const auto low = static_cast<std::uint8_t>(*head & 31U);
    if (major == kSimple) return read_simple(low, value);
    const auto number = low < 24 ? std::optional<std::uint64_t>(low) : low <= 27 ? take(1 << (low - 24)) : std::nullopt;
    if (!number) return false;
    switch (major) {
      case kUnsigned: value = *number; return true;
      case kNegative: value = static_cast<std::int64_t>(~*number); return true;
      case kText: return read_text(*number, value);
      case kArray: return read_array(*number, value, depth);
      case kMap: return read_map(*number, value, depth);
      default: return false;
    }
  }
  bool done() const { return at_ == bytes_.size(); }

 private:
  std::optional<std::uint64_t> take(std::size_t count) {
    if (bytes_.size() - at_ < count) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8U | static_cast<std::uint8_t>(bytes_[at_++]);
    return number;
  }
  bool read_simple(std::uint8_t low, json& value) {
    if (low == kDouble) {
      const auto bits = take(8);
      if (bits) value = std::bit_cast<double>(*bits);
      return bits.has_value();
    }
    if (low == kFalse || low == kTrue) value = low == kTrue;
    return low >= kFalse && low <= kNull;
  }
  std::optional<std::string_view> text(std::uint64_t size) {
    if (bytes_.size() - at_ < size) return std::nullopt;
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  bool read_text(std::uint64_t size, json& value) {
    const auto found = text(size);
    if (found) value = *found;
    return found.has_value();
  }
  bool read_array(std::uint64_t size, json& value, int depth) {
    if (size > bytes_.size() - at_) return false;
    json::array_t items(size);
    for (auto& item : items) {
      if (!read(item, depth + 1)) return false;
    }
    value = std::move(items);
    return true;
  }
  bool read_map(std::uint64_t size, json& value, int depth) {
    json::object_t members;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto head = take(1);
      if (!head || *head >> 5U != kText) return false;
      const auto low = *head & 31U;
      const auto length = low < 24 ? std::optional<std::uint64_t>(low) : low <= 27 ? take(std::size_t{1} << (low - 24)) : std::nullopt;
      const auto key = length ? text(*length) : std::nullopt;
      if (!key) return false;
      const auto member = members.emplace_hint(members.end(), std::string(*key), nullptr);
      if (!read(member->second, depth + 1)) return false;
    }
    value = std::move(members);
    return true;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

bool writes_only_status(const json& entry) {
  const auto subresource = entry.find("subresource");
  return subresource != entry.end() && *subresource == "status";
}

/// All members but one.
void write_without(const json& object, std::string_view name, std::string& out) {
  put_head(kMap, object.size() - object.count(name), out);
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key() == name) continue;
    put_text(it.key(), out);
    write_cbor(*it, out);
  }
}

void write_managed(const json& entries, std::string& out) {
  put_head(kArray, entries.size(), out);
  for (const auto& entry : entries) {
    if (entry.is_object() && writes_only_status(entry)) {
      write_without(entry, "fieldsV1", out);
    } else {
      write_cbor(entry, out);
    }
  }
}

}  // namespace

void write_cbor(const json& value, std::string& out) {
  switch (value.type()) {
    case json::value_t::object:
      put_head(kMap, value.size(), out);
      for (auto it = value.begin(); it != value.end(); ++it) {
        put_text(it.key(), out);
        write_cbor(*it, out);
      }
      return;
    case json::value_t::array:
      put_head(kArray, value.size(), out);
      for (const auto& item : value) write_cbor(item, out);
      return;
    case json::value_t::string: return put_text(value.get_ref<const std::string&>(), out);
    case json::value_t::boolean: return put_simple(value.get<bool>() ? kTrue : kFalse, out);
    case json::value_t::number_unsigned: return put_head(kUnsigned, value.get<std::uint64_t>(), out);
    case json::value_t::number_integer: {
      const auto number = value.get<std::int64_t>();
      return number < 0 ? put_head(kNegative, ~static_cast<std::uint64_t>(number), out) : put_head(kUnsigned, static_cast<std::uint64_t>(number), out);
    }
    case json::value_t::number_float:
      put_simple(kDouble, out);
      return put_bytes(std::bit_cast<std::uint64_t>(value.get<double>()), 8, out);
    default: return put_simple(kNull, out);
  }
}

void write_cbor_for_keeping(const json& live, std::string& out) {
  put_head(kMap, live.size() - live.count("status"), out);
  for (auto it = live.begin(); it != live.end(); ++it) {
    if (it.key() == "status") continue;
    put_text(it.key(), out);
    if (it.key() != "metadata" || !it->is_object()) {
      write_cbor(*it, out);
      continue;
    }
    put_head(kMap, it->size(), out);
    for (auto inner = it->begin(); inner != it->end(); ++inner) {
      put_text(inner.key(), out);
      if (inner.key() == "managedFields" && inner->is_array()) {
        write_managed(*inner, out);
      } else {
        write_cbor(*inner, out);
      }
    }
  }
}

json read_cbor(std::string_view bytes) {
  json value;
  Reader reader(bytes);
  if (!reader.read(value) || !reader.done()) return json(json::value_t::discarded);
  return value;
}

}  // namespace driftwarden
