// Whom the bot doesn't know as its own: other workspaces, other apps, guests, strangers.
#include "bot/conversation/outsiders.hpp"
#include "tests/support/fakes/talk.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct StandingRow {
  std::string name;
  json user;
  Standing standing;
  friend void PrintTo(const StandingRow& row, std::ostream* out) { *out << row.name; }
};
class StandingTable : public testing::TestWithParam<StandingRow> {};
TEST_P(StandingTable, IsReadFromUsersInfo) { EXPECT_EQ(standing_from(GetParam().user, "T1"), GetParam().standing); }
INSTANTIATE_TEST_SUITE_P(
    People, StandingTable,
    testing::Values(StandingRow{"OfOurWorkspace", {{"id", "U1"}, {"team_id", "T1"}}, Standing::Member},
                    StandingRow{"AMultiChannelGuest", {{"team_id", "T1"}, {"is_restricted", true}}, Standing::Guest},
                    StandingRow{"ASingleChannelGuest", {{"team_id", "T1"}, {"is_restricted", true}, {"is_ultra_restricted", true}}, Standing::Guest},
                    StandingRow{"OfAnotherWorkspace", {{"team_id", "T2"}}, Standing::Stranger},
                    StandingRow{"AStrangerWhateverTheTeam", {{"team_id", "T1"}, {"is_stranger", true}}, Standing::Stranger},
                    StandingRow{"OfTheGridAndInOurWorkspace", {{"team_id", "E1"}, {"enterprise_user", {{"enterprise_id", "E1"}, {"teams", {"T7", "T1"}}}}}, Standing::Member},
                    StandingRow{"OfTheGridAndNotInOurWorkspace", {{"team_id", "E1"}, {"enterprise_user", {{"enterprise_id", "E1"}, {"teams", {"T7"}}}}}, Standing::Stranger},
                    StandingRow{"Deactivated", {{"team_id", "T1"}, {"deleted", true}}, Standing::Gone}, StandingRow{"ABot", {{"team_id", "T1"}, {"is_bot", true}}, Standing::Gone},
                    StandingRow{"Nobody", json(), Standing::Stranger}, StandingRow{"WithoutATeam", {{"id", "U1"}}, Standing::Stranger}),
    [](const auto& row) { return row.param.name; });

struct EnvelopeRow {
  std::string name;
  std::string type;
  json payload;
  std::optional<Foreign> foreign;
  friend void PrintTo(const EnvelopeRow& row, std::ostream* out) { *out << row.name; }
};
class EnvelopeTable : public testing::TestWithParam<EnvelopeRow> {};
TEST_P(EnvelopeTable, IsOursOrNot) { EXPECT_EQ(foreign_envelope(GetParam().type, GetParam().payload, OwnAddress{"T1", "E1", "A1X"}), GetParam().foreign); }
INSTANTIATE_TEST_SUITE_P(
    Envelopes, EnvelopeTable,
    testing::Values(EnvelopeRow{"Ours", "events_api", {{"team_id", "T1"}, {"api_app_id", "A1X"}}, std::nullopt},
                    EnvelopeRow{"OfAnotherWorkspace", "events_api", {{"team_id", "T2"}, {"api_app_id", "A1X"}}, Foreign{"T2", ""}},
                    EnvelopeRow{"OfAnotherApp", "events_api", {{"team_id", "T1"}, {"api_app_id", "A2X"}}, Foreign{"", "A2X"}},
                    EnvelopeRow{"InASharedChannel", "events_api", {{"team_id", "T2"}, {"context_team_id", "T1"}, {"api_app_id", "A1X"}}, std::nullopt},
                    EnvelopeRow{"AuthorizedByOurWorkspace", "events_api", {{"team_id", "T2"}, {"authorizations", {{{"team_id", "T1"}}}}}, std::nullopt},
                    EnvelopeRow{"OfTheWholeGrid", "events_api", {{"team_id", "T2"}, {"enterprise_id", "E1"}}, std::nullopt},
                    EnvelopeRow{"ASlashCommandElsewhere", "slash_commands", {{"team_id", "T2"}, {"api_app_id", "A1X"}}, Foreign{"T2", ""}},
                    EnvelopeRow{"AButtonElsewhere", "interactive", {{"team", {{"id", "T2"}}}, {"api_app_id", "A1X"}}, Foreign{"T2", ""}},
                    EnvelopeRow{"AButtonOfOurs", "interactive", {{"team", {{"id", "T1"}}}, {"api_app_id", "A1X"}}, std::nullopt},
                    EnvelopeRow{"ThatNamesNothing", "interactive", {{"type", "block_actions"}}, std::nullopt}),
    [](const auto& row) { return row.param.name; });

