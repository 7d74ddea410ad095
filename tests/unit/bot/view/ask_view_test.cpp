#include "bot/view/ask_view.hpp"
#include "bot/view/sentence_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

AskShown asked() {
  AskShown shown;
  shown.headline = ":large_yellow_circle: *checkout* edited live";
  shown.facts = {{"checkout is OutOfSync: edited live", ""},
                 {"Deployment/checkout .spec.replicas: Git says 2, live is 5, set by kubectl", ""},
                 {"Warning FailedScheduling on Pod/checkout-x: <!channel> 0/3 nodes", ""},
                 {"incident 7 of checkout: edited live, opened 2 h ago", "https://acme.slack.com/archives/C1/p17000"}};
  shown.looks = {"status checkout", "diff checkout", "events checkout", "history checkout"};
  shown.now = kNine;
  return shown;
}

TEST(AskView, FactsComeFirstAndWithoutAModelAlone) {
  expect_view("ask", ask_message(asked()));
}

TEST(AskView, TheModelsWordsStandBelowWithWhatTheyRestOn) {
  auto shown = asked();
  shown.model = "qwen2.5 <!here>";
  shown.waits = true;
  expect_view("ask_waits", ask_message(shown));
  shown.waits = false;
  shown.lines = {{"Somebody scaled it by hand.", {2, 4}}, {"The new pods fit <on> no node.", {3}}};
  shown.dropped = 1;
  expect_view("ask_answered", ask_message(shown));
  shown.lines.clear();
  EXPECT_THAT(ask_message(shown).text, HasSubstr("said nothing that rests on these facts"));
  shown.trouble = "the model may be asked 20 times an hour";
  EXPECT_THAT(ask_message(shown).text, HasSubstr("No words of a model: the model may be asked"));
}

TEST(AskView, WhatIsCitedIsShownHoweverFarDown) {
  auto shown = asked();
  shown.facts.resize(30, {"another", ""});
  shown.facts[24].text = "the twenty-fifth";
  EXPECT_THAT(ask_message(shown).text, Not(HasSubstr("twenty-fifth")));
  shown.model = "m";
  shown.lines = {{"That one.", {25, 99, 0}}};
  const auto message = ask_message(shown);
  EXPECT_THAT(message.text, HasSubstr("[25] the twenty-fifth"));
  EXPECT_THAT(message.text, Not(HasSubstr("[99]")));
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
}

TEST(AskView, HugeFactsFit) {
  auto shown = asked();
  shown.facts.assign(200, {std::string(5'000, '<'), "https://acme.slack.com/archives/C1/p17000"});
  shown.notes.assign(30, std::string(2'000, '&'));
  shown.model = std::string(500, '*');
  for (std::size_t i = 1; i <= 200; ++i) shown.lines.push_back({std::string(900, '>'), {i}});
  EXPECT_THAT(test::block_kit_faults(ask_message(shown)), IsEmpty());
}

TEST(SentenceView, ShowsTheWholeCommandAndOneButton) {
  ReadAs read;
  read.command.verb = Verb::Rollback;
  read.command.app = "checkout";
  read.command.revision = "yesterday";
  read.button = {"U0ALICE", kNine + 10min, "rollback checkout to yesterday"};
  expect_view("read_as", read_as_message(read));
  read.model = "qwen2.5 <!here>";
  expect_view("read_as_model", read_as_message(read));
  EXPECT_THAT(read_as_message(read).blocks->dump(), HasSubstr("run-it U0ALICE"));
}

}  // namespace
}  // namespace driftwarden::view
