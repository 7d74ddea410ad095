// Adopt, images, scale, set, promote and restart, on a repository that git made.
#include "tests/unit/bot/change/plan_fixture.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PlanValue : public PlanTest {
 protected:
  Result<VerbPlan> set_image(const std::string& name, const SetImageRequest& request) { return plan(change(ChangeVerb::SetImage, name, to_json_text(request))); }
  Result<VerbPlan> scale(const std::string& name, const ScaleRequest& request) { return plan(change(ChangeVerb::Scale, name, to_json_text(request))); }
  Result<VerbPlan> set(const std::string& name, const SetRequest& request) { return plan(change(ChangeVerb::Set, name, to_json_text(request))); }
  Result<VerbPlan> promote(const std::string& from, const std::string& to) { return plan(change(ChangeVerb::Promote, to, to_json_text(PromoteRequest{from}))); }
  std::string lines_of(const Result<VerbPlan>& made, ChangeVerb verb = ChangeVerb::Set) {
    if (!made) return made.error().message;
    return changed_lines(committed(change(verb, "shop"), *made));
  }
};

TEST_F(PlanValue, WhatIsInForceFromATagIsNotWrittenToTheBranch) {
  app("shop").revision = "v1.2.3";
  for (const auto verb : {ChangeVerb::Sync, ChangeVerb::Rollback, ChangeVerb::Adopt, ChangeVerb::SetImage, ChangeVerb::Scale, ChangeVerb::Set, ChangeVerb::Promote, ChangeVerb::Move}) {
    const auto made = plan(change(verb, "shop"));
    ASSERT_FALSE(made) << to_string(verb);
    EXPECT_THAT(made.error().message, testing::AllOf(HasSubstr("its configuration (`revision`)"), HasSubstr("\"v1.2.3\""))) << to_string(verb);
  }
  for (const auto verb : {ChangeVerb::Ignore, ChangeVerb::Restart, ChangeVerb::Apply, ChangeVerb::CreateApp}) EXPECT_EQ(kept_elsewhere(verb, app("shop")), "") << to_string(verb);
}

TEST_F(PlanValue, AnImageIsSetWhereItIsWritten) {
  const auto made = set_image("shop", {"shop", "1.4.2", ""});
  EXPECT_EQ(lines_of(made), "apps/shop/deployment.yaml\n-          image: ghcr.io/acme/shop:1.0\n+          image: ghcr.io/acme/shop:1.4.2\n");
  EXPECT_THAT(notes(*made), HasSubstr("Edits "));
}

TEST_F(PlanValue, AnImageThatIsNotThereOrIsThereAlreadyIsRefused) {
  EXPECT_THAT(why_not(set_image("shop", {"nginx", "1", ""})), HasSubstr("shop"));
  EXPECT_FALSE(set_image("shop", {"shop", "1.0", ""})) << "it says so already";
  EXPECT_THAT(why_not(set_image("shop", {"", "", ""})), HasSubstr("no image was given"));
  EXPECT_THAT(why_not(set_image("shop", {"shop", "1\nx: y", ""})), HasSubstr("is no tag"));
  EXPECT_THAT(why_not(set_image("shop", {"../shop", "1", ""})), HasSubstr("is no image"));
  EXPECT_THAT(why_not(plan(change(ChangeVerb::SetImage, "shop", "not json"))), HasSubstr("no image was given"));
}

TEST_F(PlanValue, OfAPinnedAppSaysThatAPinHoldsItBack) {
  app("shop").track = Track::Pin;
  publish_as("bot", pin_path("shop"), "revision: \"" + base + "\"\n");
  publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.1"), "bump");
  const auto made = set_image("shop", {"shop", "1.2", ""});
  EXPECT_THAT(lines_of(made), HasSubstr("-          image: ghcr.io/acme/shop:1.1\n")) << "it is the head that is edited";
  EXPECT_THAT(notes(*made), HasSubstr("shop is pinned to " + base.substr(0, 7) + ": this comes into force with the next `sync shop`"));
}

