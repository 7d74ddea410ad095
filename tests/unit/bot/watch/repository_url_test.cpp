#include "bot/watch/repository_url.hpp"

#include "bot/watch/git_inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

struct UrlRow {
  std::string name;
  std::string url;
  std::string normal;
  friend void PrintTo(const UrlRow& row, std::ostream* out) { *out << row.name; }
};
class Urls : public testing::TestWithParam<UrlRow> {};
TEST_P(Urls, HaveOneForm) { EXPECT_EQ(normal_repository_url(GetParam().url), GetParam().normal); }
INSTANTIATE_TEST_SUITE_P(AllOf, Urls,
                         testing::Values(UrlRow{"Https", "https://Git.example.com/Acme/config.git", "git.example.com/acme/config"},
                                         UrlRow{"Browser", " https://git.example.com/acme/config/ ", "git.example.com/acme/config"},
                                         UrlRow{"OwnPort", "https://git.example.com:443/acme/config", "git.example.com/acme/config"},
                                         UrlRow{"AnotherPort", "http://127.0.0.1:3000/acme/config.git", "127.0.0.1:3000/acme/config"},
                                         UrlRow{"User", "https://x-access-token@git.example.com/acme/config", "git.example.com/acme/config"},
                                         UrlRow{"ScpLike", "git@git.example.com:acme/config.git", "git.example.com/acme/config"},
                                         UrlRow{"Ssh", "ssh://git@git.example.com:2222/acme/config.git/", "git.example.com/acme/config"},
                                         UrlRow{"Ipv6", "ssh://git@[::1]/acme/config", "[::1]/acme/config"}, UrlRow{"File", "file:///srv/Config.git", "/srv/Config"},
                                         UrlRow{"Path", "/srv/Config.git/", "/srv/Config"}, UrlRow{"Empty", "", ""}, UrlRow{"NoUrl", "acme/config", ""},
                                         UrlRow{"HostAlone", "https://git.example.com", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(IgnoreFile, IsReadBareOrUnderItsKey) {
  EXPECT_THAT(parse_ignore_file("", "i.yaml").warnings, IsEmpty());
  for (const auto* text : {"- paths: [.spec.a]\n", "ignore:\n- paths: [.spec.a]\n"}) {
    const auto file = parse_ignore_file(text, "i.yaml");
    EXPECT_THAT(file.warnings, IsEmpty());
    ASSERT_EQ(file.rules.size(), 1U);
    EXPECT_THAT(file.rules.front().paths, ElementsAre(".spec.a"));
  }
}

struct BadFileRow {
  std::string name;
  std::string text;
  std::string place;
  friend void PrintTo(const BadFileRow& row, std::ostream* out) { *out << row.name; }
};
class BadIgnoreFiles : public testing::TestWithParam<BadFileRow> {};
TEST_P(BadIgnoreFiles, HaveNoRulesAndSayWhere) {
  const auto file = parse_ignore_file(GetParam().text, "i.yaml");
  EXPECT_THAT(file.rules, IsEmpty());
  EXPECT_THAT(file.warnings, ElementsAre(StartsWith(GetParam().place)));
}
INSTANTIATE_TEST_SUITE_P(AllOf, BadIgnoreFiles,
                         testing::Values(BadFileRow{"BrokenYaml", "- paths: [\n", "i.yaml:"}, BadFileRow{"BadRule", "- paths: [.a]\n\n- paths: [b]\n", "i.yaml:3: "},
                                         BadFileRow{"BadRuleUnderTheKey", "ignore:\n- paths: [.a]\n- reason: x\n", "i.yaml:3: "}, BadFileRow{"AText", "all\n", "i.yaml:1: "},
                                         BadFileRow{"AnotherKey", "rules: []\n", "i.yaml:1: "}, BadFileRow{"TwoDocuments", "- paths: [.a]\n---\n- paths: [.b]\n", "i.yaml:1: "}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
