#include "bot/change/secret_words.hpp"

#include "bot/inspect/token_shapes.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace driftwarden::secret_words {
namespace {

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

/// Names a Secret, a key of one, or where one is; is no secret itself.
bool is_reference(std::string_view lower) {
  return ends_with_any(lower, {"ref", "refs", "name", "names", "secret", "secrets", "path", "file", "url", "uri", "seconds", "ttl", "type", "id", "policy", "enabled", "keys", "selector", "provider", "mount"}) ||
         lower.starts_with("existing");
}

}  // namespace

bool sounds_secret(std::string_view name) {
  auto lower = to_lower(name);
  std::erase_if(lower, [](char c) { return c == '_' || c == '-' || c == '.'; });
  static constexpr std::array<std::string_view, 11> kWhole{"passw", "pwd", "apikey", "accesskey", "secretkey", "privatekey", "clientsecret", "token", "credential", "connectionstring", "databaseurl"};
  const auto found = std::ranges::find_if(kWhole, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
  if (lower == "secret") return true;
  if (found == kWhole.end()) return false;
  if (*found == "clientsecret" || *found == "databaseurl" || *found == "connectionstring") return !lower.ends_with("ref") && !lower.ends_with("name");
  return !is_reference(lower);
}

bool is_placeholder(std::string_view value) {
  const auto text = trim(value);
  if (text.empty() || text.starts_with("ENC[") || text.starts_with("ref+") || text.starts_with("vault:")) return true;
  if (text.front() == '<' && text.back() == '>') return true;
  return text.find("{{") != std::string_view::npos || text.find("${") != std::string_view::npos || text.find("$(") != std::string_view::npos || text.find("<path:") != std::string_view::npos;
}

bool is_harmless(std::string_view value) {
  const auto lower = to_lower(trim(value));
  static constexpr std::array<std::string_view, 9> kWords{"true", "false", "yes", "no", "none", "null", "changeme", "redacted", "optional"};
  if (std::ranges::find(kWords, lower) != kWords.end() || lower.starts_with("/") || lower.starts_with("./")) return true;
  return lower.starts_with("http://") || lower.starts_with("https://");
}

std::size_t credential_in(std::string_view text) {
  const auto key = text.find("-----BEGIN ");
  if (key != std::string_view::npos && text.substr(key, 60).find("PRIVATE KEY") != std::string_view::npos) return key;
  TokenShapes shapes(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (shapes.length_at(at) > 0) return at;
  }
  for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const auto end = std::min(text.find_first_of("/ \t\n\"'`<>?#", at + 3), text.size());
    const auto authority = text.substr(at + 3, end - at - 3);
    const auto sign = authority.rfind('@');
    const auto colon = authority.find(':');
    if (sign == std::string_view::npos || colon >= sign || colon + 1 == sign) continue;
    if (!is_placeholder(authority.substr(colon + 1, sign - colon - 1))) return at;
  }
  return std::string_view::npos;
}

}  // namespace driftwarden::secret_words
