#include "bot/config/node_json.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

template <class Number>
std::optional<Number> whole(std::string_view text, int base) {
  Number value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

json integer_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const auto value = whole<std::uint64_t>(text.substr(2), text[1] == 'x' ? 16 : 8);
    return value ? json(*value) : json();
  }
  if (const auto small = whole<std::int64_t>(text, 10)) return *small;
  if (const auto large = whole<std::uint64_t>(text, 10)) return *large;
  return {};
}

json fraction_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_of("0123456789") == std::string_view::npos || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return {};
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

json scalar_of(const ConfigNode& node) {
  const auto& text = node.text;
  if (!node.plain) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (auto number = integer_of(text); !number.is_null()) return number;
  if (auto number = fraction_of(text); !number.is_null()) return number;
  return text;
}

}  // namespace

json to_json(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::Null: return nullptr;
    case ConfigNode::Kind::Scalar: return scalar_of(node);
    case ConfigNode::Kind::List: {
      auto out = json::array();
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    case ConfigNode::Kind::Map: {
      auto out = json::object();
      for (const auto& entry : node.entries) out[entry.key.text] = to_json(entry.value);
      return out;
    }
  }
  return nullptr;
}

}  // namespace driftwarden
