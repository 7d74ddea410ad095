// Which tag is newer, as far as names tell.
#include "gitops/base/text.hpp"
#include "integrations/registry/registry.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <compare>

namespace driftwarden::registry {
namespace {

/// What a tag is, the least telling first: words, dates and build numbers, versions.
enum class Class { Words, Number, Version };
/// What stands behind the numbers: "-rc1", "-alpine", nothing, "-3-g4f2c81a".
enum class Suffix { Before, Variant, None, After };

struct Key {
  Class kind = Class::Words;
  std::vector<std::string> numbers;  ///< without leading zeros, so that length and letters decide
  Suffix suffix = Suffix::None;
  std::string rest;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string without_zeros(std::string_view digits) {
  const auto first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "" : std::string(digits.substr(first));
}

std::strong_ordering compare_numbers(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// Digits as numbers, the rest as letters: "rc10" is after "rc9".
std::strong_ordering compare_natural(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto from_a = i;
      const auto from_b = j;
      while (i < a.size() && is_digit(a[i])) ++i;
      while (j < b.size() && is_digit(b[j])) ++j;
      const auto order = compare_numbers(without_zeros(a.substr(from_a, i - from_a)), without_zeros(b.substr(from_b, j - from_b)));
      if (order != 0) return order;
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) <=> static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  return (a.size() - i) <=> (b.size() - j);
}

std::string_view letters_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_letter(text[end])) ++end;
  return text.substr(0, end);
}

bool is_before_release(std::string_view word) {
  constexpr std::array<std::string_view, 17> kWords{"a",   "alpha", "b",        "beta",   "canary", "cr",  "dev",  "ea",  "m",
                                                     "next", "nightly", "pre", "preview", "prerelease", "rc", "snapshot", "test"};
  return std::ranges::find(kWords, word) != kWords.end();
}

/// "-3-g4f2c81a": so many commits after the release.
bool is_described(std::string_view rest) {
  const auto dash = rest.find('-');
  if (dash == std::string_view::npos || dash == 0 || !std::ranges::all_of(rest.substr(0, dash), is_digit)) return false;
  const auto sha = rest.substr(dash + 1);
  return sha.size() > 4 && sha.front() == 'g' && sha.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

bool is_date(std::string_view text) {
  if (text.size() != 8 || !std::ranges::all_of(text, is_digit)) return false;
  const int month = (text[4] - '0') * 10 + (text[5] - '0');
  const int day = (text[6] - '0') * 10 + (text[7] - '0');
  return (text.starts_with("19") || text.starts_with("20")) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/// "2026-11-21", "20261121", each with more behind it.
bool read_date(std::string_view text, Key& key) {
  std::string digits;
  std::size_t end = 8;
  if (text.size() >= 10 && text[4] == '-' && text[7] == '-') {
    digits = std::string(text.substr(0, 4)) + std::string(text.substr(5, 2)) + std::string(text.substr(8, 2));
    end = 10;
  } else {
    digits = text.substr(0, 8);
  }
  if (!is_date(digits) || (text.size() > end && is_digit(text[end]))) return false;
  key.kind = Class::Number;
  key.numbers = {digits};
  key.rest = text.substr(end);
  return true;
}

void read_suffix(std::string_view rest, Key& key) {
  key.rest = to_lower(rest);
  std::string_view bare = key.rest;
  if (bare.starts_with('+') || bare.empty()) return;
  if (bare.find_first_of("-_.") == 0) bare = bare.substr(1);
  if (is_described(bare)) {
    key.suffix = Suffix::After;
  } else {
    key.suffix = is_before_release(letters_of(bare)) ? Suffix::Before : Suffix::Variant;
  }
}

Key key_of(std::string_view tag) {
  constexpr std::size_t kLongestMajor = 6;
  Key key;
  if (!tag.empty() && is_digit(tag.front()) && read_date(tag, key)) return key;
  auto text = tag;
  const bool marked = text.size() > 1 && (text.front() == 'v' || text.front() == 'V') && is_digit(text[1]);
  if (marked) text = text.substr(1);
  while (!text.empty() && is_digit(text.front())) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    key.numbers.push_back(without_zeros(text.substr(0, end)));
    text = text.substr(end);
    if (text.size() > 1 && text.front() == '.' && is_digit(text[1])) {
      text = text.substr(1);
    } else {
      break;
    }
  }
  if (key.numbers.empty()) return key;
  // "3f2c81a" is a commit, "1.4rc1" a version.
  const bool glued = !text.empty() && is_letter(text.front());
  if (glued && (key.numbers.size() < 2 || !is_before_release(to_lower(letters_of(text))))) return Key{};
  key.kind = key.numbers.size() == 1 && !marked && key.numbers.front().size() > kLongestMajor ? Class::Number : Class::Version;
  read_suffix(text, key);
  return key;
}

/// Greater is newer.
std::strong_ordering compare(const Key& a, const Key& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  if (a.kind == Class::Words) return std::strong_ordering::equal;
  for (std::size_t i = 0; i < std::max(a.numbers.size(), b.numbers.size()); ++i) {
    const auto order = compare_numbers(i < a.numbers.size() ? a.numbers[i] : "", i < b.numbers.size() ? b.numbers[i] : "");
    if (order != 0) return order;
  }
  if (a.suffix != b.suffix) return a.suffix <=> b.suffix;
  if (const auto order = compare_natural(a.rest, b.rest); order != 0) return order;
  return a.numbers.size() <=> b.numbers.size();
}

}  // namespace

std::vector<std::string> by_version(std::vector<std::string> tags) {
  std::vector<std::pair<Key, std::string>> keyed;
  keyed.reserve(tags.size());
  for (auto& tag : tags) {
    auto key = key_of(tag);
    keyed.emplace_back(std::move(key), std::move(tag));
  }
  std::ranges::stable_sort(keyed, [](const auto& a, const auto& b) { return compare(a.first, b.first) > 0; });
  std::vector<std::string> sorted;
  sorted.reserve(keyed.size());
  for (auto& [key, tag] : keyed) sorted.push_back(std::move(tag));
  return sorted;
}

}  // namespace driftwarden::registry
