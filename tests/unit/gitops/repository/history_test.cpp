#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HistoryTest : public RepositoryTest {
 protected:
  static std::vector<std::string> summaries(const std::vector<CommitInfo>& commits) {
    std::vector<std::string> out;
    for (const auto& commit : commits) out.push_back(commit.summary);
    return out;
  }
};

TEST_F(HistoryTest, ListsWhatChangedThePathNewestFirst) {
  publish("apps/shop/a", "1", "shop born");
  publish("apps/other/a", "1", "other born");
  publish("apps/shop/a", "2", "shop changed");
  fs::remove_all(work() / "apps/shop");
  publish_all("shop removed");
  const auto head = publish("apps/shop/a", "3", "shop back");
  auto mirror = fetched();
  EXPECT_THAT(summaries(mirror->history(head, "apps/shop", 10).value()), ElementsAre("shop back", "shop removed", "shop changed", "shop born"));
  EXPECT_THAT(summaries(mirror->history(head, "apps/shop", 2).value()), ElementsAre("shop back", "shop removed"));
  EXPECT_THAT(summaries(mirror->history(head, "apps/other/a", 10).value()), ElementsAre("other born"));
  EXPECT_EQ(mirror->history(head, "", 10).value().size(), 5U);
  EXPECT_TRUE(mirror->history(head, "apps/none", 10).value().empty());
}

TEST_F(HistoryTest, FollowsFirstParentsThroughMerges) {
  publish("a", "1", "base");
  git("checkout -q -b side");
  write_file(work() / "b", "1");
  git("add -A && git commit -q -m aside && git checkout -q main && git merge -q --no-ff -m merged side && git push -q origin main");
  const auto head = git("rev-parse HEAD");
  EXPECT_THAT(summaries(fetched()->history(head, "b", 10).value()), ElementsAre("merged"));
}

TEST_F(HistoryTest, TellsWhoAndWhen) {
  const auto sha = publish("a", "1", "first line\n\nand more");
  const auto info = fetched()->commit_info(sha).value();
  EXPECT_EQ(info.sha, sha);
  EXPECT_EQ(info.author.name, "Ann");
  EXPECT_EQ(info.author.email, "ann@example.org");
  EXPECT_EQ(info.time, WallTime(std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9}));
  EXPECT_EQ(info.summary, "first line");
  EXPECT_EQ(info.message, "first line\n\nand more\n");
}

TEST_F(HistoryTest, BytesThatAreNoTextBecomeQuestionMarks) {
  write_file(work() / "a", "1");
  git("add -A && printf 'caf\\351' | git -c i18n.commitEncoding=ISO-8859-1 commit -q -F - && git push -q origin main");
  EXPECT_EQ(fetched()->commit_info(git("rev-parse HEAD"))->summary, "caf?");
}

TEST_F(HistoryTest, Ancestors) {
  const auto first = publish("a", "1");
  const auto second = publish("a", "2");
  auto mirror = fetched();
  EXPECT_TRUE(mirror->is_ancestor(first, second).value());
  EXPECT_TRUE(mirror->is_ancestor(first, first).value());
  EXPECT_FALSE(mirror->is_ancestor(second, first).value());
  EXPECT_EQ(mirror->is_ancestor(std::string(40, '1'), first).error().kind, ErrorKind::NotFound);
}

TEST_F(HistoryTest, ResolvesWhatPeopleType) {
  const auto first = publish("a", "1");
  const auto second = publish("a", "2");
  auto mirror = open();
  EXPECT_EQ(mirror->resolve("HEAD").error().kind, ErrorKind::NotFound);
  ASSERT_TRUE(mirror->fetch());
  auto upper = first;
  for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  struct Row {
    std::string text, id;
  };
  for (const auto& row : {Row{"HEAD", second}, Row{"HEAD~0", second}, Row{"HEAD~1", first}, Row{"HEAD~", first}, Row{"main", second}, Row{"main~1", first},
                          Row{first, first}, Row{first.substr(0, 7), first}, Row{first.substr(0, 4), first}, Row{second.substr(0, 12) + "~1", first},
                          Row{" " + first + "\n", first}, Row{upper, first}}) {
    auto resolved = mirror->resolve(row.text);
    ASSERT_TRUE(resolved) << row.text << ": " << resolved.error().message;
    EXPECT_EQ(*resolved, row.id) << row.text;
  }
  struct Bad {
    std::string text, hint;
  };
  for (const auto& row : {Bad{"", "give a commit id"}, Bad{first.substr(0, 3), "at least four"}, Bad{std::string(40, '0'), "fetch"}, Bad{"HEAD~2", "only 1 commits"},
                          Bad{"HEAD~x", "small number"}, Bad{"HEAD~99999999999", "small number"}, Bad{"nothing", "give a commit id"}, Bad{"HEAD^{/x}", "give a"},
                          Bad{"../../x", "give a"}, Bad{"refs/remotes/origin/main", "give a"}, Bad{std::string("ma\0in", 5), "zero"}, Bad{"0000000", "not on the branch"},
                          Bad{second.substr(0, 6) + "zz", "give a"}, Bad{first + "0", "give a"}}) {
    auto resolved = mirror->resolve(row.text);
    ASSERT_FALSE(resolved) << row.text;
    EXPECT_EQ(resolved.error().kind, ErrorKind::NotFound) << row.text;
    EXPECT_THAT(resolved.error().message, HasSubstr(row.hint)) << row.text;
  }
}

TEST_F(HistoryTest, AnObjectThatIsNoCommitDoesNotResolve) {
  publish("a", "1");
  auto mirror = fetched();
  const auto tree = git("rev-parse HEAD^{tree}");
  EXPECT_EQ(mirror->resolve(tree).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->resolve(tree.substr(0, 8)).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace driftwarden::test
