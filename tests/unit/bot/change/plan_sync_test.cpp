// Sync and rollback, on a repository that git made.
#include "tests/unit/bot/change/plan_fixture.hpp"

namespace driftwarden::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PlanSync : public PlanTest {
 protected:
  Result<VerbPlan> sync(const std::string& name, const std::string& target) {
    auto wanted = change(ChangeVerb::Sync, name);
    wanted.target_revision = target;
    return plan(wanted);
  }
  /// Records a sync, as the merge of such a Change would.
  void synced(const std::string& name, const std::string& revision) { publish_as("bot", sync_record_path(name), "revision: \"" + revision + "\"\n", "synced"); }
};

TEST_F(PlanSync, RecordsTheDecision) {
  const auto made = sync("shop", base);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->edits.size(), 1U);
  EXPECT_EQ(made->edits.front().path, ".driftwarden/syncs/shop.yaml");
  EXPECT_THAT(*made->edits.front().content, HasSubstr("revision: \"" + base + "\"\nby: \"alice\"\nreason: \"the load test is over\"\n"));
  EXPECT_THAT(made->authors, IsEmpty());
}

TEST_F(PlanSync, MovesThePin) {
  app("shop").track = Track::Pin;
  const auto made = sync("shop", head());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.front().path, ".driftwarden/pins/shop.yaml");
}

TEST_F(PlanSync, AReasonCanWriteNoYaml) {
  auto sly = change(ChangeVerb::Sync, "shop");
  sly.target_revision = base;
  sly.reason = "ok\nrevision: \"0000000\"\x1b[0m\"";
  const auto made = plan(sly);
  ASSERT_TRUE(made);
  EXPECT_THAT(*made->edits.front().content, Not(HasSubstr("\nrevision: \"0000000\"")));
  EXPECT_THAT(*made->edits.front().content, Not(HasSubstr("\x1b")));
}

TEST_F(PlanSync, AReasonIsNoOrderToTheForge) {
  auto loud = change(ChangeVerb::Sync, "shop");
  loud.target_revision = base;
  loud.reason = "fixes #12 @org/all";
  EXPECT_THAT(*plan(loud)->edits.front().content, HasSubstr("fixes #\u206012 @\u2060org/all"));
  app("shop").track = Track::Pin;
  publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n");
  auto back = change(ChangeVerb::Rollback, "shop");
  back.target_revision = base;
  back.reason = loud.reason;
  EXPECT_THAT(*plan(back)->edits.front().content, HasSubstr("fixes #\u206012 @\u2060org/all"));
}

TEST_F(PlanSync, WhoWroteWhatItPutsInForceCanNotApprove) {
  synced("shop", base);
  publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  more: yes\n", "more");
  publish_as("carol", "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:2.0"), "not the shop");
  publish_as("alice", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.1"), "bump *shop* <!here>");
  publish_as("eve", "apps/shop/extra.yaml", config_map("extra"), "less");
  const auto made = sync("shop", head());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->authors, ElementsAre("bob")) << "alice asked, carol wrote another App, eve is nobody that the config knows";
  EXPECT_THAT(notes(*made), HasSubstr("Puts 3 commits in force:"));
  EXPECT_THAT(notes(*made), HasSubstr("bump *shop* <!here> (alice)"));
  EXPECT_THAT(notes(*made), Not(HasSubstr("not the shop")));
  EXPECT_THAT(notes(*made), HasSubstr("eve <eve@example.org>"));
}

TEST_F(PlanSync, AuthorsAreFoundBehindManyCommitsToOtherApps) {
  synced("shop", base);
  publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  more: yes\n", "more");
  git("checkout -q -b topic && git config user.email carol@example.org && git config user.name carol");
  write_file(work() / "apps/shop/extra.yaml", config_map("extra") + "  a: b\n");
  git("add -A && git commit -q -m topic && git checkout -q main && git config user.email alice@example.org && git merge -q --no-ff -m merge topic");
  for (int i = 0; i < 6; ++i) publish_as("alice", "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:" + std::to_string(i + 10)), "another App");
  most_commits = 5;
  const auto made = sync("shop", head());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->authors, testing::UnorderedElementsAre("bob", "carol"));
  EXPECT_FALSE(made->authors_incomplete);
  EXPECT_THAT(notes(*made), HasSubstr("Puts 2 commits in force:"));
}

