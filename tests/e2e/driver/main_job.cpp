#include "tests/e2e/driver/main_job.hpp"

#include "gitops/base/text.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <map>
#include <regex>

namespace driftwarden::e2e {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

constexpr const char* kProd = "#shop-prod";

std::chrono::milliseconds wall_now() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()); }

std::chrono::milliseconds time_of(const ChatMessage& message) { return std::chrono::milliseconds{std::llround(std::stod(message.ts()) * 1000)}; }

bool is_alert(const ChatMessage& message, const std::string& app) { return message.thread_ts().empty() && message.says("*" + app + "* is OutOfSync"); }

std::string message_of(const Json& commit) { return commit.at("commit").at("message").get<std::string>(); }

}  // namespace

Alerted scale_and_await_alert(Stage stage, int replicas) {
  const auto before = wall_now();
  stage.prod.scale("checkout", replicas);
  Alerted alerted;
  alerted.message = stage.chat.await_message("the alert of checkout", kProd, [](const ChatMessage& message) { return is_alert(message, "checkout"); });
  alerted.latency = time_of(alerted.message) - before;
  std::cout << "from kubectl's request to the alert in Slack: " << alerted.latency.count() << " ms\n";
  return alerted;
}

ChatMessage await_card(Stage stage, const std::string& verb, const std::string& app) {
  return stage.chat.await_message("the card of a " + verb + " of " + app, kProd, [&](const ChatMessage& message) {
    return message.says(verb + " *" + app + "* on") && message.has_button("Approve");
  });
}

ChatMessage await_card_saying(Stage stage, const std::string& app, const std::string& words) {
  return stage.chat.await_message("the card of " + app + " with " + words, kProd, [&](const ChatMessage& message) {
    return message.says("*" + app + "* on *prod-eu*: " + words) && message.has_button("Approve");
  });
}

std::string change_of(const ChatMessage& card) {
  std::smatch match;
  const auto words = card.words();
  if (!std::regex_search(words, match, std::regex(R"(C-\d+)"))) throw std::runtime_error("no Change is named in: " + words);
  return match.str();
}

Json await_commit(Stage stage, const std::string& change) {
  return await("the commit of " + change + " on main", [&]() -> std::optional<Json> {
    for (auto& commit : stage.forge.commits()) {
      if (message_of(commit).find("\nDriftwarden-Change: " + change + "\n") != std::string::npos) return commit;
    }
    return std::nullopt;
  });
}

void expect_audit_verifies(const std::string& database) {
  const auto ran = run_program({DRIFTWARDEN_BINARY, "audit", "verify", "--db", database});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
}

void print_change_latencies(const std::string& database) {
  const auto ran = run_program({DRIFTWARDEN_BINARY, "audit", "export", "--db", database, "--format", "jsonl"});
  std::map<std::string, std::map<std::string, WallTime>> changes;
  for (const auto& line : split(ran.out, '\n')) {
    const auto row = Json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains("action") || !row.contains("at")) continue;
    const auto at = parse_time(row.at("at").get<std::string>());
    if (at) changes[row.value("subject", "")][row.at("action").get<std::string>()] = *at;
  }
  const auto between = [](const std::map<std::string, WallTime>& times, const std::string& from, const std::string& to) {
    const auto begin = times.find(from);
    const auto end = times.find(to);
    return begin == times.end() || end == times.end() ? std::string("-") : fmt::format("{} ms", (end->second - begin->second).count());
  };
  for (const auto& [name, times] : changes) {
    if (!times.contains("change.done")) continue;
    std::cout << fmt::format("{}: requested to proposed {}, approved to merged {}, merged to in sync and healthy {}\n", name, between(times, "change.requested", "change.proposed"),
                             between(times, "change.approved", "change.merged"), between(times, "change.merged", "change.done"));
  }
}

