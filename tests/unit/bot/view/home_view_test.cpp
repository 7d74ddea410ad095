#include "bot/view/home_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const json& view, const std::string& type) {
  return static_cast<std::size_t>(std::ranges::count_if(view.at("blocks"), [&](const json& block) { return block.at("type") == type; }));
}

HomeContent huge() {
  HomeContent content;
  content.person = "alice";
  content.visible = 5000;
  content.workspace_url = "https://acme.slack.com/";
  for (int i = 0; i < 1000; ++i) {
    StatusRow row;
    row.app = app(fmt::format("app-{}", i));
    row.report.state = i % 3 == 0 ? AppState::Synced : AppState::OutOfSync;
    row.report.reason = std::string(5000, '"');
    row.health = i % 3 == 0 ? "healthy" : std::string(3000, '<');
    content.mine.push_back(row);
    content.others.push_back(row);
    auto one = change();
    one.id = i + 1;
    one.requester = std::string(3000, '&');
    one.card = MessageRef{"C1", "1800000000.000100"};
    content.for_me.push_back(one);
    content.by_me.push_back(one);
  }
  return content;
}

TEST(HomeView, StaysWithinSlacksLimitsWhateverThereIs) {
  const auto view = home_view(huge(), WallTime{});
  EXPECT_LE(view->at("blocks").size(), 100U);
  EXPECT_LE(view->dump().size(), 250'000U);
  for (const auto& block : view->at("blocks")) {
    if (block.at("type") == "section") {
      EXPECT_LE(block.at("text").at("text").get<std::string>().size(), 3000U);
    }
    if (block.at("type") == "actions") {
      EXPECT_LE(block.at("elements").size(), 25U);
    }
  }
  EXPECT_THAT(view->dump(), HasSubstr("as of")) << "the end isn't cut off";
}

TEST(HomeView, ButtonsAreCommandsAndApprovingOpensTheCard) {
  auto content = huge();
  content.for_me.resize(1);
  const auto text = home_view(content, WallTime{})->dump();
  EXPECT_THAT(text, HasSubstr("\"url\":\"https://acme.slack.com/archives/C1/p1800000000000100\""));
  EXPECT_THAT(text, HasSubstr("\"value\":\"diff app-1\""));
  EXPECT_THAT(text, HasSubstr("\"value\":\"pending\""));
  EXPECT_THAT(text, Not(HasSubstr("\"value\":\"approve"))) << "what is approved is to be seen first";
}

TEST(HomeView, DependsOnTheMomentInOneLineOnly) {
  auto content = huge();
  const auto one = home_view(content, WallTime{});
  const auto other = home_view(content, WallTime{} + std::chrono::hours{5});
  std::size_t differ = 0;
  for (std::size_t i = 0; i < one->at("blocks").size(); ++i) differ += one->at("blocks").at(i) == other->at("blocks").at(i) ? 0 : 1;
  EXPECT_EQ(differ, 1U);
}

TEST(HomeView, SomebodyUnknownIsToldWhatToAskFor) {
  HomeContent content;
  content.slack_id = "U0EVE";
  const auto view = home_view(content, WallTime{});
  EXPECT_EQ(view->at("type"), "home");
  EXPECT_EQ(count_of(*view, "header"), 1U);
  EXPECT_THAT(view->dump(), HasSubstr("U0EVE"));
}

TEST(HomeView, WordsFromOutsidePingNobody) {
  auto content = huge();
  content.mine.resize(2);
  content.mine[1].health = kHostile;
  content.for_me.resize(1);
  content.for_me[0].requester = kHostile;
  EXPECT_THAT(home_view(content, WallTime{})->dump(), Not(HasSubstr("<!channel>")));
}

}  // namespace
}  // namespace driftwarden::view
