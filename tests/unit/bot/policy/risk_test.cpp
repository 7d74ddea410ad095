#include "bot/policy/risk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<Manifest> manifests(const std::string& text) {
  if (text.empty()) return {};
  auto parsed = parse_manifests(text, "test.yaml");
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : std::vector<Manifest>{};
}

/// Enough beside it that one deletion is no large share.
std::string crowd() {
  std::string text;
  for (int i = 0; i < 9; ++i) text += fmt::format("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: filler-{}, namespace: shop}}\n", i);
  return text;
}

std::string object(const std::string& api, const std::string& kind, const std::string& rest) {
  return fmt::format("apiVersion: {}\nkind: {}\nmetadata: {{name: web, namespace: shop}}\n{}\n", api, kind, rest);
}
std::string deployment(const std::string& pod, const std::string& spec = "replicas: 2") {
  return object("apps/v1", "Deployment", fmt::format("spec: {{{}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{{}}}}}}}", spec, pod));
}
std::string container(const std::string& rest) { return fmt::format("containers: [{{name: web, image: 'ghcr.io/x:1', {}}}]", rest); }

struct RiskRow {
  std::string name;
  std::string before;
  std::string after;
  RiskTier tier;
  std::string reason;  ///< the gravest, whole; "" = none
  friend void PrintTo(const RiskRow& row, std::ostream* out) { *out << row.name; }
};
class RiskTable : public testing::TestWithParam<RiskRow> {};

TEST_P(RiskTable, IsAssessed) {
  const auto& row = GetParam();
  const auto risk = assess_risk(manifests(row.before + "\n" + crowd()), manifests(row.after + "\n" + crowd()), 30);
  EXPECT_EQ(to_string(risk.tier), to_string(row.tier)) << testing::PrintToString(risk.reasons);
  EXPECT_EQ(risk.reasons.empty() ? "" : risk.reasons.front(), row.reason);
}

const std::string kWeb = deployment(container("ports: [{containerPort: 80}]"));

