// What a plan says, from the JSON of real tools and from one that holds every action there is.
#include "integrations/terraform/plan.hpp"
#include "integrations/terraform/invoke.hpp"
#include "tests/support/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::terraform {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

json load(const std::string& name) { return json::parse(test::read_source_file("tests/golden/terraform/" + name + ".json")); }

Plan read(const std::string& name) {
  auto plan = read_plan(load(name));
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? *plan : Plan{};
}

const ObjectDrift& row(const Plan& plan, const std::string& address) {
  const auto found = std::ranges::find_if(plan.objects, [&](const ObjectDrift& object) { return address_of(object.object) == address; });
  if (found == plan.objects.end()) throw std::runtime_error("no row " + address);
  return *found;
}
const FieldDrift& field(const ObjectDrift& object, const std::string& path) {
  const auto found = std::ranges::find(object.fields, path, &FieldDrift::path);
  if (found == object.fields.end()) throw std::runtime_error("no field " + path);
  return *found;
}
bool has(const Plan& plan, const std::string& address) {
  return std::ranges::any_of(plan.objects, [&](const ObjectDrift& object) { return address_of(object.object) == address; });
}

/// All that could be shown, stored or sent.
std::string everything(const Plan& plan) {
  std::string text = plan_text(plan);
  for (const auto& object : plan.objects) {
    text += to_string(object.object);
    for (const auto& one : object.fields) text += one.path + one.live.value_or("") + one.desired.value_or("") + "\n";
  }
  return text;
}

TEST(ReadPlan, TellsEveryActionApart) {
  const auto plan = read("all_actions");
  test::expect_golden("terraform/all_actions.txt", plan_text(plan));
  EXPECT_EQ(row(plan, "aws_s3_bucket.logs[\"us\"]").verdict, Verdict::Missing);
  EXPECT_THAT(row(plan, "aws_s3_bucket.logs[\"us\"]").notes, ElementsAre("create"));
  EXPECT_EQ(row(plan, "module.net.aws_vpc.old").verdict, Verdict::Extra);
  EXPECT_EQ(row(plan, "module.net.aws_vpc.old").object.namespace_, "module.net");
  EXPECT_THAT(row(plan, "aws_launch_template.lt").notes, ElementsAre("replace"));
  EXPECT_THAT(row(plan, "aws_iam_role.blue").notes, ElementsAre("replace"));
  EXPECT_THAT(row(plan, "aws_key_pair.forgotten").notes, ElementsAre("forget"));
  EXPECT_THAT(row(plan, "aws_route53_zone.adopted").notes, ElementsAre("import"));
  EXPECT_THAT(row(plan, "aws_sqs_queue.renamed").notes, ElementsAre("move"));
  EXPECT_EQ(row(plan, "aws_instance.web (deposed ab12cd34)").verdict, Verdict::Extra);
  EXPECT_FALSE(has(plan, "aws_ami.latest")) << "reading data changes nothing";
  EXPECT_FALSE(has(plan, "aws_instance.untouched")) << "Git doesn't mind what changed there";
  EXPECT_TRUE(plan.drifted);
  EXPECT_TRUE(plan.pending);
  EXPECT_TRUE(plan.destructive);
  EXPECT_THAT(plan.outputs, ElementsAre("pw", "url"));
}

TEST(ReadPlan, WhatTheWorldDidAndWhatGitDidAreToldApart) {
  const auto plan = read("all_actions");
  const auto& web = row(plan, "aws_instance.web");
  EXPECT_EQ(field(web, ".instance_type").cause, FieldCause::Live);
  EXPECT_EQ(field(web, ".instance_type").live, "\"t3.large\"");
  EXPECT_EQ(field(web, ".instance_type").desired, "\"t3.small\"");
  EXPECT_EQ(field(web, ".tags.by").op, FieldOp::Added);
  EXPECT_EQ(field(web, ".tags.by").cause, FieldCause::Live);
  EXPECT_EQ(field(web, ".ami").cause, FieldCause::Git);
  EXPECT_THAT(row(plan, "aws_s3_bucket.logs[\"eu\"]").notes, ElementsAre("create", "gone"));
}

