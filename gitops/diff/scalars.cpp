#include "gitops/diff/scalars.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;
__extension__ typedef unsigned __int128 Mantissa;

/// mantissa x 2^twos x 5^fives, without common factors: equal numbers have equal parts.
struct Exact {
  bool negative = false;
  Mantissa mantissa = 0;
  int twos = 0;
  int fives = 0;
  bool operator==(const Exact&) const = default;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Exact> with_suffix(Exact number, std::string_view suffix) {
  struct Suffix {
    std::string_view text;
    int twos;
    int tens;
  };
  static constexpr std::array<Suffix, 17> kSuffixes{{{"", 0, 0},
                                                     {"n", 0, -9},
                                                     {"u", 0, -6},
                                                     {"m", 0, -3},
                                                     {"k", 0, 3},
                                                     {"M", 0, 6},
                                                     {"G", 0, 9},
                                                     {"T", 0, 12},
                                                     {"P", 0, 15},
                                                     {"E", 0, 18},
                                                     {"Ki", 10, 0},
                                                     {"Mi", 20, 0},
                                                     {"Gi", 30, 0},
                                                     {"Ti", 40, 0},
                                                     {"Pi", 50, 0},
                                                     {"Ei", 60, 0},
                                                     {"K", 0, 3}}};
  for (const auto& known : kSuffixes) {
    if (known.text != suffix) continue;
    number.twos += known.twos + known.tens;
    number.fives += known.tens;
    return number;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc{} || end != suffix.data() + suffix.size() || exponent > 9999 || exponent < -9999) return std::nullopt;
  number.twos += exponent;
  number.fives += exponent;
  return number;
}

Exact reduced(Exact number) {
  if (number.mantissa == 0) return {};
  for (; number.mantissa % 2 == 0; number.mantissa /= 2) ++number.twos;
  for (; number.mantissa % 5 == 0; number.mantissa /= 5) ++number.fives;
  return number;
}

std::optional<Exact> parse_quantity(std::string_view text) {
  Exact number;
  std::size_t at = 0;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) number.negative = text[at++] == '-';
  int decimals = 0;
  int digits = 0;
  bool point = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    if (++digits > 37) return std::nullopt;
    number.mantissa = number.mantissa * 10 + static_cast<unsigned>(text[at] - '0');
    decimals += point ? 1 : 0;
  }
  if (digits == 0) return std::nullopt;
  number.twos = number.fives = -decimals;
  const auto scaled = with_suffix(number, text.substr(at));
  if (!scaled) return std::nullopt;
  return reduced(*scaled);
}

std::optional<Exact> quantity_of(const json& value) {
  if (value.is_string()) return parse_quantity(value.get_ref<const std::string&>());
  if (value.is_number()) return parse_quantity(value.dump());
  return std::nullopt;
}

/// Nanoseconds; Go's units.
std::optional<std::int64_t> parse_go_duration(std::string_view text) {
  struct Unit {
    std::string_view text;
    double nanoseconds;
  };
  static constexpr std::array<Unit, 8> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"\xC2\xB5s", 1e3}, {"\xCE\xBCs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (text == "0") return 0;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto length = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) { return known.text == text.substr(0, length); });
    if (unit == kUnits.end()) return std::nullopt;
    total += number * unit->nanoseconds;
    text.remove_prefix(length);
  }
  if (total > 9e18) return std::nullopt;
  return static_cast<std::int64_t>(negative ? -total : total);
}

bool same_bytes(const json& a, const json& b) {
  if (!a.is_string() || !b.is_string()) return false;
  const auto left = base64_decode(a.get_ref<const std::string&>());
  const auto right = base64_decode(b.get_ref<const std::string&>());
  return left && right && *left == *right;
}

bool same_time(const json& a, const json& b) {
  if (!a.is_string() || !b.is_string()) return false;
  const auto left = parse_time(a.get_ref<const std::string&>());
  const auto right = parse_time(b.get_ref<const std::string&>());
  return left && right && *left == *right;
}

}  // namespace

bool same_quantity(const json& a, const json& b) {
  const auto left = quantity_of(a);
  const auto right = quantity_of(b);
  return left && right && *left == *right;
}

bool same_go_duration(std::string_view a, std::string_view b) {
  const auto left = parse_go_duration(a);
  const auto right = parse_go_duration(b);
  return left && right && *left == *right;
}

bool same_scalar(const json& desired, const json& live, SchemaNode::Format format) {
  if (desired == live) return true;
  switch (format) {
    case SchemaNode::Format::Quantity: return same_quantity(desired, live);
    case SchemaNode::Format::Bytes: return same_bytes(desired, live);
    case SchemaNode::Format::Time: return same_time(desired, live);
    default: return false;
  }
}

bool is_zero(const json& value) {
  if (value.is_null() || value == json(false)) return true;
  if (value.is_number()) return value.get<double>() == 0;
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  if (value.is_array()) return value.empty();
  return value.is_object() && std::all_of(value.begin(), value.end(), [](const json& member) { return is_zero(member); });
}

}  // namespace driftwarden
