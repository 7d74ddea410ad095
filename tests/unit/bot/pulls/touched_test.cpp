#include "bot/pulls/touched.hpp"

#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A bare repository, and a mirror of it.
class Repository : public testing::Test {
 protected:
  Repository() {
    write("main", "", {{"apps/web/a.yaml", "a: 1\n"}, {"apps/kust/kustomization.yaml", "resources: [a.yaml]\n"}, {"apps/kust/a.yaml", "a: 1\n"}, {"README", "x\n"}});
    MirrorOptions options;
    options.directory = (directory_.path / "mirror").string();
    options.url = remote();
    mirror_ = std::move(*Mirror::open(options));
    (void)mirror_->fetch();
  }
  std::string remote() const { return (directory_.path / "remote.git").string(); }
  /// A commit on `branch` from `parent` with these files changed; an empty text deletes.
  std::string write(const std::string& branch, const std::string& parent, const std::map<std::string, std::string>& files) {
    auto script = fmt::format("[ -d {0} ] || git init -q --bare -b main {0}; cd {0} && export GIT_INDEX_FILE={1} && rm -f $GIT_INDEX_FILE && {2}", remote(), (directory_.path / "index").string(),
                              parent.empty() ? "git read-tree --empty" : "git read-tree " + parent);
    for (const auto& [path, text] : files) {
      script += text.empty() ? fmt::format(" && printf '0 {}\\t{}\\n' | git update-index --index-info", std::string(40, '0'), path)
                             : fmt::format(" && git update-index --add --cacheinfo 100644,$(printf '{}' | git hash-object -w --stdin),{}", text, path);
    }
    script += fmt::format(" && c=$(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) {} -m Change) && git update-ref {} $c && echo $c",
                          parent.empty() ? "" : "-p " + parent, branch.starts_with("refs/") ? branch : "refs/heads/" + branch);
    return test::run_shell(script);
  }
  PullCommits look(const PullLook& look, const std::vector<App>& apps) {
    auto commits = find_commits(*mirror_, look);
    EXPECT_TRUE(commits) << commits.error().message;
    const auto found = find_touched(*mirror_, apps, look, *commits);
    EXPECT_TRUE(found) << found.error().message;
    return *commits;
  }
  static App app(const std::string& name) {
    App made;
    made.name = name;
    made.repository = "config";
    made.path = "apps/" + name;
    return made;
  }

  test::TemporaryDirectory directory_;
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(Repository, FindsTheAppsWhoseFilesChange) {
  const auto head = write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 2\n"}, {"README", "y\n"}});
  const auto commits = look({"refs/pull/1/head", "", false}, {app("web"), app("kust")});
  EXPECT_EQ(commits.head, head);
  ASSERT_THAT(commits.touched, SizeIs(1));
  EXPECT_EQ(commits.touched[0], (TouchedApp{app("web"), commits.base, head}));
}

TEST_F(Repository, ComparesWithWhereItLeftTheBranch) {
  const auto base = mirror_->head().value();
  const auto head = write("refs/pull/1/head", "main", {{"README", "y\n"}});
  (void)write("main", "main", {{"apps/web/a.yaml", "a: 3\n"}});
  (void)mirror_->fetch();
  const auto commits = look({"refs/pull/1/head", "", false}, {app("web")});
  EXPECT_EQ(commits.base, base);
  EXPECT_THAT(commits.touched, IsEmpty()) << "what others merged meanwhile is not its doing";
}

TEST_F(Repository, ANewPathHasNoBaseAndADeletedOneIsSaid) {
  (void)write("refs/pull/1/head", "main", {{"apps/fresh/a.yaml", "a: 1\n"}, {"apps/web/a.yaml", ""}});
  const auto commits = look({"refs/pull/1/head", "", false}, {app("web"), app("fresh")});
  ASSERT_THAT(commits.touched, SizeIs(2));
  EXPECT_THAT(commits.touched[0].trouble, HasSubstr("apps/web is gone"));
  EXPECT_EQ(commits.touched[1].before, "");
  EXPECT_EQ(commits.touched[1].trouble, "");
}

TEST_F(Repository, NoToolRunsOnAForksFiles) {
  (void)write("refs/pull/1/head", "main", {{"apps/kust/a.yaml", "a: 2\n"}, {"apps/web/a.yaml", "a: 2\n"}});
  const auto fork = look({"refs/pull/1/head", "", true}, {app("web"), app("kust")});
  ASSERT_THAT(fork.touched, SizeIs(2));
  EXPECT_EQ(fork.touched[0].trouble, "");
  EXPECT_THAT(fork.touched[1].trouble, HasSubstr("fork"));
  const auto own = look({"refs/pull/1/head", "", false}, {app("kust")});
  EXPECT_EQ(own.touched[0].trouble, "");
}

TEST_F(Repository, APinnedAppChangesWithItsPinAlone) {
  auto pinned = app("web");
  pinned.track = Track::Pin;
  const auto old = mirror_->head().value();
  (void)write("main", "main", {{"apps/web/a.yaml", "a: 5\n"}, {".driftwarden/pins/web.yaml", "revision: " + old + "\\nby: ann\\n"}});
  const auto newer = mirror_->fetch().value();
  (void)write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 6\n"}});
  const auto files = look({"refs/pull/1/head", "", false}, {pinned});
  ASSERT_THAT(files.touched, SizeIs(1));
  EXPECT_THAT(files.touched[0].remark, HasSubstr("pinned to " + old.substr(0, 7)));
  (void)write("refs/pull/2/head", "main", {{".driftwarden/pins/web.yaml", "revision: " + newer + "\\nby: ann\\n"}});
  const auto pin = look({"refs/pull/2/head", "", false}, {pinned});
  ASSERT_THAT(pin.touched, SizeIs(1));
  EXPECT_EQ(pin.touched[0].before, old);
  EXPECT_EQ(pin.touched[0].after, newer);
}

TEST_F(Repository, AHeadThatIsThereIsNotFetched) {
  const auto head = write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 2\n"}});
  (void)look({"refs/pull/1/head", "", false}, {});
  (void)test::run_shell("git -C " + remote() + " update-ref -d refs/pull/1/head");
  EXPECT_EQ(look({"refs/pull/1/head", head, false}, {}).head, head);
}

}  // namespace
}  // namespace driftwarden
