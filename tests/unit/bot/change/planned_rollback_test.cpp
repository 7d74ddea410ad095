// Rollback of Apps that a tool plans: their files, and nothing that anybody else is planned from.
#include "bot/change/git_diff.hpp"
#include "bot/change/planned_files.hpp"
#include "bot/change/secret_guard.hpp"
#include "tests/unit/bot/change/plan_fixture.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PlannedRollback : public test::PlanTest {
 protected:
  void SetUp() override {
    PlanTest::SetUp();
    add("network", "live/network");
    publish_as("alice", "live/network/main.tf", "resource \"aws_instance\" \"web\" {\n  size = 1\n}\n");
    before = head();
  }
  App& add(const std::string& name, const std::string& path, AppKind kind = AppKind::Terraform) {
    App made;
    made.name = name;
    made.repository = "config";
    made.path = path;
    made.kind = kind;
    made.plan.tool = kind == AppKind::Ansible ? PlanTool::Ansible : PlanTool::Tofu;
    made.plan.apply = kind == AppKind::Terraform;
    apps.push_back(made);
    return apps.back();
  }
  std::vector<std::string> along(const std::string& of, const VerbPlan& made) {
    const auto commit = committed(change(ChangeVerb::Rollback, of), made);
    return planned_along(*mirror, app(of), apps, head(), commit, mirror->diff(head(), commit, "").value());
  }
  std::string before;
};

TEST_F(PlannedRollback, RestoresThePathAndSaysWhatFollows) {
  publish_as("bob", "live/network/main.tf", "resource \"aws_instance\" \"web\" {\n  size = 2\n}\n", "bigger, with ghp_abcdefghijklmnopqrstuvwxyz0123");
  publish_as("bob", "apps/blog/new.yaml", test::config_map("new"));
  const auto made = rollback("network", before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->restore_path, "live/network");
  EXPECT_THAT(notes(*made), AllOf(HasSubstr("Takes back this commit:"), HasSubstr("bigger"), HasSubstr("Merging runs nothing: tofu then plans what comes of it, and `apply network` carries out exactly that plan"),
                                  HasSubstr("look at the plan for what it destroys"), Not(HasSubstr("ghp_abc"))));
  EXPECT_EQ(changed_lines(committed(change(ChangeVerb::Rollback, "network"), *made)), "live/network/main.tf\n-  size = 2\n+  size = 1\n");
}

TEST_F(PlannedRollback, SaysWhoCarriesItOutWhereItMayNotApply) {
  app("network").plan.apply = false;
  publish_as("bob", "live/network/main.tf", "locals {}\n");
  EXPECT_THAT(notes(*rollback("network", before)), HasSubstr("whoever applies it carries that out"));
  add("hosts", "ansible/site.yml", AppKind::Ansible);
  const auto then = publish_as("bob", "ansible/site.yml", "- hosts: all\n");
  publish_as("bob", "ansible/site.yml", "- hosts: web\n");
  publish_as("bob", "ansible/group_vars/all.yml", "motd: hello\n");
  const auto made = rollback("hosts", then);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(notes(*made), AllOf(HasSubstr("the playbook is run where you always run it"), HasSubstr("Stays as it is now: ansible/group_vars/all.yml"), Not(HasSubstr("destroys"))));
  EXPECT_EQ(changed_lines(committed(change(ChangeVerb::Rollback, "hosts"), *made)), "ansible/site.yml\n-- hosts: web\n+- hosts: all\n");
}

TEST_F(PlannedRollback, TakesBackOneCommit) {
  const auto bad = publish_as("bob", "live/network/extra.tf", "locals {\n  a = 1\n}\n");
  publish_as("bob", "live/network/main.tf", "locals {}\n");
  const auto made = rollback("network", "", bad);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(notes(*made), AllOf(HasSubstr("Stay in force:"), HasSubstr("Merging runs nothing")));
  EXPECT_THAT(changed_lines(committed(change(ChangeVerb::Rollback, "network", to_json_text(RollbackRequest{bad})), *made)), AllOf(HasSubstr("extra.tf"), Not(HasSubstr("main.tf"))));
}

TEST_F(PlannedRollback, WhatLiesElsewhereStaysAndIsTold) {
  const std::string uses = "module \"vpc\" {\n  source = \"../../modules/vpc\"\n}\n";
  publish_as("bob", "modules/vpc/main.tf", "locals {\n  zones = 2\n}\n");
  const auto then = publish_as("bob", "live/network/main.tf", uses);
  publish_as("bob", "modules/vpc/main.tf", "locals {\n  zones = 3\n}\n");
  EXPECT_THAT(why_not(rollback("network", then)), AllOf(HasSubstr("live/network itself is what it was"), HasSubstr("modules/vpc"), Not(HasSubstr("adopt"))));
  publish_as("bob", "live/network/main.tf", uses + "# more\n");
  const auto made = rollback("network", then);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(notes(*made), HasSubstr("Stays as it is now: modules/vpc"));
}

