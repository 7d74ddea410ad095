#pragma once
// Apps that a tool plans (Terraform, OpenTofu, Terragrunt, Ansible): planned on a schedule, when Git moves below them and when asked; told as drift.
#include "bot/watch/fleet.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"
#include "gitops/model/cost.hpp"
#include "integrations/ansible/check.hpp"
#include "integrations/terraform/tool.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace driftwarden {

/// A plan that waits for approval: what `apply` would do, exactly.
struct SavedPlan {
  std::string digest{};    ///< of what would be done (terraform::plan_digest)
  std::string text{};      ///< for people, redacted
  std::string revision{};  ///< the commit it was made from
  bool destructive = false;
  std::vector<std::string> deletes{};  ///< addresses that would go or be replaced
  std::optional<CostChange> cost{};    ///< nothing: no Infracost is configured, or it couldn't say
  std::string cost_trouble{};          ///< why it couldn't, for people
};

class PlanWatch {
 public:
  struct Parts {
    asio::any_io_executor executor;
    asio::any_io_executor pool;
    Clock* clock = nullptr;
    Random* random = nullptr;
    const Config* config = nullptr;
    Fleet* fleet = nullptr;
    std::shared_ptr<terraform::Tool> terraform;
    std::shared_ptr<ansible::Runner> ansible;
    std::string directory;  ///< ours alone: checkouts, data directories, saved plans
    std::size_t at_once = 2;
  };
  explicit PlanWatch(Parts parts);
  ~PlanWatch();

  void start();
  asio::awaitable<void> stop();
  /// Apps or rules are others now.
  void look_again();
  /// A repository has a new head: Apps whose trees it touched are planned.
  void on_head(const std::string& repository, const std::string& head);

  /// Plans now (or waits for the plan that runs) and says how it stands. Also told by the fleet's on_report.
  asio::awaitable<Result<DriftReport>> plan_now(std::string app);
  /// Plans at the head and keeps the plan under `id` ("c-12"). InvalidInput where nothing would change, it fails, or the App has no `apply: true`.
  asio::awaitable<Result<SavedPlan>> save_plan(App app, std::string id);
  /// Applies what was saved under `id`, if it still is `digest`; Conflict when the state or the head's files moved since: plan again. Done once: asked again
  /// after a crash in the middle, it says so instead of applying twice.
  asio::awaitable<Result<std::string>> apply_saved(App app, std::string id, std::string digest);
  void drop_saved(const std::string& id);
  /// What the App's files at `after` cost against those at `before`, by the files alone: nothing is planned. FilePrices::between.
  asio::awaitable<Result<CostChange>> price_files(App app, std::string before, std::string after);
  /// As last planned: text for people, "" before the first plan.
  std::string text(const std::string& app) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden
