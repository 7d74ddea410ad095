// A Change that a model drafted, on its card and in its pull request.
#include "bot/command/intents.hpp"
#include "bot/view/card_view.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/bot/view/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::view {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Change drafted(ChangeState state = ChangeState::Proposed) {
  auto change = sample::change(state);
  change.verb = ChangeVerb::Propose;
  ProposeRequest request;
  request.sentence = "give it 1 GiB & a PodDisruptionBudget <!here> closes #7";
  if (state != ChangeState::Requested) {
    request.summary = "Memory and a budget";
    request.model = "qwen2.5-coder";
    request.steps.emplace_back();
    change.notes = {"Drafted by qwen2.5-coder from this sentence, in its words: Memory and a budget. What counts is the diff", "Edits apps/checkout/deployment.yaml: resources.limits.memory",
                    "New: PodDisruptionBudget checkout in pdb.yaml", "Dry-run on prod-eu: it accepts 2 objects"};
  }
  change.argument = to_json_text(request);
  return change;
}

TEST(ProposeView, ItsCardSaysWhoDraftedIt) {
  sample::expect_view("card_propose", card_message(drafted(), sample::app(), {}));
  sample::expect_view("card_propose_requested", card_message(drafted(ChangeState::Requested), sample::app(), {}));
}

TEST(ProposeView, SoDoesItsPullRequest) {
  const auto body = pull_request_body(drafted(), sample::app(), drafted().diff, "41:ab12");
  EXPECT_THAT(body, AllOf(HasSubstr("drafted by qwen2.5-coder"), HasSubstr("A model drafted this from a sentence"), Not(HasSubstr("<!here>")), Not(HasSubstr("closes #7"))));
  test::expect_golden("view/pull_request_propose.md", body);
  EXPECT_THAT(pull_request_title(drafted()), AllOf(HasSubstr("C-"), HasSubstr("give it 1 GiB"), HasSubstr("(drafted by qwen2.5-coder)")));
}

}  // namespace
}  // namespace driftwarden::view
