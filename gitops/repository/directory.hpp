#pragma once
// The mirror's directory: made, found again, mended. It is a cache: whatever can't be read is put aside and fetched anew.
#include "gitops/repository/libgit.hpp"
#include "gitops/repository/mirror.hpp"

namespace driftwarden::libgit {

/// Opens the bare repository, private to this user, belonging to `options.url`. A damaged or foreign one becomes `<directory>.broken`.
Result<Handle<git_repository>> open_directory(const MirrorOptions& options);
Result<Handle<git_repository>> open_bare(const std::string& directory);

}  // namespace driftwarden::libgit
