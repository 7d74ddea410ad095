// Writing commits and pushing them to a local remote.
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

#include <future>

namespace driftwarden::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class CommitTest : public RepositoryTest {
 protected:
  void SetUp() override {
    write_file(work() / "apps/shop/web.yaml", "replicas: 2\n");
    write_file(work() / "apps/shop/run.sh", "#!/bin/sh\n");
    fs::permissions(work() / "apps/shop/run.sh", fs::perms::owner_all);
    write_file(work() / "README", "hello\n");
    base = publish_all("base");
    mirror = fetched();
  }
  std::string mirror_git(const std::string& arguments) const { return shell("git -C " + (root / "mirror").string() + " " + arguments); }
  std::string committed(const CommitRequest& request) {
    auto made = mirror->commit(request);
    if (!made) throw std::runtime_error(made.error().message);
    return *made;
  }

  std::string base;
  std::unique_ptr<Mirror> mirror;
};

TEST_F(CommitTest, WritesTheEditAndNothingElse) {
  const auto id = committed(request(base, {{"apps/shop/web.yaml", "replicas: 3\n"}, {"apps/shop/new/deep.yaml", "x\n"}, {"README", std::nullopt}}));
  EXPECT_EQ(mirror_git("diff-tree -r --name-status --no-commit-id " + id + " | tr '\\t\\n' ' ,'"), "D README,A apps/shop/new/deep.yaml,M apps/shop/web.yaml,");
  EXPECT_EQ(mirror->read_file(id, "apps/shop/web.yaml").value(), "replicas: 3\n");
  EXPECT_EQ(mirror_git("rev-parse refs/heads/driftwarden/c-1"), id);
  EXPECT_EQ(mirror_git("log -1 --format='%P|%an <%ae>|%cn <%ce>|%at|%ct|%B' " + id), base + "|Bob <bob@example.org>|Driftwarden <bot@example.org>|1800000000|1800000000|Set replicas to 3");
  EXPECT_EQ(mirror_git("fsck --strict --no-dangling 2>&1 | grep -v ^notice || true"), "");
}

TEST_F(CommitTest, TheSameRequestIsTheSameCommitAndGitAgreesOnItsId) {
  const auto wanted = request(base, {{"apps/shop/web.yaml", "replicas: 3\n"}});
  const auto first = committed(wanted);
  EXPECT_EQ(first, committed(wanted));
  write_file(work() / "apps/shop/web.yaml", "replicas: 3\n");
  const auto by_git = shell("cd " + work().string() + " && git add -A && GIT_AUTHOR_NAME=Bob GIT_AUTHOR_EMAIL=bob@example.org GIT_COMMITTER_NAME=Driftwarden "
                            "GIT_COMMITTER_EMAIL=bot@example.org GIT_AUTHOR_DATE='1800000000 +0000' GIT_COMMITTER_DATE='1800000000 +0000' "
                            "git commit -q -m 'Set replicas to 3' && git rev-parse HEAD");
  EXPECT_EQ(first, by_git);
}

TEST_F(CommitTest, KeepsTheExecutableBit) {
  const auto id = committed(request(base, {{"apps/shop/run.sh", "#!/bin/sh\ntrue\n"}}));
  EXPECT_THAT(mirror_git("ls-tree " + id + " apps/shop/run.sh"), HasSubstr("100755"));
}

TEST_F(CommitTest, AFolderWithoutFilesIsGone) {
  const auto id = committed(request(base, {{"apps/shop/web.yaml", std::nullopt}, {"apps/shop/run.sh", std::nullopt}}));
  EXPECT_EQ(mirror->tree_id(id, "apps").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror_git("ls-tree -r --name-only " + id), "README");
}

TEST_F(CommitTest, NamesCannotWriteHeaders) {
  auto evil = request(base, {{"README", "x"}});
  evil.author = {"Eve\ncommitter Root <root@x> 0 +0000\n", "<eve>\r\n@example.org"};
  evil.committer = {"\n<>", ""};
  const auto id = committed(evil);
  const auto info = mirror->commit_info(id).value();
  EXPECT_THAT(info.author.name, Not(HasSubstr("\n")));
  EXPECT_EQ(info.author.name, "Eve committer Root root@x 0 +0000");
  EXPECT_EQ(mirror_git("cat-file -p " + id + " | grep -c ^committer"), "1");
  EXPECT_EQ(mirror_git("log -1 --format='%cn' " + id), "unknown");
  EXPECT_EQ(mirror_git("fsck --strict --no-dangling 2>&1 | grep -v ^notice || true"), "");
}

