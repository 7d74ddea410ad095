#pragma once
// What a forge's webhook speaks of. Payloads of Gitea, Forgejo, GitHub (JSON or form) and GitLab.
#include "integrations/net/http_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace driftwarden {

struct HookEvent {
  enum class Kind {
    Push,
    PullRequest,  ///< opened, pushed to, reviewed, closed
    Around,       ///< a check, a status, a comment: may belong to one
    Other
  };
  Kind kind = Kind::Other;
  std::vector<std::string> urls;  ///< of the repository, as the forge names it; none where the payload doesn't say
  std::int64_t number = 0;        ///< of the pull request; 0 where the event doesn't say: a commit's status, a comment on an issue
};

/// Never fails: what isn't known is Other. Without an event header it is taken for a push.
HookEvent read_hook_event(const net::Headers& headers, const std::string& body);

}  // namespace driftwarden
