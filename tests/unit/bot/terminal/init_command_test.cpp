#include "bot/terminal/init_command.hpp"

#include "gitops/base/temporary_directory.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The machine's own files, and the variables of nobody in particular.
class FilesOnly final : public Environment {
 public:
  std::optional<std::string> variable(const std::string& name) const override { return name == "HOME" ? std::optional<std::string>{"/nowhere"} : std::nullopt; }
  Result<std::string> read_file(const std::string& path) const override { return system_->read_file(path); }
  std::vector<std::string> list_files(const std::string& pattern) const override { return system_->list_files(pattern); }
  std::string absolute(const std::string& path) const override { return system_->absolute(path); }

 private:
  std::unique_ptr<Environment> system_ = create_system_environment();
};

class InitCommand : public testing::Test {
 protected:
  int init(const std::string& answers, InitArguments arguments = {}) {
    arguments.out = file;
    std::istringstream in(answers);
    return run_init(arguments, environment, look, {in, out, err});
  }
  std::string written() const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::unique_ptr<TemporaryDirectory> directory = std::move(*TemporaryDirectory::make());
  std::string file = directory->path() + "/driftwarden.yaml";
  FilesOnly environment;
  LookIntoCluster look = [](const std::string&, const std::string&) -> Result<FoundInCluster> { return Error{ErrorKind::Unavailable, "no connection"}; };
  std::ostringstream out;
  std::ostringstream err;
};

constexpr const char* kAnswers = "in-cluster\nhere\n\nno\nhttps://u:hunter2@git.acme.example/ops/config.git\n\ngitea\n\n\nclusters/{cluster}/{namespace}/{app}\n\n\nann\nU0ANN\n\n";

TEST_F(InitCommand, WritesAndChecks) {
  EXPECT_EQ(init(kAnswers), 0) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("good: 1 cluster, 1 repository"));
  EXPECT_THAT(out.str(), HasSubstr("set SLACK_APP_TOKEN, SLACK_BOT_TOKEN, FORGE_TOKEN"));
  EXPECT_THAT(written(), HasSubstr("url: \"https://git.acme.example/ops/config.git\""));
  for (const auto& text : {out.str(), err.str(), written()}) EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST_F(InitCommand, NeverOverwrites) {
  std::ofstream(file) << "mine";
  EXPECT_EQ(init(kAnswers), 2);
  EXPECT_EQ(written(), "mine");
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(err.str(), HasSubstr("is there already"));
}

TEST_F(InitCommand, AnswersThatEndWriteNothing) {
  EXPECT_EQ(init("in-cluster\n"), 2);
  EXPECT_FALSE(std::ifstream(file).good());
}

TEST_F(InitCommand, AClusterThatCannotBeReadIsAnError) {
  InitArguments arguments;
  arguments.from_cluster = "prod";
  EXPECT_EQ(init("", arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("looking into the cluster: no connection"));
}

TEST_F(InitCommand, FromAClusterWithoutAQuestion) {
  look = [](const std::string& kubeconfig, const std::string& context) -> Result<FoundInCluster> {
    EXPECT_EQ(kubeconfig, "/nowhere/.kube/config");
    EXPECT_EQ(context, "admin@prod-eu");
    FoundInCluster found;
    const nlohmann::json application{{"apiVersion", "argoproj.io/v1alpha1"},
                                     {"kind", "Application"},
                                     {"metadata", {{"name", "web"}, {"namespace", "argocd"}}},
                                     {"spec", {{"source", {{"repoURL", "https://github.com/acme/config.git"}, {"path", "apps"}, {"targetRevision", "main"}}}, {"destination", {{"name", "in-cluster"}, {"namespace", "a"}}}}}};
    Manifest manifest;
    manifest.ref = ref_of(application);
    manifest.body = std::make_shared<const nlohmann::json>(application);
    found.applications.push_back(manifest);
    return found;
  };
  InitArguments arguments;
  arguments.from_cluster = "admin@prod-eu";
  arguments.yes = true;
  EXPECT_EQ(init("", arguments), 0) << out.str() << err.str();
  EXPECT_THAT(written(), HasSubstr("name: prod-eu"));
  EXPECT_THAT(written(), HasSubstr("argocd: {cluster: prod-eu, namespace: argocd}"));
}

}  // namespace
}  // namespace driftwarden
