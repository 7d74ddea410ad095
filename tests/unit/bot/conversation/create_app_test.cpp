// create-app: from what, the form of a template, and what is missing.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct CreateApp : Talk, testing::Test {
  /// Commits files to main, and has them fetched.
  void publish(const std::vector<std::pair<std::string, std::string>>& files) {
    const auto work = (directory.path / "templates-work").string();
    test::run_shell(fmt::format("git clone -q {} {}", remote(), work));
    for (const auto& [path, content] : files) {
      std::filesystem::create_directories(std::filesystem::path(work) / std::filesystem::path(path).parent_path());
      std::ofstream(std::filesystem::path(work) / path) << content;
    }
    test::run_shell(fmt::format("cd {} && git add -A && git -c user.name=Ann -c user.email=ann@example.org commit -q -m templates && git push -q origin HEAD:main", work));
    reopen();
    clock.advance(2s);
  }
  void with_template() {
    publish({{".driftwarden/templates/web/template.yaml",
              "title: Web service\npath: apps/{{name}}\nnamespace: shop\ncluster: prod-eu\nparameters:\n  - {name: team, title: Team, choices: [shop, pay], required: true}\n"
              "  - {name: level, title: Log level, default: info}\n"},
             {".driftwarden/templates/web/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{name}}\ndata:\n  team: {{team}}\n  level: {{level}}\n"},
             {".driftwarden/templates/bad/template.yaml", "title: Bad\n"},
             {".driftwarden/templates/bad/a.yaml", "name: {{nmae}}\n"}});
  }
  std::vector<std::string> offered() const {
    std::vector<std::string> commands;
    for (const auto& block : *slack.with_key("reply:").back()->now().blocks) {
      if (block.at("type") != "actions") continue;
      for (const auto& element : block.at("elements")) {
        for (const auto& option : element.value("options", nlohmann::json::array())) commands.push_back(option.at("value"));
        if (element.contains("value")) commands.push_back(element.at("value"));
      }
    }
    return commands;
  }
  std::string last_blocks() const { return slack.with_key("reply:").back()->now().blocks->dump(); }
  std::vector<std::string> inputs() const {
    std::vector<std::string> ids;
    for (const auto& block : slack.views.back().at("blocks")) {
      if (block.at("type") == "input") ids.push_back(block.at("block_id"));
    }
    return ids;
  }
};

TEST_F(CreateApp, AsksFromWhatWhenThereAreTemplates) {
  with_template();
  say("U0alice", "create-app");
  EXPECT_THAT(offered(), testing::ElementsAre("create-app template web", "create-app like checkout", "create-app on prod-eu"));
  EXPECT_THAT(last_blocks(), HasSubstr("unknown placeholder {{nmae}}")) << "a broken template is told, not hidden";
}

TEST_F(CreateApp, ATemplateThatIsChosenAsksExactlyWhatItWants) {
  with_template();
  slash("U0alice", "create-app template web");
  ASSERT_FALSE(slack.views.empty());
  EXPECT_THAT(inputs(), testing::IsSupersetOf({"name", "param:team", "param:level", "cluster", "namespace"}));
  EXPECT_THAT(inputs(), testing::Not(Contains("like")));
  EXPECT_THAT(slack.views.back().dump(), HasSubstr("\"initial_value\":\"info\""));
  submit("U0alice", {{"name", "cart"}, {"param:team", "pay"}, {"param:level", "debug"}, {"cluster", "prod-eu"}, {"namespace", "shop"}});
  clock.advance(5s);
  ASSERT_EQ(all_changes().size(), 1U) << ::testing::PrintToString(answers());
  const auto request = create_app_request_from(change().argument);
  EXPECT_EQ(request.template_, "web");
  EXPECT_EQ(request.path, "apps/cart");
  EXPECT_EQ(request.parameters, (std::map<std::string, std::string>{{"team", "pay"}, {"level", "debug"}}));
  EXPECT_EQ(change().state, ChangeState::Proposed) << change().failure;
  EXPECT_THAT(git("show " + change().content.head_sha + ":apps/cart/config.yaml"), HasSubstr("team: pay\n  level: debug"));
}

TEST_F(CreateApp, InOneSentence) {
  with_template();
  say("U0alice", "create-app cart template web team=shop because we sell more");
  clock.advance(5s);
  ASSERT_EQ(all_changes().size(), 1U) << ::testing::PrintToString(answers());
  const auto request = create_app_request_from(change().argument);
  EXPECT_EQ(request.cluster, "prod-eu");
  EXPECT_EQ(request.namespace_, "shop");
  EXPECT_EQ(change().reason, "we sell more");
}

TEST_F(CreateApp, WhatIsMissingIsAskedFor) {
  with_template();
  say("U0alice", "create-app cart template web");
  EXPECT_THAT(answers().back(), HasSubstr("needs team (shop or pay)"));
  EXPECT_THAT(offered(), testing::ElementsAre("create-app cart template web"));
  slash("U0alice", "create-app cart template web");
  ASSERT_FALSE(slack.views.empty());
  EXPECT_THAT(slack.views.back().dump(), HasSubstr("\"initial_value\":\"cart\""));
  EXPECT_TRUE(all_changes().empty());
}

TEST_F(CreateApp, WhatIsWrongIsToldBeforeAnyChange) {
  with_template();
  say("U0alice", "create-app cart template web team=sales");
  EXPECT_THAT(answers().back(), HasSubstr("is none of shop, pay"));
  say("U0alice", "create-app cart template web team=pay colour=red");
  EXPECT_THAT(answers().back(), HasSubstr("no parameter \"colour\""));
  say("U0alice", "create-app cart template wob team=pay");
  EXPECT_THAT(answers().back(), HasSubstr("did you mean `web`?"));
  say("U0alice", "create-app cart template bad");
  EXPECT_THAT(answers().back(), HasSubstr(".driftwarden/templates/bad/a.yaml:1: unknown placeholder"));
  say("U0alice", "create-app cart like checkout team=pay");
  EXPECT_THAT(answers().back(), HasSubstr("is for a template"));
  EXPECT_TRUE(all_changes().empty());
}

TEST_F(CreateApp, WithoutTemplatesTheFormIsOpenedAtOnce) {
  slash("U0alice", "create-app");
  ASSERT_EQ(slack.views.size(), 1U);
  EXPECT_THAT(inputs(), Contains("like"));
}

TEST_F(CreateApp, AnEmptyFormForTheClusterOfAButton) {
  with_template();
  slash("U0alice", "create-app on prod-eu");
  ASSERT_EQ(slack.views.size(), 1U);
  EXPECT_THAT(slack.views.back().dump(), HasSubstr("\"initial_option\""));
}

}  // namespace
}  // namespace driftwarden
