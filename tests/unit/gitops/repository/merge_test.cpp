// Merges in memory: branches put together, commits taken back, signatures.
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MergeTest : public RepositoryTest {
 protected:
  void SetUp() override {
    write_file(work() / "apps/shop/web.yaml", "image: web:1\nline\nline\nline\nline\nreplicas: 2\n");
    write_file(work() / "apps/blog/web.yaml", "image: blog:1\n");
    base = publish_all("base");
    mirror = fetched();
  }
  std::string mirror_git(const std::string& arguments) const { return shell("git -C " + (root / "mirror").string() + " " + arguments); }
  std::string fetch() {
    auto got = mirror->fetch();
    if (!got) throw std::runtime_error(got.error().message);
    return *got;
  }
  CommitRequest undo(const std::string& head, const std::string& revision, const std::string& path) const {
    auto made = request(head, {});
    made.undo_revision = revision;
    made.restore_path = path;
    return made;
  }
  static MergeRequest merge_request(const std::string& base, const std::string& head) {
    MergeRequest made;
    made.base = base;
    made.head = head;
    made.branch = "driftwarden/c-1-merge";
    made.author = {"Bob", "bob@example.org"};
    made.committer = {"Driftwarden", "bot@example.org"};
    made.at = WallTime(std::chrono::seconds(1'800'000'000));
    made.message = "Merge C-1\n\nApproved-by: Ann\n";
    return made;
  }
  void no_damage() const { EXPECT_EQ(mirror_git("fsck --strict --no-dangling 2>&1 | grep -v ^notice || true"), ""); }

  std::string base;
  std::unique_ptr<Mirror> mirror;
};

TEST_F(MergeTest, PutsTwoSidesTogether) {
  const auto topic = mirror->commit(request(base, {{"apps/shop/web.yaml", "image: web:1\nline\nline\nline\nline\nreplicas: 3\n"}})).value();
  publish("apps/shop/web.yaml", "image: web:2\nline\nline\nline\nline\nreplicas: 2\n");
  const auto head = fetch();
  const auto merged = mirror->merge(merge_request(head, topic));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(mirror->read_file(*merged, "apps/shop/web.yaml").value(), "image: web:2\nline\nline\nline\nline\nreplicas: 3\n");
  EXPECT_EQ(mirror_git("log -1 --format='%P|%an|%cn|%s' " + *merged), head + " " + topic + "|Bob|Driftwarden|Merge C-1");
  EXPECT_EQ(mirror_git("rev-parse refs/heads/driftwarden/c-1-merge"), *merged);
  EXPECT_EQ(mirror->merge(merge_request(head, topic)).value(), *merged);
  no_damage();
  ASSERT_TRUE(mirror->push("driftwarden/c-1-merge", "main", head));
  EXPECT_EQ(remote_git("rev-parse main"), *merged);
}

TEST_F(MergeTest, AHeadThatIsAheadGetsAMergeCommitAllTheSame) {
  const auto topic = mirror->commit(request(base, {{"README", "x\n"}})).value();
  const auto merged = mirror->merge(merge_request(base, topic));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(mirror->tree_id(*merged, "").value(), mirror->tree_id(topic, "").value());
  EXPECT_EQ(mirror_git("log -1 --format=%P " + *merged), base + " " + topic);
}

TEST_F(MergeTest, AConflictNamesItsFilesAndMovesNothing) {
  const auto topic = mirror->commit(request(base, {{"apps/blog/web.yaml", "image: blog:3\n"}})).value();
  publish("apps/blog/web.yaml", "image: blog:2\n");
  const auto refused = mirror->merge(merge_request(fetch(), topic));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("apps/blog/web.yaml"));
  EXPECT_EQ(mirror_git("branch --list driftwarden/c-1-merge"), "");
}

TEST_F(MergeTest, WhatIsContainedAlreadyOrUnrelatedIsRefused) {
  const auto later = publish("README", "x\n");
  fetch();
  EXPECT_EQ(mirror->merge(merge_request(later, base)).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(mirror->merge(merge_request(later, later)).error().kind, ErrorKind::InvalidInput);
  git("checkout -q --orphan other && git commit -q -m other && git push -q origin other && git checkout -q main");
  const auto other = mirror->fetch_ref("refs/heads/other").value();
  EXPECT_EQ(mirror->merge(merge_request(later, other)).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->merge_base(later, other).error().kind, ErrorKind::NotFound);
}

TEST_F(MergeTest, TakesBackOneCommitAndKeepsWhatCameAfter) {
  const auto bad = publish("apps/shop/web.yaml", "image: web:2\nline\nline\nline\nline\nreplicas: 2\n");
  publish("apps/shop/web.yaml", "image: web:2\nline\nline\nline\nline\nreplicas: 9\n");
  const auto head = fetch();
  const auto id = mirror->commit(undo(head, bad, "apps/shop"));
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(mirror->read_file(*id, "apps/shop/web.yaml").value(), "image: web:1\nline\nline\nline\nline\nreplicas: 9\n");
  EXPECT_EQ(mirror_git("log -1 --format=%P " + *id), head);
  EXPECT_EQ(mirror->commit(undo(head, bad, "apps/shop")).value(), *id);
}

TEST_F(MergeTest, TakesBackOnlyWhatLiesBelowThePath) {
  write_file(work() / "apps/shop/web.yaml", "image: web:2\n");
  write_file(work() / "apps/shop/new.yaml", "x\n");
  write_file(work() / "apps/blog/web.yaml", "image: blog:2\n");
  const auto bad = publish_all("both");
  publish("apps/blog/web.yaml", "image: blog:3\n");
  const auto head = fetch();
  const auto id = mirror->commit(undo(head, bad, "apps/shop"));
  ASSERT_TRUE(id) << "a conflict elsewhere is none of ours: " << id.error().message;
  EXPECT_EQ(mirror->tree_id(*id, "apps/shop").value(), mirror->tree_id(base, "apps/shop").value());
  EXPECT_EQ(mirror->tree_id(*id, "apps/blog").value(), mirror->tree_id(head, "apps/blog").value());
}

TEST_F(MergeTest, AnUndoThatDoesNotApplyIsAConflict) {
  const auto bad = publish("apps/blog/web.yaml", "image: blog:2\n");
  publish("apps/blog/web.yaml", "image: blog:3\n");
  const auto refused = mirror->commit(undo(fetch(), bad, "apps/blog"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("apps/blog/web.yaml"));
}

TEST_F(MergeTest, AMergeIsTakenBackAsWhatItBrought) {
  git("checkout -q -b topic");
  write_file(work() / "apps/shop/extra.yaml", "x\n");
  git("add -A && git commit -q -m topic && git checkout -q main");
  write_file(work() / "apps/shop/other.yaml", "y\n");
  git("add -A && git commit -q -m other && git merge -q --no-ff -m merge topic && git push -q origin main");
  const auto head = fetch();
  const auto id = mirror->commit(undo(head, head, "apps/shop"));
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(mirror->read_file(*id, "apps/shop/extra.yaml").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->read_file(*id, "apps/shop/other.yaml").value(), "y\n");
}

TEST_F(MergeTest, TheFirstCommitOfAllCanBeTakenBack) {
  publish("README", "keep\n");
  const auto id = mirror->commit(undo(fetch(), base, ""));
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(mirror_git("ls-tree -r --name-only " + *id), "README");
}

TEST_F(MergeTest, AnUndoOfNothingIsRefused) {
  const auto elsewhere = publish("apps/blog/web.yaml", "image: blog:2\n");
  const auto head = fetch();
  EXPECT_EQ(mirror->commit(undo(head, elsewhere, "apps/shop")).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(mirror->commit(undo(head, std::string(40, 'a'), "apps/shop")).error().kind, ErrorKind::NotFound);
  publish("apps/blog/web.yaml", "image: blog:1\n");
  EXPECT_EQ(mirror->commit(undo(fetch(), elsewhere, "apps/blog")).error().kind, ErrorKind::InvalidInput) << "it was taken back before";
}

TEST_F(MergeTest, FetchesOneMoreRef) {
  git("checkout -q -b topic");
  write_file(work() / "topic.yaml", "x\n");
  git("add -A && git commit -q -m topic && git push -q origin HEAD:refs/pull/7/head && git checkout -q main");
  const auto topic = git("rev-parse topic");
  EXPECT_EQ(mirror->commit_info(topic).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->fetch_ref("refs/pull/7/head").value(), topic);
  EXPECT_EQ(mirror->fetch_ref("refs/pull/7/head").value(), topic);
  EXPECT_EQ(mirror->read_file(topic, "topic.yaml").value(), "x\n");
  EXPECT_EQ(mirror->head().value(), base) << "the branch is where it was";
  EXPECT_EQ(mirror->fetch_ref("refs/pull/8/head").error().kind, ErrorKind::NotFound);
  for (const auto* bad : {"main", "refs/../x", "refs/heads/a b", "+refs/heads/main:refs/heads/x", ""}) {
    EXPECT_EQ(mirror->fetch_ref(bad).error().kind, ErrorKind::InvalidInput) << bad;
  }
  git("checkout -q topic && git commit -q --amend -m again && git push -q -f origin HEAD:refs/pull/7/head");
  EXPECT_EQ(mirror->fetch_ref("refs/pull/7/head").value(), git("rev-parse topic")) << "a rewritten branch is followed";
}

TEST_F(MergeTest, TellsWhatTwoCommitsShareAndWhatLiesBetween) {
  const auto topic = mirror->commit(request(base, {{"README", "topic\n"}})).value();
  const auto first = publish("x", "1\n", "first");
  const auto second = publish("x", "2\n", "second");
  const auto head = fetch();
  EXPECT_EQ(mirror->merge_base(head, topic).value(), base);
  EXPECT_EQ(mirror->merge_base(base, head).value(), base);
  std::vector<std::string> ids;
  for (const auto& commit : mirror->commits_between(topic, head, 10).value()) ids.push_back(commit.sha);
  EXPECT_THAT(ids, ElementsAre(second, first));
  EXPECT_EQ(mirror->commits_between(base, head, 1)->size(), 1U);
  EXPECT_TRUE(mirror->commits_between(head, base, 10)->empty());
  EXPECT_EQ(mirror->commits_between(std::string(40, 'a'), head, 10).error().kind, ErrorKind::NotFound);
}

TEST_F(MergeTest, SignsTheBytesOfTheCommit) {
  auto wanted = request(base, {{"README", "x\n"}});
  const auto plain = mirror->commit(wanted).value();
  std::string seen;
  int asked = 0;
  wanted.sign = [&](const std::string& bytes) -> Result<std::string> {
    seen = bytes;
    return "-----BEGIN SSH SIGNATURE-----\nno " + std::to_string(++asked) + "\n-----END SSH SIGNATURE-----\n";
  };
  const auto id = mirror->commit(wanted).value();
  EXPECT_EQ(seen + "\n", mirror_git("cat-file -p " + plain) + "\n\n") << "what is signed is the commit without its signature";
  const auto object = mirror_git("cat-file -p " + id);
  EXPECT_THAT(object, HasSubstr("gpgsig -----BEGIN SSH SIGNATURE-----\n no 1\n -----END SSH SIGNATURE-----\n\nSet replicas to 3"));
  EXPECT_EQ(mirror->commit(wanted).value(), id) << "a signer that never signs the same way twice";
  EXPECT_EQ(asked, 1);
  no_damage();
  auto merging = merge_request(base, id);
  merging.sign = wanted.sign;
  EXPECT_THAT(mirror_git("cat-file -p " + mirror->merge(merging).value()), HasSubstr("gpgsig"));
  wanted.message = "another";
  wanted.sign = [](const std::string&) -> Result<std::string> { return Error{ErrorKind::Denied, "the key has gone"}; };
  const auto refused = mirror->commit(wanted);
  EXPECT_THAT(refused.error().message, HasSubstr("the key has gone"));
  EXPECT_EQ(mirror_git("rev-parse refs/heads/driftwarden/c-1"), id) << "nothing unsigned is left behind";
}

}  // namespace
}  // namespace driftwarden::test