TEST_F(CommitTest, ZeroBytesInTheMessageDoNotCutIt) {
  auto odd = request(base, {{"README", "x"}});
  odd.message = std::string("before\0after\x1b[31m\n\nbody\n\n\n", 27);
  EXPECT_EQ(mirror->commit_info(committed(odd))->message, "beforeafter[31m\n\nbody\n");
}

TEST_F(CommitTest, RestoresAPathAsItWas) {
  write_file(work() / "apps/shop/web.yaml", "replicas: 9\n");
  write_file(work() / "apps/shop/extra.yaml", "x\n");
  write_file(work() / "README", "changed\n");
  publish_all("later");
  const auto head = mirror->fetch().value();
  auto undo = request(head, {});
  undo.restore_path = "apps/shop";
  undo.restore_revision = base;
  const auto id = committed(undo);
  EXPECT_EQ(mirror->tree_id(id, "apps/shop").value(), mirror->tree_id(base, "apps/shop").value());
  EXPECT_EQ(mirror->read_file(id, "README").value(), "changed\n");

  undo.restore_path = "README";
  EXPECT_EQ(mirror->read_file(committed(undo), "README").value(), "hello\n");
  undo.restore_path = ".";
  EXPECT_EQ(mirror->tree_id(committed(undo), "").value(), mirror->tree_id(base, "").value());
  undo.restore_path = "apps/shop/extra.yaml";
  EXPECT_EQ(mirror->read_file(committed(undo), "apps/shop/extra.yaml").error().kind, ErrorKind::NotFound);
}

TEST_F(CommitTest, RestoresAFileWhereAFolderStandsNow) {
  fs::remove(work() / "README");
  write_file(work() / "README/now-a-folder", "x\n");
  publish_all("later");
  auto undo = request(mirror->fetch().value(), {});
  undo.restore_path = "README";
  undo.restore_revision = base;
  EXPECT_EQ(mirror->read_file(committed(undo), "README").value(), "hello\n");
}

struct BadRow {
  std::string name;
  std::vector<FileEdit> edits;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};
class RefusedEdit : public CommitTest, public testing::WithParamInterface<BadRow> {};
TEST_P(RefusedEdit, IsInvalidInput) {
  auto made = mirror->commit(request(base, GetParam().edits));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput) << made.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    Edits, RefusedEdit,
    testing::Values(BadRow{"Nothing", {}}, BadRow{"SameContent", {{"README", "hello\n"}}}, BadRow{"RemovingWhatIsNotThere", {{"a/b/c", std::nullopt}}},
                    BadRow{"DotDot", {{"apps/../README", "x"}}}, BadRow{"Absolute", {{"/README", "x"}}}, BadRow{"DoubleSlash", {{"apps//x", "x"}}},
                    BadRow{"GitFolder", {{".git/hooks/x", "x"}}}, BadRow{"EmptyPath", {{"", "x"}}}, BadRow{"BelowAFile", {{"README/x", "x"}}},
                    BadRow{"OverAFolder", {{"apps", "x"}}}, BadRow{"RemovingAFolder", {{"apps/shop", std::nullopt}}}, BadRow{"ZeroByte", {{std::string("a\0b", 3), "x"}}},
                    BadRow{"FileAndFolder", {{"n", "x"}, {"n/m", "x"}}},
                    BadRow{"Everything", {{"README", std::nullopt}, {"apps/shop/web.yaml", std::nullopt}, {"apps/shop/run.sh", std::nullopt}}}),
    [](const auto& row) { return row.param.name; });

TEST_F(CommitTest, ABadBranchOrMessageOrBaseIsRefused) {
  auto bad = request(base, {{"README", "x"}});
  bad.branch = "a..b";
  EXPECT_EQ(mirror->commit(bad).error().kind, ErrorKind::InvalidInput);
  bad = request(base, {{"README", "x"}});
  bad.message = " \n";
  EXPECT_EQ(mirror->commit(bad).error().kind, ErrorKind::InvalidInput);
  bad = request(std::string(40, 'a'), {{"README", "x"}});
  EXPECT_EQ(mirror->commit(bad).error().kind, ErrorKind::NotFound);
}

TEST_F(CommitTest, PathsWithNewlinesAreOrdinary) {
  const auto id = committed(request(base, {{"odd\nname", "x"}}));
  EXPECT_EQ(mirror->read_file(id, "odd\nname").value(), "x");
  EXPECT_EQ(mirror->diff(base, id, "").value().front().path, "odd\nname");
}

TEST_F(CommitTest, PushesANewBranchAndAgain) {
  const auto id = committed(request(base, {{"README", "x"}}));
  ASSERT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", ""));
  EXPECT_EQ(remote_git("rev-parse refs/heads/driftwarden/c-1"), id);
  EXPECT_EQ(remote_git("rev-parse main"), base);
  auto again = mirror->push("driftwarden/c-1", "driftwarden/c-1", "");
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(remote_git("fsck --strict --no-dangling 2>&1 | grep -v ^notice || true"), "");
}

