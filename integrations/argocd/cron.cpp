#include "integrations/argocd/cron.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace driftwarden::argocd {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr Duration kLongest = std::chrono::hours{24 * 3660};
constexpr std::size_t kLongestText = 512;
constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  const char* name = "";
  int least = 0;
  int most = 0;
};
constexpr std::array<Field, 5> kFields{Field{"minute", 0, 59}, Field{"hour", 0, 23}, Field{"day of the month", 1, 31}, Field{"month", 1, 12}, Field{"weekday", 0, 7}};

std::optional<int> number_of(std::string_view text, std::size_t field) {
  const auto word = to_lower(text);
  if (field == 3) {
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
      if (word == kMonths[i]) return static_cast<int>(i) + 1;
    }
  }
  if (field == 4) {
    for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
      if (word == kWeekdays[i]) return static_cast<int>(i);
    }
  }
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty() || number < 0) return std::nullopt;
  return number;
}

struct Bits {
  std::uint64_t bits = 0;
  bool any = false;
};

/// "*", "5", "1-5", "*/15", "10-40/5", "10/5".
std::optional<Bits> range_of(std::string_view text, std::size_t field) {
  const auto [name, least, most] = kFields[field];
  Bits bits;
  int step = 1;
  const auto slash = text.find('/');
  const auto range = text.substr(0, slash);
  if (slash != std::string_view::npos) {
    const auto given = number_of(text.substr(slash + 1), 0);
    if (!given || *given < 1) return std::nullopt;
    step = *given;
  }
  int from = least;
  int to = field == 4 ? 6 : most;
  if (range == "*" || range == "?") {
    bits.any = step == 1;
  } else {
    const auto dash = range.find('-');
    const auto first = number_of(range.substr(0, dash), field);
    if (!first) return std::nullopt;
    from = *first;
    if (dash != std::string_view::npos) {
      const auto last = number_of(range.substr(dash + 1), field);
      if (!last) return std::nullopt;
      to = *last;
    } else if (slash == std::string_view::npos) {
      to = from;
    }
  }
  if (from < least || to > most || from > to) return std::nullopt;
  // Careful with steps near the largest int.
  for (long at = from; at <= to; at += step) bits.bits |= std::uint64_t{1} << static_cast<unsigned>(field == 4 ? at % 7 : at);
  return bits;
}

std::optional<Bits> bits_of(std::string_view text, std::size_t field) {
  Bits bits;
  for (const auto& part : split(text, ',')) {
    const auto range = range_of(part, field);
    if (!range) return std::nullopt;
    bits.bits |= range->bits;
    bits.any = bits.any || range->any;
  }
  return bits.bits == 0 ? std::nullopt : std::optional<Bits>(bits);
}

bool has(std::uint64_t bits, unsigned at) { return (bits >> at & 1U) != 0; }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space) word += c;
    if (space && !word.empty()) words.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view schedule) {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no cron schedule: {}", ellipsize(without_control_characters(schedule), 80), why)};
  };
  if (schedule.size() > kLongestText) return refuse("it is too long");
  const auto words = words_of(schedule);
  if (words.size() != kFields.size()) return refuse("it needs five fields: minute, hour, day of the month, month, weekday");
  std::array<Bits, 5> fields;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto bits = bits_of(words[i], i);
    if (!bits) return refuse(fmt::format("\"{}\" is no {}", words[i], kFields[i].name));
    fields[i] = *bits;
  }
  Cron cron;
  cron.minutes_ = fields[0].bits;
  cron.hours_ = fields[1].bits;
  cron.days_ = fields[2].bits;
  cron.months_ = fields[3].bits;
  cron.weekdays_ = fields[4].bits;
  cron.any_day_ = fields[2].any;
  cron.any_weekday_ = fields[4].any;
  return cron;
}

bool Cron::fires_on(sys_days day) const {
  const std::chrono::year_month_day date{day};
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_date = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, std::chrono::weekday{day}.c_encoding());
  // As cron has it: where both are restricted, either is enough.
  return any_day_ || any_weekday_ ? by_date && by_weekday : by_date || by_weekday;
}

bool Cron::fires_always() const {
  const auto all = [](std::uint64_t bits, unsigned from, unsigned to) {
    for (unsigned at = from; at <= to; ++at) {
      if (!has(bits, at)) return false;
    }
    return true;
  };
  return all(minutes_, 0, 59) && all(hours_, 0, 23) && all(months_, 1, 12) && all(days_, 1, 31) && all(weekdays_, 0, 6);
}

std::optional<WallTime> Cron::last(WallTime at, Duration back) const {
  const auto oldest = at - std::min(back, kLongest);
  for (auto day = std::chrono::floor<days>(at); day + days{1} > oldest; day -= days{1}) {
    if (!fires_on(day)) continue;
    for (int hour = 23; hour >= 0; --hour) {
      if (!has(hours_, static_cast<unsigned>(hour))) continue;
      for (int minute = 59; minute >= 0; --minute) {
        if (!has(minutes_, static_cast<unsigned>(minute))) continue;
        const WallTime fires = day + hours{hour} + minutes{minute};
        if (fires <= at) return fires > oldest ? std::optional<WallTime>(fires) : std::nullopt;
      }
    }
  }
  return std::nullopt;
}

std::optional<WallTime> Cron::next(WallTime at, Duration ahead) const {
  const auto latest = at + std::min(ahead, kLongest);
  for (auto day = std::chrono::floor<days>(at); day <= latest; day += days{1}) {
    if (!fires_on(day)) continue;
    for (int hour = 0; hour < 24; ++hour) {
      if (!has(hours_, static_cast<unsigned>(hour))) continue;
      for (int minute = 0; minute < 60; ++minute) {
        if (!has(minutes_, static_cast<unsigned>(minute))) continue;
        const WallTime fires = day + hours{hour} + minutes{minute};
        if (fires > at) return fires <= latest ? std::optional<WallTime>(fires) : std::nullopt;
      }
    }
  }
  return std::nullopt;
}

Result<Duration> parse_go_duration(std::string_view text) {
  const auto refuse = [&] { return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no duration such as 1h30m", ellipsize(without_control_characters(text), 40))}; };
  struct Unit {
    std::string_view name;
    double ms;
  };
  static constexpr std::array<Unit, 7> kUnits{Unit{"ms", 1}, Unit{"ns", 1e-6}, Unit{"us", 1e-3}, Unit{"µs", 1e-3}, Unit{"h", 3.6e6}, Unit{"m", 6e4}, Unit{"s", 1e3}};
  auto rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration{0};
  if (rest.empty() || rest.size() > 64) return refuse();
  double total = 0;
  while (!rest.empty()) {
    const auto digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const std::string number(rest.substr(0, digits));
    if (number.find_first_of("0123456789") == std::string::npos || number.find('.') != number.rfind('.')) return refuse();
    rest.remove_prefix(digits);
    const Unit* unit = nullptr;
    for (const auto& known : kUnits) {
      if (unit == nullptr && rest.starts_with(known.name)) unit = &known;
    }
    if (unit == nullptr) return refuse();
    rest.remove_prefix(unit->name.size());
    total += std::strtod(number.c_str(), nullptr) * unit->ms;
  }
  return std::isfinite(total) && total < static_cast<double>(kLongest.count()) ? Result<Duration>(Duration{static_cast<std::int64_t>(std::llround(total))}) : Result<Duration>(kLongest);
}

}  // namespace driftwarden::argocd
