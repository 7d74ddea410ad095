// For whoever runs it: doctor, metrics, what it says when it can't start, and how it stops.
#include "tests/e2e/driver/files.hpp"
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>

#include <regex>
#include <sstream>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Ran doctor(World& world, std::vector<std::string> more = {}) {
  std::vector<std::string> argv{"timeout", "120", DRIFTWARDEN_BINARY, "doctor", "--config", world.config()};
  argv.insert(argv.end(), more.begin(), more.end());
  return run_program(argv);
}

/// Without what is this machine's: the kernel's section, places, ports and sizes.
std::string portable(const std::string& text, const World& world) {
  auto out = text.substr(0, text.find("\nkernel\n"));
  out = std::regex_replace(out, std::regex("127\\.0\\.0\\.1:\\d+"), "127.0.0.1:PORT");
  out = std::regex_replace(out, std::regex("\\d+ MiB free"), "N MiB free");
  out = std::regex_replace(out, std::regex("([a-z0-9+]+: )v?\\d+\\.\\d+\\.\\d+\\S*( \\S*)*"), "$1VERSION");
  for (auto at = out.find(world.data()); at != std::string::npos; at = out.find(world.data())) out.replace(at, world.data().size(), "DATA");
  return out;
}

TEST(Operations, DoctorFindsTheSandboxWell) {
  World world(World::Bot::None);
  world.forge().require("alice", "approval-on");
  const auto ran = doctor(world);
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  const auto text = portable(ran.out, world);
  EXPECT_THAT(text, Not(HasSubstr("  problem")));
  EXPECT_THAT(text, Not(HasSubstr("  warning")));
  EXPECT_THAT(text, Not(HasSubstr("  skipped")));
  test::expect_golden("doctor/sandbox_well.txt", text);
}