TEST_F(PlanSync, WhereAuthorsAreNotAllKnownItSaysSo) {
  synced("shop", base);
  publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  more: yes\n", "more");
  for (int i = 0; i < 6; ++i) publish_as("carol", "apps/shop/extra.yaml", config_map("extra") + "  n: \"" + std::to_string(i) + "\"\n", "again");
  most_commits = 5;
  const auto made = sync("shop", head());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->authors, ElementsAre("carol"));
  EXPECT_TRUE(made->authors_incomplete);
  EXPECT_THAT(notes(*made), HasSubstr("Puts at least 5 commits in force:"));
  EXPECT_THAT(notes(*made), HasSubstr("More came in between than was looked through"));
  most_commits = 100;
  const auto whole = sync("shop", head());
  EXPECT_THAT(whole->authors, testing::UnorderedElementsAre("bob", "carol"));
  EXPECT_FALSE(whole->authors_incomplete);
}

TEST_F(PlanSync, AMergeIsTheWorkOfThoseWhoWroteItsCommits) {
  synced("shop", base);
  git("checkout -q -b topic && git config user.email bob@example.org && git config user.name bob");
  write_file(work() / "apps/shop/extra.yaml", config_map("extra") + "  a: b\n");
  git("add -A && git commit -q -m topic && git checkout -q main && git config user.email carol@example.org && git config user.name carol && git merge -q --no-ff -m merge topic && git push -q origin main");
  ASSERT_TRUE(mirror->fetch());
  EXPECT_THAT(sync("shop", head())->authors, ElementsAre("bob"));
}

TEST_F(PlanSync, OfAPinCountsFromWhatIsPinned) {
  app("shop").track = Track::Pin;
  publish_as("bob", pin_path("shop"), "revision: \"" + base + "\"\n");
  const auto next = publish_as("carol", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n");
  EXPECT_THAT(sync("shop", next)->authors, ElementsAre("carol"));
  EXPECT_THAT(sync("shop", base)->authors, IsEmpty());
}

TEST_F(PlanSync, WithoutARecordTheLastCommitCountsWhereGitIsAhead) {
  publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n");
  EXPECT_THAT(sync("shop", head())->authors, IsEmpty());
  report.cause = Cause::GitAhead;
  EXPECT_THAT(sync("shop", head())->authors, ElementsAre("bob"));
}

TEST_F(PlanSync, WhatWasNeverMergedIsRefused) {
  git("checkout -q -b topic");
  write_file(work() / "apps/shop/extra.yaml", config_map("evil"));
  git("add -A && git commit -q -m topic && git push -q origin topic && git checkout -q main");
  const auto topic = mirror->fetch_ref("refs/heads/topic").value();
  EXPECT_THAT(why_not(sync("shop", topic)), HasSubstr("was never merged"));
  EXPECT_THAT(why_not(sync("shop", "ffffffff")), HasSubstr("no commit"));
  EXPECT_THAT(why_not(rollback("shop", topic)), HasSubstr("was never merged"));
  EXPECT_THAT(why_not(rollback("shop", "")), HasSubstr("no revision"));
  EXPECT_THAT(why_not(rollback("shop", "../x")), HasSubstr("no commit"));
}

class PlanRollback : public PlanTest {};

TEST_F(PlanRollback, RestoresThePathAndTellsWhatThatTakesBack) {
  const auto first = publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.1"), "bump");
  write_file(work() / "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:9"));
  publish_as("carol", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n", "two at once");
  const auto made = rollback("shop", base);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->restore_path, "apps/shop");
  EXPECT_EQ(made->restore_revision, base);
  EXPECT_THAT(made->edits, IsEmpty());
  EXPECT_THAT(notes(*made), HasSubstr("Takes back 2 commits:\n"));
  EXPECT_THAT(notes(*made), HasSubstr(first.substr(0, 7) + " bump (bob)"));
  EXPECT_THAT(notes(*made), HasSubstr("also changed apps/blog/deployment.yaml, which stays as it is"));
  auto wanted = change(ChangeVerb::Rollback, "shop");
  wanted.target_revision = base;
  const auto commit = committed(wanted, *made);
  EXPECT_EQ(mirror->tree_id(commit, "apps/shop").value(), mirror->tree_id(base, "apps/shop").value());
  EXPECT_EQ(mirror->tree_id(commit, "apps/blog").value(), mirror->tree_id(head(), "apps/blog").value()) << "a sibling stays";
  EXPECT_THAT(mirror->commit_info(commit)->message, HasSubstr("This restores apps/shop to what it was at " + base));
}

TEST_F(PlanRollback, ToWhatIsThereOrWasNotThereYetIsRefused) {
  EXPECT_THAT(why_not(rollback("shop", head())), HasSubstr("there is nothing to roll back"));
  write_file(work() / "apps/new/deployment.yaml", deployment("new", "x:1"));
  publish_as("bob", "README", "x");
  apps.push_back(app("blog"));
  apps.back().name = "new";
  apps.back().path = "apps/new";
  EXPECT_THAT(why_not(rollback("new", base)), HasSubstr("wasn't there yet"));
  app("new").track = Track::Pin;
  EXPECT_THAT(why_not(rollback("new", base)), HasSubstr("wasn't there yet"));
}

