#pragma once
// Whether a repository lets us fetch and push: only what its server says at the start of either; nothing is fetched, nothing pushed. Blocking.
#include "gitops/repository/transport.hpp"

#include <string>

namespace driftwarden {

/// UploadPackRefs or ReceivePackRefs. Local paths are looked at in the file system. Errors as the transport says them.
Result<void> try_git(const TransportFactory& transport, GitService service, const std::string& url, const GitCredentials& credentials);

}  // namespace driftwarden
