#pragma once
// Where secrets stand that no Secret holds: fields of custom resources, arguments of programs, addresses with a password in them.
#include <functional>
#include <string>
#include <string_view>

namespace driftwarden {

/// password, apiToken, client_secret, DB_PASS: a field that holds a secret. Not what only names one: secretName, tokenSecretRef, a toleration's key.
bool is_secret_field(std::string_view name);
/// "--api-token", "-Dspring.datasource.password": the value behind it is a secret.
bool is_secret_flag(std::string_view argument);

using Replacement = std::function<std::string(std::string_view secret)>;
/// The text with every credential that shows by its form (looks_secret) replaced. A text with a private key in it is replaced as a whole.
std::string replace_credentials(std::string_view text, const Replacement& replacement);

}  // namespace driftwarden
