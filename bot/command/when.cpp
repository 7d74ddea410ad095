#include "bot/command/when.hpp"

#include "gitops/base/text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <vector>

namespace driftwarden {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> kDays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 0 || value > most || text.empty()) return std::nullopt;
  return value;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto& word : split(to_lower(text), ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  return words;
}

/// "8:00", "08:00z"
std::optional<milliseconds> time_of_day(std::string_view word) {
  if (word.ends_with('z')) word.remove_suffix(1);
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hour = number(word.substr(0, colon), 23);
  const auto minute = number(word.substr(colon + 1), 59);
  if (!hour || !minute || word.size() - colon != 3) return std::nullopt;
  return hours{*hour} + minutes{*minute};
}

std::optional<sys_days> date_of(std::string_view word) {
  if (word.size() != 10 || word[4] != '-' || word[7] != '-') return std::nullopt;
  const auto y = number(word.substr(0, 4), 9999);
  const auto m = number(word.substr(5, 2), 12);
  const auto d = number(word.substr(8, 2), 31);
  if (!y || !m || !d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<unsigned> weekday_of(std::string_view word) {
  for (unsigned i = 0; i < kDays.size(); ++i) {
    if (word.size() >= 3 && kDays[i].starts_with(word)) return i;
  }
  return std::nullopt;
}

/// "2026-11-23t08:00z", "2026-11-23t08:00:00z"
std::optional<WallTime> timestamp(const std::string& word) {
  if (word.size() > 11 && word[10] == 't') {
    const auto date = date_of(std::string_view(word).substr(0, 10));
    const auto time = time_of_day(std::string_view(word).substr(11));
    if (date && time) return WallTime{*date} + *time;
  }
  std::string upper = word;
  for (auto& c : upper) {
    if (c == 't' || c == 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const auto parsed = parse_time(upper);
  if (!parsed) return std::nullopt;
  return *parsed;
}

/// The day a word means, and whether it comes again each week.
struct Day {
  sys_days day;
  bool weekly = false;
};
std::optional<Day> day_of(const std::string& word, WallTime now, bool ahead) {
  const auto today = floor<days>(now);
  if (word == "today") return Day{today};
  if (word == "tomorrow" && ahead) return Day{today + days{1}};
  if (word == "yesterday" && !ahead) return Day{today - days{1}};
  if (const auto date = date_of(word)) return Day{*date};
  const auto wanted = weekday_of(word);
  if (!wanted) return std::nullopt;
  const auto distance = ahead ? weekday{*wanted} - weekday{today} : weekday{today} - weekday{*wanted};
  return Day{ahead ? today + distance : today - distance, true};
}

}  // namespace

std::optional<WallTime> moment_after(const std::string& text, WallTime now) {
  const auto words = words_of(text);
  if (words.empty() || words.size() > 2) return std::nullopt;
  std::optional<WallTime> moment;
  if (words.size() == 1) {
    if (const auto duration = parse_duration(words[0])) {
      if (*duration <= Duration{0}) return std::nullopt;
      return now + *duration;
    }
    if (const auto stamp = timestamp(words[0])) moment = stamp;
    if (const auto time = time_of_day(words[0])) {
      moment = floor<days>(now) + *time;
      if (*moment <= now) *moment += days{1};
    }
  }
  if (!moment) {
    const auto day = day_of(words[0], now, true);
    const auto time = words.size() == 2 ? time_of_day(words[1]) : std::optional<milliseconds>{milliseconds{0}};
    if (!day || !time) return std::nullopt;
    moment = WallTime{day->day} + *time;
    if (day->weekly && *moment <= now) *moment += days{7};
  }
  if (*moment <= now) return std::nullopt;
  return moment;
}

std::optional<WallTime> moment_before(const std::string& text, WallTime now) {
  auto words = words_of(text);
  if (words.size() > 1 && words.back() == "ago") {
    words.pop_back();
    auto amount = words[0];
    if (words.size() == 2) amount += words[1].substr(0, 1);  // "3 days", "2 hours", "1 minute"
    const auto duration = parse_duration(amount);
    if (words.size() > 2 || !duration) return std::nullopt;
    return now - *duration;
  }
  if (words.empty() || words.size() > 2) return std::nullopt;
  std::optional<WallTime> moment;
  if (words.size() == 1) {
    moment = timestamp(words[0]);
    if (const auto time = time_of_day(words[0])) {
      moment = floor<days>(now) + *time;
      if (*moment >= now) *moment -= days{1};
    }
  }
  if (!moment) {
    const auto day = day_of(words[0], now, false);
    const auto time = words.size() == 2 ? time_of_day(words[1]) : std::optional<milliseconds>{milliseconds{0}};
    if (!day || !time) return std::nullopt;
    moment = WallTime{day->day} + *time;
    if (day->weekly && *moment >= now) *moment -= days{7};
  }
  if (*moment >= now) return std::nullopt;
  return moment;
}

}  // namespace driftwarden