INSTANTIATE_TEST_SUITE_P(
    Workloads, RiskTable,
    testing::Values(
        RiskRow{"NothingAtAll", kWeb, kWeb, RiskTier::None, ""},
        RiskRow{"TheImage", kWeb, deployment("containers: [{name: web, image: 'ghcr.io/x:2', ports: [{containerPort: 80}]}]"), RiskTier::Low,
                "Deployment shop/web: image of web ghcr.io/x:1 -> :2"},
        RiskRow{"AnImageFromElsewhere", kWeb, deployment("containers: [{name: web, image: 'docker.io/evil/x:1', ports: [{containerPort: 80}]}]"), RiskTier::Medium,
                "Deployment shop/web: image of web ghcr.io/x:1 -> docker.io/evil/x:1"},
        RiskRow{"ADigest", deployment(container("tty: true")),
                deployment("containers: [{name: web, image: 'ghcr.io/x:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', tty: true}]"), RiskTier::Low,
                "Deployment shop/web: image of web ghcr.io/x:1 -> :1@sha256:aaaaaaaaaaaa"},
        RiskRow{"Replicas", deployment(container("tty: true"), "replicas: 2"), deployment(container("tty: true"), "replicas: 5"), RiskTier::Low, "Deployment shop/web: replicas 2 -> 5"},
        RiskRow{"ToZero", deployment(container("tty: true"), "replicas: 2"), deployment(container("tty: true"), "replicas: 0"), RiskTier::Medium, "Deployment shop/web: replicas 2 -> 0"},
        RiskRow{"ALabel", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop, labels: {team: a}}\n",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop, labels: {team: b}}\n", RiskTier::Low, "Deployment shop/web: label team"},
        RiskRow{"AnAnnotationOfThePods", kWeb,
                object("apps/v1", "Deployment",
                       "spec: {replicas: 2, template: {metadata: {labels: {app: web}, annotations: {checksum: abc}}, spec: {containers: [{name: web, image: 'ghcr.io/x:1', ports: "
                       "[{containerPort: 80}]}]}}}"),
                RiskTier::Low, "Deployment shop/web: pods' annotation checksum"},
        RiskRow{"AnEnvValue", deployment(container("env: [{name: LEVEL, value: info}]")), deployment(container("env: [{name: LEVEL, value: debug}]")), RiskTier::Medium,
                "Deployment shop/web: env LEVEL of web"},
        RiskRow{"Resources", deployment(container("resources: {limits: {cpu: 1}}")), deployment(container("resources: {limits: {cpu: 2}}")), RiskTier::Medium,
                "Deployment shop/web: resources of web"},
        RiskRow{"TheCommand", deployment(container("args: [a]")), deployment(container("args: [b]")), RiskTier::Medium, "Deployment shop/web: args of web"},
        RiskRow{"ASidecar", deployment(container("tty: true")),
                deployment("containers: [{name: web, image: 'ghcr.io/x:1', tty: true}, {name: log, image: 'fluent:1', securityContext: {runAsNonRoot: true}}]"), RiskTier::Medium,
                "Deployment shop/web: new container log"},
        RiskRow{"APrivilegedSidecar", deployment(container("tty: true")),
                deployment("containers: [{name: web, image: 'ghcr.io/x:1', tty: true}, {name: log, image: 'fluent:1', securityContext: {privileged: true}}]"), RiskTier::High,
                "Deployment shop/web: securityContext.privileged of log nothing -> true"},
        RiskRow{"Privileged", deployment(container("securityContext: {privileged: false}")), deployment(container("securityContext: {privileged: true}")), RiskTier::High,
                "Deployment shop/web: securityContext.privileged of web false -> true"},
        RiskRow{"RunAsRoot", deployment(container("securityContext: {runAsUser: 1000}")), deployment(container("securityContext: {runAsUser: 0}")), RiskTier::High,
                "Deployment shop/web: securityContext.runAsUser of web 1000 -> 0"},
        RiskRow{"ThePodsSecurityContextGoes", deployment(container("tty: true") + ", securityContext: {runAsNonRoot: true}"), deployment(container("tty: true")), RiskTier::High,
                "Deployment shop/web: securityContext.runAsNonRoot true -> nothing"},
        RiskRow{"HostNetwork", deployment(container("tty: true")), deployment(container("tty: true") + ", hostNetwork: true"), RiskTier::High,
                "Deployment shop/web: hostNetwork nothing -> true"},
        RiskRow{"HostPath", deployment(container("tty: true")), deployment(container("tty: true") + ", volumes: [{name: root, hostPath: {path: /}}]"), RiskTier::High,
                "Deployment shop/web: hostPath of volume root nothing -> /"},
        RiskRow{"AVolumeClaim", deployment(container("tty: true")), deployment(container("tty: true") + ", volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]"), RiskTier::High,
                "Deployment shop/web: persistentVolumeClaim of volume data"},
        RiskRow{"AConfigVolume", deployment(container("tty: true")), deployment(container("tty: true") + ", volumes: [{name: conf, configMap: {name: conf}}]"), RiskTier::Medium,
                "Deployment shop/web: volume conf"},
        RiskRow{"HostPort", deployment(container("ports: [{containerPort: 80}]")), deployment(container("ports: [{containerPort: 80, hostPort: 80}]")), RiskTier::High,
                "Deployment shop/web: hostPort of web nothing -> 80"},
        RiskRow{"ItsServiceAccount", deployment(container("tty: true") + ", serviceAccountName: a"), deployment(container("tty: true") + ", serviceAccountName: admin"), RiskTier::High,
                "Deployment shop/web: serviceAccountName a -> admin"},
        RiskRow{"TheSelector", deployment(container("tty: true"), "selector: {matchLabels: {app: web}}"), deployment(container("tty: true"), "selector: {matchLabels: {app: www}}"),
                RiskTier::High, "Deployment shop/web: selector, which can't be changed in place"},
        RiskRow{"TheStrategy", deployment(container("tty: true"), "strategy: {type: RollingUpdate}"), deployment(container("tty: true"), "strategy: {type: Recreate}"), RiskTier::Medium,
                "Deployment shop/web: spec.strategy"},
        RiskRow{"ANewDeployment", "", deployment(container("securityContext: {runAsNonRoot: true}")), RiskTier::Medium, "Deployment shop/web: new"},
        RiskRow{"ANewPrivilegedOne", "", deployment(container("securityContext: {privileged: true}")), RiskTier::High,
                "Deployment shop/web: securityContext.privileged of web nothing -> true"},
        RiskRow{"ANewOneOnTheHost", "", deployment(container("tty: true") + ", hostPID: true"), RiskTier::High, "Deployment shop/web: hostPID nothing -> true"},
        RiskRow{"ADeploymentGoes", kWeb, "", RiskTier::High, "Deployment shop/web: goes"},
        RiskRow{"ClaimTemplates", object("apps/v1", "StatefulSet", "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]}"),
                object("apps/v1", "StatefulSet",
                       "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 2Gi}}}}], template: {spec: {containers: [{name: a, image: a}]}}}"),
                RiskTier::High, "StatefulSet shop/web: volume claim template data 1Gi -> 2Gi"},
        RiskRow{"AStatefulSetGoes", object("apps/v1", "StatefulSet", "spec: {}"), "", RiskTier::Destructive, "StatefulSet shop/web: goes"},
        RiskRow{"ACronJobsSchedule",
                object("batch/v1", "CronJob", "spec: {schedule: '0 1 * * *', jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}}}"),
                object("batch/v1", "CronJob", "spec: {schedule: '0 2 * * *', jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}}}"), RiskTier::Medium,
                "CronJob shop/web: schedule 0 1 * * * -> 0 2 * * *"},
        RiskRow{"ACronJobsImage", object("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}}}"),
                object("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: 'a:2'}]}}}}}"), RiskTier::Low,
                "CronJob shop/web: image of a a:1 -> :2"},
        RiskRow{"AMigration", "", object("batch/v1", "Job", "spec: {template: {spec: {containers: [{name: a, image: a, args: [migrate, up]}]}}}"), RiskTier::High,
                "Job shop/web: new, changes a schema by its looks"},
        RiskRow{"AMigrationsImage", object("batch/v1", "Job", "spec: {template: {spec: {containers: [{name: flyway, image: 'a:1'}]}}}"),
                object("batch/v1", "Job", "spec: {template: {spec: {containers: [{name: flyway, image: 'a:2'}]}}}"), RiskTier::High, "Job shop/web: image of flyway a:1 -> :2"},
        RiskRow{"AnInitMigration", deployment(container("tty: true") + ", initContainers: [{name: migrate, image: 'a:1'}]"),
                deployment(container("tty: true") + ", initContainers: [{name: migrate, image: 'a:2'}]"), RiskTier::High,
                "Deployment shop/web: image of migrate a:1 -> :2 (changes a schema, by its looks)"},
        RiskRow{"ARolloutsImage", object("argoproj.io/v1alpha1", "Rollout", "spec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}"),
                object("argoproj.io/v1alpha1", "Rollout", "spec: {template: {spec: {containers: [{name: a, image: 'a:2'}]}}}"), RiskTier::Low, "Rollout shop/web: image of a a:1 -> :2"},
        RiskRow{"ABarePod", object("v1", "Pod", "spec: {containers: [{name: a, image: 'a:1'}]}"), object("v1", "Pod", "spec: {hostIPC: true, containers: [{name: a, image: 'a:1'}]}"),
                RiskTier::High, "Pod shop/web: hostIPC nothing -> true"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Others, RiskTable,
    testing::Values(
        RiskRow{"ARole", object("rbac.authorization.k8s.io/v1", "Role", "rules: [{verbs: [get]}]"), object("rbac.authorization.k8s.io/v1", "Role", "rules: [{verbs: [get, '*']}]"), RiskTier::High,
                "Role shop/web: rules"},
        RiskRow{"ARolesLabel", object("rbac.authorization.k8s.io/v1", "Role", "rules: []"),
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web, namespace: shop, labels: {a: b}}\nrules: []\n", RiskTier::Low, "Role shop/web: label a"},
        RiskRow{"ANewBinding", "", object("rbac.authorization.k8s.io/v1", "RoleBinding", "subjects: [{kind: User, name: eve}]"), RiskTier::High, "RoleBinding shop/web: new"},
        RiskRow{"ABindingGoes", object("rbac.authorization.k8s.io/v1", "RoleBinding", "subjects: []"), "", RiskTier::High, "RoleBinding shop/web: goes"},
        RiskRow{"ACrdSchema", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\nspec: {versions: [{name: v1, schema: {a: 1}}]}\n",
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\nspec: {versions: [{name: v1, schema: {a: 2}}]}\n", RiskTier::High,
                "CustomResourceDefinition xs.a.io: schema of v1"},
        RiskRow{"ACrdVersionGoes", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\nspec: {versions: [{name: v1}, {name: v2}]}\n",
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\nspec: {versions: [{name: v2}]}\n", RiskTier::High,
                "CustomResourceDefinition xs.a.io: version v1 goes"},
        RiskRow{"ACrdGoes", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\n", "", RiskTier::Destructive,
                "CustomResourceDefinition xs.a.io: goes, with every object of its kind"},
        RiskRow{"AWebhook", object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "webhooks: [{name: a, failurePolicy: Fail}]"),
                object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "webhooks: [{name: a, failurePolicy: Ignore}]"), RiskTier::High,
                "ValidatingWebhookConfiguration shop/web: webhooks"},
        RiskRow{"ANetworkPolicy", object("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: []}"), object("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{}]}"),
                RiskTier::High, "NetworkPolicy shop/web: spec.ingress"},
        RiskRow{"ADisruptionBudget", object("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 2}"), object("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 0}"),
                RiskTier::Medium, "PodDisruptionBudget shop/web: spec.minAvailable"},
        RiskRow{"ASecret", object("v1", "Secret", "data: {password: b2xk}"), object("v1", "Secret", "data: {password: bmV3}"), RiskTier::High, "Secret shop/web: key password"},
        RiskRow{"ANewSecret", "", object("v1", "Secret", "stringData: {password: hunter2}"), RiskTier::High, "Secret shop/web: new"},
        RiskRow{"ASecretGoes", object("v1", "Secret", "data: {}"), "", RiskTier::Destructive, "Secret shop/web: goes"},
        RiskRow{"AnAccount", object("v1", "ServiceAccount", "automountServiceAccountToken: false"), object("v1", "ServiceAccount", "automountServiceAccountToken: true"), RiskTier::High,
                "ServiceAccount shop/web: automountServiceAccountToken"},
        RiskRow{"AnAccountsCloudRole", object("v1", "ServiceAccount", ""),
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop, annotations: {eks.amazonaws.com/role-arn: admin}}\n", RiskTier::High,
                "ServiceAccount shop/web: annotation eks.amazonaws.com/role-arn"},
        RiskRow{"AClaimsSize", object("v1", "PersistentVolumeClaim", "spec: {resources: {requests: {storage: 1Gi}}}"),
                object("v1", "PersistentVolumeClaim", "spec: {resources: {requests: {storage: 5Gi}}}"), RiskTier::High, "PersistentVolumeClaim shop/web: size 1Gi -> 5Gi"},
        RiskRow{"AClaimGoes", object("v1", "PersistentVolumeClaim", "spec: {}"), "", RiskTier::Destructive, "PersistentVolumeClaim shop/web: goes, perhaps with its data"},
        RiskRow{"ANamespaceGoes", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "", RiskTier::Destructive, "Namespace shop: goes, with everything in it"},
        RiskRow{"ANamespacesPodSecurity", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}\n",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: privileged}}\n", RiskTier::High,
                "Namespace shop: label pod-security.kubernetes.io/enforce"},
        RiskRow{"AnIngressHost", object("networking.k8s.io/v1", "Ingress", "spec: {rules: [{host: a.example}]}"), object("networking.k8s.io/v1", "Ingress", "spec: {rules: [{host: b.example}]}"),
                RiskTier::Medium, "Ingress shop/web: host a.example -> b.example"},
        RiskRow{"AnIngressSnippet", object("networking.k8s.io/v1", "Ingress", ""),
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop, annotations: {nginx.ingress.kubernetes.io/server-snippet: x}}\n", RiskTier::High,
                "Ingress shop/web: annotation nginx.ingress.kubernetes.io/server-snippet"},
        RiskRow{"AServicesPort", object("v1", "Service", "spec: {ports: [{port: 80}]}"), object("v1", "Service", "spec: {ports: [{port: 81}]}"), RiskTier::Medium,
                "Service shop/web: spec.ports"},
        RiskRow{"AServiceOpensUp", object("v1", "Service", "spec: {type: ClusterIP}"), object("v1", "Service", "spec: {type: LoadBalancer}"), RiskTier::High,
                "Service shop/web: type ClusterIP -> LoadBalancer"},
        RiskRow{"AnAutoscaler", object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: 3}"), object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: 30}"),
                RiskTier::Medium, "HorizontalPodAutoscaler shop/web: spec.maxReplicas"},
        RiskRow{"AConfigMap", object("v1", "ConfigMap", "data: {a: '1'}"), object("v1", "ConfigMap", "data: {a: '2'}"), RiskTier::Medium, "ConfigMap shop/web: key a"},
        RiskRow{"AConfigMapGoes", object("v1", "ConfigMap", "data: {}"), "", RiskTier::Medium, "ConfigMap shop/web: goes"},
        RiskRow{"AnotherHash", "apiVersion: v1\nkind: Secret\nmetadata: {name: db-5f7d8c9b4t, namespace: shop}\ndata: {a: YQ==}\n",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: db-7k2m9dg6hb, namespace: shop}\ndata: {a: Yg==}\n", RiskTier::High, "Secret shop/db-5f7d8c9b4t: replaced by db-7k2m9dg6hb"},
        RiskRow{"ACustomObject", object("acme.io/v1", "Widget", "spec: {size: 1}"), object("acme.io/v1", "Widget", "spec: {size: 2}"), RiskTier::Medium, "Widget shop/web: spec.size"},
        RiskRow{"ACustomObjectGoes", object("acme.io/v1", "Postgres", "spec: {size: 1}"), "", RiskTier::High, "Postgres shop/web: goes"},
        RiskRow{"AnotherApiVersion", object("autoscaling/v1", "HorizontalPodAutoscaler", ""), object("autoscaling/v2", "HorizontalPodAutoscaler", ""), RiskTier::Medium,
                "HorizontalPodAutoscaler shop/web: apiVersion autoscaling/v1 -> autoscaling/v2"},
        RiskRow{"StatusIsNobodysWish", object("v1", "Service", "status: {a: 1}"), object("v1", "Service", "status: {a: 2}"), RiskTier::None, ""}),
    [](const auto& row) { return row.param.name; });

