#pragma once
// Lends a GitTransport to libgit2: its "smart" protocol engine speaks, our streams carry the bytes.
#include "gitops/repository/libgit.hpp"
#include "gitops/repository/transport.hpp"

#include <optional>
#include <string>

struct git_transport;

namespace driftwarden::libgit {

/// One conversation with one remote. Outlives the libgit2 transport made from it.
struct Conversation {
  GitTransport* transport = nullptr;
  std::string url;
  std::optional<Error> error;  ///< the first error of a stream, which libgit2 itself can only report as -1
};

int make_smart_transport(git_transport** out, git_remote* owner, Conversation& conversation);

}  // namespace driftwarden::libgit
