#include "gitops/manifest/secret_fields.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::size_t kLongestName = 128;

/// Letters and digits, lower case: "client_secret" and "clientSecret" are one name.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name.substr(name.size() > kLongestName ? name.size() - kLongestName : 0)) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    }
  }
  return out;
}

constexpr std::array<std::string_view, 33> kEnds{
    "password",   "passwd",     "passphrase",    "passcode",     "token",      "apikey",        "accesskey",     "secretkey",  "secretaccesskey", "privatekey", "signingkey",
    "masterkey",  "authkey",    "encryptionkey", "accountkey",   "sharedkey",  "storagekey",    "licensekey",    "sessionkey", "clientsecret",    "webhooksecret", "sharedsecret",
    "appsecret",  "apisecret",  "consumersecret", "oauthsecret", "hmacsecret", "signingsecret", "jwtsecret",     "sessionsecret", "credentials",  "connectionstring", "cookiesecret"};

/// "dbPass", "DB_PASS", "db-pass"; not "bypass".
bool ends_with_pass(std::string_view name) {
  for (const auto end : {std::string_view("_pass"), std::string_view("-pass"), std::string_view(".pass"), std::string_view("_PASS"), std::string_view("-PASS"), std::string_view("_pwd"),
                         std::string_view("_PWD"), std::string_view("Pass"), std::string_view("Pwd")}) {
    if (name.size() > end.size() && name.ends_with(end)) return true;
  }
  return name == "pass" || name == "pwd";
}

}  // namespace

bool is_secret_field(std::string_view name) {
  if (ends_with_pass(name)) return name != "OLD_PWD";
  const auto text = plain(name);
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return text.ends_with(end); });
}

bool is_secret_flag(std::string_view argument) {
  if (!argument.starts_with('-')) return false;
  const auto name = argument.substr(0, argument.find('='));
  return is_secret_field(name) || plain(name) == "secret";
}

}  // namespace driftwarden
