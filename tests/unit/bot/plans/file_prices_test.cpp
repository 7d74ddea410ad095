// What Terraform's files cost, by a script that stands for Infracost.
#include "bot/plans/file_prices.hpp"
#include "tests/unit/bot/plans/plans_fixture.hpp"

#include <gmock/gmock.h>

#include <map>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

class FilePricesTest : public testing::Test, public test::PlansWorld {
 protected:
  void SetUp() override {
    auto& cost = config.cost.infracost.emplace();
    cost.program = root + "/infracost";
    // The price is what main.tf says, plus the module's.
    fake(R"(price=$(cat "$3/main.tf" "$3/../../modules/vpc/main.tf" 2>/dev/null | awk '{n += $1} END {print n}')
echo '{"currency":"EUR","projects":[{"breakdown":{"totalMonthlyCost":"'$price'","resources":[{"name":"a.b","monthlyCost":"'$price'"}]}}]}'
)");
    add_app("net");
    old = commit({{"live/net/main.tf", "70\n# source = \"../../modules/vpc\"\n"}, {"modules/vpc/main.tf", "5\n"}});
    start();
    clock.advance(std::chrono::seconds{5});
    now = commit({{"live/net/main.tf", "280\n# source = \"../../modules/vpc\"\n"}});
    (void)run(io, fleet->repository("infra").fetch());
  }
  void fake(const std::string& script) {
    std::ofstream(config.cost.infracost->program) << "#!/bin/sh\n" << script;
    fs::permissions(config.cost.infracost->program, fs::perms::owner_all);
  }
  template <class T>
  static T run(asio::io_context& io, asio::awaitable<T> task) {
    return test::run(io, std::move(task), std::chrono::seconds{30});
  }
  Result<CostChange> price(const std::string& before, const std::string& after) {
    auto pricing = plans->price_files(*fleet->app("net"), before, after);
    return run(io, std::move(pricing));
  }
  std::size_t left() {
    for (int i = 0; i < 100; ++i) io.poll();
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(root + "/plans/prices"), fs::directory_iterator()));
  }

  std::string old;
  std::string now;
};

TEST_F(FilePricesTest, ComparesBothSidesAndLeavesNothing) {
  const auto priced = price(old, now);
  ASSERT_TRUE(priced) << priced.error().message;
  EXPECT_EQ(priced->before.micros, 75'000'000);
  EXPECT_EQ(priced->after.micros, 285'000'000);
  ASSERT_EQ(priced->lines.size(), 1U);
  EXPECT_EQ(priced->lines[0], (CostLine{"a.b", 75'000'000, 285'000'000}));
  EXPECT_EQ(left(), 0U);
  const auto fresh = price("", now);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->before.micros, 0);
}

TEST_F(FilePricesTest, ASideThatIsKnownIsNotAskedForAgainForADay) {
  ASSERT_TRUE(price(old, now));
  fake("echo 'Error: no key' >&2\nexit 1\n");
  EXPECT_TRUE(price(old, now));
  EXPECT_TRUE(price(now, old));
  clock.advance(std::chrono::hours{25});
  const auto later = price(old, now);
  ASSERT_FALSE(later);
  EXPECT_THAT(later.error().message, HasSubstr("Infracost ended with 1: Error: no key"));
  EXPECT_EQ(left(), 0U);
}

TEST_F(FilePricesTest, NobodyWaitsForEverForTheirTurn) {
  fake("exec sleep 600\n");
  std::map<int, std::string> said;
  for (int i = 1; i <= 4; ++i) {
    asio::co_spawn(io, plans->price_files(*fleet->app("net"), old, now), [&said, i](std::exception_ptr, Result<CostChange> priced) { said[i] = priced ? "a price" : priced.error().message; });
  }
  const auto too_long = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (said.size() < 4 && std::chrono::steady_clock::now() < too_long) clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(said[1], "Infracost took too long");
  EXPECT_EQ(said[4], "Infracost is busy with other Apps") << "three minutes are over before those before it are done";
  EXPECT_EQ(left(), 0U);
}

TEST_F(FilePricesTest, WhatIsNotTerraformsHasNoPrice) {
  auto app = *fleet->app("net");
  app.kind = AppKind::Ansible;
  EXPECT_FALSE(run(io, plans->price_files(app, old, now)));
  config.cost.infracost.reset();
  EXPECT_FALSE(price(old, now));
}

TEST_F(FilePricesTest, TerragruntsFilesThatRunCommandsAreNotRead) {
  auto app = *fleet->app("net");
  app.plan.tool = PlanTool::Terragrunt;
  EXPECT_TRUE(run(io, plans->price_files(app, old, now)));
  const auto hostile = commit({{"common/anything", "locals { x = run_cmd(\"env\") }\n"}, {"live/net/main.tf", "300\n"}});
  (void)run(io, fleet->repository("infra").fetch());
  const auto read = run(io, plans->price_files(app, now, hostile));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied);
  EXPECT_EQ(read.error().message, "not priced before it is merged: common/anything can run commands (run_cmd)");
}

TEST(RunsCommands, IsToldByTheFilesOfTerragruntAlone) {
  App app;
  EXPECT_THAT(runs_commands(app, "main.tf", "run_cmd"), IsEmpty());
  app.plan.tool = PlanTool::Terragrunt;
  EXPECT_THAT(runs_commands(app, "terragrunt.hcl", "x = run_cmd(\"ls\")"), HasSubstr("terragrunt.hcl can run commands"));
  EXPECT_THAT(runs_commands(app, "terragrunt.hcl.json", R"({"x": "${\u0072un_cmd(\"ls\")}"})"), HasSubstr("may run commands"));
  EXPECT_THAT(runs_commands(app, "terragrunt.hcl.json", R"({"x": "\u0024{\u0072un_cmd(\"ls\")}"})"), HasSubstr("may run commands"));
  EXPECT_THAT(runs_commands(app, "terragrunt.hcl.json", R"({"x": "%{ if run\u005Fcmd(\"ls\") == 1 }"})"), HasSubstr("may run commands"));
  EXPECT_THAT(runs_commands(app, "package.json", R"({"x": "${y} \u003c \u00"})"), IsEmpty());
  EXPECT_THAT(runs_commands(app, "terragrunt.hcl", "x = 1"), IsEmpty());
  EXPECT_THAT(runs_commands(app, "package.json", R"({"x": "\u00e4"})"), IsEmpty());
}

}  // namespace
}  // namespace driftwarden