TEST(Envelopes, TheAppIsKnownByItsToken) {
  EXPECT_EQ(app_of_token(Secret<std::string>("xapp-1-A0WARDEN-123-abc")), "A0WARDEN");
  EXPECT_EQ(app_of_token(Secret<std::string>("xapp-1-0123456789abcdef")), "");
  EXPECT_EQ(app_of_token(Secret<std::string>("xoxb-1-A0WARDEN-123")), "");
}

TEST(OutsiderVerbs, AGuestChangesNothing) {
  for (const auto& info : verbs()) {
    EXPECT_EQ(refuse_outsider(Standing::Guest, info.verb).has_value(), info.changes_something || info.verb == Verb::Link) << info.name;
    EXPECT_EQ(refuse_outsider(Standing::Stranger, info.verb).has_value(), info.verb != Verb::Help) << info.name;
    EXPECT_TRUE(refuse_outsider(Standing::Gone, info.verb)) << info.name;
    EXPECT_FALSE(refuse_outsider(Standing::Member, info.verb)) << info.name;
  }
}

/// users.info alone.
class People final : public test::FakeSlack {
 public:
  std::map<std::string, json> users;
  bool silent = false;
  int asked = 0;
  asio::awaitable<Result<slack::JsonPtr>> call(std::string method, slack::JsonPtr arguments) override {
    ++asked;
    if (silent) co_return Error{ErrorKind::Unavailable, "Slack's " + method + ": service_unavailable"};
    const auto found = users.find(arguments->at("user").get<std::string>());
    if (found == users.end()) co_return Error{ErrorKind::NotFound, "Slack's " + method + ": user_not_found"};
    slack::JsonPtr answer = std::make_shared<const json>(json{{"ok", true}, {"user", found->second}});
    co_return answer;
  }
};

struct Outsiders : testing::Test {
  Outsiders() {
    for (const auto* user : {"U0alice", "U0bob", "U0carol", "U0dave"}) people.users[user] = {{"id", user}, {"team_id", "T1"}};
    talk.members = &members;
    talk.reopen();
  }
  std::vector<AuditRow> rows(const std::string& action) {
    auto all = talk.look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); });
    std::erase_if(all, [&](const AuditRow& row) { return row.entry.action != action; });
    return all;
  }
  bool send(const std::string& text, const json& with) {
    auto envelope = talk.mention("U0bob", text);
    auto payload = *envelope.payload;
    payload.update(with, true);
    envelope.payload = std::make_shared<const json>(payload);
    const bool taken = talk.accept(std::move(envelope));
    talk.clock.advance(2s);
    return taken;
  }

  Talk talk;
  People people;
  Members members{people, talk.clock, "T1"};
};

TEST_F(Outsiders, AGuestReadsAndApprovesNothing) {
  talk.proposed();
  people.users["U0bob"]["is_restricted"] = true;
  talk.say("U0bob", "status");
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout"));
  talk.press("U0bob", talk.card(), "approve");
  talk.say("U0bob", "approve C-1");
  talk.say("U0bob", "sync checkout");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.all_changes(), SizeIs(1));
  ASSERT_THAT(talk.refusals(), SizeIs(3));
  EXPECT_THAT(talk.refusals().back().entry.detail, HasSubstr("guests are read-only"));
}

TEST_F(Outsiders, AStrangerIsToldOfNothing) {
  talk.proposed();
  const auto before = talk.slack.posts();
  send("diff checkout", {{"event", {{"user_team", "T2"}}}});
  send("approve C-1", {{"event", {{"source_team", "T2"}}}});
  send("help", {{"event", {{"user_team", "T2"}}}});
  ASSERT_EQ(talk.slack.posts(), before + 3);
  for (auto i = before; i < talk.slack.posts(); ++i) {
    EXPECT_EQ(talk.slack.messages[i].now().text.find("checkout"), std::string::npos);
    EXPECT_EQ(talk.slack.messages[i].user, "U0bob") << "for their eyes only";
  }
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.refusals(), SizeIs(2));
}

