#include "bot/reload/git_texts.hpp"

#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GitTextsTest : public test::RepositoryTest {
 protected:
  Result<GitTexts> read(const std::string& path, const std::string& known = "") {
    auto mirror = fetched();
    const auto head = mirror->head();
    return read_git_texts(*mirror, {.repository = "config", .path = path}, *head, known);
  }
  static std::vector<std::string> names(const std::vector<ConfigText>& texts) {
    std::vector<std::string> out;
    for (const auto& text : texts) out.push_back(text.name);
    return out;
  }
};

TEST_F(GitTextsTest, AreEveryYamlBelowThePlace) {
  publish("driftwarden/b.yml", "b: 1\n");
  publish("driftwarden/teams/a.yaml", "a: 1\n");
  publish("driftwarden/README.md", "no\n");
  publish("driftwarden/.hidden.yaml", "no\n");
  publish("driftwarden/.git-stuff/x.yaml", "no\n");
  const auto sha = publish("other.yaml", "no\n").substr(0, 7);
  const auto texts = read("driftwarden");
  ASSERT_TRUE(texts) << texts.error().message;
  EXPECT_THAT(names(texts->texts), ElementsAre("config@" + sha + ":driftwarden/b.yml", "config@" + sha + ":driftwarden/teams/a.yaml"));
  EXPECT_EQ(texts->texts[1].text, "a: 1\n");
}

TEST_F(GitTextsTest, MayBeTheWholeRepository) {
  const auto sha = publish("a.yaml", "a: 1\n").substr(0, 7);
  const auto texts = read("");
  ASSERT_TRUE(texts) << texts.error().message;
  EXPECT_THAT(names(texts->texts), ElementsAre("config@" + sha + ":a.yaml"));
}

TEST_F(GitTextsTest, AreNotReadAgainWhenNothingMoved) {
  publish("driftwarden/a.yaml", "a: 1\n");
  const auto first = read("driftwarden");
  ASSERT_TRUE(first);
  publish("other.yaml", "b: 1\n");
  const auto second = read("driftwarden", first->tree);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->tree, first->tree);
  EXPECT_THAT(second->texts, IsEmpty());
}

TEST_F(GitTextsTest, ThatAreNotThereAreGone) {
  publish("driftwarden/README.md", "no\n");
  for (const auto* path : {"nowhere", "driftwarden"}) {
    const auto texts = read(path);
    ASSERT_FALSE(texts);
    EXPECT_EQ(texts.error().kind, ErrorKind::NotFound);
    EXPECT_THAT(texts.error().message, HasSubstr("gone from Git"));
  }
}

TEST_F(GitTextsTest, AreNoLinksToElsewhere) {
  test::fs::create_directories(work() / "driftwarden");
  test::fs::create_symlink("/etc/passwd", work() / "driftwarden" / "a.yaml");
  publish_all("link");
  const auto texts = read("driftwarden");
  ASSERT_FALSE(texts);
  EXPECT_EQ(texts.error().kind, ErrorKind::InvalidInput);
}

TEST_F(GitTextsTest, OfADirectoryAreNamedByTheirPaths) {
  test::write_file(root / "checkout" / "b.yaml", "b: 1\n");
  test::write_file(root / "checkout" / "a" / "a.yml", "a: 1\n");
  test::write_file(root / "checkout" / ".git" / "x.yaml", "no\n");
  const auto directory = (root / "checkout").string();
  const auto texts = read_directory_texts(directory);
  ASSERT_TRUE(texts) << texts.error().message;
  EXPECT_THAT(names(*texts), ElementsAre(directory + "/a/a.yml", directory + "/b.yaml"));
  EXPECT_FALSE(read_directory_texts(directory + "/none"));
  test::fs::create_directories(root / "empty");
  EXPECT_FALSE(read_directory_texts((root / "empty").string()));
}

}  // namespace
}  // namespace driftwarden
