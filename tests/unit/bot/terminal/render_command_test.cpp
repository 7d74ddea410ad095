#include "bot/terminal/render_command.hpp"

#include "bot/terminal/check_command.hpp"
#include "bot/terminal/local_files.hpp"
#include "tests/unit/bot/config/fixture.hpp"
#include "tests/unit/gitops/render/fake_tools.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RenderCommand : public testing::Test {
 protected:
  RenderCommand() : root(fs::temp_directory_path() / ("driftwarden-render-command-" + std::to_string(::getpid()))) {
    write("web/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    write("web/.hidden/cm.yaml", "kind: [\n");
    write("overlay/kustomization.yaml", "resources: [../web/cm.yaml]\n");
    write("up/kustomization.yaml", "resources: [../../elsewhere]\n");
    fs::create_directories(root / ".git");
    ::setenv("PATH", (root / "empty").c_str(), 1);
  }
  ~RenderCommand() override {
    ::setenv("PATH", path_.c_str(), 1);
    fs::remove_all(root);
  }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  }
  int render(const std::string& directory) {
    RenderArguments arguments;
    arguments.path = (root / directory).string();
    arguments.namespace_ = "shop";
    if (timeout) arguments.timeout = *timeout;
    return run_render(arguments, out, err);
  }

  fs::path root;
  std::ostringstream out;
  std::ostringstream err;
  std::optional<Duration> timeout;

 private:
  std::string path_ = std::getenv("PATH");
};

TEST_F(RenderCommand, PlainFilesNeedNoTool) {
  EXPECT_EQ(render("web"), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("\"namespace\": \"shop\""));
  EXPECT_EQ(render("web/cm.yaml"), 0) << err.str();
}

TEST_F(RenderCommand, AMissingToolIsNamed) {
  EXPECT_EQ(render("overlay"), 2);
  EXPECT_THAT(err.str(), HasSubstr("neither kustomize nor kubectl is installed"));
}

TEST_F(RenderCommand, TheRepositoryIsWhereReadingEnds) {
  EXPECT_EQ(render("up"), 2);
  EXPECT_THAT(err.str(), AllOf(HasSubstr("up/kustomization.yaml: resources[0]"), HasSubstr("leaves the repository")));
}

TEST_F(RenderCommand, AToolIsStoppedAtItsTimeout) {
  write("empty/kustomize", "#!/bin/sh\nexec /bin/sleep 600\n");
  fs::permissions(root / "empty/kustomize", fs::perms::owner_all);
  timeout = std::chrono::seconds{1};
  EXPECT_EQ(render("overlay"), 2);
  EXPECT_THAT(err.str(), HasSubstr("kustomize was stopped after 1s"));
}

TEST_F(RenderCommand, ATimeoutIsASecondToTenMinutes) {
  for (const Duration wrong : {Duration{0}, Duration{-1000}, Duration{999}, Duration{600'001}}) {
    timeout = wrong;
    err.str("");
    EXPECT_EQ(render("web"), 2);
    EXPECT_THAT(err.str(), HasSubstr("expected 1s to 10m"));
  }
  timeout = std::chrono::minutes{10};
  EXPECT_EQ(render("web"), 0) << err.str();
}

TEST_F(RenderCommand, APlaceIsFoundByTheGitAroundIt) {
  const auto place = local_place((root / "web").string());
  ASSERT_TRUE(place);
  EXPECT_EQ(place->root, fs::canonical(root).string());
  EXPECT_EQ(place->path, "web");
  EXPECT_EQ(local_place(root.string())->path, "");
  EXPECT_FALSE(local_place((root / "gone").string()));
}

TEST(CheckTools, OnlyTheAppsThatNeedATool) {
  FakeEnvironment environment;
  environment.files["c.yaml"] =
      "clusters:\n- {name: a, in_cluster: true}\nrepositories:\n- {name: r, url: 'https://git.example.org/a.git'}\napps:\n"
      "- {name: one, repository: r, path: a, cluster: a, namespace: x, render: helm}\n- {name: two, repository: r, path: b, cluster: a, namespace: x, render: kustomize}\n";
  test::FakeTools tools;
  tools.installed = {"kubectl"};
  std::ostringstream out;
  EXPECT_EQ(run_check({.config = "c.yaml", .output = "text"}, environment, out, out, &tools), 0) << out.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("the App \"one\" is rendered with helm, which isn't installed here"), Not(HasSubstr("App \"two\" is rendered"))));
}

}  // namespace
}  // namespace driftwarden