class PlanAdoptDeletion : public PlanTest {};

TEST_F(PlanAdoptDeletion, BesideAKustomizationThatIsNoMappingIsRefusedInWords) {
  write_file(work() / "apps/shop/kustomization.yaml", "resources: [deployment.yaml, configs.yaml, extra.yaml, secret.yaml, more/more.yaml]\n");
  write_file(work() / "apps/shop/more/more.yaml", config_map("more"));
  publish_as("bob", "apps/shop/more/kustomization.yaml", "- more.yaml\n");
  report.state = AppState::OutOfSync;
  report.objects.push_back({{"", "v1", "ConfigMap", "shop", "more"}, Verdict::Missing, {}, {}});
  app("shop").render = RenderKind::Kustomize;
  // Stands for kustomize, which may be kinder than we are.
  render = [](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
    Rendered rendered;
    for (const auto& file : files) {
      if (file.path.ends_with("kustomization.yaml")) continue;
      TRY(auto manifests, parse_manifests(file.content, file.path));
      for (auto& manifest : manifests) {
        manifest.file.clear();
        manifest.ref.namespace_ = of.namespace_;
        rendered.manifests.push_back(std::move(manifest));
      }
    }
    return rendered;
  };
  EXPECT_THAT(why_not(plan(change(ChangeVerb::Adopt, "shop"))), HasSubstr("resources[4] names apps/shop/more/more.yaml, which isn't there")) << "and no exception";
}

/// An App in the root, or one around others.
struct AroundRow {
  std::string name;
  std::string path;
  friend void PrintTo(const AroundRow& row, std::ostream* out) { *out << row.name; }
};
class PlanAroundOthers : public PlanTest, public testing::WithParamInterface<AroundRow> {
 protected:
  void SetUp() override {
    PlanTest::SetUp();
    App outer = apps.front();
    outer.name = "outer";
    outer.path = GetParam().path;
    apps.push_back(outer);
    publish_as("bob", "CODEOWNERS", "* @alice\n");
    publish_as("bob", "apps/own.yaml", config_map("own"));
    before = publish_as("bob", ".driftwarden/pins/x.yaml", "revision: 1\n");
    publish_as("bob", ".driftwarden/pins/x.yaml", "revision: 2\n");
    publish_as("bob", "CODEOWNERS", "* @bob\n");
    mixed = publish_as("bob", "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:2.0"), "blog");
  }
  std::string before;
  std::string mixed;
};

TEST_P(PlanAroundOthers, RestoresItsOwnFilesOnly) {
  write_file(work() / "apps/new.yaml", config_map("new"));
  publish_as("carol", "apps/own.yaml", config_map("own") + "  a: b\n");
  const auto made = rollback("outer", before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(notes(*made), HasSubstr("Stays as it is now, as it is none of outer:"));
  EXPECT_THAT(notes(*made), HasSubstr("apps/blog (blog)"));
  EXPECT_EQ(changed_lines(committed(change(ChangeVerb::Rollback, "outer"), *made)),
            "apps/new.yaml\n-apiVersion: v1\n-kind: ConfigMap\n-metadata:\n-  name: new\n-data:\n-  motd: hello\napps/own.yaml\n-  a: b\n");
}

TEST_P(PlanAroundOthers, IsRefusedWhereOnlyOthersDiffer) {
  EXPECT_THAT(why_not(rollback("outer", before)), AllOf(HasSubstr("outer itself is what it was"), HasSubstr("apps/blog (blog)")));
  EXPECT_THAT(why_not(rollback("outer", "", mixed)), HasSubstr("changed apps/blog (blog) as well"));
}

TEST_P(PlanAroundOthers, TakesTheWholePathWhereNothingElseDiffers) {
  const auto now = head();
  const auto own = publish_as("carol", "apps/own.yaml", config_map("own") + "  a: b\n");
  const auto made = rollback("outer", now);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->restore_path, GetParam().path);
  EXPECT_EQ(made->restore_revision, now);
  EXPECT_TRUE(rollback("outer", "", own)) << "nobody else's";
}

INSTANTIATE_TEST_SUITE_P(Paths, PlanAroundOthers, testing::Values(AroundRow{"TheRoot", ""}, AroundRow{"TheirFolder", "apps"}), [](const auto& row) { return row.param.name; });

TEST_F(PlanRollback, MovesAPin) {
  app("shop").track = Track::Pin;
  const auto next = publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n", "more");
  publish_as("bot", pin_path("shop"), "revision: \"" + next + "\"\n");
  const auto made = rollback("shop", base);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.front().path, ".driftwarden/pins/shop.yaml");
  EXPECT_THAT(*made->edits.front().content, HasSubstr(base));
  EXPECT_THAT(notes(*made), HasSubstr("Takes back this commit:\n" + next.substr(0, 7) + " more (bob)"));
  EXPECT_THAT(why_not(rollback("shop", next)), HasSubstr("pinned to " + next.substr(0, 7) + " already"));
  EXPECT_THAT(why_not(rollback("shop", base, next)), HasSubstr("is pinned"));
}

