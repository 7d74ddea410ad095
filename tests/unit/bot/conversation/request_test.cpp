#include "bot/conversation/request.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using Kind = Request::Kind;
const std::string kBot = "UBOT";

struct Row {
  std::string name;
  std::string type;
  std::string payload;
  std::optional<Request> expected;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

std::string event(const std::string& inner) { return R"({"type":"event_callback","team_id":"T1","event_id":"Ev1","event":)" + inner + "}"; }
Request said(Kind kind, const std::string& channel, const std::string& thread, const std::string& ts, const std::string& text) {
  Request request{kind, "T1", "U0ALICE", channel, thread, MessageRef{channel, ts}, text};
  if (kind == Kind::Mention || kind == Kind::DirectMessage) request.said_at = WallTime{std::chrono::seconds{std::stoi(ts)}};
  return request;
}
Request of_another(Request request, const std::string& team, const std::string& user) {
  request.team = team;
  request.user = user;
  return request;
}

class RequestTable : public testing::TestWithParam<Row> {};
TEST_P(RequestTable, Reads) { EXPECT_EQ(request_from(GetParam().type, nlohmann::json::parse(GetParam().payload), kBot), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Payloads, RequestTable,
    testing::Values(
        Row{"Mention", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"<@UBOT> status","ts":"1.0","channel":"C1"})"), said(Kind::Mention, "C1", "1.0", "1.0", "status")},
        Row{"MentionInAThread", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"<@UBOT> diff","ts":"2.0","thread_ts":"1.0","channel":"C1"})"),
            said(Kind::Mention, "C1", "1.0", "2.0", "diff")},
        Row{"MentionAtTheEnd", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"status <@UBOT>","ts":"1.0","channel":"C1"})"),
            said(Kind::Mention, "C1", "1.0", "1.0", "status")},
        Row{"AnotherUserWithALongerIdStays", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"<@UBOT2> <@UBOT>","ts":"1.0","channel":"C1"})"),
            said(Kind::Mention, "C1", "1.0", "1.0", "@UBOT2 @UBOT")},
        Row{"EscapesAndSmartQuotes", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"<@UBOT>\u00a0sync checkout because a &lt; b","ts":"1.0","channel":"C1"})"),
            said(Kind::Mention, "C1", "1.0", "1.0", "sync checkout because a < b")},
        Row{"DirectMessage", "events_api", event(R"({"type":"message","channel_type":"im","user":"U0ALICE","text":"status","ts":"1.0","channel":"D1"})"),
            said(Kind::DirectMessage, "D1", "", "1.0", "status")},
        Row{"DirectMessageInAThread", "events_api", event(R"({"type":"message","channel_type":"im","user":"U0ALICE","text":"status","ts":"2.0","thread_ts":"1.0","channel":"D1"})"),
            said(Kind::DirectMessage, "D1", "1.0", "2.0", "status")},
        Row{"ChannelMessageWithoutMention", "events_api", event(R"({"type":"message","channel_type":"channel","user":"U0ALICE","text":"status","ts":"1.0","channel":"C1"})"), {}},
        Row{"ThreadBroadcast", "events_api",
            event(R"({"type":"message","subtype":"thread_broadcast","channel_type":"im","user":"U0ALICE","text":"status","ts":"2.0","thread_ts":"1.0","channel":"D1"})"),
            said(Kind::DirectMessage, "D1", "1.0", "2.0", "status")},
        Row{"AnotherBot", "events_api", event(R"({"type":"app_mention","user":"U2","bot_id":"B2","text":"<@UBOT> approve C-1","ts":"1.0","channel":"C1"})"), {}},
        Row{"ABotWithAProfileOnly", "events_api", event(R"({"type":"message","channel_type":"im","user":"U2","bot_profile":{},"text":"approve C-1","ts":"1.0","channel":"D1"})"), {}},
        Row{"Ourselves", "events_api", event(R"({"type":"message","channel_type":"im","user":"UBOT","text":"status","ts":"1.0","channel":"D1"})"), {}},
        Row{"WithoutAUser", "events_api", event(R"({"type":"message","subtype":"bot_message","channel_type":"im","text":"status","ts":"1.0","channel":"D1"})"), {}},
        Row{"AnEdit", "events_api", event(R"({"type":"message","subtype":"message_changed","channel_type":"im","user":"U0ALICE","message":{"text":"sync"},"ts":"1.0","channel":"D1"})"), {}},
        Row{"AnEditedMention", "events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"<@UBOT> sync x","edited":{"ts":"3.0"},"ts":"1.0","channel":"C1"})"), {}},
        Row{"AJoin", "events_api", event(R"({"type":"message","subtype":"channel_join","channel_type":"im","user":"U0ALICE","text":"joined","ts":"1.0","channel":"D1"})"), {}},
        Row{"AReaction", "events_api", event(R"({"type":"reaction_added","user":"U0ALICE","reaction":"eyes"})"), {}},
        Row{"Slash", "slash_commands", R"({"team_id":"T1","user_id":"U0ALICE","channel_id":"C1","command":"/warden","text":" status checkout "})",
            Request{Kind::Slash, "T1", "U0ALICE", "C1", "", {}, "status checkout"}},
        Row{"SlashWithoutText", "slash_commands", R"({"team_id":"T1","user_id":"U0ALICE","channel_id":"C1","command":"/warden","text":""})",
            Request{Kind::Slash, "T1", "U0ALICE", "C1", "", {}, ""}},
        Row{"Button", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"container":{"channel_id":"C1","message_ts":"1.0"},"actions":[{"action_id":"sync","value":"sync checkout"}]})",
            said(Kind::Button, "C1", "1.0", "1.0", "sync checkout")},
        Row{"ButtonInAThread", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"container":{"channel_id":"C1","message_ts":"2.0"},"message":{"thread_ts":"1.0"},
                "actions":[{"action_id":"approve","value":"approve C-1 9e8d7c6"}]})",
            said(Kind::Button, "C1", "1.0", "2.0", "approve C-1 9e8d7c6")},
        Row{"ButtonWithoutAValue", "interactive", R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"container":{"channel_id":"C1"},"actions":[{"action_id":"x"}]})", {}},
        Row{"NoAction", "interactive", R"({"type":"block_actions","actions":[]})", {}}, Row{"ActionsOfAnotherShape", "interactive", R"({"type":"block_actions","actions":[7]})", {}},
        Row{"AModal", "interactive",
            R"({"type":"view_submission","team":{"id":"T1"},"user":{"id":"U0ALICE"},"trigger_id":"t","view":{"private_metadata":"{\"command\":\"approve C-1 9e8d7c6\",\"channel\":\"C1\",\"thread_ts\":\"1.0\"}",
                "state":{"values":{"code":{"code":{"type":"plain_text_input","value":"123456"}},"like":{"like":{"selected_option":{"value":"checkout"}}},"none":{"none":{"value":null}},"odd":[1]}}}})",
            Request{Kind::Modal, "T1", "U0ALICE", "C1", "1.0", {}, "approve C-1 9e8d7c6", "t", {{"code", "123456"}, {"like", "checkout"}}}},
        Row{"AModalOfAnotherWorkspacesUser", "interactive",
            R"({"type":"view_submission","team":{"id":"T1"},"user":{"id":"U0EVE","team_id":"T2"},"view":{"private_metadata":"{\"command\":\"approve C-1\"}"}})",
            Request{Kind::Modal, "T2", "U0EVE", "", "", {}, "approve C-1"}},
        Row{"AModalWithoutACommand", "interactive", R"({"type":"view_submission","user":{"id":"U0ALICE"}})", {}},
        Row{"AModalOfSomebodyElsesMaking", "interactive", R"({"type":"view_submission","user":{"id":"U0ALICE"},"view":{"private_metadata":"approve C-1"}})", {}},
        Row{"AModalByNobody", "interactive", R"({"type":"view_submission","view":{"private_metadata":"{\"command\":\"approve C-1\"}"}})", {}},
        Row{"AButtonPressedFromAnotherWorkspace", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0EVE","team_id":"T2"},"container":{"channel_id":"C1","message_ts":"1.0"},"actions":[{"value":"approve C-1"}]})",
            Request{Kind::Button, "T2", "U0EVE", "C1", "1.0", MessageRef{"C1", "1.0"}, "approve C-1"}},
        Row{"ASelect", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"trigger_id":"t","container":{"channel_id":"C1","message_ts":"1.0"},"actions":[{"type":"static_select","selected_option":{"value":"status checkout"}}]})",
            Request{Kind::Button, "T1", "U0ALICE", "C1", "1.0", MessageRef{"C1", "1.0"}, "status checkout", "t"}},
        Row{"AMentionFromAnotherWorkspace", "events_api", event(R"({"type":"app_mention","user":"U0EVE","user_team":"T2","text":"<@UBOT> approve C-1","ts":"1.0","channel":"C1"})"),
            of_another(said(Kind::Mention, "C1", "1.0", "1.0", "approve C-1"), "T2", "U0EVE")},
        Row{"SlashWithATrigger", "slash_commands", R"({"team_id":"T1","user_id":"U0ALICE","channel_id":"C1","command":"/warden","text":"create app","trigger_id":"t"})",
            Request{Kind::Slash, "T1", "U0ALICE", "C1", "", {}, "create app", "t"}}, Row{"AnUnknownEnvelope", "hello", "{}", {}},
        Row{"AMessageShortcut", "interactive",
            R"({"type":"message_action","callback_id":"alert_act","team":{"id":"T1"},"user":{"id":"U0ALICE"},"trigger_id":"t","channel":{"id":"C1"},"message_ts":"2.0","message":{"ts":"2.0","thread_ts":"1.0"}})",
            Request{Kind::Shortcut, "T1", "U0ALICE", "C1", "1.0", MessageRef{"C1", "2.0"}, "act", "t"}},
        Row{"AMessageShortcutOutsideAThread", "interactive",
            R"({"type":"message_action","callback_id":"alert_act","team":{"id":"T1"},"user":{"id":"U0ALICE"},"channel":{"id":"C1"},"message":{"ts":"2.0"}})",
            Request{Kind::Shortcut, "T1", "U0ALICE", "C1", "2.0", MessageRef{"C1", "2.0"}, "act"}},
        Row{"AMessageShortcutWithoutAMessage", "interactive", R"({"type":"message_action","callback_id":"alert_act","user":{"id":"U0ALICE"},"channel":{"id":"C1"}})", {}},
        Row{"AGlobalShortcut", "interactive", R"({"type":"shortcut","callback_id":"create_app","team":{"id":"T1"},"user":{"id":"U0ALICE"},"trigger_id":"t","action_ts":"1.0"})",
            Request{Kind::Shortcut, "T1", "U0ALICE", "", "", {}, "create-app", "t"}},
        Row{"AButtonOfTheAppHome", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"trigger_id":"t","container":{"type":"view","view_id":"V1"},"view":{"id":"V1"},"actions":[{"value":"pending"}]})",
            Request{Kind::Button, "T1", "U0ALICE", "", "", {}, "pending", "t", {}, {}, "V1"}},
        Row{"ALinkIsNoCommand", "interactive",
            R"({"type":"block_actions","team":{"id":"T1"},"user":{"id":"U0ALICE"},"container":{"type":"view","view_id":"V1"},"actions":[{"action_id":"open","url":"https://x"}]})", {}},
        Row{"TypingInAMenu", "interactive", R"({"type":"block_suggestion","team":{"id":"T1"},"user":{"id":"U0ALICE"},"action_id":"pick:diff|","value":"che"})", {}},
        Row{"OpeningTheHome", "events_api", event(R"({"type":"app_home_opened","user":"U0ALICE","channel":"D1","tab":"home"})"), {}},
        Row{"AClosedView", "interactive", R"({"type":"view_closed","user":{"id":"U0ALICE"},"view":{"id":"V1"}})", {}},
        Row{"NoObject", "events_api", "[1]", {}}, Row{"EventOfAnotherShape", "events_api", R"({"event":"x"})", {}}),
    [](const auto& row) { return row.param.name; });

