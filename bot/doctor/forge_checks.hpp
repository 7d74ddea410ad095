#pragma once
// A repository: Git itself, and the forge that it lives on.
#include "bot/config/config.hpp"
#include "bot/doctor/finding.hpp"
#include "gitops/base/clock.hpp"
#include "integrations/forge/forge.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace driftwarden {

struct RepositoryCheck {
  const RepositoryConfig* repository = nullptr;
  forge::Forge* forge = nullptr;  ///< null: none is configured
  bool approvals = true;          ///< the policy wants some: then the branch should, too
  /// Runs Git's first question of a fetch or a push, off this thread.
  std::function<asio::awaitable<Result<void>>(bool push)> git;
};
asio::awaitable<DoctorFindings> check_repository(Clock& clock, RepositoryCheck check);

}  // namespace driftwarden
