#include "integrations/sandbox/cluster/quantity.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace driftwarden::sandbox::cluster {
namespace {

__extension__ using Wide = __int128;

enum class Family { Decimal, Exponent, Binary };

struct Quantity {
  Wide nanos = 0;
  Family family = Family::Decimal;
};

constexpr Wide kNano = 1'000'000'000;
constexpr Wide kLimit = static_cast<Wide>(std::numeric_limits<long long>::max()) * kNano;

std::optional<Wide> scale(std::string_view digits, int fraction, Wide multiplier, int exponent) {
  Wide value = 0;
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
    if (value > kLimit) return kLimit;
  }
  value *= multiplier;
  int shift = exponent - fraction + 9;
  for (; shift > 0; --shift) {
    value *= 10;
    if (value > kLimit) return kLimit;
  }
  bool rest = false;
  for (; shift < 0; ++shift) {
    rest |= value % 10 != 0;
    value /= 10;
  }
  return std::min(value + (rest ? 1 : 0), kLimit);
}

struct Suffix {
  std::string_view text;
  int exponent;  ///< of ten, or of 1024 for the binary ones
  bool binary;
};
constexpr std::array<Suffix, 16> kSuffixes{{{"", 0, false},
                                            {"n", -9, false},
                                            {"u", -6, false},
                                            {"m", -3, false},
                                            {"k", 3, false},
                                            {"M", 6, false},
                                            {"G", 9, false},
                                            {"T", 12, false},
                                            {"P", 15, false},
                                            {"E", 18, false},
                                            {"Ki", 1, true},
                                            {"Mi", 2, true},
                                            {"Gi", 3, true},
                                            {"Ti", 4, true},
                                            {"Pi", 5, true},
                                            {"Ei", 6, true}}};

std::optional<Quantity> parse(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::string digits;
  int fraction = 0;
  bool point = false;
  std::size_t at = 0;
  for (; at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) != 0 || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    digits += text[at];
    fraction += point ? 1 : 0;
  }
  if (digits.empty()) return std::nullopt;
  const auto suffix = text.substr(at);
  Quantity out;
  int exponent = 0;
  Wide multiplier = 1;
  if (suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E') && suffix != "Ei") {
    auto number = suffix.substr(1);
    if (number[0] == '+') number.remove_prefix(1);
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (failed != std::errc() || end != number.data() + number.size() || exponent > 100 || exponent < -100) return std::nullopt;
    out.family = Family::Exponent;
  } else {
    const auto* const known = std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const Suffix& one) { return one.text == suffix; });
    if (known == kSuffixes.end()) return std::nullopt;
    if (known->binary) {
      out.family = Family::Binary;
      for (int i = 0; i < known->exponent; ++i) multiplier *= 1024;
    } else {
      exponent = known->exponent;
    }
  }
  const auto value = scale(digits, fraction, multiplier, exponent);
  if (!value) return std::nullopt;
  out.nanos = negative ? -*value : *value;
  return out;
}

std::string print(Wide value) {
  if (value == 0) return "0";
  std::string out;
  const bool negative = value < 0;
  for (Wide rest = negative ? -value : value; rest > 0; rest /= 10) out += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::string print_binary(Wide units) {
  static constexpr std::array<std::string_view, 7> names{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  std::size_t power = 0;
  while (units % 1024 == 0 && power + 1 < names.size()) {
    units /= 1024;
    ++power;
  }
  return print(units).append(names[power]);
}

std::string print_decimal(Wide nanos, bool exponent_form) {
  static constexpr std::array<std::string_view, 10> names{"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  std::size_t power = 0;
  while (nanos % 1000 == 0 && power + 1 < names.size()) {
    nanos /= 1000;
    ++power;
  }
  std::string out = print(nanos);
  if (!exponent_form) return out.append(names[power]);
  const int exponent = static_cast<int>(power) * 3 - 9;
  return exponent == 0 ? out : out + "e" + std::to_string(exponent);
}

}  // namespace

std::optional<std::string> canonical_quantity(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return std::nullopt;
  if (parsed->nanos == 0) return "0";
  if (parsed->family == Family::Binary && (parsed->nanos >= 1024 * kNano || parsed->nanos <= -1024 * kNano)) {
    return print_binary((parsed->nanos + kNano - 1) / kNano);
  }
  return print_decimal(parsed->nanos, parsed->family == Family::Exponent);
}

long long quantity_millis(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return 0;
  const Wide millis = parsed->nanos / 1'000'000;
  constexpr Wide most = std::numeric_limits<long long>::max();
  return static_cast<long long>(std::clamp(millis, -most, most));
}

}  // namespace driftwarden::sandbox::cluster
