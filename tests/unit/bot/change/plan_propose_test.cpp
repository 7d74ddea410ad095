// What a draft comes to in Git: the same machinery as a typed command, and what a draft never does.
#include "tests/unit/bot/change/plan_fixture.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPdb = "# @bob please approve\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: shop\nspec:\n  minAvailable: 1\n  selector:\n    matchLabels: {app: shop}\n";
constexpr const char* kMemory = ".spec.template.spec.containers[name=\"shop\"].resources.limits.memory";

DraftStep setting(const std::string& object, const std::string& path, const std::string& value) {
  DraftStep step;
  step.set = {object, path, value};
  return step;
}
DraftStep making(const std::string& file, const std::string& content) {
  DraftStep step;
  step.kind = DraftStep::Kind::Create;
  step.file = file;
  step.content = content;
  return step;
}
DraftStep removing(const std::string& target) {
  DraftStep step;
  step.kind = DraftStep::Kind::Delete;
  step.set.target = target;
  return step;
}
std::string object_of(const std::string& api_version, const std::string& kind, const std::string& more = "") {
  return "apiVersion: " + api_version + "\nkind: " + kind + "\nmetadata: {name: evil}\n" + more;
}

class PlanPropose : public PlanTest {
 protected:
  Result<VerbPlan> propose(std::vector<DraftStep> steps, const std::string& name = "shop") {
    ProposeRequest request;
    request.sentence = sentence;
    request.steps = std::move(steps);
    request.summary = "Memory and a budget";
    request.model = "scripted-1";
    return plan(change(ChangeVerb::Propose, name, to_json_text(request)));
  }
  std::string sentence = "give it 1 GiB and a PodDisruptionBudget";
  std::string lines_of(const Result<VerbPlan>& made) {
    if (!made) return made.error().message;
    return changed_lines(committed(change(ChangeVerb::Propose, "shop"), *made));
  }
  /// A kustomization that lists its resources, rendered by a stand-in that reads only those.
  void use_kustomize() {
    write_file(work() / "apps/shop/kustomization.yaml", "resources:\n  - deployment.yaml\n  - configs.yaml\n  - extra.yaml\n  - secret.yaml\n");
    publish_all("kustomize");
    if (auto got = mirror->fetch(); !got) throw std::runtime_error(got.error().message);
    app("shop").render = RenderKind::Kustomize;
    render = [plain = default_renderer()](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
      auto as_plain = of;
      as_plain.render = RenderKind::Plain;
      const auto kustomization = std::ranges::find_if(files, [](const SourceFile& file) { return file.path.ends_with("kustomization.yaml"); });
      if (kustomization == files.end()) return plain(files, as_plain);
      std::vector<SourceFile> named;
      for (const auto& file : files) {
        const auto name = file.path.substr(file.path.rfind('/') + 1);
        if (name != "kustomization.yaml" && kustomization->content.find(name) != std::string::npos) named.push_back(file);
      }
      return plain(named, as_plain);
    };
  }
};

TEST_F(PlanPropose, SetsValuesAndAddsAManifest) {
  const auto made = propose({setting("Deployment/shop", kMemory, "\"1Gi\""), making("pdb.yaml", kPdb)});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(lines_of(made), "apps/shop/deployment.yaml\n+          resources:\n+            limits:\n+              memory: 1Gi\napps/shop/pdb.yaml\n+apiVersion: policy/v1\n+kind: PodDisruptionBudget\n"
                            "+metadata:\n+  name: shop\n+spec:\n+  minAvailable: 1\n+  selector:\n+    matchLabels:\n+      app: shop\n");
  EXPECT_THAT(notes(*made), AllOf(HasSubstr("Drafted by scripted-1 from this sentence, in its words: Memory and a budget"), HasSubstr("New: PodDisruptionBudget shop in pdb.yaml"), HasSubstr("Edits ")));
  EXPECT_THAT(made->notes.front(), HasSubstr("Drafted by"));
}

