#include "integrations/sandbox/cluster/protobuf.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/sandbox/cluster/schema.hpp"

#include <bit>
#include <cstdint>
#include <stdexcept>

namespace driftwarden::sandbox::cluster {
namespace {

struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("malformed protobuf") {}
};

struct Part {
  int number = 0;
  std::uint64_t value = 0;  ///< of varints and fixed numbers
  std::string_view bytes;   ///< of length-delimited ones
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }

  Part next() {
    const auto tag = varint();
    Part part;
    part.number = static_cast<int>(tag >> 3U);
    switch (tag & 7U) {
      case 0: part.value = varint(); break;
      case 1: part.value = fixed(8); break;
      case 2: part.bytes = take(varint()); break;
      case 5: part.value = fixed(4); break;
      default: throw Malformed();
    }
    return part;
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) throw Malformed();
    const auto out = bytes_.substr(0, static_cast<std::size_t>(size));
    bytes_.remove_prefix(static_cast<std::size_t>(size));
    return out;
  }

  std::uint64_t fixed(std::size_t size) {
    std::uint64_t out = 0;
    const auto raw = take(size);
    for (std::size_t i = size; i > 0; --i) out = out << 8U | static_cast<unsigned char>(raw[i - 1]);
    return out;
  }

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return out;
    }
    throw Malformed();
  }

  std::string_view bytes_;
};

/// Small messages as number -> part, the last one winning.
std::map<int, Part> parts_of(std::string_view bytes) {
  std::map<int, Part> out;
  for (Reader reader(bytes); !reader.done();) {
    const Part part = reader.next();
    out[part.number] = part;
  }
  return out;
}

Json time_of(std::string_view bytes) {
  auto parts = parts_of(bytes);
  if (parts.empty()) return nullptr;
  return format_time(WallTime{std::chrono::seconds{static_cast<long long>(parts[1].value)}});
}

void read_struct(const TypeDef& def, std::string_view bytes, Json& out, int depth);

Json read_value(const TypeRef& type, const Part& part, int depth) {
  switch (type.shape) {
    case Shape::String: return std::string(part.bytes);
    case Shape::Bytes: return base64_encode(part.bytes);
    case Shape::Int32: return static_cast<std::int32_t>(part.value);
    case Shape::Int64: return static_cast<std::int64_t>(part.value);
    case Shape::Bool: return part.value != 0;
    case Shape::Float: return std::bit_cast<double>(part.value);
    case Shape::Quantity: return std::string(parts_of(part.bytes)[1].bytes);
    case Shape::IntOrString: {
      auto parts = parts_of(part.bytes);
      return parts[1].value == 0 ? Json(static_cast<std::int32_t>(parts[2].value)) : Json(std::string(parts[3].bytes));
    }
    case Shape::Time:
    case Shape::MicroTime: return time_of(part.bytes);
    case Shape::Opaque:
    case Shape::Untyped: return Json::parse(parts_of(part.bytes)[1].bytes, nullptr, false);
    case Shape::Struct: {
      Json out = Json::object();
      read_struct(*type.def, part.bytes, out, depth + 1);
      return out;
    }
    default: throw Malformed();
  }
}

void read_field(const TypeRef& type, const Part& part, Json& slot, int depth) {
  if (type.shape == Shape::List) {
    slot.push_back(read_value(*type.element, part, depth));
  } else if (type.shape == Shape::Map) {
    auto entry = parts_of(part.bytes);
    slot[std::string(entry[1].bytes)] = read_value(*type.element, entry[2], depth);
  } else {
    slot = read_value(type, part, depth);
  }
}

void read_struct(const TypeDef& def, std::string_view bytes, Json& out, int depth) {
  if (depth > 64) throw Malformed();
  for (Reader reader(bytes); !reader.done();) {
    const Part part = reader.next();
    if (const auto inlined = def.inlined.find(part.number); inlined != def.inlined.end()) {
      read_struct(*inlined->second, part.bytes, out, depth + 1);
      continue;
    }
    for (const auto& field : def.fields) {
      if (field.number == part.number) read_field(field.type, part, out[field.name], depth);
    }
  }
}

}  // namespace

std::optional<Json> decode_protobuf(std::string_view body) {
  constexpr std::string_view magic("k8s\0", 4);
  if (!body.starts_with(magic)) return std::nullopt;
  try {
    auto envelope = parts_of(body.substr(magic.size()));
    auto meta = parts_of(envelope[1].bytes);
    const std::string kind(meta[2].bytes);
    const TypeDef* def = find_type(kind);
    if (def == nullptr) return std::nullopt;
    Json out = Json::object();
    read_struct(*def, envelope[2].bytes, out, 0);
    out["apiVersion"] = std::string(meta[1].bytes);
    out["kind"] = kind;
    return out;
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace driftwarden::sandbox::cluster
