// The command lines and environments that tools are run with: by a script that stands for tofu, and by the real one where it is in PATH.
#include "integrations/terraform/invoke.hpp"
#include "integrations/terraform/tool.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace driftwarden::terraform {
namespace {

namespace fs = std::filesystem;
using State = PlanOutcome::State;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{60};

/// The clock of the system, but that nothing is slept through.
class HurriedClock final : public Clock {
 public:
  WallTime wall_now() const override { return clock_.wall_now(); }
  MonoTime mono_now() const override { return clock_.mono_now(); }
  asio::awaitable<Result<void>> sleep_until(MonoTime when) override {
    const auto ahead = when - mono_now();
    // Deadlines of programs stay as they are.
    if (ahead > std::chrono::seconds{20} || ahead < std::chrono::seconds{1}) co_return co_await clock_.sleep_until(when);
    ++naps;
    co_return Result<void>{};
  }
  int naps = 0;

 private:
  SystemClock clock_;
};

class ToolTest : public testing::Test {
 protected:
  ToolTest() {
    auto pattern = (fs::temp_directory_path() / "driftwarden-tool-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    place.directory = root + "/checkout/live";
    place.checkout = root + "/checkout";
    place.data_directory = root + "/data";
    place.timeout = std::chrono::seconds{50};
    fs::create_directories(place.directory);
    fs::create_directories(root + "/bin");
    write("checkout/live/main.tf", "# nothing\n");
  }
  ~ToolTest() override { fs::remove_all(root); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root + "/" + path).parent_path());
    std::ofstream(root + "/" + path) << text;
  }
  /// Stands for tofu: notes what it was called with, and does as the script says.
  void fake(const std::string& script) {
    write("bin/tofu", "#!/bin/sh\necho \"$@\" >> '" + root + "/data/calls'\nenv > '" + root + "/data/env'\n" + script);
    fs::permissions(root + "/bin/tofu", fs::perms::owner_all);
    const auto* path = std::getenv("PATH");
    place.environment["PATH"] = root + "/bin:" + (path == nullptr ? "" : path);
  }
  std::string calls() const { return read_text(root + "/data/calls"); }
  PlanOutcome plan(bool refresh_only = false, bool keep = false) {
    auto outcome = test::run(io, create_tool(clock)->plan(place, refresh_only, keep), kPatience);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : PlanOutcome{};
  }

  asio::io_context io;
  HurriedClock clock;
  std::string root;
  ToolPlace place;
};

constexpr const char* kShown =
    R"({"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["update"],"before":{"x":1},"after":{"x":2}}}]})";

std::string differing(const std::string& plan = "exit 2") {
  return "case \"$1\" in\n init) echo fine;;\n plan) touch \"$TF_DATA_DIR.plan\"; for a in \"$@\"; do case \"$a\" in -out=*) echo plan > \"${a#-out=}\";; esac; done; " + plan +
         ";;\n show) echo '" + kShown + "';;\n esac\n";
}

TEST_F(ToolTest, PlansWithoutALockAndShowsWhatDiffers) {
  fake(differing());
  place.var_files = {"prod.tfvars"};
  place.workspace = "prod";
  place.environment["AWS_PROFILE"] = "reader";
  const auto outcome = plan(true);
  EXPECT_EQ(outcome.state, State::Differs) << outcome.error;
  EXPECT_EQ(outcome.plan.objects.size(), 1U);
  EXPECT_THAT(calls(), HasSubstr("init -backend=true -input=false"));
  EXPECT_THAT(calls(), HasSubstr("plan -input=false -lock=false -detailed-exitcode -json -out="));
  EXPECT_THAT(calls(), HasSubstr("-refresh-only -var-file=prod.tfvars"));
  const auto environment = read_text(root + "/data/env");
  for (const auto* line : {"TF_WORKSPACE=prod\n", "AWS_PROFILE=reader\n", "TF_IN_AUTOMATION=1\n", "TF_INPUT=0\n", "CHECKPOINT_DISABLE=1\n"}) EXPECT_THAT(environment, HasSubstr(line));
  EXPECT_THAT(environment, HasSubstr("HOME=" + place.data_directory + "\n"));
  EXPECT_THAT(environment, Not(HasSubstr("USER=")));
  EXPECT_FALSE(fs::exists(place.data_directory + "/plan.tfplan")) << "a plan holds secrets: it is kept only when it is asked for";
}

