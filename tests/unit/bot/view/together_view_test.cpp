// Changes that were asked for together: what waits, and what became of the rest.
#include "bot/view/together_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

#include <algorithm>

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TogetherRow row(std::int64_t id, const std::string& app, ChangeState state = ChangeState::Proposed) {
  TogetherRow made;
  made.change.id = id;
  made.change.app = app;
  made.change.state = state;
  made.change.content = {"9e8d7c6b5a4f", "d"};
  made.change.updated_at = kNine;
  return made;
}

TogetherRow approved(std::int64_t id, const std::string& app, ChangeState state = ChangeState::Merged) {
  auto made = row(id, app, state);
  Approval yes;
  yes.by = "bob";
  yes.at = kNine;
  yes.via = "chat";
  made.change.approvals = {yes};
  made.counted = {"bob"};
  return made;
}

TEST(Together, AllWaitBehindOneButton) {
  const auto message = together_message({row(1, "web"), row(2, "cart", ChangeState::Requested), row(3, "db")}, "incident 7");
  expect_view("together_waits", message);
  EXPECT_THAT(message.blocks->dump(), HasSubstr(R"("value":"approve C-1 C-2 C-3")"));
  EXPECT_THAT(message.text, HasSubstr("3 Changes wait"));
}

TEST(Together, WhatIsDecidedSaysByWhomAndLeavesTheButton) {
  const auto message = together_message({approved(1, "web"), row(2, "cart"), row(3, "db", ChangeState::Rejected), row(4, "api")}, "incident 7");
  expect_view("together_partly", message);
  EXPECT_THAT(message.text, AllOf(HasSubstr("2 of 4 Changes wait"), HasSubstr("C-1 web: approved by bob")));
  EXPECT_THAT(message.blocks->dump(), HasSubstr(R"("value":"approve C-2 C-4")"));
}

TEST(Together, TheLastOneIsApprovedAsItsCardShowsIt) {
  const auto message = together_message({approved(1, "web"), row(2, "cart")}, "incident 7");
  EXPECT_THAT(message.blocks->dump(), HasSubstr(R"("value":"approve C-2 9e8d7c6")"));
}

TEST(Together, NothingIsLeftToPress) {
  auto expired = row(3, "db", ChangeState::Expired);
  auto withdrawn = row(4, "api", ChangeState::Cancelled);
  withdrawn.change.closed_by = "alice";
  const auto message = together_message({approved(1, "web", ChangeState::Done), row(2, "cart", ChangeState::Failed), expired, withdrawn}, "incident 7");
  expect_view("together_over", message);
  EXPECT_THAT(message.blocks->dump(), Not(HasSubstr("actions")));
  EXPECT_THAT(message.text, AllOf(HasSubstr("none waits any more"), HasSubstr("withdrawn by alice")));
}

TEST(Together, WhatNeedsMoreThanAClickIsNamedAndNotInTheButton) {
  auto typed = row(1, "web");
  typed.change.quorum.typed_name = true;
  auto coded = row(2, "cart");
  coded.change.quorum.step_up = StepUp::Totp;
  auto reviewed = row(3, "db");
  reviewed.change.quorum.step_up = StepUp::Forge;
  const auto message = together_message({typed, coded, reviewed}, "incident 7");
  EXPECT_THAT(message.blocks->dump(), Not(HasSubstr("actions")));
  EXPECT_THAT(message.text, AllOf(HasSubstr("3 Changes wait"), HasSubstr("the App's name must be typed"), HasSubstr("one-time code"), HasSubstr("only reviews on the forge")));
}

TEST(Together, ManyAreSplitOverButtons) {
  std::vector<TogetherRow> rows;
  for (int i = 0; i < 700; ++i) rows.push_back(row(100'000 + i, fmt::format("app{}", i)));
  const auto message = together_message(rows, "incident 7");
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  std::size_t named = 0;
  for (const auto& block : *message.blocks) {
    if (block.at("type") != "actions") continue;
    for (const auto& button : block.at("elements")) {
      const auto value = button.at("value").get<std::string>();
      const auto count = static_cast<std::size_t>(std::ranges::count(value, ' '));
      EXPECT_LE(count, kMostChangesAtOnce);
      named += count;
    }
  }
  EXPECT_EQ(named, 700U);
}

}  // namespace
}  // namespace driftwarden::view