TEST_F(PlanPropose, SaysInTheCommitWhoDraftedIt) {
  const auto made = propose({setting("Deployment/shop", ".spec.replicas", "3")});
  ASSERT_TRUE(made) << made.error().message;
  ProposeRequest request;
  request.sentence = "fixes #1 for @bob";
  request.model = "scripted-1";
  const auto wanted = change(ChangeVerb::Propose, "shop", to_json_text(request));
  const auto message = commit_of(wanted, app("shop"), config, head(), "41:ab12", *made).message;
  EXPECT_THAT(message, AllOf(HasSubstr("Drafted-by: scripted-1\nRequested-by: alice\n"), Not(HasSubstr("#1")), Not(HasSubstr("@bob"))));
}

TEST_F(PlanPropose, SeveralValuesOfSeveralObjectsAreOneCommit) {
  const auto made = propose({setting("Deployment/shop", ".spec.replicas", "3"), setting("Deployment/shop", ".spec.minReadySeconds", "5"), setting("ConfigMap/extra", ".data.motd", "\"good morning\"")});
  EXPECT_EQ(lines_of(made), "apps/shop/deployment.yaml\n-  replicas: 2\n+  replicas: 3\n+  minReadySeconds: 5\napps/shop/extra.yaml\n-  motd: hello\n+  motd: good morning\n");
}

TEST_F(PlanPropose, TwoValuesBelowWhatIsNotThereYet) {
  const std::string requests = ".spec.template.spec.containers[name=\"shop\"].resources.requests.memory";
  const auto made = propose({setting("Deployment/shop", requests, "\"1Gi\""), setting("Deployment/shop", kMemory, "\"1Gi\"")});
  EXPECT_EQ(lines_of(made), "apps/shop/deployment.yaml\n+          resources:\n+            requests:\n+              memory: 1Gi\n+            limits:\n+              memory: 1Gi\n");
}

TEST_F(PlanPropose, WhatKustomizeReadsIsNamed) {
  use_kustomize();
  const auto made = propose({making("pdb.yaml", kPdb)});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(lines_of(made), AllOf(HasSubstr("apps/shop/kustomization.yaml\n+  - pdb.yaml\n"), HasSubstr("apps/shop/pdb.yaml\n")));
}

TEST_F(PlanPropose, AChartsManifestsAreBelowItsTemplates) {
  app("shop").render = RenderKind::Helm;
  render = [plain = default_renderer()](const std::vector<SourceFile>& files, const App& of) -> Result<Rendered> {
    auto as_plain = of;
    as_plain.render = RenderKind::Plain;
    return plain(files, as_plain);
  };
  EXPECT_THAT(why_not(propose({making("pdb.yaml", kPdb)})), HasSubstr("a chart's manifests are kept below templates/, and pdb.yaml is not"));
  EXPECT_THAT(lines_of(propose({making("templates/pdb.yaml", kPdb)})), HasSubstr("apps/shop/templates/pdb.yaml\n+apiVersion: policy/v1"));
}

TEST_F(PlanPropose, OnlyWhatTheSentenceNamesGoes) {
  for (const auto* words : {"give shop 3 replicas", "", "shop", "give shop an extraordinary memory", "redeployment of shop"}) {
    sentence = words;
    EXPECT_THAT(why_not(propose({removing("Deployment/shop")})), HasSubstr("the request doesn't say that Deployment shop/shop shall go")) << words;
    EXPECT_THAT(why_not(propose({removing("ConfigMap/extra")})), HasSubstr("doesn't say that ConfigMap shop/extra shall go")) << words;
  }
  for (const auto* words : {"take the Config-Map away", "remove extra please", "without its extra config", "\u201cextra\u201d goes", "no configs any more"}) {
    sentence = words;
    EXPECT_TRUE(propose({removing("ConfigMap/extra")})) << words;
  }
}

TEST_F(PlanPropose, AnObjectGoesWithItsFileOrItsDocument) {
  sentence = "remove the ConfigMap";
  const auto file = propose({removing("ConfigMap/extra")});
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(lines_of(file), "apps/shop/extra.yaml\n-apiVersion: v1\n-kind: ConfigMap\n-metadata:\n-  name: extra\n-data:\n-  motd: hello\n");
  EXPECT_THAT(notes(*file), HasSubstr("Removed: ConfigMap shop/extra, with apps/shop/extra.yaml\n"));
  const auto document = propose({removing("ConfigMap shop/two")});
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(lines_of(document), AllOf(HasSubstr("apps/shop/configs.yaml\n"), HasSubstr("-  name: two\n"), Not(HasSubstr("name: one"))));
  EXPECT_THAT(notes(*document), HasSubstr("Removed: ConfigMap shop/two, from apps/shop/configs.yaml\n"));
}

