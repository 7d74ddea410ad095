#pragma once
// People's pull requests, with everything real but Slack, forge and cluster.
#include "bot/pulls/pull_watch.hpp"
#include "tests/support/fakes/planned_app.hpp"
#include "tests/support/fakes/world.hpp"

#include <fmt/core.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::test {

using namespace std::chrono_literals;

struct Watching : World {
  /// Beside "checkout" so many Apps of one ConfigMap, each in a channel of its own.
  explicit Watching(int more = 0) {
    for (int i = 0; i < more; ++i) {
      auto app = config.apps.front();
      app.name = fmt::format("more-{:02}", i);
      app.path = "apps/" + app.name;
      app.channel = "#" + app.name;
      put("main", app.path + "/cm.yaml", config_map(i, "1"));
      config.apps.push_back(app);
    }
    before_start = [this] {
      PullWatch::Parts parts;
      parts.executor = io.get_executor();
      parts.clock = &clock;
      parts.config = &config;
      parts.redactor = &redactor;
      parts.store = &async;
      parts.outbox = outbox.get();
      parts.messenger = messenger.get();
      parts.fleet = fleet.get();
      parts.forges["config"] = &forge_state;
      if (other_forge != nullptr) parts.forges["other"] = other_forge;
      parts.gates = gates;
      parts.price_files = [this](App app, std::string before, std::string after) { return price(std::move(app), std::move(before), std::move(after)); };
      pulls = std::make_unique<PullWatch>(std::move(parts));
    };
    begin();
  }
  ~Watching() { end(); }
  void begin() {
    start();
    pulls->start();
    clock.advance(5s);
  }
  void end() {
    run(io, pulls->stop());
    stop();
    pulls.reset();
  }
  void again() {
    end();
    store.revive();
    begin();
  }
  /// Somebody's branch with so many replicas, and its pull request.
  std::int64_t open(int replicas, const std::string& branch = "topic", const std::string& login = "bob") {
    (void)git("branch -f " + branch + " main");
    (void)commit(replicas, branch);
    const auto number = forge_state.open_by_hand(login, branch, "More replicas");
    point(number, branch);
    return number;
  }
  void point(std::int64_t number, const std::string& branch) const { (void)git("update-ref refs/pull/" + std::to_string(number) + "/head " + branch); }
  static std::string config_map(int i, const std::string& value) {
    return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: more-{}, namespace: shop}}\ndata: {{key: \"{}\"}}\n", i, value);
  }
  /// Somebody commits this file to a branch.
  void put(const std::string& branch, const std::string& path, const std::string& text) const {
    const auto file = (directory.path / "put.yaml").string();
    std::ofstream(file) << text;
    (void)run_shell(fmt::format("cd {0} && export GIT_INDEX_FILE={1} && git read-tree {2} && git update-index --add --cacheinfo 100644,$(git hash-object -w {3}),{4} && "
                                      "git update-ref refs/heads/{2} $(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p {2} -m Put)",
                                      remote(), (directory.path / "put").string(), branch, file, path));
  }
  /// A pull request that changes "checkout" and so many of the others.
  std::int64_t open_wide(int more) {
    (void)git("branch -f topic main");
    for (int i = 0; i < more; ++i) put("topic", fmt::format("apps/more-{:02}/cm.yaml", i), config_map(i, "2"));
    (void)commit(5, "topic");
    const auto number = forge_state.open_by_hand("bob", "topic", "Wide");
    point(number, "topic");
    return number;
  }
  void look() {
    pulls->nudge();
    clock.advance(1s);
  }
  asio::awaitable<Result<CostChange>> price(App app, std::string before, std::string after) {
    priced.push_back(fmt::format("{} {} {}", app.name, before.substr(0, 7), after.substr(0, 7)));
    if (pricing_takes > Duration{0}) CO_CHECK_OK(co_await clock.sleep_for(pricing_takes));
    co_return price_of_files;
  }
  /// "network", which tofu plans, and somebody's pull request that touches it.
  void open_planned() {
    end();
    config.apps.push_back(planned_app());
    config.cost.infracost = InfracostConfig{};
    put("main", "live/network/main.tf", "a\n");
    (void)git("branch -f topic main");
    put("topic", "live/network/main.tf", "b\n");
    point(forge_state.open_by_hand("bob", "topic", "A larger machine"), "topic");
    begin();
    look();
  }
  std::vector<forge::Comment>& comments(std::int64_t number = 1) { return forge_state.find(number)->comments; }
  std::string message_now() const {
    const auto found = slack.with_key("pull:");
    return found.empty() ? "" : found.front()->now().text;
  }

  std::unique_ptr<PullWatch> pulls;
  FakeForge* other_forge = nullptr;  ///< of a repository "other"; known from the next begin on
  Result<CostChange> price_of_files = CostChange{};
  std::vector<std::string> priced;
  Duration pricing_takes{0};
};

}  // namespace driftwarden::test
