// New Apps, on a repository that git made.
#include "bot/watch/app_files.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/bot/change/plan_fixture.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class PlanCreate : public PlanTest {
 protected:
  static CreateAppRequest request(const std::string& name) {
    CreateAppRequest made;
    made.name = name;
    made.repository = "config";
    made.cluster = "prod";
    return made;
  }
  Result<VerbPlan> create(const CreateAppRequest& wanted) {
    auto asked = change(ChangeVerb::CreateApp, wanted.name, to_json_text(wanted));
    App made;
    made.name = wanted.name;
    made.repository = "config";
    const PlanContext context{config, *mirror, render, head(), report, {}, apps};
    return plan_verb(asked, made, context);
  }
  /// A pattern with a Secret can't be copied elsewhere.
  void without_secrets() {
    git("rm -q apps/shop/secret.yaml");
    publish_as("bob", "README", "no secrets here");
  }
  static std::string all_files(const VerbPlan& plan) {
    std::string text;
    for (const auto& edit : plan.edits) text += "=== " + edit.path + "\n" + edit.content.value_or("(removed)\n");
    return text;
  }
  static std::string file(const VerbPlan& plan, const std::string& path) {
    const auto found = std::ranges::find(plan.edits, path, &FileEdit::path);
    return found == plan.edits.end() ? "" : found->content.value_or("");
  }
};

TEST_F(PlanCreate, FromAScaffold) {
  auto wanted = request("cart");
  wanted.image = "ghcr.io/acme/cart:1.0";
  wanted.port = 8080;
  wanted.channel = "#cart";
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  expect_golden("change/scaffold.txt", all_files(*made));
  EXPECT_THAT(notes(*made), HasSubstr("namespace cart of prod, which must be there"));
}

TEST_F(PlanCreate, WithoutAPortThereIsNoService) {
  auto wanted = request("worker");
  wanted.image = "ghcr.io/acme/worker:1.0";
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.size(), 2U);
  EXPECT_THAT(all_files(*made), Not(HasSubstr("robe")));
}

TEST_F(PlanCreate, AfterThePatternOfAnother) {
  write_file(work() / "apps/shop/kept.txt", "shop, not workshop or shopping; shop-config and shop/shop_1\n");
  without_secrets();
  auto wanted = request("cart");
  wanted.like = "shop";
  wanted.cluster = "";
  wanted.namespace_ = "cart";
  wanted.image = "ghcr.io/acme/cart:7";
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(file(*made, "apps/cart/deployment.yaml"), deployment("cart", "ghcr.io/acme/cart:7"));
  EXPECT_EQ(file(*made, "apps/cart/extra.yaml"), config_map("extra"));
  EXPECT_EQ(file(*made, "apps/cart/kept.txt"), "cart, not workshop or shopping; cart-config and cart/shop_1\n");
  expect_golden("change/app_file_like.yaml", file(*made, ".driftwarden/apps/cart.yaml"));
  EXPECT_THAT(notes(*made), HasSubstr("after the pattern of shop"));
}

TEST_F(PlanCreate, TheFileDeclaresTheAppThatWasPlanned) {
  without_secrets();
  app("shop").helm.release = "shop";
  app("shop").helm.values = {"values.yaml", "values-prod.yaml"};
  app("shop").helm.set = {{"image.tag", "1.4.2"}};
  app("shop").track = Track::Pin;
  app("shop").channel = "#shop";
  auto wanted = request("cart");
  wanted.like = "shop";
  wanted.cluster = "";
  wanted.namespace_ = "cart";
  const auto asked = change(ChangeVerb::CreateApp, "cart", to_json_text(wanted));
  const auto planned = created_app(asked, config, apps);
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->path, "apps/cart");
  EXPECT_EQ(planned->helm.release, "cart");
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  const auto path = app_file_path("cart");
  const auto declared = parse_app_file(file(*made, path), path, "config", config);
  ASSERT_TRUE(declared) << declared.error().message;
  EXPECT_EQ(*declared, *planned);
}

TEST_F(PlanCreate, WithoutAnImageThePatternsIsKept) {
  without_secrets();
  auto wanted = request("cart");
  wanted.like = "shop";
  wanted.namespace_ = "cart";
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(file(*made, "apps/cart/deployment.yaml"), HasSubstr("image: ghcr.io/acme/shop:1.0"));
  EXPECT_THAT(made->notes, Contains("The images are those of shop"));
}