TEST_F(CommitTest, MovesItsOwnBranchOnlyFromWhatItKnows) {
  const auto first = committed(request(base, {{"README", "x"}}));
  ASSERT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", ""));
  const auto second = committed(request(base, {{"README", "y"}}));
  for (const auto& expected : {std::string(), base}) {
    auto refused = mirror->push("driftwarden/c-1", "driftwarden/c-1", expected);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
  }
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), first);
  auto moved = mirror->push("driftwarden/c-1", "driftwarden/c-1", first);
  EXPECT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), second);
  EXPECT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", first)) << "a repeat after a crash finds its work done";
}

TEST_F(CommitTest, PushesToTheTruthOnlyForward) {
  committed(request(base, {{"README", "x"}}));
  const auto head = publish("README", "meanwhile\n");
  auto behind = mirror->push("driftwarden/c-1", "main", base);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().kind, ErrorKind::Conflict);
  auto forced = mirror->push("driftwarden/c-1", "main", head);
  ASSERT_FALSE(forced) << "the truth is never rewritten, even from its own head";
  EXPECT_EQ(forced.error().kind, ErrorKind::Conflict);
  ASSERT_EQ(mirror->fetch().value(), head);
  const auto next = committed(request(head, {{"README", "x"}}));
  ASSERT_TRUE(mirror->push("driftwarden/c-1", "main", head));
  EXPECT_EQ(remote_git("rev-parse main"), next);
}

TEST_F(CommitTest, DeletesABranchButNeverTheTruth) {
  committed(request(base, {{"README", "x"}}));
  ASSERT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", ""));
  auto deleted = mirror->delete_remote_branch("driftwarden/c-1");
  ASSERT_TRUE(deleted) << deleted.error().message;
  EXPECT_EQ(remote_git("branch --list 'driftwarden/*'"), "");
  EXPECT_TRUE(mirror->delete_remote_branch("driftwarden/c-1"));
  EXPECT_EQ(mirror->delete_remote_branch("main").error().kind, ErrorKind::InvalidInput);
}

TEST_F(CommitTest, PushingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(mirror->push("nothing", "nothing", "").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(mirror->push("driftwarden/c-1", "a b", "").error().kind, ErrorKind::InvalidInput);
}

TEST_F(CommitTest, ALinkIsNotEdited) {
  fs::create_symlink("../README", work() / "apps/readme");
  base = publish_all("link");
  ASSERT_EQ(mirror->fetch().value(), base);
  const auto refused = mirror->commit(request(base, {{"apps/readme", "text\n"}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(refused.error().message, HasSubstr("apps/readme is a symbolic link"));
  const auto gone = committed(request(base, {{"apps/readme", std::nullopt}}));
  EXPECT_EQ(mirror_git("diff-tree -r --name-status --no-commit-id " + gone), "D\tapps/readme");
}

TEST_F(CommitTest, OthersReadWhileACommitIsSigned) {
  std::future<std::string> reading;
  bool read = false;
  auto wanted = request(base, {{"README", "signed\n"}});
  wanted.sign = [&](const std::string&) -> Result<std::string> {
    reading = std::async(std::launch::async, [&] { return mirror->read_file(base, "README").value(); });
    read = reading.wait_for(std::chrono::seconds(60)) == std::future_status::ready;
    return std::string("-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n");
  };
  const auto id = committed(wanted);
  EXPECT_TRUE(read);
  EXPECT_EQ(reading.get(), "hello\n");
  EXPECT_THAT(mirror_git("cat-file commit " + id), HasSubstr("gpgsig -----BEGIN SSH SIGNATURE-----"));
  EXPECT_EQ(mirror_git("rev-parse refs/heads/driftwarden/c-1"), id);
}

TEST_F(CommitTest, TheSameSignedTwiceAtOnceIsOneCommit) {
  auto wanted = request(base, {{"README", "signed\n"}});
  std::string inner;
  int signatures = 0;
  wanted.sign = [&](const std::string&) -> Result<std::string> {
    const auto mine = ++signatures;
    if (mine == 1) inner = mirror->commit(wanted).value();  // another one is quicker
    return "-----BEGIN SSH SIGNATURE-----\n" + std::to_string(mine) + "\n-----END SSH SIGNATURE-----\n";
  };
  EXPECT_EQ(committed(wanted), inner);
  EXPECT_EQ(signatures, 2);
}

}  // namespace
}  // namespace driftwarden::test
