#include "tests/unit/bot/audit/watching_commits.hpp"

#include "bot/audit/trace.hpp"
#include "bot/audit/words.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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

TEST_F(CommitWatchTest, ACommitThatTakesAnAppAwayTouchesIt) {
  apps.push_back({"old", {"apps/old"}});
  push("apps/old/a.yaml");
  look();
  apps.pop_back();
  git("rm -q -r apps/old && git commit -q -m gone && git push -q origin HEAD:main");
  look();
  ASSERT_THAT(rows(), SizeIs(2));
  EXPECT_EQ(rows().back().entry.app, "old");
  push("apps/old/b.yaml");
  look();
  EXPECT_EQ(rows().back().entry.app, "") << "it is gone";
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

TEST_F(CommitWatchTest, ABotThatStopsWhileTheForgeIsAskedAsksAgain) {
  forge_hangs = true;
  const auto sha = push("apps/shop/a.yaml", "A fix (#7)");
  look();
  EXPECT_THAT(told(), IsEmpty());
  away([&] {
    forge_hangs = false;
    merged.number = 7;
    merged.merged_sha = sha;
  });
  ASSERT_THAT(told(), ElementsAre(sha));
  EXPECT_EQ(json::parse(rows().front().entry.detail).at("pull_request"), "#7");
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

TEST_F(CommitWatchTest, WhatIsTooOldToBeLookedAtIsSaid) {
  away([&] {
    std::string stream;
    for (int i = 1; i <= 2100; ++i) {
      stream += "commit refs/heads/topic\ncommitter Bob <bob@elsewhere.example> 1763715600 +0000\ndata 2\nn\n";
      if (i == 1) stream += "from refs/heads/main^0\n";
      const auto text = std::to_string(i);
      stream += "M 644 inline apps/shop/a.yaml\ndata " + std::to_string(text.size()) + "\n" + text + "\n";
    }
    const auto file = root / "stream";
    test::write_file(file, stream);
    push("docs/old.md");
    git("fast-import --quiet < " + file.string() + " && git merge -q --no-ff -m merge topic && git push -q origin main");
  });
  const auto all = rows();
  ASSERT_THAT(told(), ElementsAre(git("rev-parse HEAD")));
  EXPECT_THAT(deed_words(all.front().entry), HasSubstr("with 1999 more commits, after others, too many to look at, to main of config"));
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

}  // namespace
}  // namespace driftwarden
