#include "bot/plans/checkout.hpp"
#include "tests/unit/bot/plans/plans_fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

TEST(NamedPaths, AreRelativeOnesOnly) {
  const auto named = named_paths(R"(
    module "a" { source = "../../modules/vpc//sub?ref=x" }
    module "b" { source = "hashicorp/consul/aws" }
    module "c" { source = "git::https://example.org/x.git//y" }
    module "d" { source = "./inner" }
    x = "${get_repo_root()}/modules/db"
    y = templatefile("${path.module}/../shared/t.tpl", {})
    z = "../${var.x}/y"
    leaves = "../../../../../../etc/passwd"
  )",
                                 "live/prod/net");
  EXPECT_THAT(named, ElementsAre("live/modules/vpc/sub", "live/prod/net/inner", "live/prod/shared/t.tpl", "modules/db"));
  EXPECT_THAT(named_paths("- import_playbook: ../base.yml\n- hosts: all\n", "ansible"), ElementsAre("base.yml"));
}

class CheckoutTest : public testing::Test {
 protected:
  Mirror& mirror() {
    if (!opened) {
      MirrorOptions options;
      options.directory = world.root + "/mirror";
      options.url = world.root + "/remote.git";
      opened = std::move(*Mirror::open(std::move(options)));
    }
    EXPECT_TRUE(opened->fetch());
    return *opened;
  }
  App app(const std::string& path) {
    App made;
    made.name = "net";
    made.kind = AppKind::Terraform;
    made.path = path;
    return made;
  }
  std::string target() const { return world.root + "/out"; }
  std::string read(const std::string& path) const {
    std::ifstream file(target() + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  test::PlansWorld world;
  std::unique_ptr<Mirror> opened;
};

TEST_F(CheckoutTest, HoldsTheCommitsFilesAndScriptsCanBeRun) {
  const auto commit = world.commit({{"live/net/main.tf", "a"}, {"modules/x/main.tf", "b"}, {"run.sh", "#!/bin/sh\n"}});
  const auto written = write_checkout(mirror(), app("live/net"), commit, target());
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(*written);
  EXPECT_EQ(read("live/net/main.tf"), "a");
  EXPECT_EQ(read("modules/x/main.tf"), "b");
  EXPECT_EQ(fs::status(target()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(target() + "/run.sh").permissions(), fs::perms::owner_all);
  EXPECT_EQ(test::shell("git -C " + target() + "/live/net rev-parse --show-toplevel"), fs::canonical(target()).string());
}

TEST_F(CheckoutTest, ALinkThatLeavesTheTreeIsNotFollowed) {
  world.commit({{"live/net/main.tf", "module \"m\" {\n  source = \"../../modules/m\"\n}\n"}, {"modules/m/main.tf", "m"}, {"other/file", "o"}});
  test::shell(fmt::format("ln -s /etc/passwd {}/work/other/passwd", world.root));
  auto commit = world.commit_all();
  const auto written = write_checkout(mirror(), app("live/net"), commit, target());
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_FALSE(*written) << "only what the App needs";
  EXPECT_EQ(read("modules/m/main.tf"), "m");
  EXPECT_FALSE(fs::exists(target() + "/other"));
  test::shell(fmt::format("ln -s ../../../../etc/passwd {}/work/live/net/passwd", world.root));
  commit = world.commit_all();
  EXPECT_FALSE(write_checkout(mirror(), app("live/net"), commit, target()));
}

TEST_F(CheckoutTest, ASubmoduleIsLeftOut) {
  world.commit({{"live/net/main.tf", "a"}, {".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ../x\n"}});
  test::shell(fmt::format("cd {}/work && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),x && git -c user.name=a -c user.email=a@b commit -q -m sub && git push -q ../remote.git main", world.root));
  const auto commit = test::shell(fmt::format("git -C {}/work rev-parse HEAD", world.root));
  ASSERT_TRUE(write_checkout(mirror(), app("live/net"), commit, target()));
  EXPECT_FALSE(fs::exists(target() + "/x"));
}

TEST_F(CheckoutTest, InputsAreTheOwnTreeAndWhatItNames) {
  const auto first = world.commit({{"live/net/main.tf", "module \"m\" {\n source = \"../../modules/m\"\n}\n"}, {"modules/m/main.tf", "module \"n\" {\n source = \"../n\"\n}\n"}, {"modules/n/x.tf", ""}, {"modules/other/x.tf", ""}});
  const auto inputs = plan_inputs(mirror(), app("live/net"), first);
  ASSERT_TRUE(inputs) << inputs.error().message;
  EXPECT_EQ(inputs->size(), 3U);
  EXPECT_TRUE(inputs->contains("modules/n"));
  EXPECT_FALSE(inputs_moved(mirror(), *inputs, first));
  EXPECT_FALSE(inputs_moved(mirror(), *inputs, world.commit({{"modules/other/x.tf", "1"}}))) << "another's";
  const auto moved = world.commit({{"modules/n/x.tf", "1"}});
  EXPECT_TRUE(inputs_moved(mirror(), *inputs, moved));
}

TEST_F(CheckoutTest, TerragruntsFilesAboveCount) {
  auto unit = app("live/net");
  unit.plan.tool = PlanTool::Terragrunt;
  const auto commit = world.commit({{"live/net/terragrunt.hcl", "include \"root\" {\n path = find_in_parent_folders(\"root.hcl\")\n}\n"}, {"root.hcl", ""}, {"live/env.hcl", ""}});
  const auto inputs = plan_inputs(mirror(), unit, commit);
  ASSERT_TRUE(inputs);
  EXPECT_TRUE(inputs->contains("root.hcl"));
  EXPECT_TRUE(inputs->contains("live/env.hcl"));
}

TEST_F(CheckoutTest, APlaybookIsRunBesideItself) {
  auto hosts = app("ansible/site.yml");
  hosts.kind = AppKind::Ansible;
  hosts.plan.inventory = "../inventories/prod.ini";
  EXPECT_EQ(tool_directory(hosts), "ansible");
  EXPECT_EQ(playbook_of(hosts), "site.yml");
  const auto commit = world.commit({{"ansible/site.yml", "- hosts: all\n"}, {"inventories/prod.ini", "a\n"}});
  const auto inputs = plan_inputs(mirror(), hosts, commit);
  ASSERT_TRUE(inputs) << inputs.error().message;
  EXPECT_TRUE(inputs->contains("inventories/prod.ini"));
}

}  // namespace
}  // namespace driftwarden
