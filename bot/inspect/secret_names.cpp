#include "bot/inspect/secret_names.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace driftwarden {
namespace {

constexpr std::size_t kLongestName = 96;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "HTTPProxyPassword_v2" -> http proxy password v2.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(to_lower(word));
    word.clear();
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_' || c == '-' || c == '.') {
      end();
      continue;
    }
    const bool hump = i > 0 && is_upper(c) && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    const bool last_of_acronym = i > 0 && is_upper(c) && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
    if (hump || last_of_acronym) end();
    word += c;
  }
  end();
  return words;
}

/// Words after which a name speaks about a secret instead of holding one.
constexpr std::array<std::string_view, 66> kAbout{
    "count",   "counts",  "type",     "name",     "names",    "ref",       "refs",     "file",      "files",    "path",     "paths",    "dir",      "directory", "length",
    "len",     "size",    "limit",    "limits",   "expiry",   "expires",   "expired",  "expiration", "ttl",     "age",      "status",   "url",      "uri",       "endpoint",
    "bucket",  "policy",  "version",  "in",       "at",       "issuer",    "mount",    "ns",        "valid",    "required", "enabled",  "present",  "missing",   "found",
    "error",   "errors",  "exception", "failed",  "service",  "manager",   "handler",  "provider",  "controller", "filter", "validator", "encoder", "factory",   "repository",
    "client",  "config",  "utils",    "reset",    "changed",  "created",   "updated",  "rotation",  "kind",     "usage"};
/// What may follow "token" or "key" in the name of a thing that holds one.
constexpr std::array<std::string_view, 18> kHolds{"value", "data", "b64", "base64", "hash", "string", "text", "raw", "plain", "old", "new", "current", "hex", "base", "prod", "staging", "dev", "test"};
constexpr std::array<std::string_view, 22> kKeys{"apikey",     "accesskey",  "privatekey", "secretkey",  "encryptionkey", "signingkey", "authkey", "masterkey",  "sessionkey", "accountkey", "sharedkey",
                                                 "sshkey",     "licensekey", "deploykey",  "servicekey", "hmackey",       "aeskey",     "rsakey",  "storagekey", "clientkey",  "appkey",     "webhookkey"};
constexpr std::array<std::string_view, 8> kSecretParts{"password", "passwd", "passphrase", "passcode", "secret", "credential", "userpass", "authtoken"};
constexpr std::array<std::string_view, 8> kSessions{"jsessionid", "phpsessid", "sessionid", "sessid", "otp", "totp", "bearer", "creds"};

bool holds(const std::string& joined, std::string_view part) { return joined.find(part) != std::string::npos; }

/// The name without its last words that only tell which or how: "token_value", "api_key_prod", "password2".
std::vector<std::string> without_holders(std::vector<std::string> words) {
  while (words.size() > 1 && (among(kHolds, words.back()) || std::ranges::all_of(words.back(), is_digit))) words.pop_back();
  return words;
}

}  // namespace

Sensitivity sensitivity_of(std::string_view name) {
  if (name.size() > kLongestName) name.remove_prefix(name.size() - kLongestName);
  const auto words = without_holders(words_of(name));
  if (words.empty() || among(kAbout, words.back())) return Sensitivity::None;
  std::string joined;
  for (const auto& word : words) joined += word;
  const auto& last = words.back();
  if (holds(joined, "authorization") && last != "code") return Sensitivity::Header;
  if (last == "cookie" || last == "cookies") return Sensitivity::Header;
  if (last == "tokens" || last == "secrets" || last == "keys" || last == "passwords" || last == "credentials") return Sensitivity::Random;
  for (const auto part : kSecretParts) {
    if (holds(joined, part) && !holds(joined, "passwordless")) return Sensitivity::Value;
  }
  if (last.ends_with("token") || last.ends_with("pwd")) return joined == "pwd" || joined == "oldpwd" ? Sensitivity::None : Sensitivity::Value;
  if (among(kSessions, std::string_view(joined)) || among(kSessions, std::string_view(last))) return Sensitivity::Value;
  for (const auto key : kKeys) {
    if (joined.ends_with(key)) return Sensitivity::Value;
  }
  if (words.size() > 1 && last == "pass") return Sensitivity::Value;
  if (joined == "auth" && name.starts_with('_')) return Sensitivity::Value;
  if (last == "signature" || last == "sig") return Sensitivity::Random;
  return Sensitivity::None;
}

bool is_key_adjective(std::string_view word) {
  static constexpr std::array<std::string_view, 16> kWords{"api",     "access", "secret", "private", "encryption", "signing", "master", "auth",
                                                           "shared",  "ssh",    "license", "session", "account",   "deploy",  "client", "service"};
  return among(kWords, std::string_view(to_lower(word)));
}

bool is_harmless_value(std::string_view value) {
  static constexpr std::array<std::string_view, 20> kWords{"",  "null", "nil", "none", "true", "false", "undefined", "-", "yes", "no", "on", "off", "unset", "empty", "n/a", "[redacted]", "<redacted>", "redacted", "<nil>", "[filtered]"};
  if (value.size() > 128) return false;
  if (std::ranges::all_of(value, [](char c) { return c == '*'; })) return true;
  if ((value.starts_with("${") && value.ends_with("}")) || (value.starts_with("$(") && value.ends_with(")"))) return value.find_first_of("})") == value.size() - 1;
  return value.size() <= 12 && among(kWords, std::string_view(to_lower(value)));
}

bool is_verdict(std::string_view word) {
  static constexpr std::array<std::string_view, 17> kWords{"expired", "invalid", "missing", "required", "not",   "empty", "unknown", "malformed", "rejected",
                                                           "denied",  "failed",  "revoked", "unset",    "wrong", "is",    "no",      "cannot"};
  while (!word.empty() && (word.back() == ',' || word.back() == '.' || word.back() == ';' || word.back() == ':')) word.remove_suffix(1);
  return word.size() <= 10 && among(kWords, std::string_view(to_lower(word)));
}

bool looks_random(std::string_view value) {
  if (value.size() < 12) return false;
  const bool digit = std::ranges::any_of(value.substr(0, 256), is_digit);
  const bool letter = std::ranges::any_of(value.substr(0, 256), [](char c) { return is_lower(c) || is_upper(c); });
  return digit && letter && value.front() != '/';
}

}  // namespace driftwarden
