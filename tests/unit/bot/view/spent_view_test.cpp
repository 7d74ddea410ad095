// What stays of a message whose button is spent.
#include "bot/view/sentence_view.hpp"
#include "bot/view/spent_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ReadAs read_as() {
  ReadAs read;
  read.command.verb = Verb::Rollback;
  read.command.app = "checkout";
  read.command.revision = "yesterday";
  read.button = {"U0ALICE", kNine + 10min, "rollback checkout to yesterday"};
  read.model = "qwen2.5";
  return read;
}

TEST(SpentView, SaysWhoPressedItAndHasNoButton) {
  const auto read = read_as();
  const auto spent = spent_message(*read_as_message(read).blocks, read.button, kNine + 1min);
  expect_view("read_as_pressed", spent);
  EXPECT_THAT(spent.blocks->dump(), AllOf(HasSubstr("<@U0ALICE> pressed *Run it*"), HasSubstr("rollback checkout to yesterday"), HasSubstr("read by the model *qwen2.5*"),
                                          Not(HasSubstr("actions")), Not(HasSubstr("can run it"))));
  EXPECT_THAT(test::block_kit_faults(spent), IsEmpty());
}

TEST(SpentView, SaysThatNobodyDid) {
  const auto read = read_as();
  const auto spent = spent_message(*read_as_message(read).blocks, read.button, std::nullopt);
  expect_view("read_as_expired", spent);
  EXPECT_THAT(spent.text, AllOf(HasSubstr("nobody ran it"), HasSubstr("say it again")));
}

TEST(SpentView, OnlyRunItCanBeSpent) {
  EXPECT_EQ(run_it_words(*read_as_message(read_as()).blocks), to_text(read_as().button));
  EXPECT_EQ(run_it_words(nlohmann::json::parse(R"([{"type":"actions","elements":[{"type":"button","value":"sync checkout"}]}, 7, {"type":"actions"}])")), std::nullopt);
  EXPECT_EQ(run_it_words(nlohmann::json()), std::nullopt);
}

}  // namespace
}  // namespace driftwarden::view
