#pragma once
// By which words and forms a secret in plaintext is known. Pure.
#include <cstddef>
#include <string_view>

namespace driftwarden::secret_words {

/// "password", "API_TOKEN", "apiKey", "credentials", "client_secret"; not "secretName", "key", "topologyKey", "tokenExpirationSeconds".
bool sounds_secret(std::string_view name);
/// Filled in by somebody else, or encrypted: Helm and shell templates, argocd-vault-plugin, vals, SOPS.
bool is_placeholder(std::string_view value);
/// Nothing that anybody keeps secret: a switch, a path, an address without a password.
bool is_harmless(std::string_view value);
/// Where a private key, a token or a password in a URL begins in a text; npos = none.
std::size_t credential_in(std::string_view text);

}  // namespace driftwarden::secret_words