TEST_F(Outsiders, AStrangerIsKnownWhenTheEventDoesNotSaySo) {
  talk.proposed();
  people.users["U0bob"]["team_id"] = "T2";
  talk.say("U0bob", "approve C-1");
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("another workspace"));
  EXPECT_TRUE(talk.change().approvals.empty());
}

TEST_F(Outsiders, WhileSlackCannotBeAskedNothingIsChanged) {
  talk.proposed();
  people.silent = true;
  talk.clock.advance(11min);
  talk.say("U0bob", "approve C-1");
  EXPECT_THAT(talk.answers().back(), HasSubstr("asking Slack who this is"));
  EXPECT_TRUE(talk.change().approvals.empty());
  talk.say("U0bob", "status");
  EXPECT_THAT(talk.answers().back(), HasSubstr("checkout"));
  people.silent = false;
  talk.say("U0bob", "approve C-1");
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Outsiders, SlackIsAskedOnceInAWhile) {
  talk.say("U0alice", "status");
  talk.say("U0alice", "apps");
  EXPECT_EQ(people.asked, 1);
  talk.clock.advance(11min);
  talk.say("U0alice", "status");
  EXPECT_EQ(people.asked, 2);
}

TEST_F(Outsiders, EnvelopesOfAnotherWorkspaceAreAcknowledgedAndAuditedOnce) {
  const auto before = talk.slack.posts();
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(send("status", {{"team_id", "T2"}}));
  EXPECT_EQ(talk.slack.posts(), before) << "nothing is answered";
  ASSERT_THAT(rows("envelope.refused"), SizeIs(1));
  EXPECT_EQ(rows("envelope.refused").front().entry.subject, "T2/");
}

TEST_F(Outsiders, InventedWorkspacesDoNotFloodTheAudit) {
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(send("status", {{"team_id", fmt::format("T9{}", i)}}));
  EXPECT_LE(rows("envelope.refused").size(), 100U);
}

TEST_F(Outsiders, EnvelopesOfAnotherAppAreNotWorkedOn) {
  talk.config.slack.app = "A1X";
  talk.reopen();
  const auto before = talk.slack.posts();
  EXPECT_TRUE(send("status", {{"api_app_id", "A2X"}}));
  EXPECT_EQ(talk.slack.posts(), before);
  EXPECT_THAT(rows("envelope.refused"), SizeIs(1));
  EXPECT_TRUE(send("status", {{"api_app_id", "A1X"}}));
  EXPECT_EQ(talk.slack.posts(), before + 1);
}

TEST_F(Outsiders, ABotsMessageIsNoCommand) {
  talk.proposed();
  for (const auto* key : {"bot_id", "bot_profile"}) send("approve C-1", {{"event", {{key, "B9"}}}});
  EXPECT_TRUE(talk.change().approvals.empty());
  people.users["U0bob"]["is_bot"] = true;  // a workflow that speaks as a user
  talk.clock.advance(11min);
  talk.say("U0bob", "approve C-1");
  EXPECT_TRUE(talk.change().approvals.empty());
}

std::string slack_time(WallTime at) {
  const auto milliseconds = at.time_since_epoch().count();
  return fmt::format("{}.{:03}000", milliseconds / 1000, milliseconds % 1000);
}

TEST_F(Outsiders, AYesThatWasSaidBeforeTheContentDoesNotCount) {
  talk.proposed();
  const auto early = talk.clock.wall_now() - 1min;
  send("approve C-1", {{"event", {{"ts", slack_time(early)}}}});
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("has changed since you said that"));
  EXPECT_THAT(talk.refusals().back().entry.detail, HasSubstr("said before the content was shown"));
  send("approve C-1", {{"event", {{"ts", slack_time(talk.clock.wall_now())}}}});
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

}  // namespace
}  // namespace driftwarden
