#include "bot/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class SystemEnvironmentTest : public testing::Test {
 protected:
  SystemEnvironmentTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "driftwarden-config-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~SystemEnvironmentTest() override { std::filesystem::remove_all(directory); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((directory / name).parent_path());
    std::ofstream{directory / name} << text;
  }
  std::filesystem::path directory;
  std::unique_ptr<Environment> environment = create_system_environment();
};

TEST_F(SystemEnvironmentTest, LoadsARealFileWithIncludesAndSecrets) {
  write("main.yaml", "include: [conf.d/*.yaml]\nhttp: {webhook_secret: {file: hook}}\n");
  write("hook", "hush\n");
  write("conf.d/b.yaml", "people: [{name: bob}]\n");
  write("conf.d/a.yaml", "people: [{name: alice}]\nclusters: [{name: a, kubeconfig: k}]\n");
  write("conf.d/.hidden.yaml", "people: [{name: ghost}]\n");
  write("conf.d/notes.txt", "nothing: here\n");
  const auto loaded = load_config((directory / "main.yaml").string(), *environment);
  for (const auto& mistake : loaded.mistakes) ADD_FAILURE() << to_string(mistake);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->http.webhook_secret.reveal(), "hush");
  ASSERT_EQ(loaded.config->people.size(), 2U);
  EXPECT_EQ(loaded.config->people[0].name, "alice") << "in the order of the files' names";
  EXPECT_EQ(loaded.config->clusters.at(0).kubeconfig, (directory / "conf.d" / "k").string());
  EXPECT_EQ(loaded.config->directory, directory.string());
}

TEST_F(SystemEnvironmentTest, SaysWhyAFileCantBeRead) {
  EXPECT_THAT(environment->read_file((directory / "none").string()).error().message, HasSubstr("no such file"));
  EXPECT_THAT(environment->read_file(directory.string()).error().message, HasSubstr("directory"));
  EXPECT_THAT(environment->list_files((directory / "none" / "*").string()), IsEmpty());
}

TEST_F(SystemEnvironmentTest, ReadsVariables) {
  ::setenv("DRIFTWARDEN_TEST_VARIABLE", "x", 1);
  EXPECT_EQ(environment->variable("DRIFTWARDEN_TEST_VARIABLE"), "x");
  ::unsetenv("DRIFTWARDEN_TEST_VARIABLE");
  EXPECT_EQ(environment->variable("DRIFTWARDEN_TEST_VARIABLE"), std::nullopt);
}

TEST_F(SystemEnvironmentTest, MakesPathsAbsolute) {
  EXPECT_EQ(environment->absolute("/a/./b"), "/a/b");
  EXPECT_TRUE(environment->absolute("x").starts_with("/"));
}

}  // namespace
}  // namespace driftwarden