class PlanUndo : public PlanTest {};

TEST_F(PlanUndo, TakesBackOneCommitBelowThePath) {
  write_file(work() / "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:9"));
  const auto bad = publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:6.66"), "bad");
  const auto good = publish_as("carol", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n", "good");
  const auto made = rollback("shop", "", bad);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->undo_revision, bad);
  EXPECT_EQ(made->restore_path, "apps/shop");
  EXPECT_THAT(notes(*made), HasSubstr("Takes back this commit:\n" + bad.substr(0, 7) + " bad (bob)"));
  EXPECT_THAT(notes(*made), HasSubstr("also changed apps/blog/deployment.yaml, which stays as it is"));
  EXPECT_THAT(notes(*made), HasSubstr("Stay in force:\n" + good.substr(0, 7) + " good (carol)"));
  EXPECT_EQ(changed_lines(committed(change(ChangeVerb::Rollback, "shop", to_json_text(RollbackRequest{bad})), *made)),
            "apps/shop/deployment.yaml\n-          image: ghcr.io/acme/shop:6.66\n+          image: ghcr.io/acme/shop:1.0\n");
}

TEST_F(PlanUndo, AConflictOffersToRestoreThePath) {
  const auto bad = publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:2"), "bad");
  publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:3"), "worse");
  const auto refused = rollback("shop", "", bad.substr(0, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("conflicts in apps/shop/deployment.yaml"));
  EXPECT_THAT(refused.error().message, HasSubstr("`rollback shop to " + bad.substr(0, 7) + "~1` restores apps/shop"));
}

TEST_F(PlanUndo, OfAnotherAppsCommitOrOfWhatWasTakenBackIsRefused) {
  const auto other = publish_as("bob", "apps/blog/deployment.yaml", deployment("blog", "x:2"), "other");
  EXPECT_THAT(why_not(rollback("shop", "", other)), HasSubstr("changed nothing below apps/shop"));
  publish_as("bob", "apps/blog/deployment.yaml", deployment("blog", "ghcr.io/acme/blog:1.0"), "back");
  EXPECT_THAT(why_not(rollback("blog", "", other)), HasSubstr("taken back already"));
  EXPECT_THAT(why_not(rollback("blog", "", "ffffff1")), HasSubstr("no commit"));
}

class PlanSharedBase : public PlanTest {
 protected:
  void SetUp() override {
    PlanTest::SetUp();
    write_file(work() / "bases/web/deployment.yaml", deployment("web", "web:1"));
    write_file(work() / "bases/web/kustomization.yaml", "resources: [deployment.yaml]\n");
    for (const std::string name : {"one", "two"}) {
      write_file(work() / ("envs/" + name + "/kustomization.yaml"), "resources: [../../bases/web]\nnamespace: " + name + "\n");
      App overlay = apps.front();
      overlay.name = name;
      overlay.path = "envs/" + name;
      overlay.render = RenderKind::Kustomize;
      apps.push_back(overlay);
    }
    before = publish_as("bob", "README", "x");
  }
  std::string before;
};

TEST_F(PlanSharedBase, WhatOnlyABaseChangedIsRefusedNamingWhoSharesIt) {
  publish_as("bob", "bases/web/deployment.yaml", deployment("web", "web:2"), "base bump");
  const auto why = why_not(rollback("one", before));
  EXPECT_THAT(why, HasSubstr("envs/one itself is what it was"));
  EXPECT_THAT(why, HasSubstr("bases/web, which two is made from as well"));
}

TEST_F(PlanSharedBase, TheOverlayIsRestoredAndTheBaseStays) {
  publish_as("bob", "bases/web/deployment.yaml", deployment("web", "web:2"), "base bump");
  publish_as("bob", "envs/one/kustomization.yaml", "resources: [../../bases/web]\nnamespace: one\nnamePrefix: x-\n", "prefix");
  const auto made = rollback("one", before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->restore_path, "envs/one");
  EXPECT_THAT(notes(*made), HasSubstr("Stays as it is now: bases/web, which two is made from as well"));
}

TEST_F(PlanSharedBase, ASyncCountsTheAuthorsOfABase) {
  publish_as("bot", sync_record_path("one"), "revision: \"" + before + "\"\n");
  publish_as("carol", "bases/web/deployment.yaml", deployment("web", "web:2"), "base bump");
  auto wanted = change(ChangeVerb::Sync, "one");
  wanted.target_revision = head();
  const auto made = plan(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->authors, ElementsAre("carol"));
}

}  // namespace
}  // namespace driftwarden::test
