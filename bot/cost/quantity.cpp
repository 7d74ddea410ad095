#include "bot/cost/quantity.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

namespace driftwarden {
namespace {

constexpr Wide kBillion = 1'000'000'000;
constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) * kBillion;
constexpr int kBillionths = 9;
constexpr int kMostDigits = 36;
constexpr std::int64_t kMostMoney = 1'000'000'000'000'000;

struct Scale {
  int tens = 0;
  int twos = 0;
};

constexpr std::array<std::pair<std::string_view, Scale>, 15> kSuffixes{{{"", {0, 0}},
                                                                        {"n", {-9, 0}},
                                                                        {"u", {-6, 0}},
                                                                        {"m", {-3, 0}},
                                                                        {"k", {3, 0}},
                                                                        {"M", {6, 0}},
                                                                        {"G", {9, 0}},
                                                                        {"T", {12, 0}},
                                                                        {"P", {15, 0}},
                                                                        {"E", {18, 0}},
                                                                        {"Ki", {0, 10}},
                                                                        {"Mi", {0, 20}},
                                                                        {"Gi", {0, 30}},
                                                                        {"Ti", {0, 40}},
                                                                        {"Pi", {0, 50}}}};

std::optional<Scale> scale_of(std::string_view suffix) {
  if (suffix == "Ei") return Scale{0, 60};
  for (const auto& [name, scale] : kSuffixes) {
    if (name == suffix) return scale;
  }
  if (suffix.size() < 2 || (suffix.front() != 'e' && suffix.front() != 'E')) return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix.front() == '+') suffix.remove_prefix(1);
  int exponent = 0;
  const auto [end, failed] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (failed != std::errc{} || end != suffix.data() + suffix.size() || exponent > 99 || exponent < -99) return std::nullopt;
  return Scale{exponent, 0};
}

struct Digits {
  Wide value = 0;
  int fraction = 0;  ///< how many stand behind the point
  std::size_t length = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Digits> read_digits(std::string_view text) {
  Digits read;
  bool any = false;
  bool point = false;
  int counted = 0;
  for (; read.length < text.size(); ++read.length) {
    const char c = text[read.length];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(c)) break;
    any = true;
    if (read.value > 0 || c != '0') ++counted;
    if (counted > kMostDigits) return std::nullopt;
    read.value = read.value * 10 + (c - '0');
    if (point) ++read.fraction;
  }
  return any ? std::optional{read} : std::nullopt;
}

std::optional<Wide> times(Wide one, Wide other) {
  Wide product = 0;
  if (__builtin_mul_overflow(one, other, &product)) return std::nullopt;
  return product;
}

}  // namespace

std::optional<Wide> parse_quantity(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto digits = read_digits(text);
  if (!digits) return std::nullopt;
  const auto scale = scale_of(text.substr(digits->length));
  if (!scale) return std::nullopt;
  auto value = times(digits->value, static_cast<Wide>(1) << scale->twos);
  if (!value || *value == 0) return value;
  int tens = scale->tens + kBillionths - digits->fraction;
  for (; tens > 0 && value; --tens) value = times(*value, 10);
  bool finer = false;
  for (; tens < 0 && value && *value > 0; ++tens) {
    finer = finer || *value % 10 != 0;
    *value /= 10;
  }
  if (value && finer) ++*value;
  return value && *value <= kMost ? value : std::nullopt;
}

std::optional<Wide> quantity_of(const nlohmann::json& value) {
  if (value.is_string()) return parse_quantity(value.get_ref<const std::string&>());
  if (!value.is_number()) return std::nullopt;
  return parse_quantity(value.dump());
}

std::optional<std::int64_t> priced(Wide billionths, std::int64_t count, std::int64_t price, std::int64_t unit) {
  if (count < 0 || price < 0 || unit <= 0) return std::nullopt;
  const auto units = times(billionths, count);
  const auto money = units ? times(*units, price) : std::nullopt;
  if (!money) return std::nullopt;
  const auto divisor = kBillion * unit;
  const auto whole = *money / divisor + (*money % divisor >= divisor / 2 + divisor % 2 ? 1 : 0);
  if (whole > kMostMoney) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

}  // namespace driftwarden
