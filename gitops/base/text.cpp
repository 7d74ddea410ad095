#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace driftwarden {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

template <class Int>
bool read_digits(std::string_view text, std::size_t at, std::size_t count, Int& out) {
  if (at + count > text.size()) return false;
  const auto* first = text.data() + at;
  const auto [end, failed] = std::from_chars(first, first + count, out);
  return failed == std::errc{} && end == first + count;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::size_t start = 0;
  while (true) {
    const auto end = text.find(separator, start);
    if (end == std::string_view::npos) break;
    out.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  out.emplace_back(text.substr(start));
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    const auto allowed = std::max<std::size_t>(1, std::max(candidate.size(), word.size()) / 3);
    if (distance <= allowed && (!best || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string ellipsize(std::string_view text, std::size_t bytes) {
  static constexpr std::string_view kEllipsis = "\u2026";
  if (text.size() <= bytes) return std::string(text);
  std::size_t keep = bytes > kEllipsis.size() ? bytes - kEllipsis.size() : 0;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0U) == 0x80U) --keep;
  return std::string(text.substr(0, keep)) + std::string(kEllipsis);
}

std::string without_control_characters(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7f) c = ' ';
  }
  return out;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : without_control_characters(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<Duration> parse_duration(std::string_view text) {
  const auto bad = [&] { return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is not a duration such as 300ms, 15s, 5m, 4h or 7d", text)}; };
  std::int64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (failed != std::errc{} || count < 0 || count > 1'000'000'000) return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto letters = std::min(rest.find_first_of("0123456789"), rest.size());
    const auto unit = std::ranges::find(kUnits, rest.substr(0, letters), &Unit::name);
    if (unit == kUnits.end()) return bad();
    total += count * unit->ms;
    rest.remove_prefix(letters);
  }
  return Duration{total};
}

std::string format_duration(Duration duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const auto& unit : kUnits) {
    if (rest >= unit.ms) {
      out += fmt::format("{}{}", rest / unit.ms, unit.name);
      rest %= unit.ms;
    }
  }
  return out;
}

std::string format_age(Duration age) {
  const auto seconds = std::max<std::int64_t>(0, age.count() / 1000);
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86'400);
}

std::string format_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                         static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

Result<WallTime> parse_time(std::string_view text) {
  const auto bad = [&] { return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is not a time such as 2026-11-21T09:00:00Z", text)}; };
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) || !read_digits(text, 8, 2, day) || text[4] != '-' || text[7] != '-') return bad();
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok()) return bad();
  if (!read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) || !read_digits(text, 17, 2, second)) return bad();
  WallTime time = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    int scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) time += Duration{(text[at] - '0') * scale};
  }
  const auto zone = text.substr(std::min(at, text.size()));
  if (zone == "Z" || zone == "z") return time;
  int zone_hours = 0;
  int zone_minutes = 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || !read_digits(zone, 1, 2, zone_hours) || !read_digits(zone, 4, 2, zone_minutes)) return bad();
  const auto offset = std::chrono::hours{zone_hours} + std::chrono::minutes{zone_minutes};
  return zone[0] == '+' ? WallTime{time - offset} : WallTime{time + offset};
}

}  // namespace driftwarden
