#include "bot/audit/details.hpp"

#include "bot/audit/audited.hpp"
#include "storage/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/bot/audit/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::IsEmpty;

Change merged_change() {
  Change change;
  change.id = 12;
  change.app = "checkout";
  change.state = ChangeState::Done;
  change.requester = "alice";
  change.base_sha = "base";
  change.content = {"head", "digest"};
  change.merged_sha = "merged";
  change.approvals = {{"bob", {"old", "digest"}, kMorning, "chat"}, {"carol", {"head", "digest"}, kMorning, "forge", false, "dave"}};
  change.quorum.need = 1;
  change.pull_request = 41;
  change.card = MessageRef{"C123", "1700000000.000100"};
  return change;
}

TEST(ChangeRow, SaysBeforeAfterApprovalsAndOutcome) {
  auto before = merged_change();
  before.state = ChangeState::Verifying;
  AuditEntry entry{"driftwarden", "change.done", "checkout", "C-12", R"({"verb":"kept"})"};
  complete(entry, before, merged_change());
  const auto detail = json::parse(entry.detail);
  EXPECT_EQ(detail.at("verb"), "kept") << "what the step said stays";
  EXPECT_EQ(detail.at("before").at("state"), "verifying");
  EXPECT_EQ(detail.at("after").at("head"), "head");
  EXPECT_EQ(detail.at("after").at("diff_digest"), "digest");
  EXPECT_EQ(detail.at("approvals").size(), 2U);
  EXPECT_EQ(detail.at("approvals")[0].at("void"), true) << "it was given to other content";
  EXPECT_EQ(detail.at("approvals")[1], json::parse(R"({"by":"carol","at":"2026-11-21T09:00:00Z","via":"forge","head":"head","diff_digest":"digest","in_place_of":"dave"})"));
  EXPECT_EQ(detail.at("pull_request"), "#41");
  EXPECT_EQ(detail.at("outcome"), "done");
  EXPECT_EQ(entry.where, "C123/1700000000.000100");
  EXPECT_EQ(entry.on, "merged");
}

TEST(ChangeRow, IsOfTheHeadOrTheDigestBeforeTheMerge) {
  auto change = merged_change();
  change.merged_sha.clear();
  change.card.reset();
  change.channel = "C9";
  AuditEntry entry;
  complete(entry, std::nullopt, change);
  EXPECT_EQ(entry.on, "head");
  EXPECT_EQ(entry.where, "C9");
  change.content.head_sha.clear();
  AuditEntry restart;
  complete(restart, std::nullopt, change);
  EXPECT_EQ(restart.on, "digest") << "a restart has no commit";
}

TEST(IncidentRow, IsOfItsMessageAndItsDrift) {
  Incident incident;
  incident.channel = "#shop";
  incident.fingerprint = "f00";
  AuditEntry entry;
  complete(entry, incident);
  EXPECT_EQ(entry.where, "#shop");
  EXPECT_EQ(entry.on, "f00");
  incident.message = MessageRef{"C1", "2.3"};
  AuditEntry told;
  complete(told, incident);
  EXPECT_EQ(told.where, "C1/2.3");
}

TEST(Where, NamesAMessageThereAndBack) {
  EXPECT_EQ(message_of("C1/2.3"), (MessageRef{"C1", "2.3"}));
  for (const auto* text : {"C1", "", "/2.3", "C1/"}) EXPECT_FALSE(message_of(text)) << text;
}

TEST(SaidIn, APersonsRowIsWhereTheySaidIt) {
  AuditEntry persons{"alice", "change.approved", "", "", "{}", "C1/card"};
  said_in(persons, "C1/said");
  EXPECT_EQ(persons.where, "C1/said");
  AuditEntry own{"driftwarden", "silence.ended", "", "", "{}", "C2"};
  said_in(own, "C1/said");
  EXPECT_EQ(own.where, "C2");
  said_in(persons, "");
  EXPECT_EQ(persons.where, "C1/said");
}

class Known : public testing::Test {
 protected:
  Known() {
    Person alice;
    alice.name = "alice";
    alice.slack = "U0ALICE";
    alice.forge = "alice-gh";
    alice.emails = {"alice@example.org"};
    config.people.push_back(alice);
    who.learn(config, "T0ACME");
  }
  std::string identities(const std::string& actor) const {
    AuditEntry entry{actor, "x", "", "", ""};
    who.complete(entry);
    const auto detail = json::parse(entry.detail, nullptr, false);
    return detail.is_object() && detail.contains("identities") ? detail.at("identities").dump() : "";
  }
  Config config;
  WhoIsWho who;
};

TEST_F(Known, EveryRowNamesThePersonThreeTimes) {
  EXPECT_EQ(identities("alice"), R"({"commit":"alice <alice@example.org>","forge":"alice-gh","slack":"T0ACME/U0ALICE"})");
  EXPECT_EQ(identities("U0EVE"), R"({"slack":"T0ACME/U0EVE"})") << "who isn't in the config is known by their Slack id";
  EXPECT_THAT(identities("driftwarden"), IsEmpty());
  EXPECT_THAT(identities("the forge"), IsEmpty());
}

TEST_F(Known, RowsAreCompletedWhoeverWritesThem) {
  asio::io_context io;
  test::ManualClock clock{io};
  auto store = storage::Store::open(":memory:", clock).value();
  AuditRow row;
  ASSERT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
    AuditedTransaction audited(tx, [&](AuditEntry& entry) { who.complete(entry); });
    TRY(row, audited.append_audit({"alice", "hold.lock", "checkout", "hold 1", R"({"reason":"x"})"}));
    return {};
  }));
  EXPECT_THAT(row.entry.detail, testing::HasSubstr(R"("slack":"T0ACME/U0ALICE")"));
  EXPECT_THAT(*store->verify_audit(), IsEmpty()) << "what is hashed is what is stored";
}

}  // namespace
}  // namespace driftwarden
