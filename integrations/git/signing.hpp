#pragma once
// Signs commits with the tools that `git verify-commit` and the forges check against.
#include "gitops/base/secret.hpp"
#include "gitops/repository/mirror.hpp"

#include <string>

namespace driftwarden::git {

inline constexpr Duration kSigningPatience{20'000};  ///< for the tool's whole run

/// `ssh-keygen -Y sign -n git`. The file is a private key without a passphrase (or a public one whose private half is in the agent).
/// Denied when the key can't sign, NotFound without the tool or the file.
Signer ssh_signer(std::string key_file, Duration patience = kSigningPatience);

/// The same for a key given as text: it stands in a file of its own, 0600 below `directory`, for as long as a copy of the signer lives.
Result<Signer> ssh_signer_for_key(Secret<std::string> pem, const std::string& directory);

/// `gpg --detach-sign --armor` with a key of the user's keyring, by its id or fingerprint; the agent must know its passphrase.
Signer gpg_signer(std::string key_id, Duration patience = kSigningPatience);

}  // namespace driftwarden::git