TEST_F(PlanCreate, ObjectsThatThePatternMakesAlreadyAreRefused) {
  auto wanted = request("cart");
  wanted.like = "shop";
  EXPECT_THAT(why_not(create(wanted)), HasSubstr("Secret shop/keys is made by shop, and cart would make it again"));
}

TEST_F(PlanCreate, SecretsAreNotCopied) {
  auto wanted = request("cart");
  wanted.like = "shop";
  wanted.namespace_ = "cart";
  EXPECT_THAT(why_not(create(wanted)), HasSubstr("a copy would put them there once more"));
  wanted.namespace_ = "";
  wanted.cluster = "dev";
  EXPECT_THAT(why_not(create(wanted)), HasSubstr("a copy would put them there once more"));
}

TEST_F(PlanCreate, APatternIsForThoseWhoMayReadIt) {
  without_secrets();
  auto wanted = request("cart");
  wanted.like = "shop";
  wanted.namespace_ = "cart";
  config.policy.given = true;
  config.policy.rules = {{{"bob"}, {"diff"}, {"shop"}}};
  EXPECT_THAT(why_not(create(wanted)), HasSubstr("alice may not diff shop"));
  config.policy.rules[0].who = {"alice"};
  EXPECT_EQ(why_not(create(wanted)), "");
}

TEST_F(PlanCreate, ThePolicySeesNoOwnersThatTheRequestBrings) {
  auto wanted = request("cart");
  wanted.image = "ghcr.io/acme/cart:1.0";
  wanted.owners = {"bob"};
  const auto of = [&] { return created_app(change(ChangeVerb::CreateApp, "cart", to_json_text(wanted)), config, apps); };
  EXPECT_THAT(of()->owners, testing::IsEmpty());
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(file(*made, ".driftwarden/apps/cart.yaml"), HasSubstr("owners: [\"bob\"]"));
  wanted.like = "shop";
  app("shop").environment = "sandbox";
  EXPECT_THAT(of()->owners, testing::ElementsAre("alice")) << "the pattern's";
  EXPECT_EQ(of()->environment, "prod") << "the cluster's";
}

TEST_F(PlanCreate, AnOverlaysFolderIsFoundByTheNameItHas) {
  write_file(work() / "teams/pay/base/deployment.yaml", "metadata: {name: pay}\n");
  write_file(work() / "teams/pay/base/kustomization.yaml", "resources: [deployment.yaml]\n");
  write_file(work() / "teams/pay/overlays/prod/kustomization.yaml",
             "resources: [../../base]\nnamespace: pay\ncommonLabels:\n  app: pay\nimages:\n- name: acme/pay\n  newTag: pay-1\nnamePrefix: pay-\n");
  write_file(work() / "teams/pay/overlays/dev/kustomization.yaml", "resources: [../../base]\n");
  publish_as("bob", "README", "x");
  App pay = app("shop");
  pay.name = "pay-prod";
  pay.path = "teams/pay/overlays/prod";
  pay.namespace_ = "pay";
  pay.render = RenderKind::Kustomize;
  apps.push_back(pay);
  render = [](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
    Rendered rendered;
    if (files.size() != 3) return Error{ErrorKind::InvalidInput, "not what it is made from"};
    Manifest one;
    one.ref = {"apps", "v1", "Deployment", of.namespace_, of.name};
    one.body = std::make_shared<const nlohmann::json>();
    rendered.manifests.push_back(one);
    return rendered;
  };
  auto wanted = request("bill-prod");
  wanted.like = "pay-prod";
  wanted.namespace_ = "bill";
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.size(), 4U) << all_files(*made);
  EXPECT_EQ(file(*made, "teams/bill/base/deployment.yaml"), "metadata: {name: bill}\n");
  EXPECT_EQ(file(*made, "teams/bill/overlays/prod/kustomization.yaml"),
            "resources: [../../base]\nnamespace: bill\ncommonLabels:\n  app: bill\nimages:\n- name: acme/pay\n  newTag: pay-1\nnamePrefix: bill-\n");
  EXPECT_THAT(file(*made, ".driftwarden/apps/bill-prod.yaml"), HasSubstr("path: \"teams/bill/overlays/prod\"\nrender: kustomize\n"));
}