TEST_F(PlanPropose, AValueAManifestAndWhatGoesAreOneCommit) {
  sentence = "a PodDisruptionBudget, and two and extra go";
  use_kustomize();
  const auto made = propose({setting("ConfigMap/one", ".data.motd", "\"bye\""), removing("ConfigMap/two"), removing("ConfigMap/extra"), making("pdb.yaml", kPdb)});
  ASSERT_TRUE(made) << made.error().message;
  const auto lines = lines_of(made);
  EXPECT_THAT(lines, AllOf(HasSubstr("apps/shop/kustomization.yaml\n-  - extra.yaml\n+  - pdb.yaml\n"), HasSubstr("-  motd: hello\n+  motd: bye\n"), HasSubstr("-  name: two\n"), HasSubstr("-  name: extra\n")));
  EXPECT_THAT(notes(*made), AllOf(HasSubstr("Removed: ConfigMap shop/two"), HasSubstr("Removed: ConfigMap shop/extra"), HasSubstr("New: PodDisruptionBudget shop")));
}

TEST_F(PlanPropose, WhatOthersReferToStays) {
  sentence = "extra goes";
  const std::string reads = "          envFrom:\n            - configMapRef: {name: extra}\n";
  publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.0", 2, reads));
  EXPECT_THAT(why_not(propose({removing("ConfigMap/extra")})), HasSubstr("Deployment shop/shop still refers to ConfigMap shop/extra"));
  EXPECT_TRUE(propose({removing("ConfigMap/extra"), setting("Deployment/shop", ".spec.template.spec.containers[name=\"shop\"].envFrom", "")}));
}

TEST_F(PlanPropose, AServiceThatARouteGoesToStays) {
  sentence = "remove the Service";
  publish_as("bob", "apps/shop/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {ports: [{port: 80}]}\n");
  EXPECT_TRUE(propose({removing("Service/front")}));
  publish_as("bob", "apps/shop/route.yaml", "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: front}\nspec: {rules: [{backendRefs: [{name: front, port: 80}]}]}\n");
  EXPECT_THAT(why_not(propose({removing("Service/front")})), HasSubstr("HTTPRoute shop/front still refers to Service shop/front"));
}

TEST_F(PlanPropose, AnAutoscalerThatStaysKeepsTheReplicas) {
  sentence = "no autoscaler and no Deployment";
  publish_as("bob", "apps/shop/hpa.yaml", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: shop}\nspec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}}\n");
  EXPECT_THAT(why_not(propose({setting("Deployment/shop", ".spec.replicas", "3")})), HasSubstr("HorizontalPodAutoscaler shop/shop decides how many replicas"));
  EXPECT_THAT(why_not(propose({removing("Deployment/shop")})), HasSubstr("HorizontalPodAutoscaler shop/shop still refers to Deployment shop/shop"));
  const auto made = propose({removing("HorizontalPodAutoscaler/shop"), setting("Deployment/shop", ".spec.replicas", "3")});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(lines_of(made), AllOf(HasSubstr("+  replicas: 3"), HasSubstr("apps/shop/hpa.yaml\n-")));
}

