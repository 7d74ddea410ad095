#pragma once
// No commit of ours brings a plaintext secret into Git, whatever verb wrote it. Pure.
#include "gitops/base/result.hpp"
#include "gitops/manifest/manifest.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// A file that a commit touches, as it was and as it will be; "" = none.
struct TouchedFile {
  std::string path;
  std::string before{};
  std::string after{};
};

/// Where the commit would add one: "apps/shop/secret.yaml: stringData.token of Secret shop/keys", never a value. What stood in plaintext in one of the files
/// before and only moves is not added; what a rollback brings back is. SOPS, SealedSecrets, ExternalSecrets, templates' and vaults' placeholders are none.
std::vector<std::string> added_secrets(const std::vector<TouchedFile>& files);
/// InvalidInput with what to do, where there is one.
Result<void> check_added_secrets(const std::vector<TouchedFile>& files);

/// A SealedSecret is sealed for one name and namespace, unless it says otherwise: one that is copied or moved elsewhere can't be opened. InvalidInput names it.
Result<void> check_sealed(const std::vector<Manifest>& before, const std::vector<Manifest>& after);

}  // namespace driftwarden