struct RefusedApp {
  std::string name;
  std::function<void(CreateAppRequest&)> with;
  std::string says;
};
const std::vector<RefusedApp> kRefusedApps{
    {"UpperCase", [](auto& app) { app.name = "Cart"; }, "can't be an App's name"},
    {"DotDotName", [](auto& app) { app.name = "../cart"; }, "can't be an App's name"},
    {"NewlineName", [](auto& app) { app.name = "cart\nx"; }, "can't be an App's name"},
    {"DigitFirst", [](auto& app) { app.name = "1cart"; }, "can't be an App's name"},
    {"LongName", [](auto& app) { app.name = std::string(64, 'a'); }, "can't be an App's name"},
    {"SlashName", [](auto& app) { app.name = "a/b"; }, "can't be an App's name"},
    {"ExistingName", [](auto& app) { app.name = "shop"; }, "there is an App shop already"},
    {"DotDotPath", [](auto& app) { app.path = "apps/../../etc"; }, "is no path inside"},
    {"AbsolutePath", [](auto& app) { app.path = "/etc"; }, "is no path inside"},
    {"TrailingSlash", [](auto& app) { app.path = "apps/cart/"; }, "is no path inside"},
    {"GitPath", [](auto& app) { app.path = ".git/hooks"; }, "is no path inside"},
    {"NewlinePath", [](auto& app) { app.path = "apps/a\nb"; }, "is no path inside"},
    {"OwnFolder", [](auto& app) { app.path = ".driftwarden/pins"; }, "is no path for a file of cart"},
    {"PathOfAnother", [](auto& app) { app.path = "apps/shop"; }, "is where another App is kept"},
    {"BelowAnother", [](auto& app) { app.path = "apps/shop/cart"; }, "is where another App is kept"},
    {"AboveOthers", [](auto& app) { app.path = "apps"; }, "is where another App is kept"},
    {"ExistingPath", [](auto& app) { app.path = "taken"; }, "is in Git already"},
    {"NoImage", [](auto& app) { app.image = ""; }, "give an image"},
    {"BadImage", [](auto& app) { app.image = "cart:1\nx: y"; }, "is no"},
    {"NoTag", [](auto& app) { app.image = "cart"; }, "has no tag"},
    {"NoCluster", [](auto& app) { app.cluster = "moon"; }, "which cluster?"},
    {"NoRepository", [](auto& app) { app.repository = "moon"; }, "which repository?"},
    {"BadNamespace", [](auto& app) { app.namespace_ = "a b"; }, "can't be a namespace"},
    {"BadPort", [](auto& app) { app.port = 70000; }, "a port is"},
    {"BadChannel", [](auto& app) { app.channel = "#a b<!here>"; }, "is no channel"},
    {"UnknownOwner", [](auto& app) { app.owners = {"mallory"}; }, "is neither a person nor a group"},
    {"NoPattern", [](auto& app) { app.like = "nothing"; }, "no App is called \"nothing\""}};

TEST_F(PlanCreate, WhatCanNotBeIsRefusedWithTheReason) {
  publish_as("bob", "taken/README", "x");
  auto good = request("cart");
  good.image = "ghcr.io/acme/cart:1.0";
  ASSERT_TRUE(create(good)) << "but for one thing they are all good";
  for (const auto& row : kRefusedApps) {
    SCOPED_TRACE(row.name);
    auto wanted = good;
    row.with(wanted);
    const auto made = create(wanted);
    ASSERT_FALSE(made) << all_files(*made);
    EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput);
    EXPECT_THAT(made.error().message, HasSubstr(row.says));
    EXPECT_THAT(made.error().message, Not(HasSubstr("\n")));
  }
}

TEST_F(PlanCreate, AnAppFileThatIsThereIsNotWrittenOver) {
  publish_as("bob", ".driftwarden/apps/cart.yaml", "name: cart\n");
  auto wanted = request("cart");
  wanted.image = "ghcr.io/acme/cart:1.0";
  EXPECT_THAT(why_not(create(wanted)), HasSubstr(".driftwarden/apps/cart.yaml is in Git already"));
}

