#include "bot/config/syntax.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace driftwarden {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A quoted text at the front of `rest`; taken away when there is one.
bool take_quoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return false;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return true;
    }
  }
  return false;
}

std::string_view take_while(std::string_view& rest, bool (*good)(char)) {
  std::size_t length = 0;
  while (length < rest.size() && good(rest[length])) ++length;
  const auto out = rest.substr(0, length);
  rest.remove_prefix(length);
  return out;
}

bool is_name_character(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '*' || c == '?'; }

/// What stands between "[" and "]": *, a number, "text", ="text", or key=value pairs.
bool take_selector(std::string_view& rest) {
  if (rest.starts_with('*')) {
    rest.remove_prefix(1);
    return true;
  }
  if (rest.starts_with('"')) return take_quoted(rest);
  if (!rest.empty() && is_digit(rest[0])) {
    take_while(rest, is_digit);
    return true;
  }
  while (true) {
    take_while(rest, is_name_character);
    if (!rest.starts_with('=')) return false;
    rest.remove_prefix(1);
    if (!take_quoted(rest) && take_while(rest, is_name_character).empty()) return false;
    if (!rest.starts_with(',')) return true;
    rest.remove_prefix(1);
  }
}

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr int kDayMinutes = 24 * 60;
constexpr int kWeekMinutes = 7 * kDayMinutes;

std::optional<int> parse_week_moment(std::string_view text, bool is_end) {
  text = trim(text);
  if (text.size() < 3) return std::nullopt;
  const auto day = std::ranges::find(kDays, text.substr(0, 3));
  if (day == kDays.end()) return std::nullopt;
  const int midnight = static_cast<int>(day - kDays.begin()) * kDayMinutes;
  const auto time = trim(text.substr(3));
  if (time.empty()) return text.size() == 3 ? std::optional{(midnight + (is_end ? kDayMinutes : 0)) % kWeekMinutes} : std::nullopt;
  const auto minutes = text[3] == ' ' ? parse_day_time(time) : std::nullopt;
  if (!minutes) return std::nullopt;
  return (midnight + *minutes) % kWeekMinutes;
}

bool all_of(std::string_view text, bool (*good)(char)) { return std::ranges::all_of(text, good); }
bool is_id_character(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string check_field_path(std::string_view path) {
  if (!path.starts_with('.') && !path.starts_with('[')) return "doesn't begin with a dot";
  auto rest = path;
  while (!rest.empty()) {
    const auto at = path.size() - rest.size();
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      if (take_while(rest, is_name_character).empty()) return fmt::format("has no name after the dot at character {}", at + 1);
    } else if (rest.starts_with('[')) {
      rest.remove_prefix(1);
      if (!take_selector(rest) || !rest.starts_with(']')) return fmt::format("has a broken [...] at character {}", at + 1);
      rest.remove_prefix(1);
    } else {
      return fmt::format("has an unexpected '{}' at character {}", rest[0], at + 1);
    }
  }
  return {};
}

std::string check_web_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos && url.substr(0, url.find('/', scheme + 3)).find('@') != std::string_view::npos) return "holds a user or password";
  const auto parsed = net::parse_url(url);
  if (!parsed || (parsed->scheme != "https" && parsed->scheme != "http")) return "isn't a web address";
  if (parsed->scheme == "http" && !net::is_loopback(*parsed)) return "is plain http to another machine";
  return {};
}

std::string check_git_url(std::string_view url) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (std::ranges::any_of(url, bad)) return "holds a blank";
  if (url.starts_with("file:///")) return url.size() > 8 ? "" : "names no path";
  if (url.starts_with("https://") || url.starts_with("http://")) return check_web_url(url);
  if (url.starts_with("ssh://")) {
    auto host = url.substr(6, url.substr(6).find('/'));
    if (host.size() + 7 >= url.size()) return "names no path";
    if (host.find(':') < host.find('@') && host.find('@') != std::string_view::npos) return "holds a password";
    return host.empty() || host.ends_with('@') ? "names no host" : "";
  }
  const auto colon = url.find(':');
  if (url.find("://") == std::string_view::npos && colon != std::string_view::npos && colon > 0 && colon + 1 < url.size() && url.find('/') > colon) return {};
  return "isn't the address of a Git repository";
}

std::string check_tree_path(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.starts_with('/')) return "begins with a slash";
  for (const auto& part : split(path, '/')) {
    if (part == "..") return "leaves the repository";
  }
  return without_control_characters(path) == path ? "" : "holds control characters";
}

std::string check_beside(std::string_view path, std::size_t depth) {
  if (path.empty()) return "is empty";
  if (path.starts_with('/')) return "begins with a slash";
  if (path.starts_with('-')) return "looks like an option";
  for (const auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      ++depth;
    } else if (depth-- == 0) {
      return "leaves the repository";
    }
  }
  return without_control_characters(path) == path ? "" : "holds control characters";
}