TEST_F(ToolTest, InitIsRunOnceUntilSomethingMoves) {
  fake(differing());
  plan();
  plan();
  const auto first = calls();
  EXPECT_EQ(first.find("init"), first.rfind("init"));
  write("checkout/live/versions.tf", "terraform {}\n");
  plan();
  EXPECT_NE(calls().find("init"), calls().rfind("init"));
}

TEST_F(ToolTest, APlanThatAsksForInitGetsIt) {
  fake(differing("if [ ! -e '" + root + "/data/again' ]; then touch '" + root + "/data/again'; echo 'Error: Module not installed' >&2; exit 1; fi; exit 2"));
  EXPECT_EQ(plan().state, State::Differs);
  EXPECT_NE(calls().find("init"), calls().rfind("init"));
}

TEST_F(ToolTest, ALockHeldBySomebodyIsWaitedForOnce) {
  fake(differing("if [ ! -e '" + root + "/data/again' ]; then touch '" + root + "/data/again'; echo 'Error: Error acquiring the state lock' >&2; exit 1; fi; exit 2"));
  EXPECT_EQ(plan().state, State::Differs);
  EXPECT_EQ(clock.naps, 1);
}

TEST_F(ToolTest, AnErrorIsNoDrift) {
  fake(differing("echo '{\"@level\":\"error\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"Denied\",\"detail\":\"token=abcdefgh\"}}'; exit 1"));
  const auto outcome = plan();
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_EQ(outcome.error, "Denied: token=***");
  EXPECT_TRUE(outcome.plan.objects.empty());
}

TEST_F(ToolTest, AFailingInitSaysSo) {
  fake("echo 'Error: no such backend' >&2; exit 1\n");
  const auto outcome = plan();
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_THAT(outcome.error, StartsWith("init failed: Error: no such backend"));
}