TEST_F(PlanPropose, ADraftNeverTakesAwayWhatHoldsDataOrKeepsOthersOut) {
  sentence = "remove each PersistentVolumeClaim, Deployment and ConfigMap";
  const auto object = [](const std::string& version, const std::string& kind, const std::string& more = "") { return "---\napiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: x}\n" + more; };
  publish_as("bob", "apps/shop/more.yaml",
             object("v1", "PersistentVolumeClaim") + object("v1", "ServiceAccount") + object("v1", "Namespace") + object("networking.k8s.io/v1", "NetworkPolicy") + object("rbac.authorization.k8s.io/v1", "Role") +
                 object("rbac.authorization.k8s.io/v1", "ClusterRole") + object("apiextensions.k8s.io/v1", "CustomResourceDefinition") + object("postgresql.cnpg.io/v1", "Cluster") +
                 object("apps/v1", "StatefulSet", "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}}, volumeClaimTemplates: [{metadata: {name: data}}]}\n") + object("v1", "ResourceQuota"));
  for (const auto* kind : {"PersistentVolumeClaim", "ServiceAccount", "Namespace", "NetworkPolicy", "Role", "ClusterRole", "CustomResourceDefinition", "Cluster", "StatefulSet", "ResourceQuota"}) {
    EXPECT_THAT(why_not(propose({removing(std::string(kind) + "/x")})), AllOf(HasSubstr("would be removed"), HasSubstr("only people"))) << kind;
  }
  EXPECT_THAT(why_not(propose({removing("Secret/keys")})), HasSubstr("only people"));
  EXPECT_THAT(why_not(propose({removing("Deployment/blog")})), HasSubstr("there is no object"));
  EXPECT_THAT(why_not(propose({removing("extra")})), HasSubstr("there is no object")) << "a name alone is no object";
  EXPECT_THAT(why_not(propose({removing("")})), HasSubstr("there is no object"));
  EXPECT_THAT(why_not(propose({removing("ConfigMap/extra"), removing("ConfigMap/extra")})), HasSubstr("removed twice"));
  EXPECT_THAT(why_not(propose({removing("ConfigMap/extra"), setting("ConfigMap/extra", ".data.motd", "\"x\"")})), HasSubstr("changed and removed"));
  EXPECT_THAT(why_not(propose({removing("ConfigMap/extra"), making("e.yaml", config_map("extra"))})), HasSubstr("would still be there"));
  EXPECT_THAT(why_not(propose({removing("Deployment/blog")}, "shop")), HasSubstr("there is no object"));
  EXPECT_THAT(why_not(propose({removing("Deployment/blog")}, "blog")), HasSubstr("nothing of the App would be left"));
}

TEST_F(PlanPropose, WithoutStepsThereIsNothingToDo) {
  EXPECT_THAT(why_not(propose({})), HasSubstr("there is no draft of it"));
  EXPECT_THAT(why_not(plan(change(ChangeVerb::Propose, "shop", "no json"))), HasSubstr("there is no draft of it"));
  EXPECT_THAT(why_not(propose({setting("Deployment/shop", ".spec.replicas", "2")})), HasSubstr("already"));
}

struct Refused {
  std::string name;
  std::vector<DraftStep> steps;
  std::string words;
  friend void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }
};