std::string check_path_template(std::string_view path, bool needs_app) {
  if (auto wrong = check_tree_path(path); !wrong.empty()) return wrong;
  static const std::vector<std::string> known{"app", "cluster", "namespace", "environment", "repository", "team"};
  bool has_app = false;
  for (auto rest = path; !rest.empty();) {
    const auto open = rest.find_first_of("{}");
    if (open == std::string_view::npos) break;
    const auto close = rest.find_first_of("{}", open + 1);
    if (rest[open] == '}' || close == std::string_view::npos || rest[close] == '{') return "has an unbalanced brace";
    const std::string name{rest.substr(open + 1, close - open - 1)};
    if (!is_plain_name(name)) return fmt::format("has the unknown placeholder {{{}}}", name);
    const auto near = std::ranges::find(known, name) == known.end() ? nearest(name, known) : std::nullopt;
    if (near) return fmt::format("has the unknown placeholder {{{}}}, which looks like {{{}}}", name, *near);
    has_app = has_app || name == "app";
    rest.remove_prefix(close + 1);
  }
  const auto last = path.substr(path.rfind('/') + 1);
  return has_app || !needs_app || last.find_first_of("{*") != std::string_view::npos ? "" : "has no {app}";
}

std::string check_revision(std::string_view revision) {
  if (revision.empty()) return "is empty";
  if (revision.starts_with('-')) return "looks like an option";
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || std::string_view("~^:?*[\\").find(c) != std::string_view::npos; };
  return std::ranges::any_of(revision, bad) || revision.find("..") != std::string_view::npos ? "isn't a revision" : "";
}

bool is_variable_name(std::string_view name) {
  const auto good = [](char c) { return is_alnum(c) || c == '_'; };
  return !name.empty() && !is_digit(name[0]) && all_of(name, good);
}

bool is_plain_name(std::string_view name) {
  const auto good = [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 100 && is_alnum(name[0]) && all_of(name, good) && !name.ends_with('.') && !name.ends_with(".lock") &&
         name.find("..") == std::string_view::npos;
}

bool is_namespace(std::string_view name) {
  const auto good = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-'; };
  return !name.empty() && name.size() <= 63 && all_of(name, good) && name.front() != '-' && name.back() != '-';
}

bool is_slack_user(std::string_view id) { return id.size() > 2 && (id[0] == 'U' || id[0] == 'W') && all_of(id, is_id_character); }
bool is_slack_usergroup(std::string_view id) { return id.size() > 2 && id[0] == 'S' && all_of(id, is_id_character); }

bool is_channel(std::string_view channel) {
  if (channel.starts_with('#')) return channel.size() > 1 && channel.find_first_of(" \t,#", 1) == std::string_view::npos && to_lower(channel) == channel;
  return channel.size() > 2 && (channel[0] == 'C' || channel[0] == 'G' || channel[0] == 'D') && all_of(channel, is_id_character);
}

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

std::string check_gpg_key(std::string_view key) {
  auto digits = key.starts_with("0x") ? key.substr(2) : key;
  if (digits.ends_with('!')) digits.remove_suffix(1);
  const bool hex = std::ranges::all_of(digits, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
  if (hex && digits.size() >= 8 && digits.size() <= 40) return {};
  const auto good = [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '@'; };
  const auto at = key.find('@');
  const bool email = at != std::string_view::npos && at > 0 && at + 1 < key.size() && key.size() <= 254 && is_alnum(key[0]) && all_of(key, good);
  return email ? "" : "isn't a GPG key";
}

std::optional<int> parse_percent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  if (text.empty() || text.size() > 3 || !all_of(text, is_digit)) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value >= 1 && value <= 100 ? std::optional{value} : std::nullopt;
}

std::optional<int> parse_week_day(std::string_view text) {
  const auto day = std::ranges::find(kDays, text);
  return day == kDays.end() ? std::nullopt : std::optional{static_cast<int>(day - kDays.begin())};
}

std::optional<int> parse_day_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) || !is_digit(text[4])) return std::nullopt;
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 24 || minute > 59 || (hour == 24 && minute != 0)) return std::nullopt;
  return hour * 60 + minute;
}

std::optional<WeekWindow> parse_week_window(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = parse_week_moment(text.substr(0, dash), false);
  const auto until = parse_week_moment(text.substr(dash + 1), true);
  if (!from || !until) return std::nullopt;
  return WeekWindow{*from, *until};
}

bool contains(const WeekWindow& window, int minute_of_week) {
  if (window.from < window.until) return minute_of_week >= window.from && minute_of_week < window.until;
  return minute_of_week >= window.from || minute_of_week < window.until;
}

std::string week_moment(int minute_of_week) {
  const auto day = static_cast<std::size_t>(minute_of_week / kDayMinutes) % kDays.size();
  return fmt::format("{} {:02}:{:02}", kDays[day], minute_of_week / 60 % 24, minute_of_week % 60);
}

std::optional<std::string> decode_base32(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == ' ' || c == '=') continue;
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a');
    } else if (c >= '2' && c <= '7') {
      value = static_cast<std::uint32_t>(c - '2') + 26;
    } else {
      return std::nullopt;
    }
    bits = (bits << 5U | value) & 0xfffU;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xffU);
  }
  return out;
}

std::optional<WallTime> parse_local_time(std::string_view text) {
  const auto date = text.substr(0, 10);
  auto time = text.size() > 10 ? text.substr(11) : std::string_view("00:00");
  if (text.size() > 10 && text[10] != ' ' && text[10] != 'T') return std::nullopt;
  const auto minutes = parse_day_time(time);
  const auto midnight = date.size() == 10 ? parse_time(std::string(date) + "T00:00:00Z") : Result<WallTime>{Error{ErrorKind::InvalidInput, ""}};
  if (!minutes || !midnight) return std::nullopt;
  return *midnight + std::chrono::minutes{*minutes};
}

}  // namespace driftwarden
