#include "tests/support/golden.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class SourcesTest : public testing::Test {
 protected:
  SourcesTest() {
    environment.variables = {{"AWS_PROFILE", "prod"}};
    environment.files = {{"/etc/driftwarden/tf.token", "hush\n"}};
    loaded = load_text(test::read_source_file("deploy/examples/sources.yaml"), environment);
    if (loaded.config) config = *loaded.config;
  }
  const App& app(const std::string& name) const {
    static const App none;
    const auto* found = find_app(config, name);
    EXPECT_NE(found, nullptr) << name;
    return found == nullptr ? none : *found;
  }
  FakeEnvironment environment;
  LoadedConfig loaded;
  Config config;
};

TEST_F(SourcesTest, AreAccepted) {
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty()) << "what is missing may be in Git";
}

TEST_F(SourcesTest, OfATool) {
  EXPECT_THAT(config.clusters.at(0).aliases, ElementsAre("in-cluster", "https://10.0.0.1:6443"));
  ASSERT_EQ(config.plugins.size(), 1U);
  EXPECT_THAT(config.plugins[0].command, ElementsAre("jsonnet", "--yaml-stream", "main.jsonnet"));
  EXPECT_EQ(config.plugins[0].timeout, 45s);
  EXPECT_EQ(config.tools.fence, FenceMode::Required);
  EXPECT_EQ(config.tools.timeout, 2min);
  EXPECT_EQ(config.tools.memory_mib, 1024);
  ASSERT_TRUE(config.from_git);
  EXPECT_EQ(config.from_git->repository, "config");
  EXPECT_EQ(config.from_git->path, "driftwarden");
}

TEST_F(SourcesTest, OfAnAppFromSeveralDirectories) {
  const auto& site = app("site");
  EXPECT_EQ(site.render, RenderKind::Plugin);
  EXPECT_EQ(site.plugin, config.plugins.at(0));
  EXPECT_EQ(site.revision, "v1.2.3");
  ASSERT_EQ(site.more.size(), 2U);
  EXPECT_EQ(site.more[0].path, "sites/extra");
  EXPECT_EQ(site.more[0].render, RenderKind::Plain);
  EXPECT_EQ(site.more[1].helm.release, "extra");
  EXPECT_TRUE(site.more[1].helm.skip_crds);
}

TEST_F(SourcesTest, OfAnOverlay) {
  const auto& overlay = app("shop").kustomize;
  EXPECT_THAT(overlay.images, ElementsAre("web=ghcr.io/acme/web:1.2"));
  EXPECT_EQ(overlay.name_prefix, "eu-");
  EXPECT_EQ(overlay.name_suffix, "-v2");
  EXPECT_EQ(overlay.namespace_, "shop-eu");
  EXPECT_THAT(overlay.labels, ElementsAre(Pair("region", "eu")));
  EXPECT_THAT(overlay.annotations, ElementsAre(Pair("owner", "shop")));
  EXPECT_THAT(overlay.replicas, ElementsAre(Pair("web", 2)));
  EXPECT_THAT(overlay.components, ElementsAre("../../components/tls"));
  ASSERT_EQ(overlay.patches.size(), 1U);
  EXPECT_EQ(json::parse(overlay.patches[0]), (json{{"patch", "- {op: remove, path: /spec/paused}"}, {"target", {{"kind", "Deployment"}, {"name", "web"}}}}));
  ASSERT_TRUE(overlay.substitute);
  EXPECT_THAT(*overlay.substitute, ElementsAre(Pair("REGION", "eu")));
  EXPECT_FALSE(app("search").kustomize.substitute) << "nothing is substituted unless somebody says so";
  EXPECT_TRUE(app("search").kustomize.empty());
}

TEST_F(SourcesTest, OfAChart) {
  const auto& helm = app("search").helm;
  const json expected{{"image", {{"tag", "1.10"}, {"pull", true}}}, {"replicas", 3}, {"ratio", 0.5}, {"nothing", nullptr}, {"hosts", {"a", "b"}}};
  EXPECT_EQ(json::parse(helm.inline_values), expected) << "quoted texts stay texts";
  EXPECT_THAT(helm.set_string, ElementsAre(Pair("image.build", "007")));
  EXPECT_TRUE(helm.skip_crds);
}