TEST(Risk, NoSecretValueIsEverSaid) {
  const auto before = object("v1", "Secret", "stringData: {password: hunter2}\ndata: {token: aHVudGVyMg==}\ntype: Opaque") + "---\n" +
                      deployment(container("env: [{name: PASSWORD, value: hunter2}]")) + "---\n" + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {url: 'https://a:hunter2@b'}\n";
  const auto after = object("v1", "Secret", "stringData: {password: swordfish}\ndata: {token: c3dvcmRmaXNo}\ntype: Opaque") + "---\n" +
                     deployment(container("env: [{name: PASSWORD, value: swordfish}]")) + "---\n" + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {url: 'https://a:swordfish@b'}\n";
  const auto risk = assess_risk(manifests(before), manifests(after), 30);
  EXPECT_EQ(risk.reasons.size(), 4U);
  EXPECT_THAT(risk.reasons, Each(AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("swordfish")), Not(HasSubstr("aHVu")), Not(HasSubstr("c3dv")))));
}

TEST(Risk, MuchAtOnceIsDestructive) {
  std::string many;
  for (int i = 0; i < 10; ++i) many += fmt::format("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{}, namespace: shop}}\n", i);
  auto all = manifests(many);
  const std::vector<Manifest> seven(all.begin() + 3, all.end());
  const std::vector<Manifest> six(all.begin() + 4, all.end());
  EXPECT_EQ(assess_risk(all, seven, 30).tier, RiskTier::Medium) << "30 of a hundred is no more than 30%";
  const auto risk = assess_risk(all, six, 30);
  EXPECT_EQ(risk.tier, RiskTier::Destructive);
  EXPECT_EQ(risk.reasons.front(), "4 of 10 objects go, more than 30%");
  EXPECT_THAT(risk.deletes, ElementsAre("ConfigMap shop/c0", "ConfigMap shop/c1", "ConfigMap shop/c2", "ConfigMap shop/c3"));
}

