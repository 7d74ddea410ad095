#pragma once
// Runs tofu, terraform or terragrunt in a directory: init, plan, show, apply. Never a shell; credentials only by the environment that is given.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "integrations/terraform/plan.hpp"

#include <boost/asio/any_io_executor.hpp>
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
  std::string checkout{};        ///< what the module may read: the tree in which `directory` lies; "" = directory
  std::string plugin_cache{};
  /// Credentials among them. What well-known variables for credentials and certificates name (invoke.cpp has the list: AWS_SHARED_CREDENTIALS_FILE, KUBECONFIG,
  /// GOOGLE_APPLICATION_CREDENTIALS, SSL_CERT_FILE ...) may be read; a path in another variable opens nothing. DRIFTWARDEN_PATHS ("/srv/states:/srv/out") names what
  /// plans may read beside these and an apply may write.
  std::map<std::string, std::string> environment{};
  std::string workspace{};
  std::vector<std::string> var_files{};
  Duration timeout = std::chrono::minutes{15};
  Duration apply_timeout = std::chrono::hours{4};  ///< then it is interrupted: it writes its state and releases its lock
  bool fence_required = false;                     ///< Denied where the kernel can't fence it
};

struct PlanOutcome {
  enum class State { InSync, Differs, Failed };
  State state = State::Failed;
  Plan plan{};
  std::string error{};      ///< Failed: for people
  std::string plan_file{};  ///< Differs, when it was asked to be kept: 0600. Terragrunt: a directory of them, 0700
  struct Unit {             ///< Terragrunt: each unit by its path below the directory
    std::string path{};
    State state = State::Failed;
    std::string error{};
  };
  std::vector<Unit> units{};
  std::vector<std::string> shown_files{};  ///< Differs, when it was asked to be kept: each plan as `show -json` has it, 0600, without what is sensitive; the caller removes them
};

/// An error is an error and never drift; a lock held by somebody, or a state read in the middle of an apply, is tried once more.
class Tool {
 public:
  virtual ~Tool() = default;
  /// plan -input=false -lock=false -detailed-exitcode; NotFound: the program isn't installed.
  virtual asio::awaitable<Result<PlanOutcome>> plan(ToolPlace place, bool refresh_only, bool keep_plan) = 0;
  /// Applies exactly this plan file; the text says what was done, redacted. Nothing was done upon Conflict (the state has moved since), Unavailable (somebody
  /// holds the lock), Denied (no fence), InvalidInput (its state would be lost with the checkout) and NotFound; upon others it may have been done in part.
  virtual asio::awaitable<Result<std::string>> apply(ToolPlace place, std::string plan_file) = 0;
};
/// What it prints is read on `pool`; without one, where it runs.
std::unique_ptr<Tool> create_tool(Clock& clock, asio::any_io_executor pool = {});

}  // namespace driftwarden::terraform
