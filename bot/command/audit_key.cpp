#include "bot/command/audit_key.hpp"

#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace driftwarden {
namespace {

constexpr std::size_t kShortestSha = 7;
constexpr std::size_t kLongestSha = 64;
constexpr std::size_t kMicroseconds = 6;

bool all_of(std::string_view text, std::string_view characters) { return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos; }
bool is_number(std::string_view text) { return all_of(text, "0123456789"); }

/// Words of letters are none: "deadbeef" may be anything.
bool is_sha(std::string_view text) {
  return text.size() >= kShortestSha && text.size() <= kLongestSha && all_of(text, "0123456789abcdef") && text.find_first_of("0123456789") != std::string_view::npos;
}

bool is_channel(std::string_view text) {
  const auto known = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return text.size() > 1 && std::string_view("CDGU").find(text[0]) != std::string_view::npos && std::ranges::all_of(text, known);
}

/// "C0123/1700000000.000100"
std::optional<std::string> message_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_channel(text.substr(0, slash))) return std::nullopt;
  const auto ts = text.substr(slash + 1);
  const auto dot = ts.find('.');
  if (dot == std::string_view::npos || !is_number(ts.substr(0, dot)) || !is_number(ts.substr(dot + 1))) return std::nullopt;
  return std::string(text);
}

/// ".../archives/C0123/p1700000000000100"
std::optional<std::string> permalink_key(const std::vector<std::string>& parts) {
  const auto at = std::ranges::find(parts, "archives");
  if (parts.end() - at < 3) return std::nullopt;
  const auto& channel = *(at + 1);
  const auto& message = *(at + 2);
  const bool is_message = message.size() > kMicroseconds + 1 && message[0] == 'p' && is_number(std::string_view(message).substr(1));
  if (!is_channel(channel) || !is_message) return std::nullopt;
  const auto seconds = message.size() - kMicroseconds;
  return fmt::format("{}/{}.{}", channel, message.substr(1, seconds - 1), message.substr(seconds));
}

/// Of a commit its id; of a pull request the address as the forge gives it, without what follows the number.
std::optional<std::string> address_key(std::string_view url) {
  const auto plain = url.substr(0, url.find_first_of("?#"));
  const auto parts = split(plain, '/');
  if (auto key = permalink_key(parts)) return key;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto& next = parts[i + 1];
    if ((parts[i] == "commit" || parts[i] == "commits") && is_sha(next)) return next;
    const bool is_pull = parts[i] == "pull" || parts[i] == "pulls" || parts[i] == "merge_requests";
    if (is_pull && is_number(next)) return join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 2}, "/");
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> audit_key_from(std::string_view word) {
  const auto text = trim(word);
  if (text.starts_with("https://") || text.starts_with("http://")) return address_key(text);
  if (text.size() > 1 && (text[0] == '#' || text[0] == '!') && is_number(text.substr(1))) return "#" + std::string(text.substr(1));
  // A bare number is a row's, an App's or a Change's: nobody knows.
  if (!is_number(text)) {
    if (const auto change = parse_change_name(text)) return change_name(*change);
  }
  if (is_sha(text)) return std::string(text);
  return message_key(text);
}

}  // namespace driftwarden
