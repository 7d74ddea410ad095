#pragma once
// One App's plan from Git to its report: the checkout, the tool, what is kept for an approval. Turns and times are PlanWatch's.
#include "bot/plans/checkout.hpp"
#include "bot/plans/plan_reports.hpp"
#include "bot/plans/plan_watch.hpp"
#include "bot/plans/saved_plans.hpp"
#include "gitops/base/gate.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace driftwarden {

struct Planned {
  DriftReport report{};
  std::string text{};
  std::optional<PlanInputs> inputs{};  ///< nothing when Git couldn't be read
};

class PlanSteps {
 public:
  explicit PlanSteps(const PlanWatch::Parts& parts);

  /// What an earlier run left is thrown away, once; all else waits for it. Cancelled.
  asio::awaitable<Result<void>> clean_up();
  /// A failure is a report that says so. NotFound: the repository was never fetched. Cancelled.
  asio::awaitable<Result<Planned>> plan(App app, std::optional<PlanInputs> synced);
  asio::awaitable<Result<SavedPlan>> save(App app, std::string id);
  asio::awaitable<Result<std::string>> apply(App app, std::string id, std::string digest);
  void drop(const std::string& id);
  /// The checkouts that are kept for the next plan are given up: the pool removes them. None is kept from then on.
  void let_go();

 private:
  /// Gone from the disk when nobody uses it any more.
  struct Checkout {
    Checkout(std::string path_, asio::any_io_executor pool_) : path(std::move(path_)), pool(std::move(pool_)) {}
    Checkout(const Checkout&) = delete;
    Checkout& operator=(const Checkout&) = delete;
    ~Checkout();
    std::string path;
    asio::any_io_executor pool;
  };
  struct Ground {
    std::string commit{};
    PlanInputs inputs{};
    std::shared_ptr<Checkout> checkout{};
  };
  struct Kept {
    std::string commit{};
    std::shared_ptr<Checkout> checkout{};
  };
  asio::awaitable<Result<Ground>> look_up(App app);
  asio::awaitable<Result<void>> check_out(App app, Ground& ground);
  std::string free_path(const App& app, const std::string& commit) const;
  std::string data_directory(const App& app) const;
  std::map<std::string, std::string> environment_of(const App& app) const;
  terraform::ToolPlace tool_place(const App& app, const Ground& ground) const;
  ansible::CheckPlace check_place(const App& app, const Ground& ground) const;
  asio::awaitable<Result<Planned>> plan_on(App app, Ground ground, PlanMoment context);
  asio::awaitable<Result<SavedRecord>> waiting_plan(App app, std::string id, std::string digest, SavedProgress progress);
  asio::awaitable<Result<std::string>> apply_now(terraform::ToolPlace place, std::string id, std::shared_ptr<Checkout> checkout);
  /// What the plan costs, into it; `files` are gone afterwards.
  asio::awaitable<Result<void>> price(SavedPlan& plan, std::vector<std::string> files);
  template <class Work>
  asio::awaitable<std::invoke_result_t<Work&>> on_pool(Work work) {
    auto task = offload(parts_.pool, std::move(work));
    co_return co_await std::move(task);
  }

  PlanWatch::Parts parts_;
  SavedPlans saved_;
  Gate cleaning_;
  bool clean_ = false;
  Gate checkouts_;
  bool keeps_checkouts_ = true;
  std::map<std::string, Kept> newest_;  ///< by repository: shared by all Apps that are at its newest commit
};

}  // namespace driftwarden