TEST_F(SourcesTest, OfWhatAToolPlans) {
  const auto& network = app("network");
  EXPECT_EQ(network.kind, AppKind::Terraform);
  EXPECT_EQ(network.environment, "production");
  EXPECT_EQ(network.cluster, "");
  EXPECT_EQ(network.plan.tool, PlanTool::Terragrunt);
  EXPECT_EQ(network.plan.every, 2h);
  EXPECT_EQ(network.plan.workspace, "eu");
  EXPECT_THAT(network.plan.var_files, ElementsAre("../common.tfvars"));
  EXPECT_TRUE(network.plan.apply);
  EXPECT_FALSE(network.plan.refresh_only);
  EXPECT_EQ(network.plan.rule, "app:network");
  const auto& variables = config.tool_environments.at("app:network");
  EXPECT_EQ(variables.at("REGION").value.reveal(), "eu-west-1");
  EXPECT_EQ(variables.at("AWS_PROFILE").value.reveal(), "prod");
  EXPECT_EQ(variables.at("TOKEN").value.reveal(), "hush");
  const auto& hosts = app("edge-hosts");
  EXPECT_EQ(hosts.kind, AppKind::Ansible);
  EXPECT_EQ(hosts.path, "ansible/site.yml");
  EXPECT_EQ(hosts.plan.tool, PlanTool::Ansible);
  EXPECT_EQ(hosts.plan.every, 12h);
  EXPECT_EQ(hosts.plan.inventory, "hosts.ini");
}

TEST_F(SourcesTest, OfAppsThatAreFound) {
  ASSERT_EQ(config.discover.size(), 5U);
  const auto& paths = config.discover[0];
  EXPECT_EQ(paths.id, "paths config clusters/prod/{app}");
  EXPECT_EQ(paths.cluster, "prod-eu");
  EXPECT_EQ(paths.namespace_, "shop");
  EXPECT_EQ(paths.app.repository, "config");
  EXPECT_EQ(paths.app.environment, "staging");
  EXPECT_EQ(paths.app.channel, "#staging");
  EXPECT_THAT(paths.app.owners, ElementsAre("alice"));
  EXPECT_EQ(paths.app.track, Track::Pin);
  EXPECT_EQ(paths.app.render, RenderKind::Plugin) << "a plugin's name says it";
  EXPECT_EQ(paths.app.plugin.name, "jsonnet");
  const auto& argo = config.discover[1];
  EXPECT_EQ(argo.id, "argocd meta argocd team in (shop, search)");
  EXPECT_FALSE(argo.may_sync);
  EXPECT_EQ(argo.app.channel, "#argo");
  EXPECT_EQ(argo.app.environment, "production");
  EXPECT_EQ(config.discover[2].id, "flux meta");
  EXPECT_TRUE(config.discover[2].may_sync);
  const auto& terraform = config.discover[3];
  EXPECT_EQ(terraform.kind, DiscoverKind::Paths);
  EXPECT_EQ(terraform.paths, "live/{environment}/{app}");
  EXPECT_EQ(terraform.app.kind, AppKind::Terraform);
  EXPECT_EQ(terraform.app.channel, "#infra");
  EXPECT_EQ(terraform.app.plan.every, 8h);
  EXPECT_TRUE(terraform.app.plan.refresh_only);
  EXPECT_EQ(terraform.app.plan.rule, "terraform infra live/{environment}/{app}");
  EXPECT_EQ(config.tool_environments.at(terraform.id).at("REGION").value.reveal(), "eu-west-1");
  const auto& ansible = config.discover[4];
  EXPECT_EQ(ansible.app.kind, AppKind::Ansible);
  EXPECT_EQ(ansible.id, "ansible infra playbooks/{environment}/{app}.yml");
  EXPECT_EQ(ansible.app.plan.inventory, "../../hosts.ini");
}

TEST(Sources, OfATerraformRuleWithoutItsRepositoryAreLeftOut) {
  const auto loaded = load_text("discover: [{terraform: {repository: infra, paths: 'live/{app}', env: {A: b}}}]\n");
  EXPECT_THAT(texts(loaded.warnings), testing::Contains("c.yaml:1:37: unknown repository \"infra\", expected a name from repositories; the rule finds nothing"));
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->discover, IsEmpty());
  EXPECT_THAT(loaded.config->tool_environments, IsEmpty());
}

