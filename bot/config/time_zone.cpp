#include "bot/config/time_zone.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace driftwarden {
namespace {

Error broken() { return {ErrorKind::Corrupt, "not a TZif file"}; }

/// Big-endian numbers out of a byte string. Reading past the end answers 0 and is remembered.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  std::int64_t number(std::size_t width) {
    std::uint64_t value = 0;
    const auto bytes = take(width);
    for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
    if (width < 8 && !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0) value |= ~std::uint64_t{0} << (8 * width);
    return static_cast<std::int64_t>(value);
  }
  std::size_t count() { return static_cast<std::size_t>(number(4) & 0xffffffffLL); }
  bool good() const { return good_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct Header {
  char version = 0;
  std::size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
  std::size_t body(std::size_t width) const { return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standard + ut; }
};

bool read_header(Bytes& bytes, Header& header) {
  if (bytes.take(4) != "TZif") return false;
  const auto version = bytes.take(1);
  header.version = version.empty() ? '\0' : version[0];
  bytes.take(15);
  for (auto* field : {&header.ut, &header.standard, &header.leaps, &header.times, &header.types, &header.characters}) *field = bytes.count();
  constexpr std::size_t kSane = 100'000;
  return bytes.good() && header.times < kSane && header.types < kSane && header.types > 0;
}

/// The small language of POSIX TZ strings.
class Footer {
 public:
  explicit Footer(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  bool accept(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (accept('<')) {
      const auto end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < text_.size() && std::isalpha(static_cast<unsigned char>(text_[length])) != 0) ++length;
    text_.remove_prefix(length);
    return length >= 3;
  }
  bool number(int& out) {
    const auto [end, failed] = std::from_chars(text_.data(), text_.data() + text_.size(), out);
    if (failed != std::errc{}) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  /// [+-]hh[:mm[:ss]] in seconds
  bool time(std::int32_t& out) {
    const bool minus = accept('-');
    if (!minus) accept('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(hours)) return false;
    if (accept(':') && !number(minutes)) return false;
    if (accept(':') && !number(seconds)) return false;
    out = hours * 3600 + minutes * 60 + seconds;
    if (minus) out = -out;
    return true;
  }
  bool starts_number() const { return !text_.empty() && (text_[0] == '-' || text_[0] == '+' || (text_[0] >= '0' && text_[0] <= '9')); }

 private:
  std::string_view text_;
};

template <class Day>
bool read_day(Footer& footer, Day& day) {
  if (!footer.accept(',')) return false;
  if (footer.accept('M')) {
    day.kind = Day::Kind::MonthWeekDay;
    if (!footer.number(day.month) || !footer.accept('.') || !footer.number(day.week) || !footer.accept('.') || !footer.number(day.day)) return false;
    if (day.month < 1 || day.month > 12 || day.week < 1 || day.week > 5 || day.day < 0 || day.day > 6) return false;
  } else {
    day.kind = footer.accept('J') ? Day::Kind::Julian : Day::Kind::ZeroBased;
    if (!footer.number(day.day)) return false;
  }
  return !footer.accept('/') || footer.time(day.time);
}

}  // namespace

bool TimeZone::parse_footer(std::string_view text, YearRule& rule) {
  Footer footer{text};
  if (!footer.name() || !footer.time(rule.standard)) return false;
  rule.standard = -rule.standard;  // POSIX counts westwards
  if (footer.at_end()) return true;
  rule.has_summer = true;
  rule.summer = rule.standard + 3600;
  if (!footer.name()) return false;
  if (footer.starts_number()) {
    if (!footer.time(rule.summer)) return false;
    rule.summer = -rule.summer;
  }
  return read_day(footer, rule.begins) && read_day(footer, rule.ends) && footer.at_end();
}

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
  Bytes bytes{tzif};
  Header header;
  if (!read_header(bytes, header)) return broken();
  std::size_t width = 4;
  if (header.version >= '2') {
    bytes.take(header.body(4));
    if (!read_header(bytes, header)) return broken();
    width = 8;
  }
  TimeZone zone;
  for (std::size_t at = 0; at < header.times; ++at) zone.transitions_.push_back({bytes.number(width), 0});
  std::vector<std::size_t> kinds;
  for (const char kind : bytes.take(header.times)) kinds.push_back(static_cast<unsigned char>(kind));
  std::vector<std::int32_t> offsets;
  for (std::size_t at = 0; at < header.types; ++at) {
    offsets.push_back(static_cast<std::int32_t>(bytes.number(4)));
    bytes.take(2);
  }
  bytes.take(header.characters + header.leaps * (width + 4) + header.standard + header.ut);
  if (!bytes.good()) return broken();
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    if (kinds[at] >= offsets.size()) return broken();
    zone.transitions_[at].offset = offsets[kinds[at]];
  }
  zone.first_offset_ = offsets[0];
  auto footer = bytes.rest();
  if (width == 8 && footer.size() > 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    zone.has_rule_ = parse_footer(footer.substr(0, footer.find('\n')), zone.rule_);
  }
  return zone;
}

std::int64_t TimeZone::moment(const YearRule::Day& day, int year, std::int32_t offset) {
  using namespace std::chrono;
  sys_days date = sys_days{std::chrono::year{year} / January / 1};
  if (day.kind == YearRule::Day::Kind::MonthWeekDay) {
    const auto month = std::chrono::year{year} / std::chrono::month{static_cast<unsigned>(day.month)};
    const weekday wanted{static_cast<unsigned>(day.day)};
    date = day.week == 5 ? sys_days{month / wanted[last]} : sys_days{month / wanted[static_cast<unsigned>(day.week)]};
  } else {
    const bool after_leap_day = day.kind == YearRule::Day::Kind::Julian && std::chrono::year{year}.is_leap() && day.day >= 60;
    date += days{day.kind == YearRule::Day::Kind::Julian ? day.day - 1 + (after_leap_day ? 1 : 0) : day.day};
  }
  return duration_cast<seconds>(date.time_since_epoch()).count() + day.time - offset;
}

std::int32_t TimeZone::by_rule(std::int64_t when) const {
  if (!rule_.has_summer) return rule_.standard;
  const auto local = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{when + rule_.standard}});
  const int year = static_cast<int>(std::chrono::year_month_day{local}.year());
  const auto begins = moment(rule_.begins, year, rule_.standard);
  const auto ends = moment(rule_.ends, year, rule_.summer);
  const bool summer = begins < ends ? when >= begins && when < ends : when >= begins || when < ends;
  return summer ? rule_.summer : rule_.standard;
}

std::chrono::seconds TimeZone::offset_at(WallTime when) const {
  const auto at = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  const auto after = std::ranges::upper_bound(transitions_, at, {}, &Transition::at);
  if (after == transitions_.end() && has_rule_) return std::chrono::seconds{by_rule(at)};
  if (after == transitions_.begin()) return std::chrono::seconds{first_offset_};
  return std::chrono::seconds{std::prev(after)->offset};
}

WallTime TimeZone::from_local(WallTime local) const {
  const auto day = std::chrono::hours{24};
  const auto earlier = local - offset_at(local - day);
  return earlier + offset_at(earlier) == local ? earlier : local - offset_at(local + day);
}

}  // namespace driftwarden