void tell_alert_and_diff(Stage stage) {
  const auto alert = scale_and_await_alert(stage, 5).message;
  const auto words = alert.words();
  for (const auto* part : {"checkout", "prod-eu", ".spec.replicas", "`2` \u2192 `5`", "kubectl"}) EXPECT_THAT(words, HasSubstr(part));
  EXPECT_THAT(alert.buttons(), IsSupersetOf({"Diff", "Sync", "Adopt", "Ack"}));

  const auto asked = stage.chat.say("alice", kProd, "@warden diff", alert.ts());
  const auto diff = stage.chat.await_message("the diff", kProd, [&](const ChatMessage& message) {
    return message.in_thread_of(alert.ts()) && message.ts() > asked && message.says("replicas: 5");
  });
  EXPECT_THAT(diff.words(), HasSubstr("replicas: 2"));
}

void tell_sync_with_two_people(Stage stage) {
  const auto alert = stage.chat.await_message("the alert of checkout", kProd, [](const ChatMessage& message) { return is_alert(message, "checkout"); });
  stage.chat.press("alice", alert, "Sync");
  const auto card = await_card(stage, "sync", "checkout");
  const auto change = change_of(card);
  EXPECT_THAT(card.words(), HasSubstr("asked by alice"));
  EXPECT_EQ(stage.prod.replicas("checkout"), 5) << "nothing may be applied before the approval";

  stage.chat.press("alice", card, "Approve");
  stage.chat.await_answer(kProd, card.ts(), "somebody else must approve it");
  EXPECT_TRUE(stage.chat.read(kProd, card.ts()).has_button("Approve")) << "a refused approval leaves the card open";
  EXPECT_EQ(stage.forge.pulls("open").size(), 1U);

  stage.chat.press("bob", card, "Approve");
  const auto done = stage.chat.await_edit(card, "in sync and healthy");
  EXPECT_TRUE(done.buttons().empty());
  EXPECT_EQ(stage.prod.replicas("checkout"), 2);

  const auto pull = stage.forge.pulls("closed").at(0);
  EXPECT_TRUE(pull.at("merged").get<bool>());
  EXPECT_THAT(pull.at("title").get<std::string>(), HasSubstr(change));
  const auto commit = await_commit(stage, change);
  EXPECT_EQ(commit.at("commit").at("author").at("name"), "alice");
  EXPECT_EQ(commit.at("commit").at("committer").at("name"), "Driftwarden");
  EXPECT_THAT(message_of(commit), HasSubstr("Requested-by: alice\n"));
  EXPECT_THAT(message_of(commit), testing::ContainsRegex("Driftwarden-Audit: [0-9]+:[0-9a-f]{64}"));

  const auto closed = stage.chat.await_edit(alert, "is in sync again");
  EXPECT_THAT(closed.words(), HasSubstr(change + " by alice"));
  EXPECT_TRUE(closed.buttons().empty());
}

void tell_rollback(Stage stage) {
  const auto image_before = stage.prod.image("checkout");
  const auto payments_before = stage.prod.resource_version("services", "payments");
  stage.chat.say("bob", kProd, "@warden rollback checkout because the new checkout is slow");
  const auto card = await_card(stage, "rollback", "checkout");
  EXPECT_THAT(card.words(), HasSubstr("the new checkout is slow"));
  stage.chat.press("carol", card, "Approve");
  stage.chat.await_edit(card, "in sync and healthy");

  EXPECT_THAT(image_before, HasSubstr("checkout:1.4.2"));
  EXPECT_THAT(stage.prod.image("checkout"), HasSubstr("checkout:1.4.1"));
  EXPECT_THAT(stage.forge.file("apps/checkout/prod/deployment.yaml"), HasSubstr("checkout:1.4.1"));
  EXPECT_EQ(stage.prod.resource_version("services", "payments"), payments_before) << "a sibling was touched";
  const auto commit = await_commit(stage, change_of(card));
  EXPECT_EQ(commit.at("commit").at("author").at("name"), "bob");
  EXPECT_THAT(message_of(commit), HasSubstr("the new checkout is slow"));
  const auto status = stage.chat.say("bob", kProd, "@warden status checkout");
  stage.chat.await_answer(kProd, status, ":white_check_mark: *checkout*");
}

}  // namespace driftwarden::e2e
