#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool any_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<json> from_word(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kTrue{"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
  static constexpr std::array<std::string_view, 11> kFalse{"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
  static constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
  static constexpr std::array<std::string_view, 3> kNan{".nan", ".NaN", ".NAN"};
  static constexpr std::array<std::string_view, 6> kInf{".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"};
  static constexpr std::array<std::string_view, 3> kMinusInf{"-.inf", "-.Inf", "-.INF"};
  if (text.size() > 5) return std::nullopt;
  if (any_of(text, kTrue)) return json(true);
  if (any_of(text, kFalse)) return json(false);
  if (any_of(text, kNull)) return json(nullptr);
  if (any_of(text, kNan)) return json(std::numeric_limits<double>::quiet_NaN());
  if (any_of(text, kInf)) return json(std::numeric_limits<double>::infinity());
  if (any_of(text, kMinusInf)) return json(-std::numeric_limits<double>::infinity());
  return std::nullopt;
}

/// Go's ParseInt with base 0, underscores already gone.
std::optional<json> as_integer(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  if (text.empty() || text[0] == '-' || text[0] == '+') return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (end != text.data() + text.size() || error != std::errc{}) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!negative) return value <= kMax ? json(static_cast<std::int64_t>(value)) : json(value);
  if (value > kMax + 1) return std::nullopt;
  return json(static_cast<std::int64_t>(0 - value));
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool looks_like_float(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const auto digits = [&] {
    const auto start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  const auto whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

/// Go writes 1000.0 into JSON as 1000, which is then an integer.
json number_from_double(double value) {
  if (std::floor(value) == value && std::abs(value) < 9007199254740992.0) return json(static_cast<std::int64_t>(value));
  return json(value);
}

std::optional<json> as_float(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error != std::errc{}) return std::nullopt;
  return number_from_double(value);
}

/// YYYY-M-D..., which Go reads as a time and then keeps as the text that it was. Never a number in any case.
bool starts_like_a_date(std::string_view text) { return text.size() > 4 && std::all_of(text.begin(), text.begin() + 4, is_digit) && text[4] == '-'; }

}  // namespace

json resolve_plain_scalar(std::string_view text) {
  if (auto word = from_word(text)) return *std::move(word);
  const char first = text[0];
  if (first == '.') {
    if (looks_like_float(text)) {
      if (auto number = as_float(text)) return *std::move(number);
    }
    return json(text);
  }
  if ((!is_digit(first) && first != '+' && first != '-') || starts_like_a_date(text)) return json(text);
  std::string plain(text);
  std::erase(plain, '_');
  if (auto number = as_integer(plain)) return *std::move(number);
  if (looks_like_float(plain)) {
    if (auto number = as_float(plain)) return *std::move(number);
  }
  return json(text);
}

std::optional<std::string> key_text(const json& key) {
  if (key.is_string()) return key.get<std::string>();
  if (key.is_boolean()) return key.get<bool>() ? "true" : "false";
  if (key.is_number_integer()) return key.dump();
  if (key.is_number_float()) return fmt::format("{}", static_cast<float>(key.get<double>()));
  return std::nullopt;
}

bool is_plain_string(std::string_view text) {
  if (text.empty() || text == "<<" || text == "=" || text.front() == ' ' || text.back() == ' ') return false;
  static constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";
  if (kIndicators.find(text.front()) != std::string_view::npos) {
    const bool dash_word = text.size() > 1 && text.front() == '-' && text[1] != ' ' && text[1] != '-';
    if (!dash_word) return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c >= 0x7f || std::string_view("[]{},").find(text[i]) != std::string_view::npos) return false;
    if (c == ':' && (i + 1 == text.size() || text[i + 1] == ' ')) return false;
    if (c == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  // Base 60, dates and everything else that begins like a number stays quoted: other readers take them for numbers.
  if (is_digit(text.front()) || ((text.front() == '-' || text.front() == '+' || text.front() == '.') && text.size() > 1 && is_digit(text[1]))) {
    static constexpr std::string_view kNumeric = "0123456789.:-+_eExXoObBaAcCdDfFtTzZ";
    if (text.find_first_not_of(kNumeric) == std::string_view::npos) return false;
  }
  return resolve_plain_scalar(text).is_string();
}

}  // namespace driftwarden