TEST_F(PlanPropose, ADraftNeverDoesWhatAHiddenInstructionAsksFor) {
  const std::string container = ".spec.template.spec.containers[name=\"shop\"]";
  const std::vector<Refused> rows{
      {"another App's file", {making("../blog/deployment.yaml", kPdb)}, "is no path for a new manifest"},
      {"a file above", {making("../../etc/passwd.yaml", kPdb)}, "is no path for a new manifest"},
      {"an absolute path", {making("/etc/x.yaml", kPdb)}, "is no path for a new manifest"},
      {"a hidden file", {making(".github/workflows/x.yaml", kPdb)}, "is no path for a new manifest"},
      {"another ending", {making("run.sh", kPdb)}, "is no path for a new manifest"},
      {"a kustomization", {making("kustomization.yaml", kPdb)}, "is no path for a new manifest"},
      {"a file that is there", {making("deployment.yaml", kPdb)}, "is in Git already"},
      {"one file twice", {making("pdb.yaml", kPdb), making("pdb.yaml", kPdb)}, "is made twice"},
      {"a Secret", {making("s.yaml", object_of("v1", "Secret", "stringData: {password: hunter2}\n"))}, "a Secret would be made"},
      {"rights", {making("r.yaml", object_of("rbac.authorization.k8s.io/v1", "RoleBinding"))}, "a RoleBinding would be made"},
      {"rights everywhere", {making("r.yaml", object_of("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"))}, "a ClusterRoleBinding would be made"},
      {"a webhook", {making("w.yaml", object_of("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"))}, "would be made"},
      {"another App by Argo CD", {making("a.yaml", object_of("argoproj.io/v1alpha1", "Application"))}, "a Application would be made"},
      {"a namespace", {making("n.yaml", object_of("v1", "Namespace"))}, "a Namespace would be made"},
      {"a pod", {making("p.yaml", object_of("v1", "Pod"))}, "a Pod would be made"},
      {"another namespace", {making("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-system}\ndata: {a: b}\n")}, "to another namespace"},
      {"a template", {making("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"{{ .Values.secret }}\"}\n")}, "no templates"},
      {"a variable", {making("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"${TOKEN}\"}\n")}, "no variables"},
      {"a template by escapes", {making("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"\\x7b\\x7b .Values.secret \\x7d\\x7d\"}\n")}, "no templates"},
      {"a variable in a value", {setting("Deployment/shop", ".spec.template.metadata.labels.x", "\"${TOKEN}\"")}, "no variables"},
      {"a password in a ConfigMap", {making("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {DB_PASSWORD: hunter2hunter2}\n")}, "secret"},
      {"no manifest", {making("c.yaml", "just words\n")}, "no manifest"},
      {"broken YAML", {making("c.yaml", "a: [\n")}, "c.yaml"},
      {"a Secret's value", {setting("Secret/keys", ".stringData.token", "\"abc\"")}, ""},
      {"a file as a target", {setting("deployment.yaml", ".spec.replicas", "3")}, "is no object"},
      {"no target", {setting("", ".spec.replicas", "3")}, "is no object"},
      {"an object that isn't the App's", {setting("Deployment/blog", ".spec.replicas", "0")}, "there is no object"},
      {"another name", {setting("Deployment/shop", ".metadata.name", "\"evil\"")}, "known by"},
      {"another namespace by a value", {setting("Deployment/shop", ".metadata.namespace", "\"kube-system\"")}, "known by"},
      {"privileged", {setting("Deployment/shop", container + ".securityContext.privileged", "true")}, "only people"},
      {"as root", {setting("Deployment/shop", container + ".securityContext.runAsUser", "0")}, "only people"},
      {"capabilities", {setting("Deployment/shop", container + ".securityContext.capabilities.add", "[\"SYS_ADMIN\"]")}, "only people"},
      {"the host's files", {setting("Deployment/shop", ".spec.template.spec.volumes", R"([{"name":"root","hostPath":{"path":"/"}}])")}, "only people"},
      {"the host's network", {setting("Deployment/shop", ".spec.template.spec.hostNetwork", "true")}, "only people"},
      {"a service account", {setting("Deployment/shop", ".spec.template.spec.serviceAccountName", "\"admin\"")}, "only people"},
      {"another Secret", {setting("Deployment/shop", container + ".envFrom", R"([{"secretRef":{"name":"prod-db"}}])")}, "only people"},
      {"a projected Secret", {setting("Deployment/shop", ".spec.template.spec.volumes", R"([{"name":"p","projected":{"sources":[{"secret":{"name":"prod-db"}}]}}])")}, "only people"},
      {"another image", {setting("Deployment/shop", container + ".image", "\"evil.example/miner:1\"")}, "an image that this App doesn't use yet"},
      {"another image in a new Job", {making("j.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: j, image: evil.example/miner}]}}}\n")},
       "an image that this App doesn't use yet"},
      {"a privileged new Job",
       {making("j.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: j, image: \"ghcr.io/acme/shop:1.0\", securityContext: {privileged: true}}]}}}\n")},
       "only people"},
      {"whose object it is", {setting("Deployment/shop", ".metadata.annotations[\"driftwarden.io/tracking\"]", "\"blog:apps/Deployment:blog/blog\"")}, "only people"},
      {"one value twice", {setting("Deployment/shop", ".spec.replicas", "3"), setting("Deployment/shop", ".spec.replicas", "4")}, "named twice"},
      {"a field that isn't there", {setting("Deployment/shop", ".spec.paused", "")}, "no .spec.paused to take away"},
      {"another object of the same name", {making("c.yaml", config_map("extra"))}, "extra"},
      {"a monitor that shows a Secret around", {making("m.yaml", object_of("monitoring.coreos.com/v1", "ServiceMonitor", "spec: {endpoints: [{port: http, bearerTokenSecret: {name: prod-db, key: password}}]}\n"))}, "only people"},
      {"a monitor by somebody's proxy", {making("m.yaml", object_of("monitoring.coreos.com/v1", "ServiceMonitor", "spec: {endpoints: [{port: http, proxyUrl: \"http://evil.example\"}]}\n"))}, "only people"},
      {"a snippet for the ingress controller",
       {making("i.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: evil\n  annotations: {nginx.ingress.kubernetes.io/server-snippet: \"return 200;\"}\nspec: {rules: []}\n")}, "only people"},
      {"somebody else's address", {making("s.yaml", object_of("v1", "Service", "spec: {externalIPs: [10.0.0.1], ports: [{port: 443}]}\n"))}, "only people"},
  };
  for (const auto& row : rows) {
    const auto made = propose(row.steps);
    ASSERT_FALSE(made) << row.name;
    EXPECT_THAT(made.error().message, HasSubstr(row.words)) << row.name;
    EXPECT_TRUE(made.error().kind == ErrorKind::InvalidInput) << row.name << ": " << made.error().message;
    EXPECT_THAT(made.error().message, Not(HasSubstr("hunter2"))) << row.name;
  }
}