TEST_F(PlannedRollback, AnothersUnitInsideOfItStays) {
  add("inner", "live/network/inner");
  publish_as("bob", "live/network/inner/main.tf", "locals {}\n");
  publish_as("bob", "live/network/main.tf", "locals {}\n");
  const auto made = rollback("network", before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(notes(*made), HasSubstr("Stays as it is now, as it is none of network: live/network/inner (inner)"));
  EXPECT_THAT(along("network", *made), IsEmpty());
}

TEST_F(PlannedRollback, WhoElseIsPlannedFromItsFilesIsNamed) {
  add("network-dev", "live/network").plan.workspace = "dev";
  add("user", "live/user");
  add("stranger", "live/stranger");
  publish_as("bob", "live/user/main.tf", "module \"n\" {\n  source = \"../network\"\n}\n");
  publish_as("bob", "live/stranger/main.tf", "locals {}\n");
  publish_as("bob", "live/network/main.tf", "locals {}\n");
  EXPECT_THAT(along("network", *rollback("network", before)), ElementsAre("network-dev", "user"));
}

TEST_F(PlannedRollback, AFileOfValuesIsWhoseThatNamesIt) {
  app("network").plan.var_files = {"prod.tfvars"};
  auto& dev = add("network-dev", "live/network");
  dev.plan.workspace = "dev";
  dev.plan.var_files = {"dev.tfvars"};
  const auto then = publish_as("bob", "live/network/prod.tfvars", "size = 1\n");
  publish_as("bob", "live/network/prod.tfvars", "size = 2\n");
  EXPECT_THAT(along("network", *rollback("network", then)), IsEmpty());
  dev.plan.var_files = {"prod.tfvars"};
  EXPECT_THAT(along("network", *rollback("network", then)), ElementsAre("network-dev"));
}

TEST_F(PlannedRollback, ASecretThatComesBackIsRefused) {
  publish_as("bob", "live/network/main.tf", "variable \"db_password\" {\n  type    = string\n  default = \"hunter2\"\n}\n");
  const auto then = head();
  publish_as("bob", "live/network/main.tf", "variable \"db_password\" {\n  type = string\n}\n");
  const auto made = rollback("network", then);
  ASSERT_TRUE(made) << made.error().message;
  const auto commit = committed(change(ChangeVerb::Rollback, "network"), *made);
  const std::vector<TouchedFile> touched{{"live/network/main.tf", mirror->read_file(head(), "live/network/main.tf").value(), mirror->read_file(commit, "live/network/main.tf").value()}};
  EXPECT_THAT(added_secrets(touched), ElementsAre("live/network/main.tf: line 3, db_password"));
}

TEST_F(PlannedRollback, WhatAResourceForSecretsKeepsIsASecret) {
  const auto found = [](const std::string& text) { return added_secrets({{"main.tf", "", text}}); };
  EXPECT_THAT(found("resource \"kubernetes_secret\" \"x\" {\n  metadata {\n    name = \"motd\"\n  }\n  data = {\n    motd = \"hunter2\"\n  }\n}\n"), ElementsAre("main.tf: line 6, motd"));
  EXPECT_THAT(found("resource \"aws_secretsmanager_secret_version\" \"x\" {\n  secret_string = jsonencode({ motd = \"hunter2\" })\n}\n"), ElementsAre("main.tf: line 2, motd"));
  EXPECT_THAT(found("resource \"kubernetes_secret\" \"x\" {\n  data = {\n    crt = file(\"tls.crt\")\n    motd = \"${var.motd}\"\n    x = var.x\n  }\n  type = \"Opaque\"\n}\n"), IsEmpty());
}

constexpr const char* kCanary = "hunter2";

struct CanaryRow {
  std::string name;
  std::string path;
  std::string text;  ///< "%" stands for what differs
  friend void PrintTo(const CanaryRow& row, std::ostream* out) { *out << row.name; }
};
class PlannedCanary : public PlannedRollback, public testing::WithParamInterface<CanaryRow> {};

TEST_P(PlannedCanary, NoValueGetsOut) {
  const auto& row = GetParam();
  auto was = row.text;
  auto is = row.text;
  was.replace(was.find('%'), 1, std::string("old-") + kCanary);
  is.replace(is.find('%'), 1, std::string("new-") + kCanary);
  const auto then = publish_as("bob", "live/network/" + row.path, was);
  const auto now = publish_as("bob", "live/network/" + row.path, is);
  const auto variables = variables_around(*mirror, app("network"), now, then);
  const auto files = mirror->diff(now, then, "").value();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files.front().patch, HasSubstr(kCanary));
  EXPECT_THAT(shown_git_diff(files, whole_files(*mirror, now, then), &variables), AllOf(Not(HasSubstr(kCanary)), HasSubstr(row.path)));
}