TEST_F(ToolTest, NothingIsKeptForAnApplyWhoseStateWouldBeLost) {
  fake(differing());
  const auto outcome = plan(false, true);
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_THAT(outcome.error, HasSubstr("no backend"));
  write("data/tf/terraform.tfstate", R"({"backend":{"type":"s3","config":{}}})");
  const auto kept = plan(false, true);
  EXPECT_EQ(kept.state, State::Differs) << kept.error;
  ASSERT_TRUE(fs::exists(kept.plan_file));
  EXPECT_EQ(fs::status(kept.plan_file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_EQ(kept.shown_files.size(), 1U);
  EXPECT_EQ(fs::status(kept.shown_files.front()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(read_text(kept.shown_files.front()), HasSubstr("resource_changes"));
  EXPECT_TRUE(plan().shown_files.empty());
  EXPECT_FALSE(fs::exists(kept.shown_files.front())) << "only of a plan that is kept";
}

TEST_F(ToolTest, AStalePlanIsAConflict) {
  fake("case \"$1\" in init) exit 0;; apply) echo 'Error: Saved plan is stale' >&2; exit 1;; esac\n");
  write("data/tf/terraform.tfstate", R"({"backend":{"type":"s3","config":{}}})");
  write("data/x.tfplan", "");
  const auto applied = test::run(io, create_tool(clock)->apply(place, place.data_directory + "/x.tfplan"), kPatience);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::Conflict);
}

TEST_F(ToolTest, APlanThatLiesElsewhereIsReadInsideTheFence) {
  fake("case \"$1\" in init) exit 0;; apply) for a in \"$@\"; do last=$a; done; cat \"$last\" || exit 1; echo 'Apply complete! Resources: 1 added.';; esac\n");
  write("data/tf/terraform.tfstate", R"({"backend":{"type":"s3","config":{}}})");
  write("saved/c-12/plan", "the plan\n");
  const auto applied = test::run(io, create_tool(clock, io.get_executor())->apply(place, root + "/saved/c-12/plan"), kPatience);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(*applied, "Apply complete! Resources: 1 added.");
  Given given;
  given.readable = {root + "/saved/c-12/plan"};
  const auto command = make_command(place, {"apply"}, Reach::Apply, given);
  EXPECT_THAT(command.fence->readable, Contains(root + "/saved/c-12/plan"));
  EXPECT_THAT(command.fence->writable, Not(Contains(root + "/saved/c-12/plan")));
}

TEST_F(ToolTest, AnApplyIsInterruptedAndHasTimeToEnd) {
  const auto apply = make_command(place, {"apply"}, Reach::Apply);
  EXPECT_EQ(apply.timeout, place.apply_timeout);
  EXPECT_EQ(apply.ending.signal, SIGINT);
  EXPECT_GT(apply.ending.grace, apply.ending.grace_when_cancelled);
  EXPECT_LE(apply.ending.grace_when_cancelled, Duration{60'000}) << "the bot's own end waits for it";
  const auto look = make_command(place, {"plan"}, Reach::Look);
  EXPECT_EQ(look.timeout, place.timeout);
  EXPECT_FALSE(look.ending.gentle());
}

TEST_F(ToolTest, AnApplyThatIsInterruptedSaysWhatItMadeOfIt) {
  fake("case \"$1\" in init) exit 0;; apply) trap 'echo \"Error: execution halted\" >&2; exit 1' INT; touch '" + root + "/data/begun'; while :; do sleep 0.05; done;; esac\n");
  write("data/tf/terraform.tfstate", R"({"backend":{"type":"s3","config":{}}})");
  write("data/x.tfplan", "");
  asio::cancellation_signal stop;
  std::optional<Result<std::string>> applied;
  const auto tool = create_tool(clock);
  asio::co_spawn(io, tool->apply(place, place.data_directory + "/x.tfplan"),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, Result<std::string> result) { applied = std::move(result); }));
  for (int i = 0; i < 3000 && !fs::exists(root + "/data/begun"); ++i) io.run_for(std::chrono::milliseconds{10});
  stop.emit(asio::cancellation_type::terminal);
  for (int i = 0; i < 3000 && !applied; ++i) io.run_for(std::chrono::milliseconds{10});
  ASSERT_TRUE(applied);
  ASSERT_FALSE(*applied);
  EXPECT_EQ(applied->error().kind, ErrorKind::Corrupt) << "it may be done in part";
  EXPECT_THAT(applied->error().message, HasSubstr("execution halted"));
}

TEST_F(ToolTest, SocketsFindAShortDirectoryThatIsGoneAfterwards) {
  place.data_directory = root + "/" + std::string(120, 'd');
  fs::create_directories(root + "/data");
  fake("echo \"$TMPDIR\" > '" + place.data_directory + "/where'; test -w \"$TMPDIR\" && touch \"$TMPDIR/x\" || exit 1\n");
  plan();
  auto where = read_text(place.data_directory + "/where");
  where = where.substr(0, where.find('\n'));
  EXPECT_FALSE(where.empty());
  EXPECT_LT(where.size(), 60U) << where;
  EXPECT_FALSE(fs::exists(where));
}

TEST_F(ToolTest, AMissingProgramIsNamed) {
  place.tool = PlanTool::Tofu;
  place.environment["PATH"] = root + "/bin";
  const auto outcome = test::run(io, create_tool(clock)->plan(place, false, false), kPatience);
  if (outcome) GTEST_SKIP() << "the real tofu was found in our own PATH";
  EXPECT_EQ(outcome.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(outcome.error().message, HasSubstr("tofu isn't installed"));
}

TEST_F(ToolTest, TheFenceGivesWhatKnownVariablesName) {
  fs::create_directories(root + "/given");
  fs::create_directories(place.data_directory);
  write("credentials", "x");
  fs::create_directories(root + "/opened");
  place.environment["AWS_SHARED_CREDENTIALS_FILE"] = root + "/credentials";
  place.environment["TF_VAR_where"] = root + "/given";
  place.environment["DRIFTWARDEN_PATHS"] = root + "/opened";
  const auto look = make_command(place, {"plan"}, Reach::Look);
  ASSERT_TRUE(look.fence);
  EXPECT_TRUE(look.fence->network);
  EXPECT_THAT(look.fence->readable, Contains(root + "/credentials"));
  EXPECT_THAT(look.fence->readable, Not(Contains(root + "/given"))) << "any variable may hold a path";
  EXPECT_THAT(look.fence->readable, Contains(root + "/opened"));
  EXPECT_FALSE(look.fence->required);
  place.fence_required = true;
  EXPECT_TRUE(make_command(place, {"plan"}, Reach::Look).fence->required);
  EXPECT_THAT(look.fence->writable, Not(Contains(root + "/given")));
  EXPECT_THAT(look.fence->writable, Not(Contains(place.checkout)));
  const auto apply = make_command(place, {"apply"}, Reach::Apply);
  EXPECT_THAT(apply.fence->writable, Contains(root + "/opened"));
  EXPECT_THAT(apply.fence->writable, Not(Contains(root + "/credentials")));
  EXPECT_THAT(apply.fence->writable, Not(Contains(root + "/given")));
  EXPECT_EQ(look.inherit, std::vector<std::string>{"PATH"});
}

/// The real one: state in a directory of its own, a resource of a built-in provider.
class RealTofu : public ToolTest {
 protected:
  void SetUp() override {
    if (std::system("tofu version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tofu isn't in PATH";
    fs::create_directories(root + "/state");
    place.environment["DRIFTWARDEN_PATHS"] = root + "/state";
    place.plugin_cache = root + "/plugins";
    describe("one");
  }
  void describe(const std::string& value) {
    write("checkout/live/main.tf", "terraform {\n  backend \"local\" {\n    path = \"" + root + "/state/s.tfstate\"\n  }\n}\nvariable \"pw\" {\n  default = \"hunter2-secret\"\n  sensitive = true\n}\n" +
                                       "resource \"terraform_data\" \"a\" {\n  input = { v = \"" + value + "\", p = var.pw }\n}\n");
  }
};

TEST_F(RealTofu, PlansAppliesAndSeesAStalePlan) {
  auto outcome = plan(false, true);
  ASSERT_EQ(outcome.state, State::Differs) << outcome.error;
  EXPECT_EQ(address_of(outcome.plan.objects.at(0).object), "terraform_data.a");
  const auto kept = root + "/kept.tfplan";
  fs::copy(outcome.plan_file, kept);
  const auto tool = create_tool(clock);
  auto applied = test::run(io, tool->apply(place, outcome.plan_file), kPatience);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(*applied, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.");
  EXPECT_EQ(plan().state, State::InSync);
  EXPECT_EQ(plan().plan.resources, 1U);
  applied = test::run(io, tool->apply(place, kept), kPatience);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::Conflict) << applied.error().message;
  describe("two");
  outcome = plan();
  ASSERT_EQ(outcome.state, State::Differs) << outcome.error;
  EXPECT_THAT(plan_text(outcome.plan), HasSubstr("\"one\" -> \"two\""));
  EXPECT_THAT(plan_text(outcome.plan), Not(HasSubstr("hunter2")));
}

/// Providers are programs of their own, which listen on a socket.
TEST_F(RealTofu, AProviderRunsInsideTheFence) {
  FILE* pipe = popen("command -v terraform-provider-local", "r");
  std::string found(4096, '\0');
  found.resize(fread(found.data(), 1, found.size(), pipe));
  pclose(pipe);
  while (!found.empty() && found.back() == '\n') found.pop_back();
  if (found.empty()) GTEST_SKIP() << "terraform-provider-local isn't in PATH";
  const auto home = root + "/mirror/live.test/hashicorp/local/1.4.0/linux_amd64";
  fs::create_directories(home);
  fs::create_symlink(found, home + "/terraform-provider-local_v1.4.0");
  write("tofu.rc", "provider_installation {\n  filesystem_mirror {\n    path = \"" + root + "/mirror\"\n  }\n}\n");
  place.environment["TF_CLI_CONFIG_FILE"] = root + "/tofu.rc";
  write("checkout/live/local.tf", "terraform {\n  required_providers {\n    local = { source = \"live.test/hashicorp/local\" }\n  }\n}\n" +
                                      ("resource \"local_file\" \"f\" {\n  filename = \"" + root + "/state/f.txt\"\n  content  = \"hello\"\n}\n"));
  auto outcome = plan(false, true);
  ASSERT_EQ(outcome.state, State::Differs) << outcome.error;
  const auto applied = test::run(io, create_tool(clock)->apply(place, outcome.plan_file), kPatience);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_TRUE(fs::exists(root + "/state/f.txt"));
  EXPECT_EQ(plan().state, State::InSync);
  fs::remove(root + "/state/f.txt");
  outcome = plan();
  ASSERT_EQ(outcome.plan.objects.size(), 1U) << outcome.error;
  EXPECT_EQ(outcome.plan.objects.front().verdict, Verdict::Missing);
  EXPECT_TRUE(outcome.plan.drifted);
  EXPECT_FALSE(outcome.plan.pending);
  EXPECT_EQ(plan(true).state, State::Differs) << "a refresh sees it, too";
}

TEST_F(RealTofu, AMistakeIsToldWithItsPlace) {
  write("checkout/live/broken.tf", "resource \"terraform_data\" \"b\" {\n  nonsense = 1\n}\n");
  const auto outcome = plan();
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_THAT(outcome.error, HasSubstr("broken.tf:2: Unsupported argument"));
}

TEST_F(RealTofu, TheModuleReadsNothingOfOurs) {
  if (!process::missing_for_fence().empty()) GTEST_SKIP() << process::missing_for_fence();
  write("ours", "secret of ours");
  write("checkout/live/steal.tf", "output \"x\" {\n  value = file(\"" + root + "/ours\")\n}\n");
  const auto outcome = plan();
  EXPECT_EQ(outcome.state, State::Failed) << plan_text(outcome.plan);
}

/// Terragrunt over the real tofu: units beside each other, one of which is broken.
TEST_F(ToolTest, RealTerragruntTellsEachUnit) {
  if (std::system("terragrunt --version >/dev/null 2>&1") != 0 || std::system("tofu version >/dev/null 2>&1") != 0) GTEST_SKIP() << "terragrunt or tofu isn't in PATH";
  fs::create_directories(root + "/state");
  place.environment["DRIFTWARDEN_PATHS"] = root + "/state";
  place.tool = PlanTool::Terragrunt;
  fs::remove(place.directory + "/main.tf");
  for (const std::string unit : {"vpc", "web", "broken"}) {
    write("checkout/live/" + unit + "/terragrunt.hcl", "# a unit\n");
    write("checkout/live/" + unit + "/main.tf", "terraform {\n  backend \"local\" {\n    path = \"" + root + "/state/" + unit + ".tfstate\"\n  }\n}\nresource \"terraform_data\" \"a\" {\n" +
                                                    (unit == "broken" ? "  nonsense = 1\n}\n" : "  input = 1\n}\n"));
  }
  auto outcome = plan(false, true);
  ASSERT_EQ(outcome.units.size(), 3U) << outcome.error;
  EXPECT_EQ(outcome.state, State::Differs);
  EXPECT_EQ(outcome.units[0].path, "broken");
  EXPECT_EQ(outcome.units[0].state, State::Failed);
  EXPECT_THAT(outcome.units[0].error, HasSubstr("Unsupported argument"));
  EXPECT_EQ(outcome.plan.objects.size(), 2U);
  EXPECT_EQ(outcome.plan.objects.front().object.namespace_, "vpc");
  write("checkout/live/broken/main.tf", "");
  fs::remove_all(outcome.plan_file);
  outcome = plan(false, true);
  ASSERT_TRUE(fs::is_directory(outcome.plan_file)) << outcome.error;
  EXPECT_TRUE(fs::exists(outcome.plan_file + "/vpc/tfplan.tfplan"));
  for (const auto& file : outcome.shown_files) EXPECT_TRUE(fs::exists(file)) << file;
}

}  // namespace
}  // namespace driftwarden::terraform