TEST(Risk, AJobThatReplacesAnotherIsNoDeletion) {
  const auto job = [](const std::string& name) {
    return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name + ", namespace: shop}\nspec: {template: {spec: {containers: [{name: a, image: a}]}}}\n";
  };
  const auto warm = assess_risk(manifests(job("warm-1-4-1")), manifests(job("warm-1-4-2")), 30);
  EXPECT_EQ(warm.tier, RiskTier::Medium) << testing::PrintToString(warm.reasons);
  EXPECT_THAT(warm.deletes, IsEmpty());
  EXPECT_THAT(warm.reasons, ElementsAre("Job shop/warm-1-4-1: replaced by warm-1-4-2"));
  EXPECT_EQ(assess_risk(manifests(job("migrate-v1")), manifests(job("migrate-v2")), 30).tier, RiskTier::High);
  EXPECT_EQ(assess_risk(manifests(job("warm-1")), manifests(job("other-2")), 30).tier, RiskTier::Destructive) << "another Job, and all of it goes";
}

TEST(Risk, TheGravestComesFirst) {
  const auto before = manifests(kWeb + "---\n" + object("v1", "PersistentVolumeClaim", "spec: {}") + crowd());
  const auto after = manifests(deployment("containers: [{name: web, image: 'ghcr.io/x:2', ports: [{containerPort: 80}]}], hostNetwork: true") + crowd());
  EXPECT_THAT(assess_risk(before, after, 30).reasons,
              ElementsAre("PersistentVolumeClaim shop/web: goes, perhaps with its data", "Deployment shop/web: hostNetwork nothing -> true", "Deployment shop/web: image of web ghcr.io/x:1 -> :2"));
}

