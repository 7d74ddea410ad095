#include "integrations/net/http_client.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace driftwarden::net {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "Wed, 21 Oct 2015 07:28:00 GMT", the one form of RFC 9110 that may still be generated.
std::optional<WallTime> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", " || text[19] != ':' || text[22] != ':') return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const auto* month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (!day || month == kMonths.end() || !year || !hour || !minute || !second) return std::nullopt;
  const auto date = std::chrono::year{*year} / static_cast<int>(month - kMonths.begin() + 1) / *day;
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
}

}  // namespace

void Headers::set(std::string name, std::string value) {
  std::erase_if(items_, [&](const auto& item) { return same_name(item.first, name); });
  add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) { items_.emplace_back(std::move(name), std::move(value)); }

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  const auto text = trim(value);
  if (const auto seconds = number(text)) return std::chrono::seconds{*seconds};
  const auto when = parse_http_date(text);
  if (!when) return std::nullopt;
  return std::max(Duration{0}, std::chrono::duration_cast<Duration>(*when - now));
}

std::optional<Duration> clock_ahead(const Headers& headers, WallTime now) {
  const auto header = headers.find("Date");
  const auto date = header ? parse_http_date(trim(*header)) : std::nullopt;
  if (!date) return std::nullopt;
  return std::chrono::duration_cast<Duration>(now - *date);
}

}  // namespace driftwarden::net