struct SourceRow {
  std::string name;
  std::string text;
  std::vector<std::string> said;
  friend void PrintTo(const SourceRow& row, std::ostream* out) { *out << row.name; }
};
class SourceMistakes : public testing::TestWithParam<SourceRow> {};

/// What a row adds begins on line 6.
constexpr std::string_view kGround =
    "clusters: [{name: prod, in_cluster: true}]\n"
    "repositories: [{name: config, url: 'https://git.example.com/c.git'}]\n"
    "plugins: [{name: jsonnet, command: [jsonnet]}]\n"
    "apps:\n"
    "- {name: shop, repository: config, path: apps/shop, cluster: prod, namespace: shop}\n";

TEST(SourceGround, IsGood) { EXPECT_THAT(texts(load_text(std::string(kGround)).mistakes), IsEmpty()); }

TEST_P(SourceMistakes, AreFoundWhereTheyAre) { EXPECT_EQ(texts(load_text(std::string(kGround) + GetParam().text).mistakes), GetParam().said); }

const std::string kApp = "- {name: b, repository: config, path: b, cluster: prod, namespace: b, ";
const std::string kPlanned = "- {name: b, repository: config, path: b, ";

INSTANTIATE_TEST_SUITE_P(
    OfApps, SourceMistakes,
    testing::Values(
        SourceRow{"UnknownPlugin", kApp + "plugin: jsonet}\n", {"c.yaml:6:79: unknown plugin \"jsonet\", expected \"jsonnet\""}},
        SourceRow{"PluginOfAChart", kApp + "render: helm, plugin: jsonnet}\n",
                  {"c.yaml:6:93: \"plugin\" is given, but it isn't rendered by one, expected render: plugin"}},
        SourceRow{"NoPlugin", kApp + "render: plugin}\n", {"c.yaml:6:3: apps[1] has no \"plugin\", expected the name of a plugin"}},
        SourceRow{"RevisionThatIsAnOption", kApp + "revision: --upload-pack=x}\n",
                  {"c.yaml:6:81: \"--upload-pack=x\" looks like an option, expected a tag, a branch or a commit"}},
        SourceRow{"RevisionAndPin", kApp + "revision: v1, track: pin}\n",
                  {"c.yaml:6:81: \"revision\" is given, but the App's pin says its revision, expected one of revision and track: pin"}},
        SourceRow{"MoreOutside", kApp + "more: [{path: ../x}]}\n",
                  {"c.yaml:6:85: \"../x\" leaves the repository, expected a directory inside the repository, such as apps/checkout"}},
        SourceRow{"MoreWithACluster", kApp + "more: [{path: x, cluster: prod}]}\n",
                  {"c.yaml:6:88: unknown key \"cluster\", expected one of path, render, plugin, helm, kustomize"}},
        SourceRow{"ImageThatIsAnOption", kApp + "kustomize: {images: [-x]}}\n",
                  {"c.yaml:6:92: \"-x\" isn't an image, expected such as web=ghcr.io/acme/web:1.2, web:1.2 or web@sha256:..."}},
        SourceRow{"ImageThatSaysNothing", kApp + "kustomize: {images: [web]}}\n",
                  {"c.yaml:6:92: \"web\" says nothing new of the image, expected such as web=ghcr.io/acme/web:1.2, web:1.2 or web@sha256:..."}},
        SourceRow{"HalfAReplica", kApp + "kustomize: {replicas: {web: 0.5}}}\n", {"c.yaml:6:99: \"web\" is \"0.5\", expected a whole number from 0"}},
        SourceRow{"ComponentOutside", kApp + "kustomize: {components: [../../x]}}\n",
                  {"c.yaml:6:96: \"../../x\" leaves the repository, expected a directory of the repository, relative to the App's path"}},
        SourceRow{"PatchThatIsAText", kApp + "kustomize: {patches: [x]}}\n", {"c.yaml:6:93: \"patches\" holds \"x\", expected a mapping with patch or path, and target"}},
        SourceRow{"InlineThatIsAText", kApp + "helm: {inline: 'a: b'}}\n", {"c.yaml:6:86: \"inline\" is \"a: b\", expected a mapping, as in a values file"}},
        SourceRow{"StructureInSet", kApp + "helm: {set_string: {a: [b]}}}\n", {"c.yaml:6:94: \"a\" is a list, expected a text; put structures into a values file"}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfPlans, SourceMistakes,
    testing::Values(
        SourceRow{"ADestination", kPlanned + "cluster: prod, namespace: b, render: helm, terraform: {}}\n",
                  {"c.yaml:6:51: \"cluster\" means nothing for an App that terraform plans, expected no such key beside terraform",
                   "c.yaml:6:68: \"namespace\" means nothing for an App that terraform plans, expected no such key beside terraform",
                   "c.yaml:6:79: \"render\" means nothing for an App that terraform plans, expected no such key beside terraform"}},
        SourceRow{"TwoTools", kPlanned + "terraform: {}, ansible: {playbook: a.yml, inventory: h}}\n",
                  {"c.yaml:6:66: \"ansible\" and \"terraform\" are both given, expected one of them"}},
        SourceRow{"NoPlaybook", kPlanned + "ansible: {inventory: h}}\n", {"c.yaml:6:51: apps[1].ansible has no \"playbook\", expected a file below the App's path, such as site.yml"}},
        SourceRow{"InventoryOfAnsiblesOwnSettings", kPlanned + "ansible: {playbook: a.yml}}\n", {}},
        SourceRow{"InventoryOutside", kPlanned + "ansible: {playbook: x/a.yml, inventory: ../../../h}}\n",
                  {"c.yaml:6:82: \"../../../h\" leaves the repository, expected a file of the repository, relative to the playbook"}},
        SourceRow{"UnknownTool", kPlanned + "terraform: {tool: tofoo}}\n", {"c.yaml:6:60: unknown word \"tofoo\", expected tofu | terraform | terragrunt"}},
        SourceRow{"TooOften", kPlanned + "terraform: {every: 5s}}\n", {"c.yaml:6:61: \"every\" is 5s, expected at least 1m"}},
        SourceRow{"BadVariable", kPlanned + "terraform: {env: {A-B: x}}}\n", {"c.yaml:6:60: \"A-B\" isn't the name of a variable, expected letters, digits and \"_\""}},
        SourceRow{"UnsetVariable", kPlanned + "terraform: {env: {A: {env: NO}}}}\n", {"c.yaml:6:69: the environment variable NO is not set, expected a secret in it"}},
        SourceRow{"VarFileOutside", kPlanned + "terraform: {var_files: [/etc/x]}}\n",
                  {"c.yaml:6:66: \"/etc/x\" begins with a slash, expected a file of the repository, relative to what is planned"}},
        SourceRow{"WorkspaceThatIsAnOption", kPlanned + "terraform: {workspace: -x}}\n",
                  {"c.yaml:6:65: \"-x\" isn't a workspace, expected letters, digits, \".\", \"_\" and \"-\""}},
        SourceRow{"ApplyOfARefresh", kPlanned + "terraform: {refresh_only: true, apply: true}}\n",
                  {"c.yaml:6:81: \"apply\" is true, but a refresh-only plan changes nothing, expected one of refresh_only and apply"}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfDiscovery, SourceMistakes,
    testing::Values(
        SourceRow{"NoCluster", "discover: [{paths: 'a/{namespace}/{app}', repository: config}]\n",
                  {"c.yaml:6:12: discover[0] has no \"cluster\", expected {cluster} in paths, or cluster: NAME"}},
        SourceRow{"ClusterTwice", "discover: [{paths: '{cluster}/{namespace}/{app}', repository: config, cluster: prod}]\n",
                  {"c.yaml:6:80: \"cluster\" is given, but the path says it, expected one of them"}},
        SourceRow{"UnknownCluster", "discover: [{flux: {cluster: prd}}]\n", {"c.yaml:6:29: unknown cluster \"prd\", expected \"prod\""}},
        SourceRow{"SlipOfThePen", "discover: [{paths: '{clutser}/{app}', repository: config, cluster: prod, namespace: a}]\n",
                  {"c.yaml:6:20: \"{clutser}/{app}\" has the unknown placeholder {clutser}, which looks like {cluster}, expected a path such as "
                   "clusters/{cluster}/{namespace}/{app}"}},
        SourceRow{"TwoOfOneId", "discover:\n- flux: {cluster: prod}\n- flux: {cluster: prod}\n",
                  {"c.yaml:8:3: discover[1] finds what another rule finds, expected another place (first at c.yaml:7:3)"}},
        SourceRow{"NamespaceBesideFlux", "discover: [{flux: {cluster: prod}, namespace: x}]\n",
                  {"c.yaml:6:47: \"namespace\" means nothing beside flux, expected it beside paths only"}},
        SourceRow{"UnknownOwner", "discover: [{flux: {cluster: prod}, owners: [bob]}]\n",
                  {"c.yaml:6:45: unknown person or group \"bob\", expected a name from people or groups (owners)"}},
        SourceRow{"AnsibleWithoutItsRepository", "discover: [{ansible: {repository: infra, paths: '{app}.yml', inventory: h}}]\n",
                  {"c.yaml:6:35: unknown repository \"infra\", expected a name from repositories (config)"}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfTools, SourceMistakes,
    testing::Values(
        SourceRow{"UnknownFence", "tools: {fence: maybe}\n", {"c.yaml:6:16: unknown word \"maybe\", expected best-effort | required"}},
        SourceRow{"LittleMemory", "tools: {memory: 8}\n", {"c.yaml:6:17: \"memory\" is \"8\", expected a whole number from 64"}},
        SourceRow{"NoTime", "tools: {timeout: 0s}\n", {"c.yaml:6:18: \"timeout\" is 0s, expected at least 1s"}},
        SourceRow{"TooMuchTime", "tools: {timeout: 11m}\n", {"c.yaml:6:18: \"timeout\" is 11m, expected at most 10m"}},
        SourceRow{"ConfigFromNowhere", "config_from: {repository: nowhere, path: x}\n",
                  {"c.yaml:6:27: unknown repository \"nowhere\", expected a name from repositories (config)"}},
        SourceRow{"ConfigFromNoPath", "config_from: {repository: config}\n", {"c.yaml:6:14: config_from has no \"path\", expected a directory of the repository"}}),
    [](const auto& row) { return row.param.name; });

struct WholeSourceRow {
  std::string name;
  std::string text;
  std::vector<std::string> said;
  friend void PrintTo(const WholeSourceRow& row, std::ostream* out) { *out << row.name; }
};
class WholeSources : public testing::TestWithParam<WholeSourceRow> {};
TEST_P(WholeSources, AreToldWhatIsWrong) { EXPECT_EQ(texts(load_text(GetParam().text).mistakes), GetParam().said); }
INSTANTIATE_TEST_SUITE_P(
    AllOf, WholeSources,
    testing::Values(
        WholeSourceRow{"PluginsOfOneName", "plugins:\n- {name: a, command: [x]}\n- {name: a, command: [x]}\n",
                       {"c.yaml:3:10: the name \"a\" is taken, expected another name (first at c.yaml:2:10)"}},
        WholeSourceRow{"PluginThatIsNothing", "plugins:\n- {name: a}\n- {name: b, command: []}\n",
                       {"c.yaml:2:3: plugins[0] has no \"command\", expected a list of texts: the program and its arguments",
                        "c.yaml:3:22: \"command\" is empty, expected a list of texts: the program and its arguments"}},
        WholeSourceRow{"PluginOfTheApp", "plugins: [{name: a, command: [./render.sh]}]\n",
                       {"c.yaml:1:31: \"./render.sh\" is a relative path, expected the name of a program, or an absolute path"}},
        WholeSourceRow{"AliasesOfTwo", "clusters:\n- {name: a, in_cluster: true, aliases: [x, b]}\n- {name: b, in_cluster: true, aliases: [x]}\n",
                       {"c.yaml:2:44: the alias \"b\" is another cluster's name, expected what this one is called",
                        "c.yaml:3:41: the alias \"x\" is taken, expected another alias (first at c.yaml:2:41)"}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