TEST(Operations, DoctorRunsBesideTheBotAndPrintsJson) {
  World world(World::Bot::Beside);
  const auto ran = doctor(world, {"-o", "json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  const auto document = Json::parse(ran.out);
  EXPECT_EQ(document.at("ok"), true);
  bool whole = false;
  for (const auto& finding : document.at("findings")) whole = whole || finding.at("what") == "it is whole, and a bot is running with it";
  EXPECT_TRUE(whole) << ran.out;
  const auto asked = world.chat().say("alice", "#gitops", "@warden whoami");
  world.chat().await_answer("#gitops", asked, "You are *alice*");
}

TEST(Operations, DoctorTellsWhatIsBroken) {
  World world(World::Bot::None);
  world.chat().sandbox("faults", {{"without_scope", "groups:read"}, {"excess_scope", "admin.users:write"}});
  replace_in(world.config(), "admin_channel: \"#driftwarden\"", "admin_channel: \"#nowhere\"");
  write_text(world.data() + "/secrets/forge", "0000000000000000000000000000000000000000");
  const auto kubeconfig = world.data() + "/staging.kubeconfig";
  const auto text = read_text(kubeconfig);
  const auto at = text.find("http://127.0.0.1:");
  replace_in(kubeconfig, text.substr(at, text.find_first_of("\"\n", at) - at), "http://127.0.0.1:9");
  const auto ran = doctor(world, {"--usual-kinds"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, Not(HasSubstr("0000000000000000000000000000000000000000")));
  test::expect_golden("doctor/sandbox_broken.txt", portable(ran.out, world));
}

TEST(Operations, DoctorOfNothingIsWrongUse) {
  EXPECT_EQ(run_program({DRIFTWARDEN_BINARY, "doctor", "--config", "/nonexistent.yaml"}).exit_code, 2);
  EXPECT_EQ(run_program({DRIFTWARDEN_BINARY, "doctor"}).exit_code, 2);
}

TEST(Operations, AMissingScopeEndsTheStartWithWords) {
  World world(World::Bot::None);
  world.chat().sandbox("faults", {{"without_scope", "channels:history"}});
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("the bot token lacks channels:history (to find a message again after a crash, instead of posting it twice)"));
  EXPECT_THAT(ran.out, HasSubstr("driftwarden slack-manifest"));
}

TEST(Operations, AnExcessScopeIsOnlyWarnedOf) {
  World world(World::Bot::None);
  world.chat().sandbox("faults", {{"excess_scope", "admin.users:write"}});
  world.start_bot();
  EXPECT_THAT(world.log(), HasSubstr("the bot token may more than is needed: admin.users:write"));
}

TEST(Operations, APortInUseIsNamed) {
  World world(World::Bot::Beside);
  replace_in(world.config(), "path: driftwarden.db", "path: another.db");
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("address already in use; stop what uses it or choose another port"));
}

TEST(Operations, ADatabaseOfANewerVersionIsNamed) {
  World world(World::Bot::Beside);
  EXPECT_EQ(world.stop_bot(), 0);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(world.database().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("was written by a newer Driftwarden"));
  EXPECT_EQ(doctor(world, {"--usual-kinds"}).exit_code, 1);
}

TEST(Operations, ADamagedDatabaseIsNamedWithWhatToDo) {
  World world(World::Bot::Beside);
  EXPECT_EQ(world.stop_bot(), 0);
  std::fstream file(world.database(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(8000, 'x');
  file.close();
  const auto ran = world.run_bot_to_its_end(world.config());
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("driftwarden restore"));
}

TEST(Operations, MetricsAreGoodPrometheusAndFollowADriftToItsAlert) {
  World world(World::Bot::Beside);
  // What goes by the scale subresource has no time in managedFields.
  world.prod().patch("deployments", "checkout", {{"spec", {{"replicas", 5}}}}, "kubectl-edit");
  world.chat().await_message("the alert", "#shop-prod", [](const ChatMessage& message) { return message.says("*checkout* is OutOfSync"); });
  const auto asked = world.chat().say("alice", "#gitops", "@warden whoami");
  world.chat().await_answer("#gitops", asked, "You are *alice*");
  const auto at = [&](const std::string& series) {
    const auto read = test::read_prometheus(world.ask_bot("/metrics").text);
    return read.at(series);
  };
  await_that("the stages to be measured", [&] {
    return at(R"(driftwarden_stage_seconds_count{stage="edit_to_posted"})") >= 1 && at(R"(driftwarden_stage_seconds_count{stage="command_to_answered"})") >= 1;
  });
  await_that("the database to be asked", [&] { return at("driftwarden_audit_rows_total") >= 1; });
  const auto read = test::read_prometheus(world.ask_bot("/metrics").text);
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_GE(read.at(R"(driftwarden_stage_seconds_count{stage="edit_to_detected"})"), 1);
  EXPECT_GE(read.at(R"(driftwarden_stage_seconds_count{stage="confirmed_to_posted"})"), 1);
  EXPECT_LT(read.at(R"(driftwarden_cluster_heard_age_seconds{cluster="prod-eu"})"), 60);
  EXPECT_LT(read.at(R"(driftwarden_repository_answered_age_seconds{repository="config"})"), 60);
  EXPECT_EQ(read.at("driftwarden_slack_connected"), 1);
  EXPECT_GE(read.at("driftwarden_slack_connections_total"), 1);
  EXPECT_GE(read.at(R"(driftwarden_calls_total{target="slack",outcome="ok"})"), 3);
  EXPECT_GE(read.at(R"(driftwarden_calls_total{target="git",outcome="ok"})"), 1);
  EXPECT_GE(read.at(R"(driftwarden_calls_total{target="cluster prod-eu",outcome="ok"})"), 1);
  EXPECT_GE(read.at(R"(driftwarden_outbox_attempts_total{kind="slack.alert",outcome="done"})"), 1);
  EXPECT_EQ(read.at(R"(driftwarden_model_tokens_total{of="prompts"})"), 0) << "nobody asked it";
  EXPECT_EQ(read.at("driftwarden_waivers_open"), 0);
  EXPECT_EQ(world.ask_bot("/healthz").status, 200U);
  EXPECT_EQ(world.ask_bot("/readyz").status, 200U);
}

TEST(Operations, LogsCanBeJson) {
  World world(World::Bot::None);
  write_text(world.config(), read_text(world.config()) + "log: {format: json}\n");
  world.start_bot();
  EXPECT_EQ(world.stop_bot(), 0);
  std::istringstream lines(world.log());
  int objects = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('{')) continue;
    const auto document = Json::parse(line, nullptr, false);
    ASSERT_TRUE(document.is_object()) << line;
    for (const auto* key : {"time", "level", "component", "message"}) EXPECT_TRUE(document.contains(key)) << line;
    ++objects;
  }
  EXPECT_GT(objects, 3);
}

/// How many of the bot's messages say so.
std::size_t count_saying(World& world, const std::string& words) {
  std::size_t count = 0;
  for (const auto& message : world.chat().by_bot("#gitops")) count += message.says(words) ? 1U : 0U;
  return count;
}

TEST(Operations, AStopWaitsForTheAnswerThatIsUnderWay) {
  World world(World::Bot::Beside);
  const auto busy = [&] { return test::read_prometheus(world.ask_bot("/metrics").text).at("driftwarden_outbox_lanes_busy") > 0; };
  be_quiet();
  await_that("nothing of the start to be under way", [&] { return !busy(); });
  world.chat().sandbox("faults", {{"delay_answers_ms", 3000}});
  world.chat().type("alice", "#gitops", "@warden whoami");  // on the page, whose own answer isn't delayed
  await_that("the command to be taken", busy);
  EXPECT_EQ(world.stop_bot(), 0);
  world.chat().sandbox("faults", {{"delay_answers_ms", 0}});
  EXPECT_EQ(count_saying(world, "You are *alice*"), 1U);
  world.start_bot();
  be_quiet();
  EXPECT_EQ(count_saying(world, "You are *alice*"), 1U);
}

}  // namespace
}  // namespace driftwarden::e2e