TEST(ReadPlan, ListsAreComparedByPlaceAndPlainListsAsOne) {
  const auto plan = read("all_actions");
  const auto& group = row(plan, "module.net.module.sub[\"a\"].aws_security_group.this[1]");
  EXPECT_EQ(field(group, ".ingress[0].cidr_blocks").desired, "[\"0.0.0.0/0\"]");
  EXPECT_EQ(field(group, ".ingress[0].cidr_blocks").live, "[\"10.0.0.0/8\"]");
  EXPECT_EQ(field(group, ".ingress[1]").op, FieldOp::Removed) << "Git has it, the world has not";
}

TEST(ReadPlan, NothingSensitiveIsInItAnywhere) {
  for (const auto* name : {"all_actions", "tofu_changes", "tofu_refresh_only"}) {
    const auto text = everything(read(name));
    for (const auto* secret : {"correct-horse", "old-password", "tok-111111", "tok-222222", "swordfish", "otherfish", "hunter2", "topsecret1", "\"k-1\"", "\"k-2\""}) {
      EXPECT_THAT(text, Not(HasSubstr(secret))) << name;
    }
  }
  const auto plan = read("all_actions");
  const auto& database = row(plan, "aws_db_instance.main[0]");
  EXPECT_EQ(field(database, ".password").live, "\"(sensitive)\"");
  EXPECT_EQ(field(database, ".user_data").desired, "\"(sensitive)\"") << "the same text under another name";
  EXPECT_EQ(field(database, ".allocated").desired, "30");
  EXPECT_EQ(field(row(plan, "aws_lambda_function.fn"), ".environment[0].variables.LEVEL").desired, "\"debug\"");
}

TEST(ReadPlan, ARealPlanOfOpenTofu) {
  const auto plan = read("tofu_changes");
  test::expect_golden("terraform/tofu_changes.txt", plan_text(plan));
  EXPECT_EQ(plan.resources, 9U);
  EXPECT_THAT(row(plan, "local_file.a").notes, ElementsAre("create", "gone"));
  EXPECT_THAT(plan.outputs, ElementsAre("o"));
}

TEST(ReadPlan, ARefreshTellsOnlyWhatTheWorldDid) {
  const auto plan = read("tofu_refresh_only");
  ASSERT_EQ(plan.objects.size(), 1U);
  EXPECT_EQ(plan.objects.front().verdict, Verdict::Missing);
  EXPECT_EQ(address_of(plan.objects.front().object), "local_file.a");
  EXPECT_TRUE(plan.drifted);
  EXPECT_FALSE(plan.pending);
  EXPECT_THAT(plan.outputs, IsEmpty());
}

TEST(ReadPlan, ARefreshShowsTheStateAsWantedAndTheWorldAsLive) {
  auto shown = load("all_actions");
  shown.erase("resource_changes");
  shown.erase("output_changes");
  const auto plan = *read_plan(shown);
  EXPECT_EQ(plan.objects.size(), 3U);
  const auto& web = row(plan, "aws_instance.web");
  EXPECT_EQ(field(web, ".instance_type").desired, "\"t3.small\"");
  EXPECT_EQ(field(web, ".instance_type").live, "\"t3.large\"");
  EXPECT_TRUE(std::ranges::all_of(web.fields, [](const FieldDrift& one) { return one.cause == FieldCause::Live; }));
}