TEST(Risk, ReasonsEnd) {
  std::string before;
  std::string after;
  for (int i = 0; i < 60; ++i) {
    before += fmt::format("k{}: a, ", i);
    after += fmt::format("k{}: b, ", i);
  }
  const auto risk = assess_risk(manifests(object("v1", "ConfigMap", "data: {" + before + "}")), manifests(object("v1", "ConfigMap", "data: {" + after + "}")), 30);
  EXPECT_EQ(risk.reasons.size(), 25U);
  EXPECT_EQ(risk.reasons.back(), "and 36 more");
}

TEST(Risk, WarnsOfWhatATierCantSay) {
  const auto set = [](const std::string& tag) { return object("apps/v1", "StatefulSet", "spec: {template: {spec: {containers: [{name: db, image: 'pg:" + tag + "'}]}}}"); };
  EXPECT_THAT(assess_risk(manifests(set("15")), manifests(set("16")), 30).warnings, ElementsAre("StatefulSet shop/web keeps its data: a rollback doesn't bring back its schema"));
  EXPECT_THAT(assess_risk(manifests(object("acme.io/v1", "Postgres", "") + crowd()), manifests(crowd()), 30).warnings,
              ElementsAre("Postgres shop/web goes: its controller may delete whatever it made for it"));
}

