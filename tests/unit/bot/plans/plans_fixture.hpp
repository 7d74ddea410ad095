#pragma once
// A repository on disk, a fleet over it, and tools that do as the test says.
#include "bot/plans/plan_watch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace driftwarden::test {

namespace plans_fs = std::filesystem;

inline std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen(("{ export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null; " + command + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), got);
  if (pclose(pipe) != 0) throw std::runtime_error(command + "\n" + out);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

inline ObjectDrift planned_row(const std::string& name, Verdict verdict = Verdict::OutOfSync) {
  ObjectDrift row;
  row.object.group = "terraform";
  row.object.kind = "aws_instance";
  row.object.name = name;
  row.verdict = verdict;
  return row;
}

/// Takes `takes` for each plan; what it answers is the test's.
class FakeTool final : public terraform::Tool {
 public:
  explicit FakeTool(Clock& clock) : clock_(clock) {}

  asio::awaitable<Result<terraform::PlanOutcome>> plan(terraform::ToolPlace place, bool, bool keep_plan) override {
    const auto name = plans_fs::path(place.directory).filename().string();
    planned.push_back(name);
    places[name] = place;
    if (on_plan) on_plan(place);
    busiest = std::max(busiest, ++busy);
    auto slept = co_await clock_.sleep_for(takes);
    --busy;
    if (!slept) co_return slept.error();
    if (const auto failing = errors.find(name); failing != errors.end()) co_return failing->second;
    auto outcome = outcomes.contains(name) ? outcomes.at(name) : in_sync();
    if (keep_plan && outcome.state == terraform::PlanOutcome::State::Differs) {
      plans_fs::create_directories(place.data_directory);
      outcome.plan_file = place.data_directory + "/plan.tfplan";
      std::ofstream(outcome.plan_file) << "the plan";
    }
    co_return outcome;
  }
  asio::awaitable<Result<std::string>> apply(terraform::ToolPlace place, std::string plan_file) override {
    applied.push_back(plan_file);
    places["applied"] = std::move(place);
    auto slept = co_await clock_.sleep_for(takes);
    if (!slept) co_return slept.error();
    if (refusal) co_return *refusal;
    co_return std::string("Apply complete!");
  }

  static terraform::PlanOutcome in_sync() {
    terraform::PlanOutcome outcome;
    outcome.state = terraform::PlanOutcome::State::InSync;
    outcome.plan.resources = 3;
    return outcome;
  }
  static terraform::PlanOutcome differing(const std::string& name) {
    auto outcome = in_sync();
    outcome.state = terraform::PlanOutcome::State::Differs;
    outcome.plan.drifted = true;
    outcome.plan.objects.push_back(planned_row(name));
    return outcome;
  }

  std::map<std::string, terraform::PlanOutcome> outcomes;  ///< by the directory's last part
  std::map<std::string, Error> errors;
  std::map<std::string, terraform::ToolPlace> places;
  std::vector<std::string> planned;
  std::vector<std::string> applied;
  std::optional<Error> refusal;
  std::function<void(const terraform::ToolPlace&)> on_plan;
  Duration takes{0};
  std::size_t busy = 0;
  std::size_t busiest = 0;

 private:
  Clock& clock_;
};

class FakeRunner final : public ansible::Runner {
 public:
  asio::awaitable<Result<ansible::Check>> check(ansible::CheckPlace given) override {
    place = std::move(given);
    if (error) co_return *error;
    co_return answer;
  }
  ansible::CheckPlace place;
  ansible::Check answer;
  std::optional<Error> error;
};

class PlansWorld {
 public:
  PlansWorld() : clock(io), random(create_seeded_random(7)), tool(std::make_shared<FakeTool>(clock)), runner(std::make_shared<FakeRunner>()) {
    auto pattern = (plans_fs::temp_directory_path() / "driftwarden-plans-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    shell(fmt::format("git init -q --bare -b main {0}/remote.git && git init -q -b main {0}/work", root));
    RepositoryConfig repository;
    repository.name = "infra";
    repository.url = root + "/remote.git";
    config.repositories.push_back(repository);
  }
  ~PlansWorld() {
    if (plans) run(io, plans->stop());
    if (fleet) run(io, fleet->stop());
    plans.reset();
    fleet.reset();
    for (int i = 0; i < 100; ++i) io.poll();
    plans_fs::remove_all(root);
  }

  App& add_app(const std::string& name, AppKind kind = AppKind::Terraform) {
    App app;
    app.name = name;
    app.kind = kind;
    app.repository = "infra";
    app.path = "live/" + name;
    app.environment = "prod";
    app.plan.rule = "app:" + name;
    app.plan.every = std::chrono::hours{6};
    if (kind == AppKind::Ansible) app.plan.tool = PlanTool::Ansible;
    config.apps.push_back(app);
    return config.apps.back();
  }
  std::string commit(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      const plans_fs::path file = root + "/work/" + path;
      plans_fs::create_directories(file.parent_path());
      std::ofstream(file) << content;
    }
    return commit_all();
  }
  std::string commit_all() {
    return shell(fmt::format("cd {0}/work && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q --allow-empty -m change && git push -q {0}/remote.git main && git rev-parse HEAD", root));
  }
  void start() {
    Fleet::Parts of_fleet;
    of_fleet.executor = io.get_executor();
    of_fleet.pool = io.get_executor();
    of_fleet.clock = &clock;
    of_fleet.random = random.get();
    of_fleet.config = &config;
    of_fleet.redactor = &redactor;
    of_fleet.cache_directory = root + "/mirrors";
    fleet = std::make_unique<Fleet>(std::move(of_fleet));
    make_plans();
    Fleet::Listener listener;
    listener.on_report = [this](DriftReport report) { told.push_back(std::move(report)); };
    listener.on_synced = [](const std::string&, const std::string&) {};
    listener.on_cluster = [](const std::string&, bool, const std::string&) {};
    listener.on_kind = [](const std::string&, const WatchedKind&, bool, const std::string&) {};
    listener.on_repository = [](const std::string&, bool, const std::string&) {};
    listener.on_apps_changed = [this] { plans->look_again(); };
    listener.on_head = [this](const std::string& repository, const std::string& head) { plans->on_head(repository, head); };
    fleet->start(std::move(listener));
    plans->start();
    clock.settle();
  }
  void make_plans() {
    PlanWatch::Parts parts;
    parts.executor = io.get_executor();
    parts.pool = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.config = &config;
    parts.fleet = fleet.get();
    parts.terraform = tool;
    parts.ansible = runner;
    parts.directory = root + "/plans";
    plans = std::make_unique<PlanWatch>(std::move(parts));
  }
  template <class T>
  T wait(asio::awaitable<T> task) {
    std::optional<T> value;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T result) {
      EXPECT_FALSE(thrown);
      value = std::move(result);
    });
    for (int i = 0; i < 100 && !value; ++i) clock.advance(std::chrono::seconds{1});
    if (!value) throw std::runtime_error("no end");
    return std::move(*value);
  }

  asio::io_context io;
  ManualClock clock;
  std::unique_ptr<Random> random;
  std::string root;
  Config config;
  Redactor redactor{"key"};
  std::shared_ptr<FakeTool> tool;
  std::shared_ptr<FakeRunner> runner;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<PlanWatch> plans;
  std::vector<DriftReport> told;
};

}  // namespace driftwarden::test