class PlanTemplate : public PlanCreate {
 protected:
  void SetUp() override {
    PlanCreate::SetUp();
    write_file(work() / ".driftwarden/templates/web/template.yaml",
               "title: Web\npath: apps/{{name}}\nparameters:\n  - {name: team, choices: [shop, pay], required: true}\n  - {name: replicas, default: \"2\", pattern: \"[1-9]\"}\n");
    write_file(work() / ".driftwarden/templates/web/deployment.yaml", deployment("{{name}}", "{{image}}", 7, "          env:\n            - {name: TEAM, value: \"{{team}}\"}\n"));
    write_file(work() / ".driftwarden/templates/web/{{name}}-config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{name}}\ndata:\n  replicas: \"{{replicas}}\"\n");
    publish_as("bob", "README", "templates");
  }
  static CreateAppRequest from_template() {
    auto wanted = request("cart");
    wanted.template_ = "web";
    wanted.image = "ghcr.io/acme/cart:1.0";
    wanted.parameters = {{"team", "pay"}};
    wanted.channel = "#cart";
    return wanted;
  }
};

TEST_F(PlanTemplate, ItsFilesRenderToTheObjectsOfTheNewApp) {
  const auto wanted = from_template();
  const auto made = create(wanted);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->edits.size(), 3U) << all_files(*made);
  EXPECT_THAT(notes(*made), HasSubstr("2 files from the template web (.driftwarden/templates/web at "));
  EXPECT_THAT(notes(*made), HasSubstr("team = pay, replicas = 2 (default)"));
  const auto planned = created_app(change(ChangeVerb::CreateApp, "cart", to_json_text(wanted)), config, apps);
  ASSERT_TRUE(planned);
  const auto rendered = render_edited(*mirror, *planned, head(), made->edits, render);
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->size(), 2U);
  const auto& config_map_body = *(*rendered)[0].body;
  const auto& body = *(*rendered)[1].body;
  EXPECT_EQ((*rendered)[0].ref, (ObjectRef{"", "v1", "ConfigMap", "cart", "cart"}));
  EXPECT_EQ(config_map_body.at("data").at("replicas"), "2");
  EXPECT_EQ((*rendered)[1].ref, (ObjectRef{"apps", "v1", "Deployment", "cart", "cart"}));
  const auto& container = body.at("spec").at("template").at("spec").at("containers").at(0);
  EXPECT_EQ(container.at("image"), "ghcr.io/acme/cart:1.0");
  EXPECT_EQ(container.at("env").at(0).at("value"), "pay");
  const auto path = app_file_path("cart");
  const auto declared = parse_app_file(file(*made, path), path, "config", config);
  ASSERT_TRUE(declared) << declared.error().message;
  EXPECT_EQ(declared->path, "apps/cart");
}

struct RefusedTemplate {
  std::string name;
  std::function<void(CreateAppRequest&)> with;
  std::string says;
  friend void PrintTo(const RefusedTemplate& row, std::ostream* out) { *out << row.name; }
};
class RefusedTemplates : public PlanTemplate, public testing::WithParamInterface<RefusedTemplate> {};
TEST_P(RefusedTemplates, SayWhy) {
  auto wanted = from_template();
  GetParam().with(wanted);
  const auto made = create(wanted);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(made.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Requests, RefusedTemplates,
                         testing::Values(RefusedTemplate{"NoSuch", [](auto& app) { app.template_ = "wbe"; }, "did you mean web?"},
                                         RefusedTemplate{"DotDot", [](auto& app) { app.template_ = "../apps"; }, "there is no template"},
                                         RefusedTemplate{"AndLike", [](auto& app) { app.like = "shop"; }, "not both"},
                                         RefusedTemplate{"Missing", [](auto& app) { app.parameters.clear(); }, "team is needed"},
                                         RefusedTemplate{"NoImage", [](auto& app) { app.image.clear(); }, "needs an image"},
                                         RefusedTemplate{"UnusedPort", [](auto& app) { app.port = 80; }, "takes no port"},
                                         RefusedTemplate{"Injection", [](auto& app) { app.parameters["team"] = "pay\n---\nkind: Secret"; }, "which a value can't have"},
                                         RefusedTemplate{"ParametersAlone", [](auto& app) { app.template_.clear(); }, "is for a template"},
                                         RefusedTemplate{"PathOfAnother", [](auto& app) { app.path = "apps/shop/cart"; }, "is where another App is kept"},
                                         RefusedTemplate{"PathInGit", [](auto& app) { app.path = ".driftwarden/templates"; }, "is in Git already"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(PlanTemplate, ThatDoesNotRenderIsRefused) {
  publish_as("bob", ".driftwarden/templates/web/deployment.yaml", "kind: {{team}}\nname: {{image}}\n");
  EXPECT_THAT(why_not(create(from_template())), HasSubstr("cart doesn't render"));
}

}  // namespace
}  // namespace driftwarden::test
