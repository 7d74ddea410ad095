// Apps found by where they lie.
#include "bot/watch/found_paths.hpp"

#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Values = std::map<std::string, std::string>;

struct MatchRow {
  const char* pattern;
  const char* path;
  std::optional<Values> values;
  friend void PrintTo(const MatchRow& row, std::ostream* out) { *out << row.pattern << " on " << row.path; }
};
class MatchPath : public testing::TestWithParam<MatchRow> {};
TEST_P(MatchPath, SaysWhatThePlaceholdersAre) { EXPECT_EQ(match_path(GetParam().pattern, GetParam().path), GetParam().values); }
INSTANTIATE_TEST_SUITE_P(
    Table, MatchPath,
    testing::Values(MatchRow{"clusters/{cluster}/{namespace}/{app}", "clusters/eu/shop/web", Values{{"cluster", "eu"}, {"namespace", "shop"}, {"app", "web"}}},
                    MatchRow{"clusters/{cluster}/{app}", "clusters/eu", std::nullopt}, MatchRow{"clusters/{cluster}/{app}", "clusters/eu/a/b", std::nullopt},
                    MatchRow{"clusters/{cluster}/{app}", "other/eu/a", std::nullopt}, MatchRow{"{app}/overlays/{environment}", "web/overlays/prod", Values{{"app", "web"}, {"environment", "prod"}}},
                    MatchRow{"apps/*/{app}", "apps/any/web", Values{{"app", "web"}}}, MatchRow{"apps/{team}-{environment}/{app}", "apps/a-b-prod/web", Values{{"team", "a-b"}, {"environment", "prod"}, {"app", "web"}}},
                    MatchRow{"{environment}/{app}-{environment}", "prod/web-prod", Values{{"environment", "prod"}, {"app", "web"}}},
                    MatchRow{"{environment}/{app}-{environment}", "prod/web-dev", std::nullopt}, MatchRow{"playbooks/{app}.yml", "playbooks/edge.yml", Values{{"app", "edge"}}},
                    MatchRow{"playbooks/{app}.yml", "playbooks/.yml", std::nullopt}, MatchRow{"app-*", "app-x", Values{}}, MatchRow{"app-*", "ap", std::nullopt}));

TEST(FillPath, IsTheWayBack) {
  EXPECT_EQ(fill_path("clusters/{cluster}/{app}", {{"cluster", "us"}, {"app", "web"}}), "clusters/us/web");
  EXPECT_EQ(fill_path("playbooks/{app}.yml", {{"app", "edge"}}), "playbooks/edge.yml");
  EXPECT_EQ(fill_path("clusters/{cluster}/{app}", {{"cluster", "us"}}), std::nullopt);
  EXPECT_EQ(fill_path("apps/*/{app}", {{"app", "web"}}), std::nullopt) << "anything might stand there";
  EXPECT_EQ(fill_path("clusters/{app}", {{"app", "../x"}}), std::nullopt);
  EXPECT_EQ(fill_path("clusters/{app}", {{"app", ".."}}), std::nullopt);
}

class FindPaths : public testing::Test {
 protected:
  FindPaths() {
    test::run_shell("git init -q --bare -b main " + remote() + " && git init -q -b main " + work());
    config.clusters.resize(2);
    config.clusters[0].name = "prod-eu";
    config.clusters[0].environment = "production";
    config.clusters[0].aliases = {"in-cluster"};
    config.clusters[1].name = "prod-us";
    rule.paths = "clusters/{cluster}/{namespace}/{app}";
    rule.repository = "config";
    rule.id = "paths config clusters/{cluster}/{namespace}/{app}";
  }
  std::string remote() const { return (directory.path / "remote.git").string(); }
  std::string work() const { return (directory.path / "work").string(); }
  void write(const std::string& path, const std::string& content = "x: y\n") {
    std::filesystem::create_directories((std::filesystem::path(work()) / path).parent_path());
    std::ofstream(std::filesystem::path(work()) / path) << content;
  }
  void push() {
    test::run_shell("cd " + work() + " && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m Change && git push -q " + remote() + " HEAD:main");
    head = test::run_shell("git -C " + work() + " rev-parse HEAD");
    if (!mirror) {
      MirrorOptions options;
      options.directory = (directory.path / "mirror.git").string();
      options.url = remote();
      mirror = std::move(*Mirror::open(options));
    }
    ASSERT_TRUE(mirror->fetch());
  }
  FoundPaths find(const std::string& known = "") {
    auto found = find_paths(*mirror, head, known, rule, config);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : FoundPaths{};
  }
  static std::vector<std::string> names(const FoundPaths& found) {
    std::vector<std::string> all;
    for (const auto& app : found.apps) all.push_back(app.name);
    return all;
  }

