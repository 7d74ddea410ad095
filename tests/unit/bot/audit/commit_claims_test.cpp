// Whose a commit is: a Change's, one's that only says so, somebody else's.
#include "tests/unit/bot/audit/watching_commits.hpp"

#include "bot/audit/words.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
  const auto detail = json::parse(rows().front().entry.detail);
  EXPECT_FALSE(detail.contains("change")) << "anybody can write that";
  EXPECT_EQ(detail.at("says_change"), "C-1");
  EXPECT_THAT(deed_words(rows().front().entry), HasSubstr("by ann, says it is of C-1, to main of config"));
}

TEST_F(CommitWatchTest, AChangesOwnCommitThatSomebodyElseBringsIsNamed) {
  const auto sha = push();
  add_change(sha);
  look();
  clock.advance(16min);
  ASSERT_THAT(told(), ElementsAre(sha));
  EXPECT_EQ(json::parse(rows().front().entry.detail).at("change"), "C-1");
}

TEST_F(CommitWatchTest, ManyThatOnlySaySoAreWaitedForOnce) {
  add_change("");
  std::vector<std::string> all;
  for (int i = 0; i < 3; ++i) all.push_back(push("apps/shop/a.yaml", "Not of the bot\n\nDriftwarden-Change: C-1"));
  look();
  clock.advance(14min);
  const auto later = push("apps/shop/a.yaml", "Not of the bot\n\nDriftwarden-Change: C-1");
  look();
  EXPECT_THAT(told(), IsEmpty());
  clock.advance(2min);
  EXPECT_EQ(told(), all) << "what came later has its own time";
  clock.advance(16min);
  all.push_back(later);
  EXPECT_EQ(told(), all);
}

TEST_F(CommitWatchTest, WhatIsKnownOfAnotherBranchHasItsRowHere) {
  end();
  RepositoryConfig staging;
  staging.name = "staging";
  staging.url = remote().string();
  staging.branch = "staging";
  config.repositories.push_back(staging);
  begin();
  const auto pushed = push();
  add({"driftwarden", "commit.landed", "mart", "commit " + pushed.substr(0, 7), R"({"repository":"staging","branch":"staging","apps":["mart"]})", "", pushed});
  const auto merged_there = push();
  add({"driftwarden", "change.merged", "mart", "C-1", R"({"after":{"state":"merged","merged":")" + merged_there + R"("}})"});
  look();
  EXPECT_THAT(told(), ElementsAre(pushed, "change.merged", pushed, merged_there));
}

TEST_F(CommitWatchTest, TheBotsOwnHaveNone) {
  const auto sha = push();
  add({"driftwarden", "change.merged", "shop", "C-1", R"({"after":{"state":"merged","merged":")" + sha + R"("}})"});
  look();
  EXPECT_THAT(told(), ElementsAre("change.merged"));
}

}  // namespace
}  // namespace driftwarden
