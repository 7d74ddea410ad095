#include "gitops/diff/images.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == '+'; }

/// A number at the front; nothing without one, or with one that is too large to be meant as a number.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || length == 0 || length > 14 || !is_digit(text[0])) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

/// "2026-11-02", "20261102", "20261102T1530Z"... and whatever follows.
struct Dated {
  std::int64_t date = 0;
  std::string_view rest;
};

bool is_date(std::int64_t year, std::int64_t month, std::int64_t day) {
  return year >= 2000 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

std::optional<Dated> dated(std::string_view text) {
  const auto start = text;
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  const auto digits = start.size() - text.size();
  if (digits == 4 && text.size() >= 6 && is_separator(text[0]) && text[0] == text[3]) {
    auto month_text = text.substr(1, 2);
    auto day_text = text.substr(4, 2);
    const auto month = take_number(month_text);
    const auto day = take_number(day_text);
    text.remove_prefix(6);
    if (!month || !day || !month_text.empty() || !day_text.empty() || !is_date(*first, *month, *day) || (!text.empty() && is_digit(text[0]))) {
      return std::nullopt;
    }
    return Dated{*first * 10000 + *month * 100 + *day, text};
  }
  // With hours and minutes, and seconds, right behind it.
  std::int64_t date = *first;
  if (digits == 12) date /= 10000;
  if (digits == 14) date /= 1000000;
  if ((digits != 8 && digits != 12 && digits != 14) || !is_date(date / 10000, date / 100 % 100, date % 100)) return std::nullopt;
  return Dated{date, digits == 8 ? text : start.substr(8)};
}

std::optional<bool> older_rest(std::string_view rest, std::string_view than) {
  if (rest == than) return false;
  const auto strip = [](std::string_view text) {
    while (!text.empty() && (is_separator(text[0]) || text[0] == 'T' || text[0] == 't')) text.remove_prefix(1);
    while (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
    return text;
  };
  auto left = strip(rest);
  auto right = strip(than);
  // A time of day or a counter; longer digits may be anybody's hash.
  if (left.size() > 6 || right.size() > 6 || left.empty() || right.empty()) return std::nullopt;
  const auto a = take_number(left);
  const auto b = take_number(right);
  if (!a || !b || !left.empty() || !right.empty() || *a == *b) return std::nullopt;
  return *a < *b;
}

struct Version {
  std::vector<std::int64_t> numbers;
  std::string_view suffix;
};

/// At least two numbers with points between them: "1.2", "1.2.3-rc.1".
std::optional<Version> version_of(std::string_view text) {
  Version version;
  for (;;) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    version.numbers.push_back(*number);
    if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) break;
    text.remove_prefix(1);
  }
  if (version.numbers.size() < 2 || version.numbers.size() > 4) return std::nullopt;
  version.suffix = text;
  return version;
}

bool is_pre_release(std::string_view suffix) {
  static constexpr std::array<std::string_view, 8> kWords{"alpha", "beta", "rc", "pre", "dev", "snapshot", "next", "canary"};
  while (!suffix.empty() && is_separator(suffix[0])) suffix.remove_prefix(1);
  const auto lower = to_lower(suffix);
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return lower.starts_with(word) && (lower.size() == word.size() || is_digit(lower[word.size()]) || is_separator(lower[word.size()]) || word == "pre");
  });
}

/// Suffixes run by run, digits as numbers. Nothing when the first difference is one of words.
std::optional<bool> older_suffix(std::string_view a, std::string_view b, bool words_count) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const auto left = take_number(a);
      const auto right = take_number(b);
      if (!left || !right) return std::nullopt;
      if (*left != *right) {
        // "-4f2c81a" is no number.
        const auto ends = [](std::string_view rest) { return rest.empty() || is_separator(rest[0]); };
        return ends(a) && ends(b) ? std::optional(*left < *right) : std::nullopt;
      }
      continue;
    }
    if (a[0] != b[0]) return words_count ? std::optional(a[0] < b[0]) : std::nullopt;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() && b.empty()) return false;
  return words_count ? std::optional(a.empty()) : std::nullopt;
}

std::optional<bool> older_version(const Version& version, const Version& than) {
  const auto is_year = [](const Version& of) { return of.numbers[0] >= 2000 && of.numbers[0] < 2100; };
  if (is_year(version) != is_year(than)) return std::nullopt;
  const auto shared = std::min(version.numbers.size(), than.numbers.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (version.numbers[i] != than.numbers[i]) return version.numbers[i] < than.numbers[i];
  }
  // "1.2" moves along with every "1.2.x".
  if (version.numbers.size() != than.numbers.size()) return std::nullopt;
  if (version.suffix == than.suffix) return false;
  const bool early = is_pre_release(version.suffix);
  const bool than_early = is_pre_release(than.suffix);
  if (early && than_early) return older_suffix(version.suffix, than.suffix, true);
  if (early && than.suffix.empty()) return true;
  if (than_early && version.suffix.empty()) return false;
  return older_suffix(version.suffix, than.suffix, false);
}

