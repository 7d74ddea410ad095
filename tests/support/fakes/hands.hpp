#pragma once
// Argo CD and Terraform in memory: they answer what they are told to, and remember what they were asked.
#include "bot/change/hands.hpp"
#include "gitops/base/clock.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::test {

class FakeHands {
 public:
  std::vector<std::string> asked;                 ///< "checkout 4f2c81a C-1 alice"
  std::function<Result<DeployProgress>()> deploys = [] { return DeployProgress{DeployProgress::State::Done, "", Duration{2000}}; };
  std::vector<std::string> refreshed;
  std::vector<DeployPause> paused;
  int plans = 0;
  std::function<Result<DriftReport>(const std::string& app)> plan = [](const std::string& app) {
    DriftReport report;
    report.app = app;
    report.state = AppState::Synced;
    return report;
  };
  std::map<std::string, SavedPlan> saved;
  SavedPlan next{"digest-1", "~ aws_instance.web\n    size: 1 -> 2\n", "4f2c81a9d0b7e6c5a4938271605f4e3d2c1b0a99", false, {}};
  std::vector<std::string> applied;               ///< "c-1 digest-1"
  std::function<Result<std::string>()> applies = [] { return Result<std::string>(std::string("1 changed")); };
  Result<CostChange> price = CostChange{};        ///< of files
  std::vector<std::string> priced;                ///< "network 4f2c81a 9e8d7c6"
  std::string text = "~ aws_instance.web\n    size: 1 -> 2\n";

  Hands hands() {
    Hands made;
    made.deploy = [this](App app, std::string revision, std::string id, std::string by) { return deploy(std::move(app), std::move(revision), std::move(id), std::move(by)); };
    made.refresh = [this](App app) { return refresh(std::move(app)); };
    made.pauses = [this] { return paused; };
    made.plan_now = [this](std::string app) { return plan_now(std::move(app)); };
    made.save_plan = [this](App, std::string id) { return save(std::move(id)); };
    made.apply_saved = [this](App, std::string id, std::string digest) { return apply(std::move(id), std::move(digest)); };
    made.drop_saved = [this](const std::string& id) { saved.erase(id); };
    made.price_files = [this](App app, std::string before, std::string after) { return price_files(std::move(app), std::move(before), std::move(after)); };
    made.plan_text = [this](const std::string&) { return text; };
    return made;
  }

 private:
  asio::awaitable<Result<DeployProgress>> deploy(App app, std::string revision, std::string id, std::string by) {
    asked.push_back(app.name + " " + revision.substr(0, 7) + " " + id + " " + by);
    co_return deploys();
  }
  asio::awaitable<Result<void>> refresh(App app) {
    refreshed.push_back(app.name);
    co_return Result<void>{};
  }
  asio::awaitable<Result<DriftReport>> plan_now(std::string app) {
    ++plans;
    co_return plan(app);
  }
  asio::awaitable<Result<CostChange>> price_files(App app, std::string before, std::string after) {
    priced.push_back(app.name + " " + before.substr(0, 7) + " " + after.substr(0, 7));
    co_return price;
  }
  asio::awaitable<Result<SavedPlan>> save(std::string id) {
    saved[id] = next;
    co_return next;
  }
  asio::awaitable<Result<std::string>> apply(std::string id, std::string digest) {
    const auto found = saved.find(id);
    if (found == saved.end() || found->second.digest != digest) co_return Error{ErrorKind::Conflict, "the plan is another one now"};
    applied.push_back(id + " " + digest);
    co_return applies();
  }
};

}  // namespace driftwarden::test