  test::TemporaryDirectory directory;
  std::unique_ptr<Mirror> mirror;
  std::string head;
  DiscoverRule rule;
  Config config;
};

TEST_F(FindPaths, APlaceSaysWhatTheAppIs) {
  rule.app.channel = "#shop";
  rule.app.owners = {"sre"};
  rule.app.track = Track::Pin;
  write("clusters/prod-eu/shop/web/cm.yaml");
  write("clusters/in-cluster/shop/db/kustomization.yaml");
  write("clusters/prod-us/shop/README.md");
  write("clusters/prod-eu/shop/notes/README.md");
  write("clusters/prod-eu/shop/.hidden/cm.yaml");
  write("clusters/prod-eu/shop/web/deeper/cm.yaml");
  push();
  const auto found = find();
  EXPECT_THAT(found.warnings, IsEmpty());
  ASSERT_THAT(names(found), ElementsAre("db", "web"));
  const auto& web = found.apps[1];
  EXPECT_EQ(web.path, "clusters/prod-eu/shop/web");
  EXPECT_EQ(web.repository, "config");
  EXPECT_EQ(web.cluster, "prod-eu");
  EXPECT_EQ(web.namespace_, "shop");
  EXPECT_EQ(web.environment, "production") << "the cluster's";
  EXPECT_EQ(web.channel, "#shop");
  EXPECT_EQ(web.owners, std::vector<std::string>{"sre"});
  EXPECT_EQ(web.track, Track::Pin);
  EXPECT_EQ(web.found_by, rule.id);
  EXPECT_EQ(found.apps[0].cluster, "prod-eu") << "by its alias";
}

TEST_F(FindPaths, WhatAnotherShardLooksAfterIsNoTrouble) {
  config.shard = "east";
  ShardConfig east;
  east.name = "east";
  east.clusters = {"prod-eu", "prod-us"};
  ShardConfig west;
  west.name = "west";
  west.clusters = {"mars"};
  config.shards = {east, west};
  write("clusters/prod-eu/shop/web/cm.yaml");
  write("clusters/mars/shop/web2/cm.yaml");
  write("clusters/venus/shop/web3/cm.yaml");
  push();
  const auto found = find();
  EXPECT_THAT(names(found), ElementsAre("web"));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("venus")));
}

TEST_F(FindPaths, NothingIsReadWhileTheIdIsKnown) {
  write("clusters/prod-eu/shop/web/cm.yaml");
  push();
  const auto first = find();
  EXPECT_EQ(find(first.id).id, first.id);
  EXPECT_THAT(find(first.id).apps, IsEmpty());
  write("README.md");
  push();
  EXPECT_EQ(find(first.id).id, first.id) << "another part of the repository";
  rule.app.channel = "#other";
  EXPECT_NE(find(first.id).id, first.id) << "the config says something else";
  rule.app.channel.clear();
  write("clusters/prod-eu/shop/db/cm.yaml");
  push();
  EXPECT_THAT(names(find(first.id)), ElementsAre("db", "web"));
  rule.paths = "gone/{app}";
  EXPECT_EQ(find().id, "");
}

TEST_F(FindPaths, WhatCannotBeAnAppIsSaid) {
  write("clusters/mars/shop/web/cm.yaml");
  write("clusters/prod-eu/Shop_1/web2/cm.yaml");
  write("clusters/prod-eu/shop/a b/cm.yaml");
  write("clusters/prod-eu/shop/good/cm.yaml");
  push();
  const auto found = find();
  EXPECT_THAT(names(found), ElementsAre("good"));
  EXPECT_THAT(found.warnings, testing::UnorderedElementsAre(AllOf(HasSubstr("clusters/mars/shop/web"), HasSubstr("no cluster \"mars\"")),
                                                            AllOf(HasSubstr("Shop_1"), HasSubstr("namespace")), AllOf(HasSubstr("\"a b\""), HasSubstr("name"))));
}

TEST_F(FindPaths, OneNameInSeveralClustersIsToldApart) {
  write("clusters/prod-eu/shop/web/cm.yaml");
  write("clusters/prod-us/shop/web/cm.yaml");
  write("clusters/prod-us/shop/db/cm.yaml");
  push();
  EXPECT_THAT(names(find()), ElementsAre("db", "web-prod-eu", "web-prod-us"));
  rule.paths = "clusters/*/{namespace}/{app}";
  rule.cluster = "prod-eu";
  const auto found = find();
  EXPECT_THAT(names(found), ElementsAre("db", "web"));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("nothing in the path tells them apart")));
}

