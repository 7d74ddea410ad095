// What is shown of Terraform's files, and what isn't.
#include "bot/change/hcl_reader.hpp"
#include "bot/change/hidden_hcl.hpp"
#include "gitops/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shown(const std::string& path, const std::string& text, const HclVariables& variables = {}) {
  const auto lines = hcl_without_hidden_values(path, split(text, '\n'), variables);
  if (!lines) return "unread";
  EXPECT_EQ(lines->size(), split(text, '\n').size());
  return join(*lines, "\n");
}

struct HiddenRow {
  std::string name;
  std::string text;
  std::string path = "main.tf";
  friend void PrintTo(const HiddenRow& row, std::ostream* out) { *out << row.name; }
};
class HclHides : public testing::TestWithParam<HiddenRow> {};
TEST_P(HclHides, TheValue) { EXPECT_THAT(shown(GetParam().path, GetParam().text), testing::AllOf(Not(HasSubstr("hunter2")), HasSubstr("(hidden)"))); }
INSTANTIATE_TEST_SUITE_P(
    Table, HclHides,
    testing::Values(
        HiddenRow{"ASensitiveAttribute", "resource \"aws_db_instance\" \"main\" {\n  password = \"hunter2\"\n}\n"},
        HiddenRow{"OneInAnObject", "locals {\n  db = { user = \"shop\", api_token = \"hunter2\" }\n}\n"},
        HiddenRow{"OneWithAColon", "locals {\n  db = { \"api_token\" : \"hunter2\" }\n}\n"},
        HiddenRow{"OneLinesBelow", "locals {\n  passwords = [\n    # the first\n    \"a\",\n    \"hunter2\",\n  ]\n}\n"},
        HiddenRow{"OneInACall", "locals {\n  passwords = concat(var.more, [\"hunter2\"])\n}\n"},
        HiddenRow{"AMarkedText", "locals {\n  motd = sensitive(\"hunter2\")\n}\n"},
        HiddenRow{"ADefaultOfASensitiveName", "variable \"db_password\" {\n  type    = string\n  default = \"hunter2\"\n}\n"},
        HiddenRow{"ADefaultThatIsSaidToBeSensitiveBelow", "variable \"motd\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\n"},
        HiddenRow{"AnOutput", "output \"motd\" {\n  value     = \"a-hunter2\"\n  sensitive = true\n}\n"},
        HiddenRow{"ABlockOfSecrets", "resource \"kubernetes_secret\" \"x\" {\n  data = {\n    motd = \"hunter2\"\n  }\n}\n"},
        HiddenRow{"AParameter", "resource \"aws_ssm_parameter\" \"p\" {\n  value = \"hunter2\"\n  name  = \"/prod/db/password\"\n}\n"},
        HiddenRow{"ASetBlock", "resource \"helm_release\" \"x\" {\n  set {\n    name  = \"auth.password\"\n    value = \"hunter2\"\n  }\n}\n"},
        HiddenRow{"ASensitiveSetBlock", "resource \"helm_release\" \"x\" {\n  set_sensitive {\n    name  = \"motd\"\n    value = \"hunter2\"\n  }\n}\n"},
        HiddenRow{"AnEnvironmentVariable", "locals {\n  env = [{ name = \"DB_PASSWORD\", value = \"hunter2\" }]\n}\n"},
        HiddenRow{"AnEncodedOne", "locals {\n  doc = jsonencode({ password = \"hunter2\" })\n}\n"},
        HiddenRow{"AHeredoc", "locals {\n  password = <<-EOT\n    hunter2\n    hunter2\n  EOT\n}\n"},
        HiddenRow{"AScriptInAHeredoc", "resource \"aws_instance\" \"x\" {\n  user_data = <<EOF\n#!/bin/sh\nexport DB_PASSWORD=hunter2\nEOF\n}\n"},
        HiddenRow{"JsonInAHeredoc", "locals {\n  doc = <<EOF\n{\"name\": \"x\", \"password\": \"hunter2\"}\nEOF\n}\n"},
        HiddenRow{"AUrl", "locals {\n  dsn = \"postgres://shop:hunter2@db/shop\"\n}\n"},
        HiddenRow{"ATextThatSaysIt", "locals {\n  args = [\"--flag\", \"DB_PASSWORD=hunter2\"]\n}\n"},
        HiddenRow{"AComment", "locals {\n  # the old token was hunter2\n  a = 1\n}\n"}, HiddenRow{"AComment2", "locals {\n  a = 1 // password = \"hunter2\"\n}\n"},
        HiddenRow{"ALongComment", "/*\n  secret: hunter2\n*/\nlocals {}\n"}, HiddenRow{"ANumber", "locals {\n  pin_token = 0xhunter2\n}\n"},
        HiddenRow{"ATemplate", "locals {\n  password = \"${var.prefix}-hunter2-${lookup(var.m, \"a}\")}\"\n}\n"},
        HiddenRow{"OneAfterAnEscapedQuote", "locals {\n  password = \"a\\\"hunter2\"\n  x = 1\n}\n"},
        HiddenRow{"AVariableThatNobodyDeclares", "motd = \"hunter2\"\n", "prod.tfvars"}, HiddenRow{"AnObjectOfOne", "db = {\n  user = \"hunter2\"\n}\n", "prod.tfvars"},
        HiddenRow{"OneInJson", "{\n  \"motd\": \"hunter2\"\n}\n", "prod.tfvars.json"}, HiddenRow{"AUnitsInput", "inputs = merge(local.common, {\n  motd = \"hunter2\"\n})\n", "terragrunt.hcl"},
        HiddenRow{"OneThatGoesOnBelow", "locals {\n  password = \"a\" +\n    \"hunter2\"\n}\n"}, HiddenRow{"OneBelowItsName", "locals {\n  password = # why\n    \"hunter2\"\n}\n"},
        HiddenRow{"AManifestOfASecret", "resource \"kubernetes_manifest\" \"x\" {\n  manifest = {\n    kind = \"Secret\"\n    stringData = { motd = \"hunter2\" }\n  }\n}\n"},
        HiddenRow{"OneSaidToBeSensitiveInQuotes", "variable \"motd\" {\n  sensitive = \"true\"\n  default = \"hunter2\"\n}\n"},
        HiddenRow{"OneSaidToBeSensitiveInParentheses", "variable \"motd\" {\n  default = \"hunter2\"\n  sensitive = (true)\n}\n"},
        HiddenRow{"OneSaidToBeSensitiveByNegation", "variable \"motd\" {\n  default = \"hunter2\"\n  sensitive = !false\n}\n"},
        HiddenRow{"ACommand", "resource \"null_resource\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"mysql -u root -phunter2 shop\"\n  }\n}\n"},
        HiddenRow{"AFlagOfACommand", "locals {\n  run = \"mysql --password hunter2 shop\"\n}\n"}, HiddenRow{"AnArgumentAfterItsFlag", "locals {\n  run = [\"mysql\", \"--password\", \"hunter2\"]\n}\n"},
        HiddenRow{"APipe", "locals {\n  run = \"echo hunter2 | docker login -u shop --password-stdin\"\n}\n"}, HiddenRow{"AUserOfCurl", "locals {\n  run = \"curl -u admin:hunter2 https://x\"\n}\n"},
        HiddenRow{"AHeader", "locals {\n  run = \"curl -H 'Authorization: Basic hunter2' https://x\"\n}\n"}, HiddenRow{"AUserOfADriver", "locals {\n  at = \"shop:hunter2@tcp(db:3306)/shop\"\n}\n"},
        HiddenRow{"AScriptsUser", "locals {\n  x = <<EOF\necho \"root:hunter2\" | chpasswd\nEOF\n}\n"}, HiddenRow{"EscapedJson", "locals {\n  doc = \"{\\\"db\\\": {\\\"pass\\\": \\\"hunter2\\\"}}\"\n}\n"},
        HiddenRow{"AShortName", "locals {\n  admin_pw = \"hunter2\"\n}\n"}, HiddenRow{"ASharedKey", "locals {\n  vpn_psk = \"hunter2\"\n}\n"}, HiddenRow{"ACommentThatSpeaks", "locals {\n  a = 1 # pw is hunter2\n}\n"},
        HiddenRow{"ALoginInAHeader", "locals {\n  headers = { Authorization = \"Basic hunter2\" }\n}\n"}, HiddenRow{"ALoginEncoded", "locals {\n  x = base64encode(\"admin:hunter2\")\n}\n"},
        HiddenRow{"AnOldCopyOfValues", "motd = \"hunter2\"\n", "prod.tfvars.old"}, HiddenRow{"ADefaultInJson", "{\"variable\": {\"db_password\": {\n  \"default\": \"hunter2\"}}}\n", "main.tf.json"}),
    [](const auto& row) { return row.param.name; });

