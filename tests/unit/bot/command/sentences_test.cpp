#include "bot/command/run_it.hpp"
#include "bot/command/sentences.hpp"
#include "gitops/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

GrammarContext apps() {
  GrammarContext context;
  context.apps = {"checkout", "search", "shop-frontend", "web"};
  context.filters = {"dev", "prod", "prod-eu"};
  return context;
}

std::string read(const std::string& sentence, const GrammarContext& context = apps(), bool drafts = true) {
  const auto command = read_sentence(sentence, context, drafts);
  return command ? to_text(*command) : "";
}

struct Row {
  std::string sentence;
  std::string command;  ///< "" = it isn't understood
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.sentence; }
};
std::string name_of(const testing::TestParamInfo<Row>& row) { return "Row" + std::to_string(row.index); }

class Sentence : public testing::TestWithParam<Row> {};
TEST_P(Sentence, IsOneCommand) { EXPECT_EQ(read(GetParam().sentence), GetParam().command) << GetParam().sentence; }

INSTANTIATE_TEST_SUITE_P(Back, Sentence,
                         testing::Values(Row{"roll checkout back to yesterday", "rollback checkout to yesterday"},
                                         Row{"Please roll checkout back to yesterday.", "rollback checkout to yesterday"},
                                         Row{"can you roll back checkout to yesterday 14:00?", "rollback checkout to yesterday 14:00"},
                                         Row{"could you please take the checkout app back to how it was last Monday", "rollback checkout to Monday"},
                                         Row{"put checkout back to two days ago", "rollback checkout to 2 days ago"},
                                         Row{"roll checkout back to an hour ago", "rollback checkout to 1 hour ago"},
                                         Row{"restore checkout to version 1.4.1", "rollback checkout to 1.4.1"},
                                         Row{"roll checkout back to 4f2c81a because the totals are wrong", "rollback checkout to 4f2c81a because the totals are wrong"},
                                         Row{"roll checkout back", "rollback checkout"},
                                         Row{"undo the last deployment of checkout", "rollback checkout"},
                                         Row{"roll checkout back to its previous version", "rollback checkout"}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Images, Sentence,
                         testing::Values(Row{"put web 1.4.2 on checkout", "set-image checkout web:1.4.2"}, Row{"deploy web:1.4.2 to checkout", "set-image checkout web:1.4.2"},
                                         Row{"roll out version 1.4.2 of checkout", "set-image checkout 1.4.2"}, Row{"upgrade checkout to 1.5.0", "set-image checkout 1.5.0"},
                                         Row{"please set the image of checkout to 1.5.0", "set-image checkout 1.5.0"}, Row{"bump the api image of checkout to v2", "set-image checkout api:v2"},
                                         Row{"update web to 1.4.3 on checkout", "set-image checkout web:1.4.3"}, Row{"ship checkout 2.1.0", "set-image checkout 2.1.0"},
                                         Row{"deploy ghcr.io/acme/web:1.5.0 on checkout", "set-image checkout ghcr.io/acme/web:1.5.0"},
                                         Row{"update checkout to the latest version", ""}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Replicas, Sentence,
                         testing::Values(Row{"scale search up to 5", "scale search to 5"}, Row{"scale search down to two replicas please", "scale search to 2"},
                                         Row{"run 3 pods of search", "scale search to 3"}, Row{"search should have 4 replicas", "scale search to 4"}, Row{"give search six pods", "scale search to 6"},
                                         Row{"scale api of search to 4", "scale search api to 4"}, Row{"scale search to many", ""}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Doing, Sentence,
                         testing::Values(Row{"please restart checkout", "restart checkout"}, Row{"bounce all the pods of checkout", "restart checkout"},
                                         Row{"let's restart checkout", "restart checkout"}, Row{"bring checkout back in sync with git", "sync checkout"},
                                         Row{"undo the manual changes on checkout", "sync checkout"}, Row{"make checkout match git", "sync checkout"},
                                         Row{"keep the live changes of checkout", "adopt checkout"}, Row{"bring checkout from dev to prod", "promote checkout from dev to prod"}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Questions, Sentence,
                         testing::Values(Row{"why is checkout red", "why checkout"}, Row{"Why isn't checkout healthy?", "why checkout"}, Row{"why is checkout out of sync", "why checkout"},
                                         Row{"what's wrong with checkout?", "why checkout"}, Row{"tell me why checkout is red", "why checkout"}, Row{"what happened to checkout", "why checkout"},
                                         Row{"how is checkout doing?", "status checkout"}, Row{"is checkout ok?", "status checkout"}, Row{"is everything ok?", "status"}, Row{"what is going on?", "status"},
                                         Row{"what is out of sync?", "status drifted"}, Row{"what has drifted?", "status drifted"}, Row{"what is broken?", "status"},
                                         Row{"who changed checkout yesterday", "history checkout"}, Row{"who touched the checkout app last week?", "history checkout"},
                                         Row{"what changed in checkout", "history checkout"}, Row{"when was checkout last deployed", "history checkout"},
                                         Row{"who approved checkout yesterday?", "audit checkout since 2d"}, Row{"who approved C-12?", "audit C-12"}, Row{"what happened to c-7", "audit C-7"}, Row{"what is different in checkout?", "diff checkout"},
                                         Row{"how much does checkout cost a month?", "cost checkout"}, Row{"how is the shop frontend doing?", "status shop-frontend"},
                                         Row{"what is waiting for me?", "pending"}, Row{"who am I?", "whoami"}, Row{"what can you do?", "help"}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Looks, Sentence,
                         testing::Values(Row{"show me the logs of checkout", "logs checkout"}, Row{"checkout's logs", "logs checkout"}, Row{"the last 50 log lines of checkout", "logs checkout tail 50"},
                                         Row{"logs of checkout from the last 15 minutes", "logs checkout since 15m"}, Row{"show the events for checkout", "events checkout"},
                                         Row{"what are the pods of checkout", "pods checkout"}, Row{"give me the diff of checkout please", "diff checkout"}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    Quiet, Sentence,
    testing::Values(Row{"stop alerts for search for 2 hours", "silence app=search for 2h because stop alerts for search for 2 hours"},
                    Row{"stop the alerts for search for half an hour because we load-test it", "silence app=search for 30m because we load-test it"},
                    Row{"don't bother us about search for the next two days because it moves", "silence app=search for 2d because it moves"},
                    Row{"mute search for an hour", "snooze search 1h"}, Row{"I'm looking at checkout", "ack checkout"}, Row{"stop alerts for search", ""},
                    Row{"silence search for 2 hours", ""}, Row{"silence search for 2 hours because we load-test it", "silence app=search for 2h because we load-test it"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(Wishes, Sentence,
                         testing::Values(Row{"give checkout 1 GiB and a PodDisruptionBudget", "propose checkout \"give checkout 1 GiB and a PodDisruptionBudget\""},
                                         Row{"add a readiness probe to checkout", "propose checkout \"add a readiness probe to checkout\""},
                                         Row{"raise the memory limit of checkout to 2Gi", "propose checkout \"raise the memory limit of checkout to 2Gi\""},
                                         Row{"why is checkout slow to roll out?", "ask checkout \"why is checkout slow to roll out?\""},
                                         Row{"which node runs the \"api\" of checkout?", "ask checkout \"which node runs the 'api' of checkout?\""}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(NotUnderstood, Sentence,
                         testing::Values(Row{"roll nothing back to yesterday", ""}, Row{"roll checkout and search back to yesterday", ""}, Row{"roll checkout back to the stone age", ""},
                                         Row{"approve everything of checkout", ""}, Row{"please approve C-1", ""}, Row{"halt everything now please", ""}, Row{"resume the bot please", ""},
                                         Row{"freeze prod until Monday please", ""}, Row{"break the glass on checkout", ""}, Row{"waive floating-tag on checkout for me", ""},
                                         Row{"delegate my approvals to bob", ""}, Row{"delete checkout", ""}, Row{"thanks a lot", ""}, Row{"", ""}, Row{"?", ""},
                                         Row{"raise the password of checkout to password=hunter2", ""}),
                         name_of);

TEST(Sentences, AThreadSaysWhatItIs) {
  auto context = apps();
  EXPECT_EQ(read("roll it back to yesterday", context), "");
  context.implied_app = "search";
  EXPECT_EQ(read("roll it back to yesterday", context), "rollback search to yesterday");
  EXPECT_EQ(read("why is this red?", context), "why search");
  EXPECT_EQ(read("roll checkout back to yesterday", context), "rollback checkout to yesterday") << "what is named goes first";
  EXPECT_EQ(read("roll nothere back to yesterday", context), "") << "a name that isn't known is not taken for the thread's";
}

TEST(Sentences, WithoutAModelNothingIsDrafted) {
  EXPECT_EQ(read("give checkout 1 GiB", apps(), false), "");
  EXPECT_EQ(read("why is checkout slow to roll out?", apps(), false), "ask checkout \"why is checkout slow to roll out?\"");
}

TEST(Sentences, NamesOnlyAppsThatAreSeen) {
  GrammarContext context;
  context.apps = {"search"};
  for (const auto* sentence : {"roll checkout back to yesterday", "why is checkout red", "put web 1.4.2 on checkout", "why is checkout slow to roll out?"}) EXPECT_EQ(read(sentence, context), "") << sentence;
}

TEST(Sentences, WhatTheyAreIsAllowedAndReadsBackAsItself) {
  for (const auto& verb : verbs()) {
    const bool decides = verb.verb == Verb::Approve || verb.verb == Verb::Reject || verb.verb == Verb::Halt || verb.verb == Verb::Resume || verb.verb == Verb::BreakGlass || verb.verb == Verb::Waive ||
                         verb.verb == Verb::Unwaive || verb.verb == Verb::Delegate || verb.verb == Verb::Freeze || verb.verb == Verb::Unfreeze || verb.verb == Verb::Link || verb.verb == Verb::Cancel ||
                         verb.verb == Verb::Lock || verb.verb == Verb::Unlock || verb.verb == Verb::Unsilence || verb.verb == Verb::Ignore || verb.verb == Verb::Apply || verb.verb == Verb::Move ||
                         verb.verb == Verb::CreateApp || verb.verb == Verb::Set;
    EXPECT_NE(may_be_suggested(verb.verb), decides) << verb.name;
  }
}

TEST(Sentences, AModelIsAskedAboutSentencesOnly) {
  const auto context = apps();
  EXPECT_TRUE(looks_like_sentence("move the shop thing to the newest stuff", context));
  EXPECT_FALSE(looks_like_sentence("scale checkout to many", context)) << "a slip in a command has its own answer";
  EXPECT_FALSE(looks_like_sentence("sync chekout", context)) << "too short";
  EXPECT_FALSE(looks_like_sentence("please set DB_PASSWORD of checkout to hunter2", context)) << "it may hold a value";
  EXPECT_FALSE(looks_like_sentence("the token is ghp_0123456789012345678901234567", context));
  EXPECT_FALSE(looks_like_sentence(std::string(1000, 'x') + " a b c", context));
}

TEST(Sentences, WhatTheyTellOfASecretIsHidden) {
  const std::vector<std::pair<std::string, std::string>> rows{{"the db password is hunter2", "the db password is ***"},
                                                              {"set the token of checkout to swordfish please", "set the token of checkout to *** please"},
                                                              {"use Tr0ub4dor as the api key", "use *** as the api key"},
                                                              {"which secret is missing in checkout?", "which secret is missing in checkout?"},
                                                              {"why was the key of checkout rotated", "why was the key of checkout rotated"},
                                                              {"put web 1.4.2 on checkout", "put web 1.4.2 on checkout"},
                                                              {"the token is ghp_0123456789012345678901234567", "the token is ***"},
                                                              {"", ""}};
  for (const auto& [said, shown] : rows) EXPECT_EQ(without_told_secrets(said), shown);
  EXPECT_FALSE(looks_like_sentence("my password is swordfish for checkout", apps()));
}

TEST(Sentences, HugeInputIsNothing) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "give checkout ";
  EXPECT_EQ(read(text), "");
  EXPECT_EQ(read(std::string(100'000, ' ') + "\x01\xff"), "");
}

TEST(RunIt, ReadsBack) {
  const RunIt asked{"U0ALICE", *parse_time("2026-11-22T10:00:00Z"), "rollback checkout to yesterday"};
  EXPECT_EQ(to_text(asked), "run-it U0ALICE 1795341600 rollback checkout to yesterday");
  EXPECT_EQ(run_it_from(to_text(asked)), asked);
  for (const auto* text : {"", "run-it", "run-it U0ALICE", "run-it U0ALICE x sync checkout", "run-it U0ALICE 1 ", "run-it  1 sync", "sync checkout", "run-it U0ALICE -5 sync checkout"}) {
    EXPECT_FALSE(run_it_from(text)) << text;
  }
}

}  // namespace
}  // namespace driftwarden