TEST(ReadPlan, WhatIsKnownOnlyLaterIsNotedWhereItIsAllThereIs) {
  const auto shown = json::parse(R"({"format_version":"1.1","resource_changes":[
    {"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["update"],"before":{"etag":"1"},"after":{},"after_unknown":{"etag":true}}}]})");
  const auto plan = *read_plan(shown);
  EXPECT_EQ(field(row(plan, "a.b"), ".etag").desired, "\"(known after apply)\"");
  const auto all = read("all_actions");
  EXPECT_TRUE(std::ranges::none_of(row(all, "aws_launch_template.lt").fields, [](const FieldDrift& one) { return one.path == ".id"; }));
}

TEST(ReadPlan, AnErroredPlanSaysSo) {
  const auto plan = *read_plan(json::parse(R"({"format_version":"1.2","errored":true,"resource_changes":[]})"));
  EXPECT_TRUE(plan.errored);
}

TEST(ReadPlan, OtherFormatsAreRefused) {
  for (const auto* text : {R"({})", R"([])", R"({"format_version":"2.0"})", R"("1.2")", R"({"format_version":1.2})"}) {
    const auto plan = read_plan(json::parse(text));
    ASSERT_FALSE(plan) << text;
    EXPECT_EQ(plan.error().kind, ErrorKind::InvalidInput);
  }
}

TEST(ReadPlan, NonsenseIsNoCrash) {
  const auto plan = read_plan(json::parse(R"({"format_version":"1.2","resource_changes":[null,1,{"type":"a"},{"type":"a","name":"b","change":null},
    {"type":"a","name":"b","change":{"actions":"update"}},{"type":"a","name":"b","change":{"actions":["update"],"before":[1],"after":{"x":1},"after_unknown":[true]}}],
    "resource_drift":{},"output_changes":[],"prior_state":3})"));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->objects.size(), 1U);
}

TEST(PlanForOthers, HoldsNothingThatIsSensitive) {
  const auto shown = json::parse(R"({"format_version":"1.2",
    "variables":{"region":{"value":"eu-central-1"},"password":{"value":"swordfish-1"}},
    "configuration":{"root_module":{"variables":{"password":{"sensitive":true},"region":{}},"resources":[{"address":"a.b","expressions":{"token":{"constant_value":"token-in-code"}}}]}},
    "planned_values":{"outputs":{"url":{"sensitive":true,"value":"https://u:swordfish-1@db"}},"root_module":{"resources":[
      {"address":"a.b","values":{"size":"m5.large","token":"token-in-code","tags":["x","hidden-tag"]},"sensitive_values":{"token":true,"tags":[false,true]}}],
      "child_modules":[{"address":"module.c","resources":[{"address":"module.c.d","values":{"key":"key-of-child","n":3},"sensitive_values":{"key":true}}]}]}},
    "prior_state":{"values":{"outputs":{"old":{"value":"old-output"}},"root_module":{"resources":[{"address":"a.b","values":{"token":"older-token"},"sensitive_values":{"token":true}}]}}},
    "resource_changes":[{"address":"a.b","change":{"before":{"token":"older-token","url":"x?p=older-token"},"before_sensitive":{"token":true},"after":{"token":"token-in-code","size":"m5.large"},"after_sensitive":{"token":true}}}],
    "resource_drift":[{"address":"a.b","change":{"before":"whole-secret","before_sensitive":true,"after":null,"after_sensitive":false}}],
    "output_changes":{"url":{"after":"https://u:swordfish-1@db"}}})");
  const auto text = plan_for_others(shown);
  for (const auto* secret : {"swordfish-1", "token-in-code", "hidden-tag", "key-of-child", "older-token", "whole-secret", "old-output", "output_changes"}) EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  const auto left = json::parse(text);
  EXPECT_EQ(left.at("variables").at("region").at("value"), "eu-central-1") << "prices depend on it";
  EXPECT_EQ(left.at("planned_values").at("root_module").at("resources")[0].at("values").at("size"), "m5.large");
  EXPECT_EQ(left.at("planned_values").at("root_module").at("child_modules")[0].at("resources")[0].at("values").at("n"), 3);
}

