#include "bot/view/modals.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;

const json* input(const json& view, const std::string& id) {
  for (const auto& block : view.at("blocks")) {
    if (block.value("block_id", "") == id) return &block;
  }
  return nullptr;
}

void expect_modal(const json& view) {
  EXPECT_EQ(view.at("type"), "modal");
  for (const auto* key : {"title", "submit", "close"}) EXPECT_LE(view.at(key).at("text").get<std::string>().size(), 24U);
  EXPECT_LE(view.at("private_metadata").get<std::string>().size(), 3000U);
  EXPECT_LE(view.at("blocks").size(), 100U);
  for (const auto& block : view.at("blocks")) {
    if (block.at("type") != "input") continue;
    EXPECT_EQ(block.at("block_id"), block.at("element").at("action_id"));
    if (block.at("element").at("type") == "static_select") {
      EXPECT_GE(block.at("element").at("options").size(), 1U);
      EXPECT_LE(block.at("element").at("options").size(), 100U);
    }
  }
}

TEST(Modals, ApprovingAsksForWhatAYesNeeds) {
  auto shown = change();
  shown.quorum.step_up = StepUp::Totp;
  shown.quorum.typed_name = true;
  shown.risk = {RiskTier::Destructive, {"PersistentVolumeClaim shop/data: goes, perhaps with its data"}, {"PersistentVolumeClaim shop/data"}, {}};
  const auto view = approve_modal(shown, app(), shown.content.head_sha, "C1", "18.1");
  expect_modal(*view);
  ASSERT_NE(input(*view, "code"), nullptr);
  ASSERT_NE(input(*view, "name"), nullptr);
  const auto metadata = json::parse(view->at("private_metadata").get<std::string>());
  EXPECT_EQ(metadata, (json{{"command", "approve C-12 9e8d7c6"}, {"channel", "C1"}, {"thread_ts", "18.1"}}));
  test::expect_golden("view/modal_approve.json", view->dump(2) + "\n");
}

TEST(Modals, ApprovingAsksForNothingElse) {
  auto shown = change();
  shown.quorum.typed_name = true;
  const auto view = approve_modal(shown, app(), "");
  EXPECT_EQ(input(*view, "code"), nullptr);
  EXPECT_EQ(json::parse(view->at("private_metadata").get<std::string>()).at("command"), "approve C-12 9e8d7c6") << "the card's head";
}

TEST(Modals, RejectingAsksWhy) {
  const auto view = reject_modal(change(), "C1", "18.1");
  expect_modal(*view);
  ASSERT_NE(input(*view, "reason"), nullptr);
  EXPECT_EQ(json::parse(view->at("private_metadata").get<std::string>()).at("command"), "reject C-12");
}

TEST(Modals, ANewAppIsAskedForInOneForm) {
  const auto view = create_app_modal({app(), app("cart"), orphans_app()}, {"dev", "prod-eu"}, "C1");
  expect_modal(*view);
  for (const auto* id : {"name", "like", "image", "cluster", "namespace", "path", "channel"}) EXPECT_NE(input(*view, id), nullptr) << id;
  EXPECT_THAT(input(*view, "like")->at("element").at("options"), SizeIs(2));
  test::expect_golden("view/modal_create_app.json", view->dump(2) + "\n");
}

TEST(Modals, MoreAppsThanAMenuHoldsAreFoundByTypingAndAnEmptyListIsTyped) {
  const auto view = create_app_modal(std::vector<App>(101, app()), {});
  expect_modal(*view);
  EXPECT_EQ(input(*view, "like")->at("element").at("type"), "external_select");
  EXPECT_EQ(input(*view, "cluster")->at("element").at("type"), "plain_text_input");
}

TEST(Modals, ATemplateAsksItsOwnQuestions) {
  CreateAppForm form;
  form.clusters = {"dev", "prod-eu"};
  form.template_ = "web-service";
  form.fields = {{"team", "Team", "", "", "", {"shop", "pay"}, true}, {"replicas", "", "", "2", "[1-9]", {}, false}, {"image", "Image", "from our registry", "", "", {}, true}};
  form.values = {{"name", "web"}, {"cluster", "dev"}};
  const auto view = create_app_modal(form);
  expect_modal(*view);
  EXPECT_EQ(input(*view, "like"), nullptr);
  EXPECT_EQ(input(*view, "name")->at("element").at("initial_value"), "web");
  EXPECT_EQ(input(*view, "cluster")->at("element").at("initial_option").at("value"), "dev");
  ASSERT_NE(input(*view, "param:team"), nullptr);
  EXPECT_FALSE(input(*view, "param:team")->at("optional"));
  EXPECT_EQ(input(*view, "param:replicas")->at("element").at("initial_value"), "2");
  EXPECT_EQ(input(*view, "param:image"), nullptr) << "every App has one: asked once";
  EXPECT_FALSE(input(*view, "image")->at("optional"));
  const auto metadata = json::parse(view->at("private_metadata").get<std::string>());
  EXPECT_EQ(metadata.at("command"), "create-app template web-service");
  EXPECT_EQ(metadata.at("parameters").size(), 3U) << "what a submission is checked by";
}

TEST(Modals, RulesThatDontFitAreLeftOut) {
  CreateAppForm form;
  form.template_ = "huge";
  for (int i = 0; i < 50; ++i) form.fields.push_back({fmt::format("p{}", i), "", "", "", std::string(200, 'a'), {}, false});
  const auto view = create_app_modal(form);
  expect_modal(*view);
  EXPECT_FALSE(json::parse(view->at("private_metadata").get<std::string>()).contains("parameters"));
}

TEST(Modals, WordsFromOutsideCannotBreakThem) {
  auto shown = change();
  shown.argument = "\xff\xfe";
  shown.requester = kHostile;
  shown.risk.reasons = {kHostile, "\xff"};
  shown.risk.tier = RiskTier::High;
  const auto text = approve_modal(shown, app("\xff"), "")->dump();
  EXPECT_THAT(text, testing::Not(HasSubstr("<!channel>")));
}

}  // namespace
}  // namespace driftwarden::view