TEST_F(PlanPropose, ALimitThatGoesAwayIsARightToo) {
  publish_as("bob", "apps/shop/deployment.yaml", deployment("shop", "ghcr.io/acme/shop:1.0", 2, "          securityContext:\n            runAsNonRoot: true\n            allowPrivilegeEscalation: false\n            runAsUser: 1000\n            seccompProfile: {type: RuntimeDefault}\n            capabilities: {drop: [ALL]}\n"));
  const std::string context = ".spec.template.spec.containers[name=\"shop\"].securityContext";
  EXPECT_THAT(why_not(propose({setting("Deployment/shop", context + ".runAsNonRoot", "")})), HasSubstr("would lose"));
  EXPECT_THAT(why_not(propose({setting("Deployment/shop", context, "")})), HasSubstr("would lose"));
  for (const auto* field : {".runAsUser", ".seccompProfile"}) EXPECT_THAT(why_not(propose({setting("Deployment/shop", context + field, "")})), HasSubstr("would lose")) << field;
  EXPECT_THAT(why_not(propose({setting("Deployment/shop", context + ".capabilities.drop", "[\"NET_RAW\"]")})), HasSubstr("would lose"));
  EXPECT_TRUE(propose({setting("Deployment/shop", context + ".readOnlyRootFilesystem", "true")}));
}

TEST_F(PlanPropose, WhatAnotherAppIsMadeFromTooStays) {
  sentence = "remove the ConfigMap extra";
  App twin = app("shop");
  twin.name = "shop-us";
  twin.cluster = "us";
  apps.push_back(twin);
  EXPECT_THAT(why_not(propose({removing("ConfigMap/extra")})), AllOf(HasSubstr("another App is made from these files, too, and would lose ConfigMap shop/extra: only people"), Not(HasSubstr("shop-us"))));
  EXPECT_TRUE(propose({setting("ConfigMap/extra", ".data.motd", "\"bye\"")}));
  app("shop-us").orphans = true;
  EXPECT_TRUE(propose({removing("ConfigMap/extra")}));
}

TEST_F(PlanPropose, ATagOfAnImageThatIsUsedMayMove) {
  EXPECT_THAT(lines_of(propose({setting("Deployment/shop", ".spec.template.spec.containers[name=\"shop\"].image", "\"ghcr.io/acme/shop:1.5\"")})), HasSubstr("+          image: ghcr.io/acme/shop:1.5"));
}

TEST_F(PlanPropose, AnAppInsideOfAnothersPathKeepsItsFiles) {
  App inner = app("blog");
  inner.name = "inner";
  inner.path = "apps/shop/inner";
  apps.push_back(inner);
  EXPECT_THAT(why_not(propose({making("inner/pdb.yaml", kPdb)})), HasSubstr("is where another App is kept"));
  publish_as("bob", "apps/shop/inner/cm.yaml", config_map("inner"));
  sentence = "remove inner";
  EXPECT_THAT(why_not(propose({removing("ConfigMap/inner")})), HasSubstr("is where another App is kept"));
}

}  // namespace
}  // namespace driftwarden::test