TEST(PlanForOthers, NonsenseIsNoCrash) {
  for (const auto* text : {"{}", "[]", "null", R"({"resource_changes":{},"planned_values":[],"prior_state":3,"variables":[],"configuration":{"root_module":{"variables":{"a":{"sensitive":true}}}}})",
                           R"({"resource_changes":[null,{"change":3},{"change":{"before":[1],"before_sensitive":{"x":true}}}],"planned_values":{"root_module":{"resources":{},"child_modules":[3]}}})"}) {
    EXPECT_FALSE(plan_for_others(json::parse(text)).empty()) << text;
  }
}

TEST(PlanDigest, IsOfWhatWouldBeDoneAndOfNoOrder) {
  auto plan = read("all_actions");
  const auto digest = plan_digest(plan);
  std::ranges::reverse(plan.objects);
  for (auto& object : plan.objects) std::ranges::reverse(object.fields);
  EXPECT_EQ(plan_digest(plan), digest);
  plan.objects.front().fields.push_back({});
  EXPECT_NE(plan_digest(plan), digest);
  EXPECT_NE(plan_digest(read("tofu_changes")), digest);
}

TEST(PlanText, SaysWhenThereIsNothing) {
  Plan plan;
  plan.resources = 3;
  EXPECT_THAT(plan_text(plan), HasSubstr("No changes: 3 resources"));
}

struct ErrorRow {
  std::string name;
  std::string output;
  std::string text;
  friend void PrintTo(const ErrorRow& row, std::ostream* out) { *out << row.name; }
};
class ErrorsIn : public testing::TestWithParam<ErrorRow> {};
TEST_P(ErrorsIn, Says) { EXPECT_EQ(errors_in(GetParam().output), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(
    Output, ErrorsIn,
    testing::Values(
        ErrorRow{"Diagnostic",
                 R"({"@level":"info","@message":"Terraform 1.9","type":"version"})"
                 "\n"
                 R"({"@level":"error","@message":"Error: Unsupported argument","type":"diagnostic","diagnostic":{"severity":"error","summary":"Unsupported argument","detail":"An argument named\n\"x\" is not expected here.","range":{"filename":"main.tf","start":{"line":3,"column":1}},"snippet":{"code":"password = \"p4ssw0rd\""}}})",
                 "main.tf:3: Unsupported argument: An argument named \"x\" is not expected here."},
        ErrorRow{"WarningsAreNone", R"({"@level":"warn","type":"diagnostic","diagnostic":{"severity":"warning","summary":"Deprecated"}})", ""},
        ErrorRow{"TheSameTwiceIsOne",
                 R"({"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"No"}})"
                 "\n"
                 R"({"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"No"}})",
                 "No"},
        ErrorRow{"SecretsAreHidden",
                 R"({"@level":"error","diagnostic":{"severity":"error","summary":"Denied","detail":"secret_key=abcdef123 for https://u:pw12@h/ with ghp_abcdefghijklmnopqrstuv0123456789"}})",
                 "Denied: secret_key=*** for https://u:***@h/ with ***"},
        ErrorRow{"PlainText", "Initializing...\n\x1b[31m\u2577\x1b[0m\n\u2502 Error: Argument definition required\n\u2502 \n\u2502   on main.tf line 1\n\u2575\n",
                 "Error: Argument definition required on main.tf line 1"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Digest, PlansThatDifferInHiddenValuesAreNotEqual) {
  const auto with = [](const std::string& value) {
    return *read_plan(nlohmann::json::parse(R"({"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["update"],
      "before":{"p":"zero-zero"},"after":{"p":")" + value + R"("},"before_sensitive":{"p":true},"after_sensitive":{"p":true}}}]})"));
  };
  const auto one = with("one-one-one");
  const auto two = with("two-two-two");
  EXPECT_EQ(plan_text(one), plan_text(two));
  EXPECT_NE(plan_digest(one, "c-1"), plan_digest(two, "c-1"));
  EXPECT_EQ(plan_digest(one, "c-1"), plan_digest(with("one-one-one"), "c-1"));
  EXPECT_NE(plan_digest(one, "c-1"), plan_digest(one, "c-2"));
}

}  // namespace
}  // namespace driftwarden::terraform