TEST(Risk, AnEmptyAppComesAlive) {
  EXPECT_EQ(assess_risk({}, {}, 30).tier, RiskTier::None);
  EXPECT_EQ(assess_risk({}, manifests(kWeb), 30).tier, RiskTier::Medium);
  EXPECT_EQ(assess_risk(manifests(kWeb), {}, 30).tier, RiskTier::Destructive) << "all of it goes";
}

TEST(Rollback, SaysWhatItCantBringBack) {
  const auto crd = [](const std::string& versions) {
    return "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.a.io}\nspec: {versions: [" + versions + "]}\n---\n";
  };
  const auto now = manifests(crd("{name: v1, storage: false}, {name: v2, storage: true}") + object("v1", "PersistentVolumeClaim", "spec: {resources: {requests: {storage: 5Gi}}}") + "---\n" +
                             object("batch/v1", "Job", "spec: {template: {spec: {containers: [{name: migrate, image: 'a:2'}]}}}") + "---\n" +
                             "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop, labels: {helm.sh/chart: pg-13}}\n"
                             "spec: {template: {spec: {containers: [{name: db, image: 'pg:16'}]}}}\n");
  const auto then = manifests(crd("{name: v1, storage: true}") + object("v1", "PersistentVolumeClaim", "spec: {resources: {requests: {storage: 1Gi}}}") + "---\n" +
                              "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop, labels: {helm.sh/chart: pg-12}}\n"
                              "spec: {template: {spec: {containers: [{name: db, image: 'pg:15'}]}}}\n");
  EXPECT_THAT(rollback_warnings(now, then),
              ElementsAre("CustomResourceDefinition xs.a.io: objects stored as v2 can't be read without that version",
                          "CustomResourceDefinition xs.a.io: the stored version goes from v2 back to v1; what was written since stays as it is",
                          "PersistentVolumeClaim shop/web: its size goes from 5Gi to 1Gi; a claim can't shrink", "Job shop/web may have changed a schema: going back doesn't undo that",
                          "StatefulSet shop/db keeps its data: an older image may not read what the newer one wrote",
                          "chart pg-13 goes back to pg-12: what its upgrade hooks did isn't undone"));
  EXPECT_THAT(rollback_warnings(then, then), IsEmpty());
  EXPECT_THAT(rollback_warnings(manifests(kWeb), manifests(kWeb)), IsEmpty());
}

}  // namespace
}  // namespace driftwarden
