// Tags, other branches and commits that somebody follows, and listings of trees.
#include "fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using test::RepositoryTest;
using test::shell;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(RepositoryTest, ATagStandsForItsCommit) {
  const auto first = publish("a", "1");
  git("tag light && git tag -a heavy -m heavy && git push -q origin light heavy");
  publish("a", "2");
  const auto mirror = fetched();
  EXPECT_EQ(*mirror->revision_of("light"), first);
  EXPECT_EQ(*mirror->revision_of("heavy"), first) << "the commit, not the tag";
  EXPECT_EQ(*mirror->revision_of("refs/tags/heavy"), first);
  EXPECT_EQ(*mirror->revision_of(first), first);
  EXPECT_EQ(*mirror->revision_of("HEAD"), *mirror->head());
  EXPECT_EQ(*mirror->revision_of("main"), *mirror->head());
}

TEST_F(RepositoryTest, AnotherBranchIsFetchedAndFollowed) {
  publish("a", "1");
  git("checkout -q -b release && echo 2 > a && git commit -q -am two && git push -q origin release");
  const auto second = git("rev-parse HEAD");
  const auto mirror = fetched();
  EXPECT_EQ(mirror->followed_id(), "");
  EXPECT_EQ(*mirror->revision_of("release"), second);
  EXPECT_EQ(*mirror->read_file(second, "a"), "2\n");
  const auto id = mirror->followed_id();
  ASSERT_TRUE(mirror->fetch());
  EXPECT_EQ(mirror->followed_id(), id);
  git("commit -q --amend -m 'two again' && git push -q -f origin release");
  ASSERT_TRUE(mirror->fetch());
  EXPECT_NE(mirror->followed_id(), id);
  EXPECT_EQ(*mirror->revision_of("release"), git("rev-parse HEAD"));
  git("push -q origin :release");
  ASSERT_TRUE(mirror->fetch()) << "a name that is gone spoils nothing else";
  EXPECT_EQ(mirror->revision_of("release").error().kind, ErrorKind::InvalidInput);
}

TEST_F(RepositoryTest, WhatIsNotThereIsSaidWithWhatIs) {
  publish("a", "1");
  git("tag v1.0 && git push -q origin v1.0");
  const auto mirror = fetched();
  const auto missing = mirror->revision_of("v2.0").error();
  EXPECT_EQ(missing.kind, ErrorKind::InvalidInput);
  EXPECT_THAT(missing.message, AllOf(HasSubstr("\"v2.0\""), HasSubstr("branches: main"), HasSubstr("tags: v1.0")));
  EXPECT_EQ(mirror->revision_of("a..b").error().kind, ErrorKind::InvalidInput);
  const auto unknown = mirror->revision_of(std::string(40, 'a')).error();
  EXPECT_EQ(unknown.kind, ErrorKind::InvalidInput);
  EXPECT_THAT(unknown.message, HasSubstr("main"));
  git("tag v2.0 && git push -q origin v2.0");
  ASSERT_TRUE(mirror->fetch());
  EXPECT_TRUE(mirror->revision_of("v2.0")) << "it may come later";
}

TEST_F(RepositoryTest, WhatWasFollowedIsKnownWhenTheRemoteIsAway) {
  const auto first = publish("a", "1");
  git("tag v1 && git push -q origin v1");
  {
    const auto mirror = fetched();
    ASSERT_TRUE(mirror->follow({"v1"}));
  }
  auto elsewhere = options();
  const auto mirror = open();
  test::fs::rename(remote(), root / "away.git");
  EXPECT_FALSE(mirror->fetch());
  const auto known = mirror->revision_of("v1");
  if (known) {
    EXPECT_EQ(*known, first);
  } else {
    EXPECT_NE(known.error().kind, ErrorKind::InvalidInput) << "the remote is away, not the tag";
  }
}

TEST_F(RepositoryTest, NamesThatAreAskedForNoMoreAreFollowedNoMore) {
  publish("a", "1");
  git("tag v1 && git tag v2 && git push -q origin v1 v2");
  const auto mirror = fetched();
  ASSERT_TRUE(mirror->follow({"v1"}));
  const auto one = mirror->followed_id();
  ASSERT_TRUE(mirror->follow({"v1", "v2"}));
  EXPECT_NE(mirror->followed_id(), one);
  ASSERT_TRUE(mirror->follow({"v1"}));
  EXPECT_EQ(mirror->followed_id(), one);
  EXPECT_TRUE(mirror->revision_of("v2")) << "fetched again";
  ASSERT_TRUE(mirror->follow({}));
  EXPECT_EQ(mirror->followed_id(), "");
}

TEST_F(RepositoryTest, ListsATree) {
  publish("dir/b.yaml", "1");
  publish("dir/sub/c.yaml", "1");
  test::fs::create_symlink("b.yaml", work() / "dir/a-link");
  const auto head = publish_all("link");
  const auto mirror = fetched();
  const auto entries = *mirror->list_tree(*mirror->tree_id(head, "dir"));
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "a-link");
  EXPECT_EQ(entries[0].kind, DirectoryEntryKind::Link);
  EXPECT_EQ(entries[1].kind, DirectoryEntryKind::File);
  EXPECT_EQ(entries[2].kind, DirectoryEntryKind::Directory);
  EXPECT_EQ(entries[2].id, *mirror->tree_id(head, "dir/sub"));
  EXPECT_FALSE(mirror->list_tree(std::string(40, '1')));
}

}  // namespace
}  // namespace driftwarden
