#include "bot/pulls/touched.hpp"

#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Counts what is read beyond ids.
class CountingMirror final : public Mirror {
 public:
  explicit CountingMirror(Mirror& inner) : inner_(inner) {}
  int reads = 0;

  Result<std::string> fetch() override { return inner_.fetch(); }
  Result<std::string> head() override { return inner_.head(); }
  Result<std::string> resolve(const std::string& text) override { return inner_.resolve(text); }
  Result<std::string> tree_id(const std::string& revision, const std::string& path) override { return inner_.tree_id(revision, path); }
  Result<std::vector<TreeEntry>> read_tree(const std::string& revision, const std::string& path) override { return ++reads, inner_.read_tree(revision, path); }
  Result<std::string> read_file(const std::string& revision, const std::string& path) override { return ++reads, inner_.read_file(revision, path); }
  Result<std::vector<std::string>> link_targets(const std::string& revision, const std::string& path) override { return ++reads, inner_.link_targets(revision, path); }
  Result<std::vector<CommitInfo>> history(const std::string& from, const std::string& path, std::size_t limit) override { return inner_.history(from, path, limit); }
  Result<CommitInfo> commit_info(const std::string& revision) override { return inner_.commit_info(revision); }
  Result<bool> is_ancestor(const std::string& ancestor, const std::string& descendant) override { return inner_.is_ancestor(ancestor, descendant); }
  Result<std::vector<FileDiff>> diff(const std::string& from, const std::string& to, const std::string& path) override { return inner_.diff(from, to, path); }
  Result<std::string> fetch_ref(const std::string& remote_ref) override { return inner_.fetch_ref(remote_ref); }
  Result<std::string> merge_base(const std::string& a, const std::string& b) override { return inner_.merge_base(a, b); }
  Result<std::vector<CommitInfo>> commits_between(const std::string& from, const std::string& to, std::size_t limit) override { return inner_.commits_between(from, to, limit); }
  Result<std::string> try_undo(const std::string& head, const std::string& revision, const std::string& path) override { return inner_.try_undo(head, revision, path); }
  Result<std::string> merge(const MergeRequest& request) override { return inner_.merge(request); }
  Result<std::string> commit(const CommitRequest& request) override { return inner_.commit(request); }
  Result<void> push(const std::string& branch, const std::string& remote_branch, const std::string& expected) override { return inner_.push(branch, remote_branch, expected); }
  Result<void> delete_remote_branch(const std::string& remote_branch) override { return inner_.delete_remote_branch(remote_branch); }

 private:
  Mirror& inner_;
};

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
    std::vector<KnownApp> known;
    for (const auto& app : apps) known.push_back({app, known_[app.name]});
    const auto found = find_touched(*mirror_, known, look, *commits);
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
  std::map<std::string, AppSources> known_;
};

TEST_F(Repository, FindsTheAppsWhoseFilesChange) {
  const auto head = write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 2\n"}, {"README", "y\n"}});
  const auto commits = look({"refs/pull/1/head", "", false}, {app("web"), app("kust")});
  EXPECT_EQ(commits.head, head);
  ASSERT_THAT(commits.touched, SizeIs(1));
  EXPECT_EQ(commits.touched[0], (TouchedApp{app("web"), commits.base, head}));
}

TEST_F(Repository, WhatIsKnownOfAnAppIsNotReadAgain) {
  (void)write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 2\n"}});
  const PullLook look{"refs/pull/1/head", "", false};
  auto commits = find_commits(*mirror_, look);
  ASSERT_TRUE(commits);
  const KnownApp kust{app("kust"), *find_app_sources(*mirror_, app("kust"), commits->base)};
  CountingMirror counting(*mirror_);
  ASSERT_TRUE(find_touched(counting, {kust}, look, *commits));
  EXPECT_EQ(counting.reads, 0);
  ASSERT_TRUE(find_touched(counting, {{app("kust")}}, look, *commits));
  EXPECT_GT(counting.reads, 0);
  EXPECT_THAT(commits->touched, IsEmpty());
  ASSERT_TRUE(find_touched(counting, {{app("web"), *find_app_sources(*mirror_, app("web"), commits->base)}}, look, *commits));
  EXPECT_THAT(commits->touched, SizeIs(1));
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

App planned(const std::string& name) {
  App made;
  made.name = name;
  made.repository = "config";
  made.path = "live/" + name;
  made.kind = AppKind::Terraform;
  return made;
}

TEST_F(Repository, OfWhatAToolPlansTheFilesAreNamedAndThoseThatItNames) {
  const auto base = write("main", "main", {{"live/net/main.tf", "module \"vpc\" {\n  source = \"../../modules/vpc\"\n}\n"}, {"modules/vpc/main.tf", "a\n"}, {"live/db/main.tf", "a\n"}});
  (void)mirror_->fetch();
  write("topic", "main", {{"modules/vpc/main.tf", "b\n"}, {"modules/vpc/new.tf", "b\n"}, {"modules/other/main.tf", "b\n"}, {"README", "y\n"}});
  const auto apps = std::vector{planned("net"), planned("db"), app("web")};
  auto commits = look({"refs/heads/topic", "", false}, apps);
  ASSERT_THAT(commits.touched, SizeIs(1));
  EXPECT_EQ(commits.touched[0].app.name, "net");
  EXPECT_EQ(commits.touched[0].before, base);
  EXPECT_EQ(commits.touched[0].after, commits.head);
  EXPECT_THAT(commits.touched[0].files, ElementsAre("modules/vpc/main.tf", "modules/vpc/new.tf"));
  EXPECT_EQ(commits.touched[0].trouble, "");
  std::map<std::string, std::string> many;
  for (char name = 'a'; name < 'l'; ++name) many[std::string("live/db/") + name + ".tf"] = "x\n";
  write("wide", "main", many);
  commits = look({"refs/heads/wide", "", true}, apps);
  ASSERT_THAT(commits.touched, SizeIs(1));
  EXPECT_THAT(commits.touched[0].files, SizeIs(8));
  EXPECT_EQ(commits.touched[0].more_files, 3U);
  EXPECT_TRUE(commits.touched[0].by_stranger);
}

TEST_F(Repository, WhatAToolPlansMayBeNewOrGone) {
  write("main", "main", {{"live/db/main.tf", "a\n"}});
  (void)mirror_->fetch();
  write("topic", "main", {{"live/db/main.tf", ""}, {"live/net/main.tf", "a\n"}});
  const auto commits = look({"refs/heads/topic", "", false}, {planned("net"), planned("db")});
  ASSERT_THAT(commits.touched, SizeIs(2));
  EXPECT_EQ(commits.touched[0].before, "");
  EXPECT_THAT(commits.touched[0].files, ElementsAre("live/net/main.tf"));
  EXPECT_EQ(commits.touched[0].trouble, "");
  EXPECT_THAT(commits.touched[1].trouble, HasSubstr("live/db is gone at the head"));
}

TEST_F(Repository, AHeadThatIsThereIsNotFetched) {
  const auto head = write("refs/pull/1/head", "main", {{"apps/web/a.yaml", "a: 2\n"}});
  (void)look({"refs/pull/1/head", "", false}, {});
  (void)test::run_shell("git -C " + remote() + " update-ref -d refs/pull/1/head");
  EXPECT_EQ(look({"refs/pull/1/head", head, false}, {}).head, head);
}

}  // namespace
}  // namespace driftwarden