TEST(RequestFrom, WhenItWasSaid) {
  const auto at = [](const std::string& type, const std::string& payload) { return request_from(type, nlohmann::json::parse(payload), kBot)->said_at; };
  const auto mention = [&](const std::string& ts) { return at("events_api", event(R"({"type":"app_mention","user":"U0ALICE","text":"x","channel":"C1","ts":")" + ts + R"("})")); };
  EXPECT_EQ(mention("1700000000.000100"), WallTime{std::chrono::milliseconds{1'700'000'000'000}});
  EXPECT_EQ(mention("1700000000.987654"), WallTime{std::chrono::milliseconds{1'700'000'000'987}});
  for (const auto* odd : {"", "x", "-5.0", "99999999999999999999.0", "1e9"}) EXPECT_EQ(mention(odd), WallTime{}) << odd;
  EXPECT_EQ(at("interactive", R"({"type":"block_actions","user":{"id":"U1"},"container":{"channel_id":"C1","message_ts":"1.0"},"actions":[{"value":"x","action_ts":"1700000001.5"}]})"),
            WallTime{std::chrono::milliseconds{1'700'000'001'000}});
}

TEST(RequestFrom, OpeningTheHome) {
  const auto payload = nlohmann::json::parse(event(R"({"type":"app_home_opened","user":"U0ALICE","channel":"D1","tab":"home"})"));
  EXPECT_EQ(home_opened_from("events_api", payload), (HomeOpened{"T1", "U0ALICE"}));
  EXPECT_EQ(home_opened_from("interactive", payload), std::nullopt);
  EXPECT_EQ(home_opened_from("events_api", nlohmann::json::parse(event(R"({"type":"app_home_opened","user":"U0ALICE","tab":"messages"})"))), std::nullopt);
  EXPECT_EQ(home_opened_from("events_api", nlohmann::json::array()), std::nullopt);
}

TEST(RequestFrom, TypingInAMenu) {
  const auto payload = nlohmann::json::parse(R"({"type":"block_suggestion","team":{"id":"T1"},"user":{"id":"U0ALICE","team_id":"T2"},"action_id":"pick:diff|","value":"che"})");
  EXPECT_EQ(suggestion_from("interactive", payload), (Suggestion{"T2", "U0ALICE", "pick:diff|", "che"}));
  EXPECT_EQ(suggestion_from("interactive", nlohmann::json::parse(R"({"type":"block_actions"})")), std::nullopt);
}

TEST(RequestFrom, InputsOfAForm) {
  const auto payload = nlohmann::json::parse(R"({"view":{"blocks":[{"type":"section"},{"type":"input","block_id":"name"},{"type":"input","block_id":"port"}],"state":{"values":{"x":{}}}}})");
  EXPECT_EQ(input_blocks(payload), (std::vector<std::string>{"name", "port"}));
  EXPECT_EQ(input_blocks(nlohmann::json::parse(R"({"view":{"state":{"values":{"x":{}}}}})")), (std::vector<std::string>{"x"}));
}

}  // namespace
}  // namespace driftwarden