TEST_F(PlanValue, ScalesTheOnlyWorkload) {
  const auto made = scale("shop", {"", 5});
  EXPECT_EQ(lines_of(made, ChangeVerb::Scale), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 5\n");
  EXPECT_THAT(notes(*made), HasSubstr("Deployment shop/shop: 2 to 5 replicas"));
  EXPECT_THAT(lines_of(scale("shop", {"deployments/shop", 0}), ChangeVerb::Scale), HasSubstr("+  replicas: 0\n"));
  EXPECT_THAT(notes(*scale("shop", {"Deployment/shop", 0})), HasSubstr("Nothing of Deployment shop/shop runs after that"));
}

TEST_F(PlanValue, ScalingNobodyKnowsWhatIsRefused) {
  EXPECT_THAT(why_not(scale("shop", {"", -1})), HasSubstr("how many"));
  EXPECT_THAT(why_not(scale("shop", {"", 10'001})), HasSubstr("how many"));
  EXPECT_THAT(why_not(scale("shop", {"web", 3})), HasSubstr("there is no workload \"web\"; there is Deployment/shop"));
  EXPECT_THAT(why_not(scale("shop", {"statefulset/shop", 3})), HasSubstr("there is no workload"));
  EXPECT_THAT(why_not(scale("shop", {"", 2})), HasSubstr("says 2 replicas of Deployment shop/shop already"));
  publish_as("bob", "apps/shop/other.yaml", deployment("other", "x:1"));
  EXPECT_THAT(why_not(scale("shop", {"", 3})), HasSubstr("which one? Deployment/shop, Deployment/other"));
}

/// As a tool does: no object says which file it is from.
Renderer built() {
  return [](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
    Rendered rendered;
    for (const auto& file : files) {
      if (!file.path.ends_with(".yaml")) continue;
      TRY(const auto manifests, parse_manifests(file.content, file.path));
      for (const auto& manifest : manifests) {
        auto body = *manifest.body;
        body["metadata"]["namespace"] = of.namespace_;
        Manifest one;
        one.ref = ref_of(body);
        one.body = std::make_shared<const nlohmann::json>(std::move(body));
        rendered.manifests.push_back(std::move(one));
      }
    }
    return rendered;
  };
}

TEST_F(PlanValue, WhatFluxBuildsOfPlainFilesIsEditedInThem) {
  render = built();
  for (const bool with_namespace : {true, false}) {
    auto& shop = app("shop");
    shop.render = RenderKind::Auto;
    shop.kustomize.namespace_ = with_namespace ? "shop" : "";
    shop.deployer.kind = DeployerKind::Flux;
    shop.deployer.object = {"kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "flux-system", "shop"};
    shop.found_by = with_namespace ? "flux Kustomization flux-system/shop in prod" : "";
    EXPECT_EQ(lines_of(scale("shop", {"", 5}), ChangeVerb::Scale), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 5\n") << with_namespace;
  }
}

TEST_F(PlanValue, WhatTheDeployersObjectDecidesIsNotEditedInTheFiles) {
  render = built();
  auto& shop = app("shop");
  shop.render = RenderKind::Auto;
  shop.kustomize.replicas = {{"shop", 2}};
  EXPECT_THAT(why_not(scale("shop", {"", 5})), HasSubstr("Driftwarden's config sets the replicas of shop"));
  shop.deployer.kind = DeployerKind::ArgoCd;
  shop.deployer.object = {"argoproj.io", "v1alpha1", "Application", "argocd", "shop"};
  EXPECT_THAT(why_not(scale("shop", {"", 5})), HasSubstr("Driftwarden's config sets")) << "somebody wrote it down";
  shop.found_by = "argocd argocd/shop in prod";
  EXPECT_THAT(why_not(scale("shop", {"", 5})), HasSubstr("Application argocd/shop sets the replicas of shop"));
}

TEST_F(PlanValue, AFurtherDirectoryOfTheAppIsItsOwn) {
  render = built();
  auto& shop = app("shop");
  shop.kustomize.namespace_ = "shop";
  SourcePart blog;
  blog.path = "apps/blog";
  blog.kustomize.namespace_ = "shop";
  shop.more.push_back(blog);
  EXPECT_EQ(lines_of(scale("shop", {"blog", 5}), ChangeVerb::Scale), "apps/blog/deployment.yaml\n-  replicas: 2\n+  replicas: 5\n");
}

TEST_F(PlanValue, AnAutoscalerOwnsTheReplicas) {
  publish_as("bob", "apps/shop/hpa.yaml",
             "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: scaler\nspec:\n  minReplicas: 2\n  maxReplicas: 9\n"
             "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n");
  const auto why = why_not(scale("shop", {"", 5}));
  EXPECT_THAT(why, HasSubstr("HorizontalPodAutoscaler shop/scaler decides how many replicas Deployment shop/shop has"));
  EXPECT_THAT(why, HasSubstr("`set shop HorizontalPodAutoscaler/scaler .spec.minReplicas=5`"));
}

TEST_F(PlanValue, SetsAFieldOfAnObjectByItsPath) {
  EXPECT_EQ(lines_of(set("shop", {"Deployment/shop", ".spec.replicas", "7"})), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 7\n");
  EXPECT_EQ(lines_of(set("shop", {"", ".spec.replicas", "7"})), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 7\n") << "the only object that has it";
  EXPECT_EQ(lines_of(set("shop", {"configmap/two", ".data.motd", "\"bye\""})), "apps/shop/configs.yaml\n-  motd: hello\n+  motd: bye\n");
  EXPECT_EQ(lines_of(set("shop", {"Deployment/shop", ".spec.replicas", ""})), "apps/shop/deployment.yaml\n-  replicas: 2\n");
  EXPECT_EQ(lines_of(set("shop", {"extra.yaml", ".data.motd", "\"bye\""})), "apps/shop/extra.yaml\n-  motd: hello\n+  motd: bye\n");
}

TEST_F(PlanValue, WhereASecretIsAndWhichKeyOfItIsNoSecret) {
  const std::string env = ".spec.template.spec.containers[name=\"shop\"].env";
  const auto made = set("shop", {"Deployment/shop", env, R"([{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"keys","key":"password"}}}])"});
  EXPECT_THAT(lines_of(made), HasSubstr("secretKeyRef"));
  const auto tolerates = set("shop", {"Deployment/shop", ".spec.template.spec.tolerations", R"([{"key":"spot","operator":"Exists"}])"});
  EXPECT_THAT(lines_of(tolerates), HasSubstr("spot"));
  EXPECT_EQ(lines_of(set("shop", {"ConfigMap/extra", ".data[\"motd\"]", "\"at 9:00\""})), "apps/shop/extra.yaml\n-  motd: hello\n+  motd: at 9:00\n");
  EXPECT_EQ(lines_of(set("shop", {"Secret/keys", ".metadata.labels.a", "\"b\""})).find("is secret"), std::string::npos);
}

struct RefusedSet {
  std::string name;
  SetRequest request;
  std::string says;
};
const std::vector<RefusedSet> kRefusedSets{
    {"NoPath", {"Deployment/shop", "", "5"}, "no path"},
    {"BrokenPath", {"Deployment/shop", "spec replicas", "5"}, ""},
    {"NoJson", {"Deployment/shop", ".spec.replicas", "{"}, "is no value"},
    {"NoObject", {"Deployment/web", ".spec.replicas", "5"}, "there is no object \"Deployment/web\"; there is"},
    {"NobodyHasIt", {"", ".spec.nothing", "5"}, "no object has .spec.nothing"},
    {"SeveralHaveIt", {"", ".data.motd", "\"x\""}, "which one?"},
    {"SecretData", {"Secret/keys", ".stringData.other", "\"x\""}, "is secret"},
    {"SecretFile", {"secret.yaml", ".data.other", "\"x\""}, "is secret"},
    {"SecretWhole", {"Secret/keys", ".stringData", "{}"}, "is secret"},
    {"SecretSoundingKey", {"ConfigMap/one", ".data.DB_PASSWORD", "\"x\""}, "sounds secret"},
    {"SecretSoundingEnv", {"Deployment/shop", ".spec.template.spec.containers[name=\"shop\"].env[name=\"DB_PASSWORD\"].value", "\"x\""}, "sounds secret"},
    {"Name", {"Deployment/shop", ".metadata.name", "\"x\""}, "is known by"},
    {"Kind", {"Deployment/shop", ".kind", "\"x\""}, "is known by"},
    {"Namespace", {"Deployment/shop", ".metadata.namespace", "\"x\""}, "is known by"},
    {"NameByFile", {"extra.yaml", ".metadata.name", "\"x\""}, "is known by"},
    {"NameInBrackets", {"Deployment/shop", ".metadata[\"name\"]", "\"x\""}, "is known by"},
    {"KindInBrackets", {"extra.yaml", "[\"kind\"]", "\"Secret\""}, "is known by"},
    {"NameEscaped", {"Deployment/shop", "[\"met\\u0061data\"].name", "\"x\""}, "is known by"},
    {"WholeInBrackets", {"Deployment/shop", "[\"metadata\"]", "{}"}, "as a whole can't be set"},
    {"StatusInBrackets", {"Deployment/shop", "[\"status\"].replicas", "5"}, "can't be set"},
    {"SecretInBrackets", {"Secret/keys", "[\"stringData\"].url", "\"x\""}, "is secret"},
    {"SecretFileInBrackets", {"secret.yaml", "[\"stringData\"].url", "\"x\""}, "is secret"},
    {"SecretOfAList", {"list.yaml", ".items[0].stringData.url", "\"x\""}, "is secret"},
    {"WholeSecretOfAList", {"list.yaml", ".items[0]", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"url"},"stringData":{"url":"x"}})"}, "sounds secret"},
    {"NameOfAList", {"list.yaml", ".items[0].metadata[\"name\"]", "\"x\""}, "is known by"},
    {"AnotherObjectInAList", {"list.yaml", ".items[0]", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"url"}})"}, "are known by"},
    {"SecretInsideTheValue", {"Deployment/shop", ".spec.template.spec.containers[name=\"shop\"].env", R"([{"name":"DB_PASSWORD","value":"hunter2"}])"}, "sounds secret"},
    {"SecretByTheElement", {"Deployment/shop", ".spec.template.spec.containers[name=\"shop\"].env[name=\"DB_PASSWORD\"]", R"({"value":"hunter2"})"}, "sounds secret"},
    {"SecretByItsPlace", {"env.yaml", ".spec.template.spec.containers[0].env[0].value", "\"hunter2\""}, "sounds secret"},
    {"SecretBesideItsName", {"env.yaml", ".spec.template.spec.containers[0].env[1].name", "\"DB_PASSWORD\""}, "sounds secret"},
    {"SecretKeyInsideTheValue", {"ConfigMap/one", ".data", R"({"DB_PASSWORD":"x"})"}, "sounds secret"},
    {"SecretOfAChart", {"values.yaml", ".db", R"({"auth":{"password":"hunter2"}})"}, "sounds secret"},
    {"SecretInAPatch", {"kustomization.yaml", ".patches[0].patch", R"("apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {url: hunter2}\n")"}, "sounds secret"},
    {"SecretGenerator", {"kustomization.yaml", ".secretGenerator[0].literals", R"(["url=hunter2"])"}, "sounds secret"},
    {"Status", {"Deployment/shop", ".status.replicas", "5"}, "can't be set"},
    {"Same", {"Deployment/shop", ".spec.replicas", "2"}, "Git says so already"},
    {"SameInFile", {"extra.yaml", ".data.motd", "\"hello\""}, "would change nothing"},
    {"RemoveNothing", {"Deployment/shop", ".spec.nothing", ""}, "has no .spec.nothing to remove"},
    {"DotDot", {"../blog/deployment.yaml", ".spec.replicas", "5"}, "is no path of a file below apps/shop"},
    {"InnerDotDot", {"x/../../blog/deployment.yaml", ".spec.replicas", "5"}, "is no path of a file"},
    {"Absolute", {"/etc/passwd.yaml", ".x", "5"}, "is no path of a file"},
    {"Backslash", {"..\\blog\\deployment.yaml", ".x", "5"}, "is no path of a file"},
    {"NewlineInFile", {"a\nb.yaml", ".x", "5"}, "is no path of a file"},
    {"GitFolder", {".git/config.yaml", ".x", "5"}, "is no path of a file"},
    {"NoSuchFile", {"values-prod.yaml", ".x", "5"}, "there is no file apps/shop/values-prod.yaml"},
    {"SeveralDocuments", {"configs.yaml", ".data.motd", "\"x\""}, "holds 2 documents"},
    {"Unreadable", {"", "", ""}, "no path"}};

TEST_F(PlanValue, WhatCanNotBeSetIsRefusedWithTheReason) {
  write_file(work() / "apps/shop/list.yaml", "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: url}\n    stringData: {url: abc}\n");
  publish_as("bob", "apps/shop/env.yaml", deployment("env", "x:1", 1, "          env:\n            - {name: DB_PASSWORD, value: abc}\n            - {name: MODE, value: hunter2}\n"));
  for (const auto& row : kRefusedSets) {
    SCOPED_TRACE(row.name);
    const auto made = set("shop", row.request);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput);
    EXPECT_THAT(made.error().message, HasSubstr(row.says));
  }
}

TEST_F(PlanValue, PromotesTheImages) {
  publish_as("bob", "apps/shop-dev/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:2.1", 9), "bump dev");
  const auto made = promote("shop-dev", "shop");
  EXPECT_EQ(lines_of(made, ChangeVerb::Promote), "apps/shop/deployment.yaml\n-          image: ghcr.io/acme/shop:1.0\n+          image: ghcr.io/acme/shop:2.1\n");
  EXPECT_THAT(notes(*made), HasSubstr("shop-dev has said so since 2026-11-21T09:00:00Z:\n"));
  EXPECT_THAT(notes(*made), HasSubstr("bump dev (bob)"));
  EXPECT_THAT(made->authors, ElementsAre("bob"));
}

TEST_F(PlanValue, PromotesAPinToAPin) {
  const auto next = publish_as("bob", "apps/shop/extra.yaml", config_map("extra") + "  a: b\n", "more");
  App canary = app("shop");
  canary.name = "shop-canary";
  apps.push_back(canary);
  app("shop").track = app("shop-canary").track = Track::Pin;
  publish_as("bot", pin_path("shop-canary"), "revision: \"" + next + "\"\n");
  publish_as("bot", pin_path("shop"), "revision: \"" + base + "\"\n");
  const auto made = promote("shop-canary", "shop");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.front().path, ".driftwarden/pins/shop.yaml");
  EXPECT_THAT(*made->edits.front().content, HasSubstr(next));
  EXPECT_THAT(notes(*made), HasSubstr("Puts in force:\n" + next.substr(0, 7) + " more (bob)"));
  EXPECT_THAT(made->authors, ElementsAre("bob"));
  publish_as("bot", pin_path("shop"), "revision: \"" + next + "\"\n");
  EXPECT_THAT(why_not(promote("shop-canary", "shop")), HasSubstr("already"));
}

TEST_F(PlanValue, PromotingAcrossRepositoriesOrToOneselfIsRefused) {
  EXPECT_THAT(why_not(promote("shop", "shop")), HasSubstr("to itself"));
  EXPECT_THAT(why_not(promote("nothing", "shop")), HasSubstr("no App is called \"nothing\""));
  EXPECT_THAT(why_not(promote("", "shop")), HasSubstr("no App is called"));
  EXPECT_FALSE(promote("blog", "shop")) << "they have no image in common";
  app("shop-dev").repository = "elsewhere";
  EXPECT_THAT(why_not(promote("shop-dev", "shop")), HasSubstr("is kept in the repository elsewhere and shop in config"));
}

class PlanAdopt : public PlanTest {
 protected:
  Result<VerbPlan> adopt() { return plan(change(ChangeVerb::Adopt, "shop")); }
  void add_drift(ObjectRef object, Verdict verdict, std::vector<FieldDrift> fields = {}) {
    report.state = AppState::OutOfSync;
    report.objects.push_back({std::move(object), verdict, std::move(fields), {}});
  }
  static FieldDrift field(const std::string& path, const std::string& live, FieldOp op = FieldOp::Changed) {
    FieldDrift made;
    made.path = path;
    made.op = op;
    if (op != FieldOp::Removed) made.live = live;
    return made;
  }
  ObjectRef workload{"apps", "v1", "Deployment", "shop", "shop"};
  std::string lines() {
    const auto made = adopt();
    return made ? changed_lines(committed(change(ChangeVerb::Adopt, "shop"), *made)) : made.error().message;
  }
};

TEST_F(PlanAdopt, WritesWhatLiveSaysAndKeepsTheRest) {
  add_drift(workload, Verdict::OutOfSync, {field(".spec.replicas", "7"), field(".metadata.labels.app", "", FieldOp::Order)});
  EXPECT_EQ(lines(), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 7\n");
}

TEST_F(PlanAdopt, SecretsDoNotGoIntoGit) {
  add_drift({"", "v1", "Secret", "shop", "keys"}, Verdict::OutOfSync, {field(".data.token", "\"x\"")});
  EXPECT_THAT(why_not(adopt()), HasSubstr("is secret"));
  report.objects.clear();
  add_drift(workload, Verdict::OutOfSync, {field(".spec.template.spec.containers[name=\"shop\"].env", R"([{"name":"DB_PASSWORD","value":"hmac:0123456789"}])", FieldOp::Added)});
  EXPECT_THAT(why_not(adopt()), HasSubstr("is secret"));
}

TEST_F(PlanAdopt, WhatGitDoesNotHaveIsRefusedWithAWayOut) {
  add_drift({"", "v1", "ConfigMap", "shop", "stray"}, Verdict::Extra);
  EXPECT_THAT(why_not(adopt()), HasSubstr("Git no longer has ConfigMap shop/stray"));
  report.objects.front().verdict = Verdict::Untracked;
  EXPECT_THAT(why_not(adopt()), HasSubstr("was never in Git"));
  report.objects.front().verdict = Verdict::Unknown;
  EXPECT_THAT(why_not(adopt()), HasSubstr("it can't be told"));
  report.objects.clear();
  EXPECT_THAT(why_not(adopt()), HasSubstr("nothing of shop differs"));
  add_drift(workload, Verdict::OutOfSync, {field(".spec.x", "", FieldOp::Order)});
  EXPECT_THAT(why_not(adopt()), HasSubstr("nothing to adopt"));
}

TEST_F(PlanAdopt, ADeletionTakesTheDocumentOut) {
  add_drift({"", "v1", "ConfigMap", "shop", "one"}, Verdict::Missing);
  const auto made = adopt();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits, (std::vector<FileEdit>{{"apps/shop/configs.yaml", "---\n" + config_map("two")}}));
  EXPECT_THAT(notes(*made), HasSubstr("ConfigMap shop/one was deleted live: takes it out of apps/shop/configs.yaml"));
}

TEST_F(PlanAdopt, ADeletionTakesTheWholeFileWhenNothingElseIsInIt) {
  add_drift({"", "v1", "ConfigMap", "shop", "extra"}, Verdict::Missing);
  add_drift(workload, Verdict::OutOfSync, {field(".spec.replicas", "7")});
  const auto made = adopt();
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->edits.size(), 2U);
  EXPECT_EQ(made->edits.back(), (FileEdit{"apps/shop/extra.yaml", std::nullopt}));
  EXPECT_EQ(made->edits.front().path, "apps/shop/deployment.yaml");
}

TEST_F(PlanAdopt, BothDocumentsOfAFileGoOneAfterTheOther) {
  add_drift({"", "v1", "ConfigMap", "shop", "one"}, Verdict::Missing);
  add_drift({"", "v1", "ConfigMap", "shop", "two"}, Verdict::Missing);
  EXPECT_EQ(adopt()->edits, (std::vector<FileEdit>{{"apps/shop/configs.yaml", std::nullopt}}));
}

TEST_F(PlanAdopt, AFileOfAKustomizationIsUnlisted) {
  write_file(work() / "apps/shop/kustomization.yaml", "# what is there\nresources:\n  - deployment.yaml\n  - extra.yaml # soon gone\n");
  publish_as("bob", "README", "x");
  app("shop").render = RenderKind::Kustomize;
  // Stands for kustomize: what is listed is there.
  render = [](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
    std::string listed;
    for (const auto& file : files) {
      if (file.path.ends_with("kustomization.yaml")) listed = file.content;
    }
    Rendered rendered;
    for (const auto& file : files) {
      const auto name = file.path.substr(file.path.rfind('/') + 1);
      if (listed.find(name) == std::string::npos || name == "kustomization.yaml") continue;
      TRY(auto manifests, parse_manifests(file.content, file.path));
      for (auto& manifest : manifests) {
        manifest.file.clear();
        manifest.ref.namespace_ = of.namespace_;
        rendered.manifests.push_back(std::move(manifest));
      }
    }
    return rendered;
  };
  add_drift({"", "v1", "ConfigMap", "shop", "extra"}, Verdict::Missing);
  EXPECT_THAT(lines(), testing::StartsWith("apps/shop/extra.yaml\n"));
  EXPECT_THAT(lines(), HasSubstr("apps/shop/kustomization.yaml\n-  - extra.yaml # soon gone\n"));
  report.objects.front().object.name = "from-a-base";
  EXPECT_THAT(why_not(adopt()), HasSubstr("it comes from a base"));
}

TEST_F(PlanAdopt, AChartsObjectIsSwitchedOffInItsValues) {
  app("shop").render = RenderKind::Helm;
  render = [](const std::vector<SourceFile>&, const App&) -> Result<Rendered> { return Rendered{}; };
  add_drift({"", "v1", "ConfigMap", "shop", "extra"}, Verdict::Missing);
  EXPECT_THAT(why_not(adopt()), HasSubstr("switch it off in the chart's values"));
}

class PlanLive : public PlanTest {
 protected:
  Result<std::vector<ObjectRef>> restart(const std::vector<std::string>& workloads) {
    auto desired = render_desired(*mirror, app("shop"), head(), render, false);
    return plan_restart(change(ChangeVerb::Restart, "shop", to_json_text(RestartRequest{workloads})), app("shop"), desired->manifests);
  }
};

TEST_F(PlanLive, RestartIsOfTheAppsOwnWorkloads) {
  publish_as("bob", "apps/shop/other.yaml", deployment("other", "x:1"));
  ASSERT_EQ(restart({})->size(), 2U);
  const auto one = restart({"deployment/other", "other"});
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(to_string(one->front()), "Deployment shop/other");
  EXPECT_THAT(restart({"ConfigMap/extra"}).error().message, HasSubstr("has no workload \"ConfigMap/extra\": Deployment/"));
  EXPECT_THAT(restart({"*no*\nsuch"}).error().message, HasSubstr("\"*no* such\""));
  EXPECT_EQ(plan_restart(change(ChangeVerb::Restart, "shop"), app("shop"), {}).error().kind, ErrorKind::InvalidInput);
}

TEST_F(PlanLive, RestartAndApplyWriteNothingToGit) {
  for (const auto verb : {ChangeVerb::Restart, ChangeVerb::Apply}) {
    const auto made = plan(change(verb, "shop"));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_THAT(made->edits, IsEmpty());
    EXPECT_EQ(made->restore_path, "");
  }
}

TEST_F(PlanLive, NothingIsWrittenForOrphans) {
  app("shop").orphans = true;
  EXPECT_THAT(why_not(plan(change(ChangeVerb::Sync, "shop"))), HasSubstr("what no Git knows"));
}

TEST_F(PlanLive, AnIgnoreFileWithAMistakeIsNotWrittenOver) {
  auto wanted = change(ChangeVerb::Ignore, "shop", R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"shop","path":".spec.replicas"}],"until":"2026-12-21T09:00:00Z"})");
  const auto made = plan(wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->edits.front().path, ".driftwarden/ignore/shop.yaml");
  publish_as("bob", ".driftwarden/ignore/shop.yaml", "ignore:\n  - pathes: [x]\n");
  EXPECT_THAT(why_not(plan(wanted)), HasSubstr("has a mistake that somebody must mend first"));
  EXPECT_THAT(why_not(plan(change(ChangeVerb::Ignore, "blog"))), HasSubstr("no field to ignore"));
}

}  // namespace
}  // namespace driftwarden::test
