#pragma once
// Runs tofu, terraform or terragrunt in a directory: init, plan, show, apply. Never a shell; credentials only by the environment that is given.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "integrations/terraform/plan.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::terraform {

struct ToolPlace {
  PlanTool tool = PlanTool::Tofu;
  std::string directory{};       ///< the module, or the unit tree of terragrunt
  std::string data_directory{};  ///< ours alone (0700): TF_DATA_DIR, plan files; kept between runs so that init is cheap
  std::string plugin_cache{};
  std::map<std::string, std::string> environment{};  ///< credentials among them
  std::string workspace{};
  std::vector<std::string> var_files{};
  Duration timeout = std::chrono::minutes{15};
};

struct PlanOutcome {
  enum class State { InSync, Differs, Failed };
  State state = State::Failed;
  Plan plan{};
  std::string error{};      ///< Failed: for people
  std::string plan_file{};  ///< Differs, when it was asked to be kept: 0600
  struct Unit {             ///< Terragrunt: each unit by its path below the directory
    std::string path{};
    State state = State::Failed;
    std::string error{};
  };
  std::vector<Unit> units{};
};

/// An error is an error and never drift; a lock held by somebody, or a state read in the middle of an apply, is tried once more.
class Tool {
 public:
  virtual ~Tool() = default;
  /// plan -input=false -lock=false -detailed-exitcode; NotFound: the program isn't installed.
  virtual asio::awaitable<Result<PlanOutcome>> plan(ToolPlace place, bool refresh_only, bool keep_plan) = 0;
  /// Applies exactly this plan file; Conflict when the state has moved since. The text says what was done, redacted.
  virtual asio::awaitable<Result<std::string>> apply(ToolPlace place, std::string plan_file) = 0;
};
std::unique_ptr<Tool> create_tool(Clock& clock);

}  // namespace driftwarden::terraform
