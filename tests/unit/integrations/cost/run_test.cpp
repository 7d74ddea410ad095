// How Infracost is run, by a script that stands for it.
#include "integrations/cost/infracost.hpp"
#include "integrations/process/process.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::infracost {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAnswer =
    R"({"currency":"EUR","projects":[{"name":"p","pastBreakdown":{"totalMonthlyCost":"10"},"breakdown":{"totalMonthlyCost":"222.4","resources":[{"name":"a.b","monthlyCost":"222.4"}]}}]})";

class RunTest : public testing::Test {
 protected:
  RunTest() {
    auto pattern = (fs::temp_directory_path() / "driftwarden-cost-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    options.program = root + "/bin/infracost";
    options.key = Secret<std::string>("ico-0123456789abcdef");
    options.api_url = "http://127.0.0.1:1/pricing";
    options.currency = "EUR";
    options.directory = root + "/data";
    fs::create_directories(options.directory);
    write("plans/net.json", R"({"resource_changes":[]})");
    write("secret", "hidden");
  }
  ~RunTest() override { fs::remove_all(root); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root + "/" + path).parent_path());
    std::ofstream(root + "/" + path) << text;
  }
  /// Stands for infracost; `refuse WORDS` ends it.
  void fake(const std::string& script) {
    write("bin/infracost", "#!/bin/sh\nrefuse() { echo \"$@\" >&2; exit 3; }\n" + script);
    fs::permissions(options.program, fs::perms::owner_all);
  }
  Result<CostChange> price(std::vector<std::string> files = {}) {
    if (files.empty()) files = {root + "/plans/net.json"};
    return test::run(io, infracost::price(clock, options, std::move(files)), std::chrono::seconds{30});
  }

  asio::io_context io;
  SystemClock clock;
  std::string root;
  Options options;
};