TEST(HclShows, WhatAReviewerNeeds) {
  const std::string text =
      "module \"vpc\" {\n  source = \"git::https://github.com/acme/vpc.git?ref=v1.2.0\"\n  cidr   = \"10.0.0.0/16\" # two zones\n}\n"
      "resource \"aws_db_instance\" \"main\" {\n  instance_class = \"db.t3.large\"\n  storage        = 100\n  password       = var.db_password\n  multi_az       = true\n"
      "  ami            = \"ami-0abcd1234ef567890\"\n}\nvariable \"region\" {\n  default = \"eu-central-1\"\n}\n";
  EXPECT_EQ(shown("main.tf", text), text);
}

TEST(HclShows, AVariableThatTheModuleDeclaresAndDoesNotCallSensitive) {
  HclVariables variables;
  add_variables("variable \"region\" {}\nvariable \"motd\" {\n  sensitive = true\n}\n", variables);
  EXPECT_EQ(shown("prod.tfvars", "region = \"eu\"\nmotd = \"hunter2\"\nsize = 3\non = true\nother = \"x\"\n", variables),
            "region = \"eu\"\nmotd = \"(hidden)\"\nsize = 3\non = true\nother = \"(hidden)\"\n");
  EXPECT_THAT(shown("main.tf", "module \"x\" {\n  motd = \"hunter2\"\n}\n", variables), Not(HasSubstr("hunter2"))) << "what one module calls sensitive is so everywhere";
}

