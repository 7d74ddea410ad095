#include "bot/audit/commit_watch.hpp"

#include "bot/audit/trace.hpp"
#include "bot/audit/words.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
    parts.apps = [this](const std::string&) { return apps; };
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
      auto slept = co_await clock.sleep_for(24h);
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
      for (const auto& row : ready) found.push_back(json::parse(row.payload).at("text"));
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
  bool has_forge = true;
  bool forge_hangs = false;
  int asked = 0;
  ConfirmedPull merged;
  std::unique_ptr<CommitWatch> watch;
  int content = 0;
};

TEST_F(CommitWatchTest, TheFirstSightOfABranchHasNoRows) { EXPECT_THAT(rows(), IsEmpty()); }

TEST_F(CommitWatchTest, ADirectPushHasItsRow) {
  const auto sha = push();
  look();
  ASSERT_THAT(rows(), SizeIs(1));
  const auto row = rows().front();
  EXPECT_EQ(row.entry.on, sha);
  EXPECT_EQ(row.entry.actor, "driftwarden") << "whose commit it says it is proves nothing";
  EXPECT_EQ(row.entry.app, "shop");
  const auto detail = json::parse(row.entry.detail);
  EXPECT_EQ(detail.at("by"), "ann");
  EXPECT_EQ(detail.at("author"), "Ann <ann@example.org>");
  EXPECT_EQ(detail.at("committed_at"), "2026-11-21T09:00:00Z");
  EXPECT_EQ(row.entry.detail.find("By hand"), std::string::npos) << "a message may hold a secret";
  EXPECT_EQ(deed_words(row.entry), "saw others bring commit " + sha.substr(0, 7) + " of shop: by ann, to main of config");
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(CommitWatchTest, WhoCommittedItIsSaidWhereThatIsAnother) {
  test::write_file(work() / "apps/shop/a.yaml", "two");
  git("add -A && GIT_COMMITTER_NAME=GitHub GIT_COMMITTER_EMAIL=noreply@github.example git commit -q -m x --author 'Eve <eve@elsewhere.example>' && git push -q origin HEAD:main");
  look();
  const auto detail = json::parse(rows().at(0).entry.detail);
  EXPECT_EQ(detail.at("by"), "Eve <eve@elsewhere.example>");
  EXPECT_EQ(detail.at("committer"), "GitHub <noreply@github.example>");
}

TEST_F(CommitWatchTest, EachCommitHasOneRowHoweverOftenTheBotStarts) {
  const auto first = push();
  look();
  look();
  std::string second;
  away([&] { second = push(); });
  away([] {});
  EXPECT_THAT(told(), ElementsAre(first, second));
}

TEST_F(CommitWatchTest, TheBotsOwnHaveNone) {
  const auto sha = push();
  add({"driftwarden", "change.merged", "shop", "C-1", R"({"after":{"state":"merged","merged":")" + sha + R"("}})"});
  look();
  EXPECT_THAT(told(), ElementsAre("change.merged"));
}

TEST_F(CommitWatchTest, WhatAChangeMayBeAboutToWriteDownIsWaitedFor) {
  const auto before = push();
  const auto sha = push("apps/shop/a.yaml", "Sync shop\n\nDriftwarden-Change: C-1");
  auto change = add_change("");
  look();
  EXPECT_THAT(told(), ElementsAre(before)) << "what lies before it needs no waiting";
  change.state = ChangeState::Applying;
  change.merged_sha = sha;
  write([&](storage::Transaction& tx) { return tx.save_change(change); });
  const auto after = push();
  look();
  clock.advance(1min);
  EXPECT_THAT(told(), ElementsAre(before, after));
}

TEST_F(CommitWatchTest, ACommitThatOnlySaysThatItIsAChangesIsToldInTheEnd) {
  const auto sha = push("apps/shop/a.yaml", "Not of the bot\n\nDriftwarden-Change: C-1");
  add_change("");
  look();
  clock.advance(14min);
  EXPECT_THAT(told(), IsEmpty());
  away([] {});
  clock.advance(2min);
  ASSERT_THAT(told(), ElementsAre(sha));
  EXPECT_EQ(json::parse(rows().front().entry.detail).at("change"), "C-1");
}

TEST_F(CommitWatchTest, AMergeIsOneRowThatNamesWhatItBrought) {
  git("checkout -q -b topic");
  test::write_file(work() / "base/b.yaml", "1");
  git("add -A && git commit -q -m one");
  test::write_file(work() / "apps/shop/a.yaml", "2");
  git("commit -q -a -m two");
  const auto brought = git("rev-parse HEAD");
  git("checkout -q main && git merge -q --no-ff -m 'Merge pull request #7 from ann/topic' topic && git push -q origin main");
  const auto sha = git("rev-parse HEAD");
  merged.number = 7;
  merged.merged_sha = sha;
  merged.url = "https://forge.example/acme/config/pull/7";
  merged.author = "annie";
  look();
  ASSERT_THAT(told(), ElementsAre(sha));
  const auto row = rows().front();
  const auto detail = json::parse(row.entry.detail);
  EXPECT_EQ(detail.at("brought").size(), 2U);
  EXPECT_EQ(detail.at("apps"), json::array({"cart", "shop"}));
  EXPECT_EQ(row.entry.app, "");
  EXPECT_EQ(detail.at("pull_request"), "#7");
  EXPECT_EQ(detail.at("opened_by"), "@annie");
  EXPECT_THAT(deed_words(row.entry), HasSubstr("by ann, pull request #7, with 2 more commits, to main of config, in cart, shop"));
  for (const auto& key : {sha, sha.substr(0, 8), brought, brought.substr(0, 8), std::string("#7")}) {
    Trace traced;
    write([&](storage::Transaction& tx) -> Result<void> {
      TRY(traced, trace(tx, key));
      return {};
    });
    EXPECT_THAT(traced.rows, SizeIs(1)) << key;
  }
}

TEST_F(CommitWatchTest, ARowOfSeveralAppsIsEachOnes) {
  test::write_file(work() / "apps/cart/c.yaml", "1");
  push("base/b.yaml");
  push("docs/readme.md");
  look();
  storage::AuditQuery query;
  for (const auto& [app, count] : std::map<std::string, std::size_t>{{"cart", 1}, {"shop", 0}}) {
    query.app = app;
    EXPECT_THAT(rows(query), SizeIs(count)) << app;
  }
  push("apps/shop/a.yaml");
  test::write_file(work() / "apps/cart/c.yaml", "3");
  push("apps/shop/a.yaml");
  look();
  query.app = "shop";
  EXPECT_THAT(rows(query), SizeIs(2));
  query.app = "cart";
  ASSERT_THAT(rows(query), SizeIs(2));
  EXPECT_TRUE(concerns_app(rows(query).back().entry, "cart"));
  EXPECT_TRUE(concerns_app(rows(query).back().entry, "shop"));
  EXPECT_FALSE(concerns_app(rows(query).back().entry, "config"));
}

TEST_F(CommitWatchTest, APullRequestThatTheForgeDoesntConfirmIsOnlySaid) {
  merged.number = 7;
  merged.merged_sha = "another";
  push("apps/shop/a.yaml", "A fix (#7)");
  look();
  const auto detail = json::parse(rows().at(0).entry.detail);
  EXPECT_FALSE(detail.contains("pull_request"));
  EXPECT_EQ(detail.at("says_pull_request"), "#7");
}

TEST_F(CommitWatchTest, AForgeThatHangsIsWaitedForOnce) {
  forge_hangs = true;
  push("apps/shop/a.yaml", "A fix (#7)");
  push("apps/shop/a.yaml", "Another (#8)");
  look();
  clock.advance(11s);
  EXPECT_THAT(told(), SizeIs(2));
  EXPECT_EQ(asked, 1);
}

TEST_F(CommitWatchTest, AForcePushIsARowAndOneMessage) {
  const auto gone = push();
  look();
  git("reset -q --hard HEAD~1");
  test::write_file(work() / "apps/cart/c.yaml", "new");
  git("add -A && git commit -q -m instead && git push -q -f origin HEAD:main");
  const auto instead = git("rev-parse HEAD");
  look();
  ASSERT_THAT(told(), ElementsAre(gone, "commit.rewritten", instead));
  const auto row = rows().at(1);
  EXPECT_EQ(json::parse(row.entry.detail).at("lost"), json::array({gone}));
  EXPECT_EQ(deed_words(row.entry), "saw a force-push to main of config: from " + gone.substr(0, 7) + " to " + instead.substr(0, 7) + ", 1 commit gone from it, in cart, shop");
  ASSERT_THAT(notices(), SizeIs(1));
  EXPECT_THAT(notices().front(), HasSubstr("was rewritten by a force-push: it was at `" + gone.substr(0, 7) + "` and is at `" + instead.substr(0, 7) + "` now. 1 commit is gone from it."));
  away([] {});
  // And back again: these commits had their rows.
  git("push -q -f origin " + gone + ":main");
  look();
  EXPECT_THAT(told(), ElementsAre(gone, "commit.rewritten", instead, "commit.rewritten"));
  EXPECT_THAT(notices(), SizeIs(1)) << "of one lane the first is told first";
}

TEST_F(CommitWatchTest, AMirrorThatLostTheOldHeadStillTellsOfTheForcePush) {
  const auto gone = push();
  look();
  away([&] {
    git("checkout -q --orphan other && git commit -q -m anew && git push -q -f origin HEAD:main");
    remote_git("reflog expire --expire=now --all && git -C " + remote().string() + " gc -q --prune=now");
    mirror.reset();
    test::fs::remove_all(options().directory);
    mirror = open();
  });
  ASSERT_THAT(told(), ElementsAre(gone, "commit.rewritten"));
  EXPECT_FALSE(json::parse(rows().back().entry.detail).contains("lost"));
}

TEST_F(CommitWatchTest, ManyCommitsOfALongAbsenceAreSummedUp) {
  away([&] {
    git("config user.email bob@elsewhere.example && for i in $(seq 1 60); do echo $i > apps/shop/a.yaml && git commit -q -a -m n$i; done && git push -q origin HEAD:main");
  });
  const auto all = rows();
  ASSERT_THAT(all, SizeIs(51));
  EXPECT_EQ(all.front().entry.action, "commit.caught-up");
  const auto detail = json::parse(all.front().entry.detail);
  EXPECT_EQ(detail.at("count"), 10);
  EXPECT_THAT(detail.at("commits"), SizeIs(10));
  EXPECT_EQ(detail.at("people"), json::array({"Ann <bob@elsewhere.example>"}));
  EXPECT_EQ(all.front().entry.app, "shop");
  EXPECT_THAT(deed_words(all.front().entry), HasSubstr("saw others bring 10 commits of shop: by Ann <bob@elsewhere.example>, to main of config"));
  EXPECT_EQ(all.back().entry.on, git("rev-parse HEAD"));
}

TEST_F(CommitWatchTest, AnotherBranchIsBegunAnew) {
  push();
  git("push -q origin HEAD~1:refs/heads/stable");
  end();
  config.repositories.front().branch = "stable";
  auto other = options();
  other.branch = "stable";
  other.directory += "-stable";
  mirror = Mirror::open(other).value();
  begin();
  EXPECT_THAT(rows(), IsEmpty());
}

struct MessageRow {
  std::string name;
  std::string message;
  std::optional<std::int64_t> number;
  friend void PrintTo(const MessageRow& row, std::ostream* out) { *out << row.name; }
};
class PullRequestIn : public testing::TestWithParam<MessageRow> {};

TEST_P(PullRequestIn, TheMessage) { EXPECT_EQ(pull_request_in(GetParam().message), GetParam().number); }

INSTANTIATE_TEST_SUITE_P(Messages, PullRequestIn,
                         testing::Values(MessageRow{"AMergeOnGitHub", "Merge pull request #7 from ann/topic\n\nA fix", 7}, MessageRow{"ASquash", "A fix (#12)\n\n* one", 12},
                                         MessageRow{"AMergeOnGitea", "Merge pull request 'A fix' (#3) from topic into main", 3},
                                         MessageRow{"AMergeOnGitLab", "Merge branch 'topic' into 'main'\n\nA fix\n\nSee merge request acme/config!41", 41},
                                         MessageRow{"ATitleThatNamesTwo", "Revert \"A fix (#12)\" (#13)", 13}, MessageRow{"AnIssueInTheText", "A fix\n\nCloses (#5)", std::nullopt},
                                         MessageRow{"NoNumber", "A fix (#x)", std::nullopt}, MessageRow{"TooLong", "A fix (#1234567890123456789012)", std::nullopt},
                                         MessageRow{"Nothing", "", std::nullopt}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