TEST_F(FindPaths, EnvironmentsTellApartToo) {
  rule.paths = "{app}/overlays/{environment}";
  rule.cluster = "prod-us";
  rule.namespace_ = "shop";
  rule.app.environment = "fallback";
  write("web/overlays/staging/kustomization.yaml");
  write("web/overlays/production/kustomization.yaml");
  write("web/base/kustomization.yaml");
  push();
  const auto found = find();
  ASSERT_THAT(names(found), ElementsAre("web-production", "web-staging"));
  EXPECT_EQ(found.apps[1].environment, "staging");
  EXPECT_EQ(found.apps[1].namespace_, "shop");
  EXPECT_EQ(found.apps[1].cluster, "prod-us");
}

TEST_F(FindPaths, APathCantChooseAnotherEnvironmentThanItsClusters) {
  rule.paths = "clusters/{environment}/{cluster}/{app}";
  rule.namespace_ = "shop";
  write("clusters/staging/prod-eu/web/cm.yaml");
  write("clusters/production/prod-eu/db/cm.yaml");
  write("clusters/staging/prod-us/api/cm.yaml");
  push();
  const auto found = find();
  EXPECT_THAT(names(found), ElementsAre("api", "db"));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("clusters/staging/prod-eu/web: environment \"staging\" is not that of cluster prod-eu")));
}

TEST_F(FindPaths, ARuleMayGiveItsOwnClusterAnotherEnvironment) {
  rule.paths = "clusters/{cluster}/{app}";
  rule.namespace_ = "shop";
  rule.app.environment = "staging";
  write("clusters/prod-eu/web/cm.yaml");
  push();
  EXPECT_THAT(names(find()), IsEmpty()) << "the path chose the cluster";
  rule.paths = "clusters/prod-eu/{app}";
  rule.cluster = "prod-eu";
  const auto found = find();
  ASSERT_THAT(names(found), ElementsAre("web"));
  EXPECT_EQ(found.apps[0].environment, "staging");
}

TEST_F(FindPaths, WithoutAppTheLastPartIsTheName) {
  rule.paths = "apps/*";
  rule.cluster = "prod-eu";
  write("apps/web/cm.yaml");
  write("apps/file.yaml");
  push();
  EXPECT_THAT(names(find()), ElementsAre("web"));
}

TEST_F(FindPaths, ModulesOfTerraformHaveNoDestination) {
  rule.paths = "live/{environment}/{app}";
  rule.id = "paths infra live/{environment}/{app}";
  rule.app.kind = AppKind::Terraform;
  rule.app.plan.workspace = "w";
  write("live/prod/network/main.tf");
  write("live/prod/dns/main.tofu");
  write("live/prod/notes/README.md");
  write("live/prod/units/a/terragrunt.hcl");
  push();
  auto found = find();
  ASSERT_THAT(names(found), ElementsAre("dns", "network"));
  EXPECT_EQ(found.apps[1].kind, AppKind::Terraform);
  EXPECT_EQ(found.apps[1].environment, "prod");
  EXPECT_EQ(found.apps[1].cluster, "");
  EXPECT_EQ(found.apps[1].plan.rule, rule.id);
  EXPECT_EQ(found.apps[1].plan.workspace, "w");
  rule.app.plan.tool = PlanTool::Terragrunt;
  EXPECT_THAT(names(find()), ElementsAre("units")) << "a tree of units";
}

TEST_F(FindPaths, APlaybookIsAFile) {
  rule.paths = "playbooks/{environment}/{app}.yml";
  rule.app.kind = AppKind::Ansible;
  rule.app.plan.tool = PlanTool::Ansible;
  rule.app.plan.inventory = "hosts.ini";
  write("playbooks/prod/edge.yml");
  write("playbooks/prod/notes.md");
  write("playbooks/prod/roles/main.yml");
  push();
  const auto found = find();
  ASSERT_THAT(names(found), ElementsAre("edge"));
  EXPECT_EQ(found.apps[0].path, "playbooks/prod/edge.yml");
  EXPECT_EQ(found.apps[0].plan.inventory, "hosts.ini");
  rule.paths = "playbooks/prod/*";
  EXPECT_THAT(names(find()), ElementsAre("edge", "notes"));
}

TEST_F(FindPaths, AThousandDirectoriesTakeNoTime) {
  for (int i = 0; i < 1000; ++i) write("clusters/prod-eu/team-" + std::to_string(i % 20) + "/app-" + std::to_string(i) + "/cm.yaml", "i: " + std::to_string(i) + "\n");
  push();
  const auto timed = [&](const std::string& what) {
    const auto begin = std::clock();  // of this process alone, whatever else the machine does
    const auto found = find();
    const auto took_ms = (std::clock() - begin) * 1000 / CLOCKS_PER_SEC;
    EXPECT_EQ(found.apps.size(), 1000U);
    RecordProperty(what, static_cast<int>(took_ms));
    EXPECT_LT(took_ms, 2000) << what;
  };
  timed("cold");
  write("clusters/prod-eu/team-1/app-1/cm.yaml", "i: other\n");
  push();
  timed("warm");
}

}  // namespace
}  // namespace driftwarden
