#include "bot/policy/code_owners.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct MatchRow {
  std::string pattern;
  std::string path;
  bool github;
  bool gitlab;
};
bool matches(const MatchRow& row, ForgeKind dialect) {
  const auto rules = parse_code_owners(row.pattern + " @o\n", dialect);
  return !owners_of_path(rules, row.path, dialect).empty();
}
class CodeOwnersMatch : public testing::TestWithParam<MatchRow> {};
TEST_P(CodeOwnersMatch, AsDocumented) {
  EXPECT_EQ(matches(GetParam(), ForgeKind::GitHub), GetParam().github) << "GitHub: " << GetParam().pattern << " on " << GetParam().path;
  EXPECT_EQ(matches(GetParam(), ForgeKind::GitLab), GetParam().gitlab) << "GitLab: " << GetParam().pattern << " on " << GetParam().path;
}
INSTANTIATE_TEST_SUITE_P(
    Table, CodeOwnersMatch,
    testing::Values(MatchRow{"*", "a/b/c.txt", true, true}, MatchRow{"*.js", "a/b/c.js", true, true}, MatchRow{"*.js", "a/b/c.jsx", false, false},
                    MatchRow{"/build/logs/", "build/logs/a.log", true, true}, MatchRow{"/build/logs/", "build/logs/x/a.log", true, true},
                    MatchRow{"/build/logs/", "x/build/logs/a.log", false, false}, MatchRow{"docs/*", "docs/getting-started.md", true, true},
                    MatchRow{"docs/*", "docs/build-app/troubleshooting.md", false, false}, MatchRow{"docs/*", "x/docs/a.md", false, true},
                    MatchRow{"apps/", "apps/a", true, true}, MatchRow{"apps/", "x/apps/y/a", true, true}, MatchRow{"apps/", "apps", false, false},
                    MatchRow{"/docs/", "docs/x/a", true, true}, MatchRow{"/docs/", "x/docs/a", false, false}, MatchRow{"**/logs", "build/logs/a.log", true, false},
                    MatchRow{"**/logs", "a/b/logs", true, true}, MatchRow{"**/logs", "logs", true, true}, MatchRow{"/apps/github", "apps/github/x", true, false},
                    MatchRow{"/apps/github", "apps/github", true, true}, MatchRow{"/apps/**/prod/*.yaml", "apps/a/b/prod/x.yaml", true, true},
                    MatchRow{"/apps/**/prod/*.yaml", "apps/prod/x.yaml", true, true}, MatchRow{"/apps/**", "apps/a/b", true, true}, MatchRow{"/apps/**", "apps", false, false},
                    MatchRow{"README.md", "a/b/README.md", true, true}, MatchRow{"internal/README.md", "x/internal/README.md", false, true},
                    MatchRow{"internal/README.md", "internal/README.md", true, true}, MatchRow{"/a?c", "abc", true, true}, MatchRow{"/a?c", "a/c", false, false},
                    MatchRow{"/path\\ with\\ spaces/", "path with spaces/a", true, true}, MatchRow{"/a*z", "a/z", false, false}, MatchRow{"/docs/**/*", "docs/a/b.md", true, true},
                    MatchRow{"/docs/**/*", "docs/b.md", true, true}, MatchRow{"/", "a", false, false}, MatchRow{"/a.b", "axb", false, false}, MatchRow{"/\\#x", "#x", true, true},
                    MatchRow{"/docs/***", "docs/a", false, false}));

TEST(CodeOwners, TheLastMatchWins) {
  const auto rules = parse_code_owners("* @all\n/apps/ @dev # the developers\n/apps/db/ @dba dba@example.org\n/apps/db/readme.md\n", ForgeKind::GitHub);
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[2].line, 3);
  EXPECT_THAT(owners_of_path(rules, "x", ForgeKind::GitHub), ElementsAre("@all"));
  EXPECT_THAT(owners_of_path(rules, "apps/a", ForgeKind::GitHub), ElementsAre("@dev"));
  EXPECT_THAT(owners_of_path(rules, "apps/db/a", ForgeKind::GitHub), ElementsAre("@dba", "dba@example.org"));
  EXPECT_THAT(owners_of_path(rules, "apps/db/readme.md", ForgeKind::GitHub), IsEmpty()) << "a line without owners takes them away";
}

TEST(CodeOwners, WhatGitHubDoesNotTakeIsLeftOut) {
  EXPECT_THAT(parse_code_owners("# a comment\n\n!/docs @a\n/doc[s] @a\n   \n", ForgeKind::GitHub), IsEmpty());
}