const std::string kFar = "  a = 1\n  b = 2\n  c = 3\n  d = 4\n";
INSTANTIATE_TEST_SUITE_P(
    Table, PlannedCanary,
    testing::Values(CanaryRow{"ABlockFarAbove", "x.tf", "resource \"kubernetes_secret\" \"x\" {\n" + kFar + "  motd = \"%\"\n}\n"},
                    CanaryRow{"SensitiveFarBelow", "x.tf", "variable \"motd\" {\n  default = \"%\"\n" + kFar + "  sensitive = true\n}\n"},
                    CanaryRow{"AHeredocFarAbove", "x.tf", "locals {\n  tls_key = <<EOF\n" + kFar + "%\nEOF\n}\n"}, CanaryRow{"Values", "prod.tfvars", "motd = \"%\"\n"},
                    CanaryRow{"ValuesByASensitiveName", "prod.tfvars", "db_password = \"%\"\n"}, CanaryRow{"AState", "terraform.tfstate", "{\"x\": \"%\"}\n"},
                    CanaryRow{"AKey", "deploy.pem", "%\n"}, CanaryRow{"AUnit", "terragrunt.hcl", "inputs = {\n  motd = \"%\"\n}\n"},
                    CanaryRow{"ATaskWithoutLog", "site.yml", "- name: write it\n  copy:\n    dest: /etc/motd\n    content: |\n      one\n      two\n      three\n      %\n  no_log: true\n"},
                    CanaryRow{"APlayWithoutLog", "site.yml", "- hosts: all\n  no_log: yes\n  tasks:\n    - name: write it\n      copy: {dest: /etc/motd, content: \"%\"}\n"},
                    CanaryRow{"ATaskWithoutLogInOneLine", "site.yml", "- {name: write it, copy: \"content=%\", no_log: true}\n"},
                    CanaryRow{"Variables", "group_vars/all.yml", "db_password: %\n"}, CanaryRow{"AnInventory", "hosts.ini", "web1 ansible_host=10.0.0.1 ansible_become_pass=% ansible_user=deploy\n"},
                    CanaryRow{"AnAnswer", "site.yml", "- hosts: all\n  vars_prompt:\n    - name: db_password\n      prompt: which\n      default: %\n"},
                    CanaryRow{"ACommand", "site.yml", "- command: mysql --password %\n"}, CanaryRow{"ArgumentsOfACommand", "site.yml", "- command:\n    argv:\n      - mysql\n      - --password\n      - %\n"},
                    CanaryRow{"AHeader", "site.yml", "- uri:\n    headers:\n      Authorization: Bearer %\n"}, CanaryRow{"AFileOfSettings", "redis.conf.j2", "port 6379\nrequirepass %\n"},
                    CanaryRow{"Xml", "app.xml", "<db>\n  <password>%</password>\n</db>\n"}, CanaryRow{"ALogin", "boot.sh", "docker login -u x -p %\n"}, CanaryRow{"AnEnvironment", "prod.env", "motd=%\n"},
                    CanaryRow{"ASharedKeyInAnInventory", "hosts.ini", "[all:vars]\nvpn_psk=%\n"}, CanaryRow{"ADefaultOfAShells", "boot.sh", ": \"${DB_PASSWORD:=%}\"\n"},
                    CanaryRow{"AVault", "group_vars/all/vault.yml", "motd: %\n"}, CanaryRow{"AScript", "boot.sh", "#!/bin/sh\nexport API_TOKEN=%\n"},
                    CanaryRow{"Unreadable", "x.tf", "a = \"open\nb = \"%\n"}),
    [](const auto& row) { return row.param.name; });

TEST_F(PlannedRollback, WhatAReviewerNeedsOfAPlaybookIsShown) {
  const auto then = publish_as("bob", "live/network/site.yml", "- name: motd\n  copy:\n    dest: /etc/motd\n    content: one\n  no_log: false\n- name: other\n  command: a\n  no_log: true\n");
  const auto now = publish_as("bob", "live/network/site.yml", "- name: motd\n  copy:\n    dest: /etc/motd\n    content: two\n  no_log: false\n- name: other\n  command: b\n  no_log: true\n");
  const HclVariables none;
  const auto shown = shown_git_diff(mirror->diff(now, then, "").value(), whole_files(*mirror, now, then), &none);
  EXPECT_THAT(shown, AllOf(HasSubstr("-    content: two"), HasSubstr("+    content: one"), HasSubstr(" - name: other"), HasSubstr("+  command: (hidden)")));
}

}  // namespace
}  // namespace driftwarden
