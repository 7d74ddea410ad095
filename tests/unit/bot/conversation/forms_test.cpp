// What is wrong with a form, told while it is still open.
#include "bot/conversation/forms.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

App app_named(const std::string& name) {
  App app;
  app.name = name;
  app.repository = "config";
  app.path = "apps/" + name;
  return app;
}

FormFacts facts() {
  FormFacts known;
  known.apps = {app_named("checkout"), app_named("secret")};
  known.visible = {"checkout"};
  known.clusters = {"prod-eu"};
  known.repositories = {"config"};
  return known;
}

Request form(const std::string& command, std::map<std::string, std::string> values) {
  Request request;
  request.kind = Request::Kind::Modal;
  request.text = command;
  request.values = std::move(values);
  return request;
}

std::map<std::string, std::string> good() { return {{"name", "web"}, {"image", "ghcr.io/acme/web:1.4.2"}, {"port", "8080"}, {"cluster", "prod-eu"}, {"namespace", "shop"}, {"path", "apps/web"}, {"channel", "#shop"}}; }

struct Row {
  std::string name;
  std::string field;
  std::string value;
  std::string wrong;  ///< where the error is told; "" = none
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class NewAppForm : public testing::TestWithParam<Row> {};
TEST_P(NewAppForm, IsChecked) {
  auto values = good();
  values[GetParam().field] = GetParam().value;
  const auto errors = form_errors(form("create-app", values), facts());
  if (GetParam().wrong.empty()) {
    EXPECT_THAT(errors, IsEmpty());
  } else {
    EXPECT_THAT(errors, ElementsAre(Key(GetParam().wrong)));
  }
}
INSTANTIATE_TEST_SUITE_P(
    Fields, NewAppForm,
    testing::Values(Row{"AsItShouldBe", "name", "web", ""}, Row{"NoName", "name", "", "name"}, Row{"ANameWithCapitals", "name", "Web", "name"}, Row{"ANameWithSpaces", "name", "my web", "name"},
                    Row{"ANameThatEndsInADash", "name", "web-", "name"}, Row{"ANameThatIsTooLong", "name", std::string(64, 'a'), "name"}, Row{"ATakenName", "name", "checkout", "name"},
                    Row{"ATakenNameThatTheyDontSee", "name", "secret", "name"}, Row{"NoImageAndNoPattern", "image", "", "image"}, Row{"AnImageWithoutATag", "image", "web", "image"},
                    Row{"AnImageWithSpaces", "image", "web:1 because", "image"}, Row{"APortThatIsNone", "port", "http", "port"}, Row{"PortZero", "port", "0", "port"},
                    Row{"APortTooHigh", "port", "65536", "port"}, Row{"APortWithATail", "port", "80a", "port"}, Row{"NoPort", "port", "", ""}, Row{"AnUnknownCluster", "cluster", "mars", "cluster"},
                    Row{"APathUpwards", "path", "apps/../../etc", "path"}, Row{"AnAbsolutePath", "path", "/etc", "path"}, Row{"APathIntoGit", "path", ".git/hooks", "path"},
                    Row{"APathWhereAnotherAppLives", "path", "apps/checkout", "path"}, Row{"APathBelowAnotherApp", "path", "apps/checkout/web", "path"}, Row{"APathAboveAnotherApp", "path", "apps", "path"},
                    Row{"NoPath", "path", "", ""}, Row{"ANamespaceWithADot", "namespace", "shop.prod", "namespace"}, Row{"AChannelOfTwoWords", "channel", "#shop prod", "channel"},
                    Row{"AKnownPattern", "like", "checkout", ""}, Row{"APatternThatTheyDontSee", "like", "secret", "like"}, Row{"AnUnknownRepository", "repository", "elsewhere", "repository"}),
    [](const auto& row) { return row.param.name; });

TEST(Forms, APatternThatIsHiddenIsAnsweredLikeOneThatIsNot) {
  auto values = good();
  values["like"] = "secret";
  const auto hidden = form_errors(form("create-app", values), facts()).at("like");
  auto without = facts();
  without.apps.pop_back();
  EXPECT_EQ(hidden, form_errors(form("create-app", values), without).at("like"));
}

TEST(Forms, ATemplatesParametersAreChecked) {
  auto known = facts();
  const nlohmann::json metadata{{"command", "create-app template web"},
                                {"parameters", {{{"name", "team"}, {"required", true}, {"choices", {"shop", "pay"}}}, {{"name", "replicas"}, {"pattern", "[1-9]"}}}}};
  const nlohmann::json payload{{"view", {{"private_metadata", metadata.dump()}}}};
  known.parameters = form_parameters(payload);
  ASSERT_EQ(known.parameters.size(), 2U);
  auto values = good();
  values.erase("image");
  values["param:replicas"] = "ten";
  EXPECT_THAT(form_errors(form("create-app template web", values), known), UnorderedElementsAre(Key("param:team"), Key("param:replicas")));
  values["param:team"] = "pay";
  values["param:replicas"] = "3";
  EXPECT_THAT(form_errors(form("create-app template web", values), known), IsEmpty()) << "a template brings its image";
}

TEST(Forms, AFormIsACommand) {
  auto values = good();
  values["param:team"] = "the \"shop\" because";
  values["reason"] = "we need it";
  const auto request = form("create-app template web-service", values);
  GrammarContext context;
  const auto parsed = parse_command(command_text(request), context);
  ASSERT_TRUE(std::holds_alternative<Command>(parsed)) << std::get<NotUnderstood>(parsed).message;
  auto command = std::get<Command>(parsed);
  fill_from_form(request, command);
  const auto& wanted = std::get<CreateAppRequest>(command.intent);
  EXPECT_EQ(wanted.name, "web");
  EXPECT_EQ(wanted.template_, "web-service");
  EXPECT_EQ(wanted.port, 8080);
  EXPECT_EQ(wanted.parameters.at("team"), "the \"shop\" because") << "no grammar in between";
  EXPECT_EQ(command.reason, "we need it");
}

TEST(Forms, WhatAYesNeeds) {
  auto known = facts();
  Change change;
  change.app = "checkout";
  change.quorum.step_up = StepUp::Totp;
  change.quorum.typed_name = true;
  known.change = change;
  EXPECT_THAT(form_errors(form("approve C-1 abc", {}), known), UnorderedElementsAre(Key("code"), Key("name")));
  EXPECT_THAT(form_errors(form("approve C-1 abc", {{"code", "12345"}, {"name", "checkout"}}), known), ElementsAre(Key("code")));
  EXPECT_THAT(form_errors(form("approve C-1 abc", {{"code", "12345x"}, {"name", "checkout"}}), known), ElementsAre(Key("code")));
  EXPECT_THAT(form_errors(form("approve C-1 abc", {{"code", "123 456"}, {"name", "chekout"}}), known), ElementsAre(Key("name")));
  EXPECT_THAT(form_errors(form("approve C-1 abc", {{"code", "123 456"}, {"name", " checkout "}}), known), IsEmpty());
  EXPECT_EQ(change_of_form(form("approve C-12 abc", {})), 12);
  EXPECT_EQ(change_of_form(form("approved C-12 abc", {})), 0);
}

TEST(Forms, ANoNeedsAReason) {
  EXPECT_THAT(form_errors(form("reject C-1", {{"reason", "  "}}), facts()), ElementsAre(Key("reason")));
  EXPECT_THAT(form_errors(form("reject C-1", {{"reason", "not now"}}), facts()), IsEmpty());
}

TEST(Forms, WhatIsNoFormHasNoErrors) {
  auto request = form("create-app", {});
  request.kind = Request::Kind::Mention;
  EXPECT_THAT(form_errors(request, facts()), IsEmpty());
}

TEST(Forms, AnErrorWithoutAnInputIsToldAtTheFirst) {
  EXPECT_EQ(errors_payload({{"path", "no."}, {"port", "nor that."}}, {"name", "port"}).dump(), R"({"errors":{"name":"no.","port":"nor that."},"response_action":"errors"})");
  EXPECT_TRUE(errors_payload({}, {"name"}).is_null());
  EXPECT_TRUE(errors_payload({{"x", "y"}}, {}).is_null());
}

TEST(Forms, AreSentBackInTheAckAndNotKept) {
  Talk talk;
  talk.slash("U0alice", "create-app");
  auto values = good();
  values["name"] = "checkout";
  values["port"] = "many";
  const auto errors = talk.submit("U0alice", values);
  EXPECT_THAT(errors, UnorderedElementsAre(Key("name"), Key("port")));
  EXPECT_THAT(talk.all_changes(), IsEmpty());
  values["name"] = "web";
  values["port"] = "8080";
  EXPECT_THAT(talk.submit("U0alice", values), IsEmpty());
  talk.clock.advance(5s);
  ASSERT_EQ(talk.all_changes().size(), 1U);
  EXPECT_EQ(talk.change().app, "web");
}

TEST(Forms, AWrongLookingCodeCostsNothing) {
  Talk talk;
  talk.config.people[1].totp = SecretValue{};
  talk.config.people[1].totp->value = Secret<std::string>("JBSWY3DPEHPK3PXP");
  talk.proposed([](Quorum& quorum) { quorum.step_up = StepUp::Totp; });
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_THAT(talk.submit("U0bob", {{"code", "12"}}), ElementsAre(Key("code")));
  ASSERT_THAT(talk.refusals(), testing::SizeIs(1));
  EXPECT_THAT(talk.refusals().front().entry.detail, testing::HasSubstr(R"("rule":"form: code")")) << "none of the few tries that one has";
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
}

TEST(ApprovalForm, OfAHiddenAppNamesNothing) {
  auto known = facts();
  known.change.emplace();
  known.change->app = "secret";
  known.change->quorum.typed_name = true;
  EXPECT_THAT(form_errors(form("approve C-1", {{"name", "x"}}), known), IsEmpty());
  known.visible.push_back("secret");
  EXPECT_THAT(form_errors(form("approve C-1", {{"name", "x"}}), known), ElementsAre(Key("name")));
}

}  // namespace
}  // namespace driftwarden