TEST(CodeOwners, GitLabsSections) {
  const auto text =
      "* @all\n"
      "[Database][2] @dba\n"
      "/db/\n"
      "/db/schema/ @lead\n"
      "^[Docs] @writers\n"
      "/db/*.md\n"
      "[database]\n"
      "/db/x @second\n";
  const auto rules = parse_code_owners(text, ForgeKind::GitLab);
  EXPECT_THAT(owners_of_path(rules, "a", ForgeKind::GitLab), ElementsAre("@all"));
  EXPECT_THAT(owners_of_path(rules, "db/a", ForgeKind::GitLab), ElementsAre("@all", "@dba"));
  EXPECT_THAT(owners_of_path(rules, "db/schema/a", ForgeKind::GitLab), ElementsAre("@all", "@lead"));
  EXPECT_THAT(owners_of_path(rules, "db/a.md", ForgeKind::GitLab), ElementsAre("@all", "@dba", "@writers"));
  EXPECT_THAT(owners_of_path(rules, "db/x", ForgeKind::GitLab), ElementsAre("@all", "@second")) << "sections of one name are one";
  EXPECT_EQ(rules[1].section, "Database");
}

TEST(CodeOwners, GitLabsExclusions) {
  const auto rules = parse_code_owners("* @all\n!/db/\n/db/a @late\n[Two]\n/db/ @two\n", ForgeKind::GitLab);
  EXPECT_THAT(owners_of_path(rules, "x", ForgeKind::GitLab), ElementsAre("@all"));
  EXPECT_THAT(owners_of_path(rules, "db/a", ForgeKind::GitLab), ElementsAre("@two")) << "what is excluded can't come back in its section";
}

TEST(CodeOwners, GiteasExpressions) {
  const auto rules = parse_code_owners(
      ".*\\.go @go # all of Go\n"
      "apps/.* @dev ops@example.org\n"
      "!apps/.* @rest\n"
      "(?i)README.* @docs\n"
      "broken( @a\n"
      "noowner\n",
      ForgeKind::Gitea);
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_THAT(owners_of_path(rules, "apps/a.go", ForgeKind::Gitea), ElementsAre("@go", "@dev", "ops@example.org")) << "all that match";
  EXPECT_THAT(owners_of_path(rules, "apps", ForgeKind::Gitea), ElementsAre("@rest")) << "the whole path has to match";
  EXPECT_THAT(owners_of_path(rules, "readme.md", ForgeKind::Gitea), ElementsAre("@rest", "@docs"));
}

// What hangs here runs into the time that CTest gives.
TEST(CodeOwners, NothingHangs) {
  const std::string path(1000, 'a');
  for (const auto* pattern : {"(a+)+b", "(a|aa)+b", "(a*)*b", "((a*)*)*b", "a{90}{90}{90}", "(.*)(.*)(.*)(.*)b"}) {
    const auto rules = parse_code_owners(std::string(pattern) + " @a\n", ForgeKind::Gitea);
    EXPECT_THAT(owners_of_path(rules, path, ForgeKind::Gitea), IsEmpty()) << pattern;
  }
  for (const auto* pattern : {"**/**/**/**/**/**/**/**/b", "*a*a*a*a*a*a*a*b", "/**/a/**/a/**/a/**/b"}) {
    for (const auto dialect : {ForgeKind::GitHub, ForgeKind::GitLab}) {
      const auto rules = parse_code_owners(std::string(pattern) + " @a\n", dialect);
      std::string deep;
      for (int i = 0; i < 500; ++i) deep += "a/";
      EXPECT_THAT(owners_of_path(rules, deep + "a", dialect), IsEmpty()) << pattern;
      EXPECT_THAT(owners_of_path(rules, path, dialect), IsEmpty()) << pattern;
    }
  }
  EXPECT_THAT(parse_code_owners(std::string(300, 'a') + " @a\n" + std::string(5000, 'b') + " @b\n", ForgeKind::Gitea), IsEmpty());
}

TEST(CodeOwners, PeopleAreFoundBehindThem) {
  Config config;
  config.people = {{.name = "alice", .slack = "U0A", .forge = "Alice-A", .emails = {"alice@example.org"}}, {.name = "bob", .slack = "U0B", .forge = "bob", .emails = {}},
                   {.name = "carol", .slack = "U0C", .forge = "carol", .emails = {}}};
  config.groups = {{.name = "sre", .members = {"bob", "carol"}, .slack_usergroup = {}}};
  EXPECT_THAT(people_behind(config, {"@alice-a", "@acme/sre", "alice@Example.org", "@stranger", "@acme/nobody"}), ElementsAre("alice", "bob", "carol"));
  EXPECT_THAT(people_behind(config, {"@sre"}), ElementsAre("bob", "carol"));
  EXPECT_THAT(people_behind(config, {}), IsEmpty());
}

TEST(CodeOwners, EveryForgeHasItsPlaces) {
  EXPECT_THAT(code_owners_files(ForgeKind::GitHub), ElementsAre(".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"));
  EXPECT_THAT(code_owners_files(ForgeKind::GitLab), ElementsAre("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"));
  EXPECT_THAT(code_owners_files(ForgeKind::None), IsEmpty());
}

}  // namespace
}  // namespace driftwarden
