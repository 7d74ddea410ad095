#include "bot/setup/init.hpp"

#include "bot/setup/clean_url.hpp"
#include "tests/support/fakes/cluster.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kKubeconfig = R"(
current-context: prod
contexts:
- {name: lab, context: {cluster: lab, user: me}}
- {name: prod, context: {cluster: prod, user: me}}
)";

class InitTest : public testing::Test {
 protected:
  InitTest() {
    environment.variables["HOME"] = "/home/ann";
    environment.files["/home/ann/.kube/config"] = kKubeconfig;
  }
  Result<InitAnswers> answer(const std::string& lines, InitAnswers known = {}, bool yes = false) {
    std::istringstream in(lines);
    out.str("");
    return ask({in, out, environment, yes}, std::move(known));
  }
  /// The config has to be good with any tokens.
  Config config_of(const std::string& text) {
    auto full = environment;
    for (const auto* name : {"SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "FORGE_TOKEN", "FORGE_TOKEN_GITLAB_ACME_EXAMPLE"}) full.variables[name] = "x";
    return good(text, full);
  }
  FakeEnvironment environment;
  std::ostringstream out;
};

constexpr const char* kAnswers =
    "\n"                                                    // the usual kubeconfig
    "lab\n"                                                 // context
    "lab-eu\n"                                              // name
    "staging\n"                                             // environment
    "yes\n"                                                 // apply
    "https://ann:hunter2@github.com/acme/config.git\n"      // repository
    "\n\n\n"                                                // branch, forge, project
    "apps/{namespace}/{app}\n"                              // Apps
    "#alerts\n\n"                                           // channels
    "ann\nU0ANN\nann-on-github\n";                          // a person

TEST_F(InitTest, AnswersBecomeAConfigThatIsGood) {
  const auto answers = answer(kAnswers);
  ASSERT_TRUE(answers) << answers.error().message;
  const auto text = write_config(*answers);
  test::expect_golden("setup/init-answers.yaml", text);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(out.str(), Not(HasSubstr("hunter2")));
  const auto config = config_of(text);
  EXPECT_EQ(config.clusters.at(0).context, "lab");
  EXPECT_TRUE(config.clusters.at(0).apply);
  EXPECT_EQ(config.repositories.at(0).forge.project, "acme/config");
  EXPECT_EQ(config.discover.at(0).paths, "apps/{namespace}/{app}");
  EXPECT_EQ(config.discover.at(0).cluster, "lab-eu");
  EXPECT_THAT(variables_of(*answers), ElementsAre("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "FORGE_TOKEN"));
}

TEST_F(InitTest, OneAppInTheClusterTheBotRunsIn) {
  const auto answers = answer("in-cluster\nhere\n\nno\ngit@git.acme.example:ops/config.git\nmain\nnone\none\nCheckout\n\nshop\n\n\n\n");
  ASSERT_TRUE(answers) << answers.error().message;
  const auto config = config_of(write_config(*answers));
  EXPECT_TRUE(config.clusters.at(0).in_cluster);
  EXPECT_EQ(config.apps.at(0).path, "apps/Checkout");
  EXPECT_EQ(config.apps.at(0).namespace_, "shop");
  EXPECT_FALSE(config.policy.given);
}

TEST_F(InitTest, ABadAnswerIsAskedForAgain) {
  const auto answers = answer("in-cluster\nbad name!\nhere\n\nmaybe\nno\nftp://x/y\nhttps://git.acme.example/ops/config\n\nforgejo\nnone\nclusters/{cluster}/{namespace}/{app}\n#UPPER\n#alerts\n\n\n");
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_EQ(answers->cluster, "here");
  EXPECT_EQ(answers->default_channel, "#alerts");
  EXPECT_THAT(out.str(), HasSubstr("  yes or no\n"));
  EXPECT_THAT(out.str(), HasSubstr("one of these four"));
}

TEST_F(InitTest, AnswersThatEndEarlyAreAnError) {
  const auto answers = answer("in-cluster\nhere\n");
  ASSERT_FALSE(answers);
  EXPECT_THAT(answers.error().message, HasSubstr("ended before \"URL of the Git repository"));
}

TEST_F(InitTest, YesNeedsToBeToldTheRepositoryByACluster) {
  const auto answers = answer("", {}, true);
  ASSERT_FALSE(answers);
  EXPECT_THAT(answers.error().message, HasSubstr("--from-cluster"));
  EXPECT_EQ(out.str(), "");
}

json application(const std::string& name, const std::string& url, const std::string& revision = "HEAD", const json& destination = {{"server", "https://kubernetes.default.svc"}, {"namespace", "shop"}}) {
  return {{"apiVersion", "argoproj.io/v1alpha1"},
          {"kind", "Application"},
          {"metadata", {{"name", name}, {"namespace", "argocd"}}},
          {"spec", {{"project", "default"}, {"source", {{"repoURL", url}, {"path", "apps/" + name}, {"targetRevision", revision}}}, {"destination", destination}}}};
}

json git_repository(const std::string& name, const std::string& url) {
  return {{"apiVersion", "source.toolkit.fluxcd.io/v1"}, {"kind", "GitRepository"}, {"metadata", {{"name", name}, {"namespace", "flux-system"}}}, {"spec", {{"url", url}, {"ref", {{"branch", "live"}}}}}};
}

json kustomization(const std::string& name, const std::string& source) {
  return {{"apiVersion", "kustomize.toolkit.fluxcd.io/v1"},
          {"kind", "Kustomization"},
          {"metadata", {{"name", name}, {"namespace", "flux-system"}}},
          {"spec", {{"path", "./apps"}, {"sourceRef", {{"kind", "GitRepository"}, {"name", source}}}}}};
}

class FromCluster : public InitTest {
 protected:
  FoundInCluster look() {
    asio::io_context io;
    test::FakeCluster cluster("prod", state);
    auto found = test::run(io, look_into(cluster));
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : FoundInCluster{};
  }
  void put(const json& object) { state->objects[object.at("kind").get<std::string>() + "/" + object.at("metadata").at("name").get<std::string>()] = object; }
  InitAnswers known() const {
    InitAnswers answers;
    answers.kubeconfig = "/home/ann/.kube/config";
    answers.context = "prod";
    answers.cluster = "prod";
    return answers;
  }
  std::shared_ptr<test::FakeCluster::State> state = std::make_shared<test::FakeCluster::State>();
};

TEST_F(FromCluster, ArgoCdAndFluxTellRepositoriesAndRules) {
  put(application("web", "https://bot:ghp_s3cr3t@github.com/acme/config.git"));
  put(application("shop", "https://github.com/Acme/config"));
  put(application("far", "https://gitlab.acme.example/ops/config.git?private_token=t0ps3cret", "release", {{"name", "prod-us"}, {"namespace", "far"}}));
  put(git_repository("fleet", "ssh://git@git.acme.example:2222/ops/fleet.git"));
  put(kustomization("apps", "fleet"));
  const auto taken = take_found(known(), look());
  ASSERT_TRUE(taken) << taken.error().message;
  const auto answers = answer("", *taken, true);
  ASSERT_TRUE(answers) << answers.error().message;
  const auto text = write_config(*answers);
  test::expect_golden("setup/init-from-cluster.yaml", text);
  for (const auto* secret : {"s3cr3t", "t0ps3cret"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
  const auto config = config_of(text);
  EXPECT_EQ(config.repositories.size(), 3U);
  EXPECT_EQ(config.discover.size(), 2U);
  EXPECT_THAT(answers->remarks, Contains(HasSubstr("prod-us")));
}

TEST_F(FromCluster, AnEmptyClusterIsSaidToBeEmpty) {
  const auto taken = take_found(known(), look());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, ErrorKind::NotFound);
}

struct UrlRow {
  std::string name, url, clean;
  friend void PrintTo(const UrlRow& row, std::ostream* stream) { *stream << row.name; }
};
class CleanUrl : public testing::TestWithParam<UrlRow> {};
TEST_P(CleanUrl, HoldsNoSecret) { EXPECT_EQ(without_credentials(GetParam().url), GetParam().clean); }
INSTANTIATE_TEST_SUITE_P(Urls, CleanUrl,
                         testing::Values(UrlRow{"PlainStays", "https://github.com/a/b.git", "https://github.com/a/b.git"},
                                         UrlRow{"TokenAsUser", "https://ghp_x@github.com/a/b", "https://github.com/a/b"},
                                         UrlRow{"UserAndPassword", "https://u:p%40@git.example/a/b", "https://git.example/a/b"},
                                         UrlRow{"AnAtSignInThePassword", "https://u:p@ss@git.example/a/b", "https://git.example/a/b"},
                                         UrlRow{"Query", "https://git.example/a/b?token=x#y", "https://git.example/a/b"},
                                         UrlRow{"SshUserStays", "ssh://git@git.example:22/a/b", "ssh://git@git.example:22/a/b"},
                                         UrlRow{"SshPasswordGoes", "ssh://git:pw@git.example/a/b", "ssh://git@git.example/a/b"},
                                         UrlRow{"ScpLike", "git@git.example:a/b.git", "git@git.example:a/b.git"},
                                         UrlRow{"AnAtSignInThePath", "https://git.example/a/b@c", "https://git.example/a/b@c"},
                                         UrlRow{"ALocalOne", "file:///srv/git/a.git", "file:///srv/git/a.git"}),
                         [](const auto& row) { return row.param.name; });

TEST(GuessForge, ByItsHost) {
  EXPECT_EQ(guess_forge("https://github.com/acme/config.git").kind, ForgeKind::GitHub);
  EXPECT_EQ(guess_forge("https://github.com/acme/config.git").api_url, "");
  EXPECT_EQ(guess_forge("git@github.acme.example:acme/config").api_url, "https://github.acme.example/api/v3");
  EXPECT_EQ(guess_forge("https://gitlab.acme.example/group/sub/config.git").project, "group/sub/config");
  EXPECT_EQ(guess_forge("https://git.acme.example/a/b").kind, ForgeKind::None);
  EXPECT_EQ(forge_of_kind(ForgeKind::Gitea, "ssh://git@git.acme.example:2222/a/b.git").api_url, "https://git.acme.example/api/v1");
  EXPECT_EQ(name_from_url("https://git.example/acme/my config.git"), "my-config");
}

}  // namespace
}  // namespace driftwarden
