// Fetching and reading.
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MirrorTest : public RepositoryTest {};

TEST_F(MirrorTest, FetchesTheBranchAndItsHead) {
  const auto sha = publish("apps/shop/web.yaml", "replicas: 2\n");
  auto mirror = open();
  EXPECT_EQ(mirror->head().error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->fetch().value(), sha);
  EXPECT_EQ(mirror->head().value(), sha);
  const auto next = publish("apps/shop/web.yaml", "replicas: 3\n");
  EXPECT_EQ(mirror->head().value(), sha);
  EXPECT_EQ(mirror->fetch().value(), next);
  EXPECT_EQ(mirror->fetch().value(), next);
  EXPECT_EQ(mirror->head().value(), next);
}

TEST_F(MirrorTest, FetchesOnlyTheBranchAndNoTags) {
  publish("a", "1");
  git("tag v1 && git checkout -q -b other");
  write_file(work() / "b", "2");
  git("add -A && git commit -q -m other && git push -q origin other v1");
  fetched();
  EXPECT_EQ(shell("git -C " + (root / "mirror").string() + " for-each-ref --format='%(refname)'"), "refs/remotes/origin/main");
}

TEST_F(MirrorTest, FollowsABranchThatWasRewritten) {
  publish("a", "1");
  publish("a", "2");
  auto mirror = fetched();
  git("reset -q --hard HEAD~1");
  write_file(work() / "a", "3");
  git("commit -q -a -m rewritten && git push -q -f origin main");
  EXPECT_EQ(mirror->fetch().value(), git("rev-parse HEAD"));
}

TEST_F(MirrorTest, AnEmptyRemoteAndAMissingBranchSayWhatToDo) {
  auto mirror = open();
  auto empty = mirror->fetch();
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(empty.error().message, HasSubstr("is empty"));

  publish("a", "1");
  auto with_other = options();
  with_other.branch = "production";
  auto missing = (*Mirror::open(with_other))->fetch();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("has no branch production; it has main"));
}

