#pragma once
// `driftwarden doctor`: every check, all at once where they don't need each other, each with a deadline.
#include "bot/doctor/cluster_checks.hpp"
#include "bot/doctor/forge_checks.hpp"
#include "bot/doctor/gate_checks.hpp"
#include "bot/doctor/machine_checks.hpp"
#include "bot/doctor/model_check.hpp"
#include "bot/doctor/slack_checks.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace driftwarden {

struct DoctorParts {
  asio::any_io_executor executor;
  Clock* clock = nullptr;
  const Config* config = nullptr;
  slack::WebApi* slack = nullptr;          ///< null: the config has no slack section
  std::vector<ClusterCheck> clusters{};
  std::vector<RepositoryCheck> repositories{};
  AskTool ask_tool;
  std::function<asio::awaitable<StorageFacts>()> look_at_storage;
  std::string missing_for_fence{};
  std::optional<ModelProbe> model{};       ///< none: the config has no model
};

/// In a fixed order: config, slack, clusters and repositories as the config lists them, the model, tools, gates, storage, kernel.
asio::awaitable<DoctorFindings> examine(DoctorParts parts);

/// A config with mistakes: nothing else can be looked at.
DoctorFindings findings_of_mistakes(const std::vector<ConfigMistake>& mistakes);

}  // namespace driftwarden
