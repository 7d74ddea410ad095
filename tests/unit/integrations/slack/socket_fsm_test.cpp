#include "integrations/slack/socket_fsm.hpp"

#include <gtest/gtest.h>

#include <variant>

namespace driftwarden::slack {
namespace {

using namespace std::chrono_literals;
using Kind = SocketAction::Kind;

const MonoTime kStart{std::chrono::hours{1}};

/// One thing that happens: words such as "connected 1", "disconnect 1 warning", "after 31s" (a tick then).
std::string describe(const SocketActions& actions) {
  std::string out;
  for (const auto& action : actions) {
    if (!out.empty()) out += ", ";
    const auto number = std::to_string(action.socket);
    switch (action.kind) {
      case Kind::Open:
        out += "open " + number;
        break;
      case Kind::Ack:
        out += "ack " + action.text + " on " + number;
        break;
      case Kind::Ping:
        out += "ping " + number;
        break;
      case Kind::Close:
        out += "close " + number;
        break;
      case Kind::BackOff:
        out += "back off " + std::to_string(action.failures);
        break;
      case Kind::Stop:
        out += "stop";
        break;
    }
  }
  return out;
}

struct Step {
  std::string event;
  std::string actions;
};

class Script {
 public:
  std::string play(const std::string& event) {
    std::istringstream words(event);
    std::string word;
    words >> word;
    if (word == "start") return describe(fsm_.start());
    if (word == "retry") return describe(fsm_.retry_due());
    if (word == "after") return pass(words);
    SocketId id = 0;
    words >> id;
    std::string rest;
    words >> rest;
    if (word == "connected") return describe(fsm_.connected(id, now_));
    if (word == "hello") return describe(fsm_.hello(id, now_));
    if (word == "frame") return describe(fsm_.frame(id, now_));
    if (word == "disconnect") return describe(fsm_.disconnect(id, rest, now_));
    if (word == "stored") return describe(fsm_.stored(id, rest));
    if (word == "lost") return describe(fsm_.lost(id, now_));
    if (word == "refused") return describe(fsm_.lost(id, now_, true, "invalid_auth"));
    ADD_FAILURE() << "no such event: " << event;
    return {};
  }
  const SocketFsm& fsm() const { return fsm_; }
  MonoTime now() const { return now_; }

 private:
  std::string pass(std::istringstream& words) {
    int seconds = 0;
    words >> seconds;
    now_ += std::chrono::seconds(seconds);
    return describe(fsm_.tick(now_));
  }