TEST_F(MirrorTest, ARemoteThatIsNotThereIsNotFound) {
  auto gone = options();
  gone.url = (root / "nowhere.git").string();
  auto fetched_ = (*Mirror::open(gone))->fetch();
  ASSERT_FALSE(fetched_);
  EXPECT_EQ(fetched_.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(fetched_.error().message, HasSubstr("nowhere.git"));
}

TEST_F(MirrorTest, FileUrlsWork) {
  const auto sha = publish("a", "1");
  auto by_url = options();
  by_url.url = "file://" + remote().string();
  EXPECT_EQ((*Mirror::open(by_url))->fetch().value(), sha);
}

struct UrlRow {
  std::string name;
  std::string url;
  friend void PrintTo(const UrlRow& row, std::ostream* out) { *out << row.name; }
};
class RefusedUrl : public RepositoryTest, public testing::WithParamInterface<UrlRow> {};
TEST_P(RefusedUrl, WithoutRepeatingIt) {
  auto with_url = options();
  with_url.url = GetParam().url;
  auto opened = Mirror::open(with_url);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(opened.error().message, testing::Not(HasSubstr("hunter2")));
}
INSTANTIATE_TEST_SUITE_P(Urls, RefusedUrl,
                         testing::Values(UrlRow{"Empty", ""}, UrlRow{"PasswordInHttps", "https://bob:hunter2@example.org/x.git"},
                                         UrlRow{"TokenInHttps", "https://hunter2@example.org/x.git"},
                                         UrlRow{"PasswordInSsh", "ssh://git:hunter2@example.org/x.git"}, UrlRow{"LineBreak", "/tmp/x\nhunter2"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(MirrorTest, ANetworkUrlWithoutATransportIsRefusedNotTriedByLibgit2) {
  auto web = options();
  web.url = "https://127.0.0.1:1/x.git";
  auto fetched_ = (*Mirror::open(web))->fetch();
  ASSERT_FALSE(fetched_);
  EXPECT_EQ(fetched_.error().kind, ErrorKind::InvalidInput);
}

TEST_F(MirrorTest, ReadsATreeInPathOrder) {
  write_file(work() / "apps/shop/a.b", "1");
  write_file(work() / "apps/shop/a/x.yaml", "2");
  write_file(work() / "apps/shop/a-b", "3");
  write_file(work() / "apps/shop/with\nnewline", "4");
  write_file(work() / "apps/other/y", "5");
  const auto sha = publish_all("tree");
  auto mirror = fetched();
  const auto files = mirror->read_tree(sha, "apps/shop").value();
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.path + "=" + file.content);
  EXPECT_THAT(paths, ElementsAre("a-b=3", "a.b=1", "a/x.yaml=2", "with\nnewline=4"));
  EXPECT_EQ(mirror->read_tree(sha, "/apps/shop/").value().size(), 4U);
  EXPECT_EQ(mirror->read_tree(sha, "").value().size(), 5U);
  EXPECT_EQ(mirror->read_tree(sha, "apps/shop/a.b").value().front().path, "a.b");
  EXPECT_EQ(mirror->read_tree(sha, "apps/nothing").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->read_file(sha, "apps/other/y").value(), "5");
  EXPECT_EQ(mirror->read_file(sha, "apps/other").error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(mirror->read_file(sha, "apps/other/z").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->read_tree(std::string(40, 'a'), "").error().kind, ErrorKind::NotFound);
}

TEST_F(MirrorTest, ALinkIsReadAsTheFileItNames) {
  write_file(work() / "common/web.yaml", "kind: Service\n");
  fs::create_directories(work() / "apps/shop");
  fs::create_symlink("../../common/web.yaml", work() / "apps/shop/web.yaml");
  const auto sha = publish_all("link");
  auto mirror = fetched();
  EXPECT_EQ(mirror->read_tree(sha, "apps/shop").value().front().content, "kind: Service\n");
  EXPECT_EQ(mirror->read_file(sha, "apps/shop/web.yaml").value(), "kind: Service\n");
}

TEST_F(MirrorTest, ALinkOutOfTheRepositoryIsAnErrorAndNoDeletion) {
  for (const auto* target : {"../../../etc/passwd", "/etc/passwd", "nothing", "passwd"}) {
    fs::create_directories(work() / "apps/shop");
    fs::remove(work() / "apps/shop/passwd");
    fs::create_symlink(target, work() / "apps/shop/passwd");
    const auto sha = publish_all(target);
    auto read = fetched()->read_tree(sha, "apps/shop");
    ASSERT_FALSE(read) << target;
    EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
    EXPECT_THAT(read.error().message, HasSubstr("apps/shop/passwd is a symbolic link"));
  }
}

TEST_F(MirrorTest, EqualTreeIdsMeanEqualContent) {
  write_file(work() / "a/x", "1");
  write_file(work() / "b/x", "1");
  const auto first = publish_all("one");
  const auto second = publish("c", "2");
  auto mirror = fetched();
  EXPECT_EQ(mirror->tree_id(first, "a").value(), mirror->tree_id(second, "a").value());
  EXPECT_EQ(mirror->tree_id(first, "a").value(), mirror->tree_id(first, "b").value());
  EXPECT_NE(mirror->tree_id(first, "").value(), mirror->tree_id(second, "").value());
  EXPECT_EQ(mirror->tree_id(first, "a").value(), git("rev-parse HEAD~1:a"));
  EXPECT_EQ(mirror->tree_id(first, "c").error().kind, ErrorKind::NotFound);
}

TEST_F(MirrorTest, DiffCountsLinesAndKeepsToThePath) {
  write_file(work() / "apps/shop/web.yaml", "replicas: 2\nimage: a\n");
  write_file(work() / "apps/shop/old.yaml", "x\n");
  const auto from = publish_all("one");
  write_file(work() / "apps/shop/web.yaml", "replicas: 3\nimage: a\nport: 80\n");
  fs::remove(work() / "apps/shop/old.yaml");
  write_file(work() / "apps/shop*/glob.yaml", "x\n");
  const auto to = publish_all("two");
  auto mirror = fetched();
  const auto files = mirror->diff(from, to, "apps/shop").value();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "apps/shop/old.yaml");
  EXPECT_EQ(files[0].removed, 1U);
  EXPECT_EQ(files[1].path, "apps/shop/web.yaml");
  EXPECT_EQ(files[1].added, 2U);
  EXPECT_EQ(files[1].removed, 1U);
  EXPECT_THAT(files[1].patch, HasSubstr("-replicas: 2\n+replicas: 3\n image: a\n+port: 80\n"));
  EXPECT_EQ(mirror->diff(from, to, "").value().size(), 3U);
  EXPECT_EQ(mirror->diff(from, to, "apps/sho*").value().size(), 0U);
  EXPECT_EQ(mirror->diff(from, from, "").value().size(), 0U);
}

TEST_F(MirrorTest, ADamagedOrForeignDirectoryIsPutAsideAndFetchedAgain) {
  const auto sha = publish("a", "1");
  fetched();
  fs::remove_all(root / "mirror" / "objects");
  fs::create_directories(root / "mirror" / "objects");
  EXPECT_EQ(fetched()->read_file(sha, "a").value(), "1");
  EXPECT_TRUE(fs::exists(root / "mirror.broken"));

  fs::remove_all(root / "mirror");
  write_file(root / "mirror" / "letter.txt", "dear");
  EXPECT_EQ(fetched()->read_file(sha, "a").value(), "1");
  EXPECT_TRUE(fs::exists(root / "mirror.broken" / "letter.txt"));
}

TEST_F(MirrorTest, TheDirectoryIsPrivateAndReused) {
  const auto sha = publish("a", "1");
  fetched();
  EXPECT_EQ(fs::status(root / "mirror").permissions(), fs::perms::owner_all);
  fs::remove_all(remote());
  auto again = open();
  EXPECT_EQ(again->head().value(), sha);
  EXPECT_EQ(again->read_file(sha, "a").value(), "1");
}

TEST_F(MirrorTest, AnotherRemoteInTheSameDirectoryStartsAfresh) {
  publish("a", "1");
  fetched();
  auto elsewhere = options();
  elsewhere.url = "file://" + remote().string();
  EXPECT_EQ((*Mirror::open(elsewhere))->head().error().kind, ErrorKind::NotFound);
}

TEST_F(MirrorTest, ManyFetchesDoNotLeaveManyPacks) {
  const auto first = publish("a", "0");
  auto mirror = fetched();
  const auto packs = [&] {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(root / "mirror/objects/pack")) count += entry.path().extension() == ".pack" ? 1 : 0;
    return count;
  };
  std::string last;
  std::size_t most = 0;
  for (int i = 1; i <= 60; ++i) {
    last = publish("a", std::to_string(i));
    ASSERT_EQ(mirror->fetch().value(), last);
    most = std::max(most, packs());
  }
  EXPECT_GE(most, 40U) << "the local transport writes a pack per fetch";
  EXPECT_LT(packs(), 20U);
  EXPECT_EQ(mirror->history(last, "a", 100).value().size(), 61U);
  EXPECT_EQ(mirror->read_file(first, "a").value(), "0");
  EXPECT_EQ(open()->history(last, "a", 100).value().size(), 61U);
  EXPECT_EQ(shell("git -C " + (root / "mirror").string() + " fsck --strict --no-dangling 2>&1 | grep -v ^notice || true"), "");
}

TEST_F(MirrorTest, LocksThatAKilledProcessLeftAreRemoved) {
  publish("a", "1");
  fetched();
  write_file(root / "mirror/refs/remotes/origin/main.lock", "");
  const auto next = publish("a", "2");
  EXPECT_EQ(fetched()->head().value(), next);
}

TEST_F(MirrorTest, KnowsWhereLinksLead) {
  write_file(work() / "shared/cm.yaml", "a: 1\n");
  write_file(work() / "apps/web/sub/own.yaml", "a: 1\n");
  fs::create_symlink("../shared/cm.yaml", work() / "apps/via");
  fs::create_symlink("../../via", work() / "apps/web/sub/cm.yaml");
  fs::create_symlink("sub/own.yaml", work() / "apps/web/inside.yaml");
  fs::create_symlink("../../gone", work() / "apps/web/gone");
  fs::create_symlink("../../../etc/passwd", work() / "apps/web/outside");
  fs::create_symlink("round", work() / "apps/web/round");
  const auto sha = publish_all("links");
  auto mirror = fetched();
  EXPECT_THAT(mirror->link_targets(sha, "apps/web").value(), ElementsAre("apps/via", "gone", "shared/cm.yaml"));
  EXPECT_THAT(mirror->link_targets(sha, "apps/via").value(), ElementsAre("shared/cm.yaml"));
  EXPECT_THAT(mirror->link_targets(sha, "").value(), testing::IsEmpty());
  EXPECT_THAT(mirror->link_targets(sha, "shared").value(), testing::IsEmpty());
  EXPECT_EQ(mirror->link_targets(sha, "nowhere").error().kind, ErrorKind::NotFound);
}

TEST_F(MirrorTest, RefsThatCannotBothBeNamesAreBothFetched) {
  const auto sha = publish("a", "1");
  auto mirror = fetched();
  remote_git("update-ref refs/heads/topic " + sha);
  ASSERT_TRUE(mirror->fetch_ref("refs/heads/topic"));
  remote_git("update-ref -d refs/heads/topic && git -C " + remote().string() + " update-ref refs/heads/topic/more " + sha);
  const auto more = mirror->fetch_ref("refs/heads/topic/more");
  ASSERT_TRUE(more) << more.error().message;
}

TEST_F(MirrorTest, OldNamesAreDroppedAndTheirCommitsStay) {
  const auto sha = publish("a", "1");
  auto mirror = fetched();
  const auto directory = root / "mirror";
  const auto make = [&](const std::string& prefix) {
    for (int i = 0; i < 205; ++i) {
      write_file(directory / (prefix + std::to_string(i)), sha + "\n");
      fs::last_write_time(directory / (prefix + std::to_string(i)), fs::file_time_type::clock::now() - std::chrono::hours(1000 - i));
    }
  };
  make("refs/fetched/old/");
  make("refs/heads/driftwarden/c-");
  write_file(directory / "refs/heads/other", sha + "\n");
  remote_git("update-ref refs/pull/7/head " + sha);
  ASSERT_TRUE(mirror->fetch_ref("refs/pull/7/head"));
  const auto count = [&](const std::string& below) { return shell("git -C " + directory.string() + " for-each-ref --format='%(refname)' " + below + " | wc -l"); };
  EXPECT_EQ(count("refs/fetched"), "200");
  const auto next = publish("a", "2");
  ASSERT_EQ(mirror->fetch().value(), next);
  EXPECT_EQ(count("refs/heads/driftwarden"), "200");
  EXPECT_FALSE(fs::exists(directory / "refs/heads/driftwarden/c-4")) << "the oldest go";
  EXPECT_TRUE(fs::exists(directory / "refs/heads/driftwarden/c-5"));
  EXPECT_TRUE(fs::exists(directory / "refs/heads/other"));
  EXPECT_TRUE(mirror->commit_info(sha));
}

}  // namespace
}  // namespace driftwarden::test