TEST_F(RunTest, GetsThePlanAndItsKeyByTheEnvironmentAlone) {
  fake(R"([ "$1 $2 $4 $5 $6" = "breakdown --path --format json --no-color" ] || refuse "arguments: $@"
case "$*" in *ico-*) refuse "the key is in the arguments";; esac
[ "$INFRACOST_API_KEY" = ico-0123456789abcdef ] || refuse "no key"
[ "$INFRACOST_PRICING_API_ENDPOINT" = http://127.0.0.1:1/pricing ] || refuse "no endpoint"
[ "$INFRACOST_CURRENCY" = EUR ] || refuse "no currency"
[ "$INFRACOST_ENABLE_CLOUD" = false ] || refuse "nothing may be uploaded"
grep -q resource_changes "$3" || refuse "no plan"
echo kept > "$HOME/cache" || refuse "no home"
[ "$PWD" = "$HOME" ] || refuse "elsewhere: $PWD"
echo ')" + std::string(kAnswer) + "'\n");
  const auto priced = price();
  ASSERT_TRUE(priced) << priced.error().message;
  EXPECT_EQ(priced->rise_micros(), 212'400'000);
  EXPECT_TRUE(fs::is_empty(options.directory)) << "its home is gone";
}

TEST_F(RunTest, SeesNothingElse) {
  if (const auto missing = process::missing_for_fence(); !missing.empty()) GTEST_SKIP() << missing;
  ::setenv("DRIFTWARDEN_TEST_SECRET", "hidden", 1);
  fake("[ -z \"$DRIFTWARDEN_TEST_SECRET\" ] || refuse 'our environment'\ncat '" + root + "/secret' 2>/dev/null && refuse 'a file of ours'\ncat '" + root +
       "/plans/../secret' 2>/dev/null && refuse 'a file of ours'\n(echo x > \"$3\") 2>/dev/null && refuse 'the plan was written'\necho '" + kAnswer + "'\n");
  const auto priced = price();
  ::unsetenv("DRIFTWARDEN_TEST_SECRET");
  EXPECT_TRUE(priced) << priced.error().message;
}

TEST_F(RunTest, ItsRefusalIsToldWithoutTheKey) {
  fake("echo 'Error: the API key ico-0123456789abcdef is invalid' >&2\nexit 1\n");
  const auto priced = price();
  ASSERT_FALSE(priced);
  EXPECT_EQ(priced.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(priced.error().message, HasSubstr("Infracost ended with 1: Error: the API key *** is invalid"));
  EXPECT_THAT(priced.error().message, Not(HasSubstr("ico-")));
  EXPECT_TRUE(fs::is_empty(options.directory));
}

TEST_F(RunTest, AnotherCurrencyIsNoAnswer) {
  options.currency = "CHF";
  fake(std::string("echo '") + kAnswer + "'\n");
  const auto priced = price();
  ASSERT_FALSE(priced);
  EXPECT_THAT(priced.error().message, HasSubstr("answers in EUR, not in CHF"));
}

TEST_F(RunTest, WhatHangsOrTalksNonsenseOrIsNotThere) {
  fake("sleep 20\n");
  options.timeout = Duration{300};
  auto priced = price();
  ASSERT_FALSE(priced);
  EXPECT_EQ(priced.error().kind, ErrorKind::Timeout) << priced.error().message;
  options.timeout = std::chrono::seconds{20};
  fake("echo free of charge\n");
  priced = price();
  ASSERT_FALSE(priced);
  EXPECT_EQ(priced.error().kind, ErrorKind::Corrupt);
  options.program = "driftwarden-no-such-infracost";
  priced = price();
  ASSERT_FALSE(priced);
  EXPECT_EQ(priced.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(priced.error().message, HasSubstr("isn't installed"));
}

TEST_F(RunTest, FilesAreReadInTheirCheckoutWithoutACloud) {
  write("checkout/live/net/main.tf", "resource \"aws_instance\" \"web\" {}\n");
  write("checkout/modules/vpc/main.tf", "");
  fake(R"([ "$4 $5 $6 $7 $8 $9 ${10} ${11}" = "--format json --no-color --terraform-var-file prod.tfvars --terraform-var-file ../all.tfvars --terraform-workspace" ] || refuse "arguments: $@"
[ "${12}" = blue ] || refuse "no workspace"
[ -z "$AWS_SECRET_ACCESS_KEY" ] || refuse "a cloud's key"
[ "$GIT_TERMINAL_PROMPT" = 0 ] || refuse "it might ask"
[ "$INFRACOST_SAFE_ENVS $INFRACOST_CI_PLATFORM" = "PATH,HOME,TMPDIR github_app" ] || refuse "files may read its environment"
[ -f live/net/main.tf ] || refuse "elsewhere: $PWD"
grep -q aws_instance "$3/main.tf" || refuse "no files"
[ -f "$3/../../modules/vpc/main.tf" ] || refuse "no module"
mkdir "$3/.infracost" || refuse "modules can't be fetched"
echo ')" + std::string(kAnswer) + "'\n");
  Folder folder;
  folder.root = root + "/checkout";
  folder.directory = "live/net";
  folder.var_files = {"prod.tfvars", "../all.tfvars"};
  folder.workspace = "blue";
  ::setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
  const auto priced = test::run(io, infracost::price_folder(clock, options, folder), std::chrono::seconds{30});
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  ASSERT_TRUE(priced) << priced.error().message;
  EXPECT_EQ(priced->before.micros, 0);
  EXPECT_EQ(priced->after.micros, 222'400'000);
  EXPECT_TRUE(fs::is_empty(options.directory)) << "its home is gone";
}

TEST_F(RunTest, WhoReadsFilesSeesNothingElse) {
  if (const auto missing = process::missing_for_fence(); !missing.empty()) GTEST_SKIP() << missing;
  write("checkout/main.tf", "");
  fake("cat '" + root + "/secret' 2>/dev/null && refuse 'a file of ours'\ncat \"$3/../secret\" 2>/dev/null && refuse 'a file of ours'\nls '" + root + "/plans' 2>/dev/null && refuse 'plans'\necho '" + kAnswer +
       "'\n");
  Folder folder;
  folder.root = root + "/checkout";
  const auto priced = test::run(io, infracost::price_folder(clock, options, folder), std::chrono::seconds{30});
  EXPECT_TRUE(priced) << priced.error().message;
}

TEST_F(RunTest, ItsKeyComesBackInNoName) {
  write("checkout/main.tf", "");
  fake(R"(echo '{"currency":"EUR","projects":[{"breakdown":{"totalMonthlyCost":"1","resources":[{"name":"a.b[\"'$INFRACOST_API_KEY'\"]","monthlyCost":"1"}]}}]}')");
  Folder folder;
  folder.root = root + "/checkout";
  const auto priced = test::run(io, infracost::price_folder(clock, options, folder), std::chrono::seconds{30});
  ASSERT_TRUE(priced) << priced.error().message;
  ASSERT_EQ(priced->lines.size(), 1U);
  EXPECT_EQ(priced->lines[0].what, "a.b[\"***\"]");
}

TEST_F(RunTest, SeveralPlansAreOneSum) {
  write("plans/live_db.json", "{}");
  fake(std::string("echo '") + kAnswer + "'\n");
  const auto priced = price({root + "/plans/net.json", root + "/plans/live_db.json"});
  ASSERT_TRUE(priced) << priced.error().message;
  EXPECT_EQ(priced->after.micros, 444'800'000);
  ASSERT_EQ(priced->lines.size(), 2U);
  EXPECT_EQ(priced->lines[0].what, "net: a.b");
  EXPECT_EQ(priced->lines[1].what, "live_db: a.b");
}

}  // namespace
}  // namespace driftwarden::infracost