  SocketFsm fsm_{SocketFsm::Limits{}};
  MonoTime now_ = kStart;
};

struct StoryRow {
  std::string name;
  std::vector<Step> steps;
  friend void PrintTo(const StoryRow& row, std::ostream* out) { *out << row.name; }
};
class SocketStory : public testing::TestWithParam<StoryRow> {};

TEST_P(SocketStory, Goes) {
  Script script;
  for (const auto& step : GetParam().steps) EXPECT_EQ(script.play(step.event), step.actions) << "at: " << step.event;
}

INSTANTIATE_TEST_SUITE_P(
    Table, SocketStory,
    testing::Values(
        StoryRow{"AnEnvelopeIsAcknowledgedWhereItCame", {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"stored 1 e1", "ack e1 on 1"}}},
        StoryRow{"AnEnvelopeBeforeHelloIsAcknowledgedToo", {{"start", "open 1"}, {"connected 1", ""}, {"stored 1 e1", "ack e1 on 1"}}},
        StoryRow{"NoHelloInTime",
                 {{"start", "open 1"}, {"connected 1", ""}, {"after 9", ""}, {"after 1", "close 1, back off 0"}, {"retry", "open 2"}}},
        StoryRow{"FramesDoNotReplaceHello",
                 {{"start", "open 1"}, {"connected 1", ""}, {"after 9", ""}, {"frame 1", ""}, {"after 1", "close 1, back off 0"}}},
        StoryRow{"PingsGoOutAndSilenceKills",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 10", "ping 1"},
                  {"after 10", "ping 1"},
                  {"after 9", ""},
                  {"after 1", "close 1, back off 0"},
                  {"retry", "open 2"}}},
        StoryRow{"AnyFrameKeepsItAlive",
                 {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"after 29", "ping 1"}, {"frame 1", ""}, {"after 29", "ping 1"}}},
        StoryRow{"AWarningHandsOver",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 warning", "open 2"},
                  {"stored 1 e1", "ack e1 on 1"},
                  {"connected 2", ""},
                  {"stored 1 e2", "ack e2 on 1"},
                  {"hello 2", ""},
                  {"stored 1 e3", "ack e3 on 1"},
                  {"lost 1", ""},
                  {"stored 1 e4", "ack e4 on 2"}}},
        StoryRow{"TheOldSocketIsClosedAfterItsTime",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 refresh_requested", "open 2"},
                  {"connected 2", ""},
                  {"hello 2", ""},
                  {"frame 1", ""},
                  {"after 14", "ping 1, ping 2"},
                  {"after 1", "close 1"}}},
        StoryRow{"ASecondWarningChangesNothing",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 warning", "open 2"},
                  {"disconnect 1 warning", ""}}},
        StoryRow{
            "AWarningToAYoungSocketWaits",
            {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"disconnect 1 warning", "back off 0"}, {"lost 1", ""}, {"retry", "open 2"}}},
        StoryRow{"AnUnknownReasonIsAWarning",
                 {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"after 20", "ping 1"}, {"disconnect 1 brand_new", "open 2"}}},
        StoryRow{"TheSuccessorFailsAndIsTriedAgainWhileTheOldOneServes",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 warning", "open 2"},
                  {"lost 2", "back off 0"},
                  {"stored 1 e1", "ack e1 on 1"},
                  {"lost 1", ""},
                  {"retry", "open 3"}}},
        StoryRow{"FailuresInARowAreCounted",
                 {{"start", "open 1"},
                  {"lost 1", "back off 0"},
                  {"retry", "open 2"},
                  {"lost 2", "back off 1"},
                  {"retry", "open 3"},
                  {"connected 3", ""},
                  {"hello 3", ""},
                  {"lost 3", "back off 2"}}},
        StoryRow{"AStableSocketEndsTheCount",
                 {{"start", "open 1"},
                  {"lost 1", "back off 0"},
                  {"retry", "open 2"},
                  {"connected 2", ""},
                  {"hello 2", ""},
                  {"after 10", "ping 2"},
                  {"lost 2", "back off 0"}}},
        StoryRow{"SocketModeSwitchedOff",
                 {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"disconnect 1 link_disabled", "close 1, stop"}, {"retry", ""}}},
        StoryRow{"SwitchedOffDuringAHandOver",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 warning", "open 2"},
                  {"disconnect 1 link_disabled", "close 1, close 2, stop"},
                  {"connected 2", ""}}},
        StoryRow{"TooManySockets",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"after 20", "ping 1"},
                  {"disconnect 1 too_many_websockets", "close 1, back off 0"},
                  {"lost 1", ""},
                  {"retry", "open 2"}}},
        StoryRow{"TooManySocketsBeforeHello",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"disconnect 1 too_many_websockets", "close 1, back off 0"},
                  {"retry", "open 2"},
                  {"connected 2", ""},
                  {"disconnect 2 too_many_websockets", "close 2, back off 1"}}},
        StoryRow{"ADisconnectBeforeHelloIsALoss", {{"start", "open 1"}, {"connected 1", ""}, {"disconnect 1 warning", "close 1, back off 0"}}},
        StoryRow{"ARefusedTokenEndsIt", {{"start", "open 1"}, {"refused 1", "stop"}, {"retry", ""}}},
        StoryRow{"AcksWaitForTheNextSocket",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"hello 1", ""},
                  {"lost 1", "back off 0"},
                  {"stored 1 e1", ""},
                  {"retry", "open 2"},
                  {"stored 1 e2", ""},
                  {"connected 2", ""},
                  {"hello 2", "ack e1 on 2, ack e2 on 2"}}},
        StoryRow{"WordsOfAForgottenSocketAreIgnored",
                 {{"start", "open 1"},
                  {"connected 1", ""},
                  {"after 10", "close 1, back off 0"},
                  {"hello 1", ""},
                  {"frame 1", ""},
                  {"disconnect 1 link_disabled", ""},
                  {"lost 1", ""}}},
        StoryRow{"ASecondHelloChangesNothing", {{"start", "open 1"}, {"connected 1", ""}, {"hello 1", ""}, {"hello 1", ""}}}),
    [](const auto& row) { return row.param.name; });

TEST(SocketFsm, IsConnectedOnlyBetweenHelloAndLoss) {
  Script script;
  script.play("start");
  script.play("connected 1");
  EXPECT_FALSE(script.fsm().connected());
  script.play("hello 1");
  EXPECT_TRUE(script.fsm().connected());
  script.play("disconnect 1 warning");
  EXPECT_TRUE(script.fsm().connected());
  script.play("lost 1");
  EXPECT_FALSE(script.fsm().connected());
}

TEST(SocketFsm, SaysWhenItHasToBeAsked) {
  Script script;
  script.play("start");
  EXPECT_FALSE(script.fsm().next_deadline());
  script.play("connected 1");
  EXPECT_EQ(script.fsm().next_deadline(), kStart + 10s);
  script.play("hello 1");
  EXPECT_EQ(script.fsm().next_deadline(), kStart + 10s);
  script.play("after 10");
  EXPECT_EQ(script.fsm().next_deadline(), kStart + 20s);
}

TEST(SocketFsm, TellsDisabledFromRefused) {
  Script off;
  off.play("start");
  off.play("connected 1");
  off.play("disconnect 1 link_disabled");
  EXPECT_TRUE(off.fsm().disabled());
  Script refused;
  refused.play("start");
  refused.play("refused 1");
  EXPECT_TRUE(refused.fsm().stopped());
  EXPECT_FALSE(refused.fsm().disabled());
}

}  // namespace
}  // namespace driftwarden::slack
