#pragma once
// The watch of commits over a real mirror of a real remote.
#include "bot/audit/commit_watch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {

class CommitWatchTest : public test::RepositoryTest {
 protected:
  CommitWatchTest() {
    RepositoryConfig repository;
    repository.name = "config";
    repository.url = remote().string();
    repository.branch = "main";
    config.repositories.push_back(repository);
    config.slack.admin_channel = "C0ADMIN";
    Person ann;
    ann.name = "ann";
    ann.emails = {"ann@example.org"};
    config.people.push_back(ann);
    publish("apps/shop/a.yaml", "one", "Start");
    mirror = open();
    begin();
  }
  ~CommitWatchTest() override { end(); }

  void begin() {
    CommitWatch::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.config = &config;
    parts.store = &async;
    parts.outbox = &outbox;
    parts.in_mirror = [this](std::string, std::function<Result<void>(Mirror&)> work) { return in_mirror(std::move(work)); };
    parts.apps = [this](const std::string& repository) { return repository == "config" ? apps : apps_elsewhere; };
    if (has_forge) parts.find_merged = [this](std::string, std::int64_t number) { return find_merged(number); };
    watch = std::make_unique<CommitWatch>(std::move(parts));
    watch->start();
    look();
  }
  void end() {
    if (watch) test::run(io, watch->stop());
    watch.reset();
  }
  /// The bot is away while this happens.
  void away(const std::function<void()>& meanwhile) {
    end();
    meanwhile();
    begin();
  }
  void look() {
    watch->on_head("config", mirror->fetch().value());
    clock.settle();
  }
  asio::awaitable<Result<void>> in_mirror(std::function<Result<void>(Mirror&)> work) { co_return work(*mirror); }
  asio::awaitable<Result<std::optional<ConfirmedPull>>> find_merged(std::int64_t number) {
    ++asked;
    if (forge_hangs) {
      auto slept = co_await clock.sleep_for(std::chrono::hours{24});
      if (!slept) co_return slept.error();
    }
    if (number != merged.number) co_return std::optional<ConfirmedPull>{};
    co_return std::optional<ConfirmedPull>(merged);
  }

  /// Somebody's own commit, pushed to main.
  std::string push(const std::string& path = "apps/shop/a.yaml", const std::string& message = "By hand") { return publish(path, std::to_string(++content), message); }
  void write(const std::function<Result<void>(storage::Transaction&)>& work) { ASSERT_TRUE(store->transact(work)); }
  void add(AuditEntry entry) {
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto row, tx.append_audit(entry));
      return {};
    });
  }
  std::vector<AuditRow> rows(storage::AuditQuery query = {}) {
    std::vector<AuditRow> found;
    query.newest_first = false;
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(found, tx.audit(query));
      return {};
    });
    return found;
  }
  /// The commits that rows are about, and what else they are.
  std::vector<std::string> told() {
    std::vector<std::string> found;
    for (const auto& row : rows()) {
      if (row.entry.action == "commit.landed") found.push_back(row.entry.on);
      else found.push_back(row.entry.action);
    }
    return found;
  }
  std::vector<std::string> notices() {
    std::vector<std::string> found;
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto ready, tx.ready_outbox(clock.wall_now(), 100));
      for (const auto& row : ready) found.push_back(nlohmann::json::parse(row.payload).at("text"));
      return {};
    });
    return found;
  }
  Change add_change(const std::string& head) {
    Change change;
    change.app = "shop";
    change.state = ChangeState::Approved;
    change.content.head_sha = head;
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(change, tx.add_change(change));
      return {};
    });
    return change;
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(7);
  std::unique_ptr<storage::Store> store = storage::Store::open(":memory:", clock).value();
  AsyncStore async{*store, io.get_executor()};
  Outbox outbox{io.get_executor(), async, clock, *random, {}};
  Config config;
  std::unique_ptr<Mirror> mirror;
  std::vector<AppPaths> apps{{"shop", {"apps/shop"}}, {"cart", {"apps/cart", "base"}}};
  std::vector<AppPaths> apps_elsewhere{{"mart", {"apps/mart"}}};
  bool has_forge = true;
  bool forge_hangs = false;
  int asked = 0;
  ConfirmedPull merged;
  std::unique_ptr<CommitWatch> watch;
  int content = 0;
};

}  // namespace driftwarden
