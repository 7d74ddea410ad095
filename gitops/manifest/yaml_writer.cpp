#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/yaml_scalar.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

int key_rank(std::string_view key, bool in_metadata) {
  static constexpr std::array<std::string_view, 3> kTop{"apiVersion", "kind", "metadata"};
  static constexpr std::array<std::string_view, 4> kMetadata{"name", "namespace", "labels", "annotations"};
  const auto rank = [&](const auto& order) { return static_cast<int>(std::find(order.begin(), order.end(), key) - order.begin()); };
  if (in_metadata) return rank(kMetadata);
  return key == "status" ? 9 : key == "name" ? 2 : rank(kTop);
}

std::vector<json::const_iterator> ordered(const json& map, bool in_metadata) {
  std::vector<json::const_iterator> members;
  for (auto it = map.begin(); it != map.end(); ++it) members.push_back(it);
  std::stable_sort(members.begin(), members.end(),
                   [&](const auto& a, const auto& b) { return key_rank(a.key(), in_metadata) < key_rank(b.key(), in_metadata); });
  return members;
}

/// Fit for a literal block: lines of printable text that a reader gives back byte for byte.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ' || text.front() == '\t') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || c >= 0x80) return false;
    if (c == '\n' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t')) return false;
  }
  return text.back() != ' ' && text.back() != '\t' && text.find_first_not_of('\n') != std::string_view::npos;
}

/// Double quotes as every YAML reader takes them: control characters and Unicode's line breaks escaped, all else as it is.
std::string quoted(const std::string& text) {
  const auto plain = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  out.reserve(plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto rest = std::string_view(plain).substr(i);
    if (rest[0] == '\x7F') {
      out += "\\u007f";
    } else if (rest[0] == '\xC2' && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) {
      static constexpr std::string_view kHex = "0123456789abcdef";
      const auto low = static_cast<unsigned char>(rest[1]);
      out.append("\\u00").append(1, kHex[low >> 4U]).append(1, kHex[low & 15U]);
      ++i;
    } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF")) {
      out += "\\ufeff";
      i += 2;
    } else {
      out += rest[0];
    }
  }
  return out;
}

class Writer {
 public:
  std::string out;

  void map(const json& value, std::size_t indent, bool in_metadata, bool first_inline) {
    for (const auto& member : ordered(value, in_metadata)) {
      if (!first_inline) out.append(indent, ' ');
      first_inline = false;
      scalar_text(member.key(), true);
      out += ':';
      child(*member, indent, member.key() == "metadata");
    }
  }

  void top(const json& value) {
    if (value.is_object() && !value.empty()) return map(value, 0, false, false);
    if (value.is_array() && !value.empty()) return list(value, 0);
    scalar(value, 0);
    out += '\n';
  }

 private:
  void child(const json& value, std::size_t indent, bool in_metadata) {
    if (value.is_object() && !value.empty()) {
      out += '\n';
      return map(value, indent + 2, in_metadata, false);
    }
    if (value.is_array() && !value.empty()) {
      out += '\n';
      return list(value, indent);
    }
    out += ' ';
    scalar(value, indent + 2);
    out += '\n';
  }

  void list(const json& value, std::size_t indent) {
    for (const auto& item : value) {
      out.append(indent, ' ');
      out += "- ";
      if (item.is_object() && !item.empty()) {
        map(item, indent + 2, false, true);
      } else if (item.is_array() && !item.empty()) {
        flow(item);
        out += '\n';
      } else {
        scalar(item, indent + 2);
        out += '\n';
      }
    }
  }

  /// Lists in lists are rare and short: flow style keeps them on one line.
  void flow(const json& value) {
    if (!value.is_structured()) {
      out += value.is_string() ? quoted(value.get_ref<const std::string&>()) : value.dump();
      return;
    }
    out += value.is_object() ? '{' : '[';
    bool first = true;
    for (auto it = value.begin(); it != value.end(); ++it) {
      if (!std::exchange(first, false)) out += ", ";
      if (value.is_object()) out += quoted(it.key()) + ": ";
      flow(*it);
    }
    out += value.is_object() ? '}' : ']';
  }

  void scalar(const json& value, std::size_t indent) {
    if (!value.is_string()) {
      out += value.dump();
      return;
    }
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > 1 && fits_block(text)) return block(text, indent);
    scalar_text(text, false);
  }

  void scalar_text(const std::string& text, bool key) {
    if (is_plain_string(text) && (!key || text.size() < 120)) {
      out += text;
    } else {
      out += quoted(text);
    }
  }

  void block(const std::string& text, std::size_t indent) {
    const auto last = text.find_last_not_of('\n');
    const auto newlines = text.size() - last - 1;
    out += newlines == 0 ? "|-" : newlines == 1 ? "|" : "|+";
    std::size_t start = 0;
    const auto end = newlines == 0 ? text.size() : text.size() - 1;
    while (start <= end) {
      const auto stop = std::min(text.find('\n', start), end);
      out += '\n';
      if (stop > start) out.append(indent, ' ').append(text, start, stop - start);
      start = stop + 1;
    }
  }
};

/// Without a key there is nothing to hash with: whatever isn't a digest yet is taken out.
json without_secrets(const json& object) {
  auto copy = object;
  for (const auto* member : {"data", "stringData"}) {
    if (!copy.contains(member) || !copy[member].is_object()) continue;
    for (auto& value : copy[member]) {
      if (!value.is_string() || !value.get_ref<const std::string&>().starts_with("hmac:")) value = "<redacted>";
    }
  }
  if (copy.contains("metadata") && copy["metadata"].is_object() && copy["metadata"].contains("annotations")) {
    auto& annotations = copy["metadata"]["annotations"];
    if (annotations.is_object()) annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  }
  return copy;
}

}  // namespace

std::string to_yaml(const json& object) {
  Writer writer;
  if (object.is_object() && object.value("kind", json()) == "Secret") {
    writer.top(without_secrets(object));
  } else {
    writer.top(object);
  }
  return std::move(writer.out);
}

}  // namespace driftwarden
