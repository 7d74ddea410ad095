// What people read, as a conversation: the goldens are the specification.
#include "tests/support/golden.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

struct Said {
  std::string who;
  std::string text;
};

/// Everything that was said, each with what it brought about in Slack.
std::string transcript(Talk& talk, const std::vector<Said>& all) {
  std::string text;
  for (const auto& [who, said] : all) {
    const auto before = talk.slack.messages.size();
    talk.say("U0" + who, said);
    talk.clock.advance(5s);
    text += fmt::format("{}: {}\n", who, said);
    for (auto i = before; i < talk.slack.messages.size(); ++i) {
      const auto& message = talk.slack.messages[i];
      if (message.key.starts_with("change:")) continue;  // a card: tests/golden/view
      text += fmt::format("  [{}{}] {}\n", message.at.channel, message.user.empty() ? "" : ", for " + message.user, message.now().text);
    }
  }
  return text;
}

TEST(Transcript, Holds) {
  Talk talk;
  talk.config.policy.break_glass.who = {"alice"};
  talk.config.policy.break_glass.page = {"bob"};
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  test::expect_golden("conversation/holds.txt", transcript(talk, {{"alice", "lock checkout for 2h because migrating *the* <!here> database"},
                                                                    {"bob", "sync checkout"},
                                                                    {"bob", "status checkout"},
                                                                    {"bob", "unlock checkout"},
                                                                    {"carol", "freeze prod"},
                                                                    {"alice", "freeze prod until Mon 08:00 because sale"},
                                                                    {"bob", "sync checkout"},
                                                                    {"alice", "break-glass checkout for 30m"},
                                                                    {"alice", "break-glass checkout for 30m because outage 7"},
                                                                    {"alice", "break-glass end checkout"},
                                                                    {"bob", "unfreeze prod because sold out"},
                                                                    {"alice", "halt because incident 7"},
                                                                    {"bob", "sync checkout"},
                                                                    {"alice", "resume"},
                                                                    {"bob", "status"},
                                                                    {"bob", "resume because over"}}));
}

TEST(Transcript, People) {
  Talk talk;
  talk.config.policy.approvals.front().step_up = StepUp::Totp;
  test::expect_golden("conversation/people.txt", transcript(talk, {{"alice", "whoami"},
                                                                     {"EVE", "whoami"},
                                                                     {"alice", "delegate to crol"},
                                                                     {"alice", "delegate to carol for 4h"},
                                                                     {"carol", "whoami"},
                                                                     {"alice", "pending"},
                                                                     {"alice", "delegate end"},
                                                                     {"EVE", "link eve-gh"},
                                                                     {"EVE", "link alice"},
                                                                     {"carol", "help"},
                                                                     {"EVE", "help"}}));
}

TEST(Transcript, PlainWords) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  test::expect_golden("conversation/plain_words.txt", transcript(talk, {{"alice", "please roll checkout back to yesterday"},
                                                                          {"alice", "put checkout 1.4.2 on checkout"},
                                                                          {"alice", "why is checkout red?"},
                                                                          {"alice", "who changed checkout yesterday"},
                                                                          {"alice", "stop alerts for checkout for 2 hours because we load-test it"},
                                                                          {"alice", "why is checkout slow to roll out?"},
                                                                          {"alice", "ask"},
                                                                          {"alice", "please approve everything"},
                                                                          {"alice", "give checkout 1 GiB"}}));
}

TEST(Transcript, Misunderstandings) {
  Talk talk;
  test::expect_golden("conversation/misunderstandings.txt",
                      transcript(talk, {{"alice", "set-image checkout checkout:1.4"},
                                        {"alice", "scale checkout to many"},
                                        {"alice", "set checkout .spec.replicas"},
                                        {"alice", "set checkout ../x/values.yaml a=1"},
                                        {"alice", "promote checkout"},
                                        {"alice", "promote chekout to prod"},
                                        {"alice", "create-app Web"},
                                        {"alice", "create-app web2"},
                                        {"alice", "rollback checkout to 1.2.3"},
                                        {"alice", "rollback checkout to a..b"},
                                        {"alice", "freeze"},
                                        {"alice", "freeze prdo"},
                                        {"alice", "freeze prod until someday"},
                                        {"alice", "delegate"},
                                        {"alice", "link"},
                                        {"alice", "halt and catch fire <!channel>"},
                                        {"bob", "scale checkout to 3"}}));
}

}  // namespace
}  // namespace driftwarden