/// "1234", "123-4f2c81a"; the number is nobody's hash when something else than letters follows.
std::optional<std::int64_t> build_number(std::string_view text) {
  const auto whole = text;
  const auto number = take_number(text);
  if (!number || whole.size() - text.size() > 10 || (!text.empty() && !is_separator(text[0]))) return std::nullopt;
  return number;
}

std::optional<bool> older_tag(std::string_view tag, std::string_view than) {
  if (const auto a = dated(tag), b = dated(than); a || b) {
    if (!a || !b) return std::nullopt;
    return a->date == b->date ? older_rest(a->rest, b->rest) : std::optional(a->date < b->date);
  }
  if (const auto a = version_of(tag), b = version_of(than); a || b) return a && b ? older_version(*a, *b) : std::nullopt;
  const auto a = build_number(tag);
  const auto b = build_number(than);
  if (!a || !b || *a == *b) return std::nullopt;
  return *a < *b;
}

/// What both tags begin with before their first digit ("main-", "v", "release_"); "v" may be missing on one side.
bool strip_prefixes(std::string_view& a, std::string_view& b) {
  const auto prefix = [](std::string_view text) { return text.substr(0, std::min(text.find_first_of("0123456789"), text.size())); };
  const auto left = prefix(a);
  const auto right = prefix(b);
  const auto without_v = [](std::string_view text) { return text == "v" || text == "V" ? std::string_view() : text; };
  if (without_v(left) != without_v(right)) return false;
  // "main-" is a word of its own, "abc" of "abc123" is the front of a hash.
  const auto is_word = [](std::string_view text) { return text.empty() || text.size() == 1 || is_separator(text.back()) || text == "build" || text == "rev"; };
  if (!is_word(left)) return false;
  a.remove_prefix(left.size());
  b.remove_prefix(right.size());
  return true;
}

std::string normal_repository(std::string repository) {
  for (const std::string_view prefix : {"index.docker.io/", "docker.io/", "library/"}) {
    if (repository.starts_with(prefix)) repository.erase(0, prefix.size());
  }
  return repository;
}

void collect(const json& value, std::vector<std::string>& images) {
  if (value.is_array()) {
    for (const auto& item : value) collect(item, images);
    return;
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    if (member.is_array() && (name == "containers" || name == "initContainers" || name == "ephemeralContainers")) {
      for (const auto& container : member) {
        if (!container.is_object()) continue;
        const auto image = container.find("image");
        if (image == container.end() || !image->is_string() || image->get_ref<const std::string&>().empty()) continue;
        if (std::find(images.begin(), images.end(), *image) == images.end()) images.push_back(image->get<std::string>());
      }
    } else {
      collect(member, images);
    }
  }
}

}  // namespace

ImageName parse_image(std::string_view text) {
  ImageName image;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    image.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const auto slash = text.rfind('/');
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    image.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  image.repository = text;
  return image;
}

bool is_floating(std::string_view text) {
  static constexpr std::array<std::string_view, 21> kMoving{"latest",  "main",    "master",   "stable", "edge",     "nightly", "dev",
                                                            "develop", "trunk",   "head",     "canary", "snapshot", "current", "lts",
                                                            "release", "rolling", "unstable", "next",   "mainline", "testing", "staging"};
  static constexpr std::array<std::string_view, 8> kVariants{"alpine", "slim", "debian", "ubuntu", "bookworm", "bullseye", "distroless", "debug"};
  const auto image = parse_image(text);
  if (!image.digest.empty()) return false;
  if (image.tag.empty()) return true;
  const auto tag = to_lower(image.tag);
  const auto dash = std::min(tag.find('-'), tag.size());
  const auto is = [](std::string_view word) { return [word](std::string_view known) { return known == word; }; };
  if (std::none_of(kMoving.begin(), kMoving.end(), is(std::string_view(tag).substr(0, dash)))) return false;
  return dash == tag.size() || std::any_of(kVariants.begin(), kVariants.end(), is(std::string_view(tag).substr(dash + 1)));
}

std::vector<std::string> images_of(const json& object) {
  std::vector<std::string> images;
  if (!object.is_object()) return images;
  for (const auto& [name, member] : object.items()) {
    if (name != "metadata" && name != "status") collect(member, images);
  }
  return images;
}

std::optional<bool> is_older_image(std::string_view image, std::string_view than) {
  const auto a = parse_image(image);
  const auto b = parse_image(than);
  if (normal_repository(a.repository) != normal_repository(b.repository)) return std::nullopt;
  if (!a.digest.empty() && a.digest == b.digest) return false;
  if (a.tag.empty() || b.tag.empty()) return std::nullopt;
  if (a.tag == b.tag) return a.digest.empty() && b.digest.empty() ? std::optional(false) : std::nullopt;
  std::string_view tag = a.tag;
  std::string_view than_tag = b.tag;
  if (!strip_prefixes(tag, than_tag)) return std::nullopt;
  return older_tag(tag, than_tag);
}

}  // namespace driftwarden