TEST(HclShows, NothingOfWhatCannotBeRead) {
  for (const auto* text : {"a = \"open\n", "a = {\n", "a = ]\n", "a = <<EOF\nnever ends\n", "/* never ends\n"}) EXPECT_EQ(shown("main.tf", text), "unread") << text;
  EXPECT_EQ(shown("main.tf", "a = " + std::string(5000, '[')), "unread");
  EXPECT_EQ(shown("main.tf", "a = \"" + std::string(100, '$') + "{" + std::string(5000, '{')), "unread");
}

TEST(HclShows, NothingOfWhatNobodyWouldWrite) {
  EXPECT_EQ(shown("main.tf", "x = {\n  \"" + std::string(500, 'k') + "\" = [1, 2]\n}\n"), "unread") << "each value keeps its key's name";
  EXPECT_EQ(shown("main.tf", "variable \"" + std::string(500, 'k') + "\" {\n  default = 1\n}\n"), "unread");
  std::string many = "x = [";
  for (int i = 0; i < 101'000; ++i) many += "1,";
  EXPECT_EQ(shown("main.tf", many + "]\n"), "unread");
}

TEST(HclShows, CommandsWithoutASecret) {
  for (const auto* text : {"  run = \"docker run -p 8080:80 -u 1000:1000 web\"\n", "  run = \"mkdir -p /etc/x && cp -p a b\"\n", "  run = \"echo ${var.db_password} > /dev/null\"\n",
                           "  run = \"cat /run/secrets/db\"\n", "  bypass = \"on\"\n", "  motd = \"compass points north\"\n", "  run = \"mysql -u root -p\"\n"}) {
    const auto whole = "locals {\n" + std::string(text) + "}\n";
    EXPECT_EQ(shown("main.tf", whole), whole);
  }
}

TEST(HclShows, EachLineWhereItStood) {
  const std::vector<std::string> lines{"", "", "locals {", "  a = <<EOF", "", "  password=x", "EOF", "}", ""};
  const auto shown = hcl_without_hidden_values("main.tf", lines, {});
  ASSERT_TRUE(shown);
  EXPECT_THAT(*shown, testing::ElementsAre("", "", "locals {", "  a = <<EOF", "", "  password= (hidden)", "EOF", "}", ""));
}

TEST(HclReader, KnowsWhereTextsStand) {
  const std::string text = "resource \"a\" \"b\" {\n  x = { \"k\" = \"v\" }\n}\n";
  const auto read = read_hcl(text);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->scopes.size(), 3U);
  EXPECT_EQ(read->scopes[1].type, "resource");
  EXPECT_THAT(read->scopes[1].labels, testing::ElementsAre("a", "b"));
  EXPECT_EQ(read->scopes[2].key, "x");
  const auto& value = read->literals.back();
  EXPECT_EQ(text.substr(value.begin, value.end - value.begin), "v");
  EXPECT_EQ(value.key, "k");
  EXPECT_FALSE(value.is_name);
}

}  // namespace
}  // namespace driftwarden
