#include "bot/change/git_diff.hpp"

#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using test::write_file;
using testing::Not;

FileDiff file(std::string path, std::string patch) {
  FileDiff diff;
  diff.path = std::move(path);
  diff.patch = std::move(patch);
  diff.added = 1;
  return diff;
}

TEST(GitDiff, ShowsPatchesAsTheyAre) {
  const std::string patch = "--- a/web.yaml\n+++ b/web.yaml\n@@ -1 +1 @@\n-  replicas: 2\n+  replicas: 5\n";
  EXPECT_EQ(shown_git_diff({file("web.yaml", patch)}), patch);
}

struct HiddenRow {
  std::string name;
  std::string path;
  std::string patch;
  friend void PrintTo(const HiddenRow& row, std::ostream* out) { *out << row.name; }
};
class Hidden : public testing::TestWithParam<HiddenRow> {};

TEST_P(Hidden, NoValueGetsOut) { EXPECT_THAT(shown_git_diff({file(GetParam().path, GetParam().patch)}), Not(HasSubstr("hunter2"))); }

INSTANTIATE_TEST_SUITE_P(Table, Hidden,
                         testing::Values(HiddenRow{"ASecret", "db.yaml", " kind: Secret\n+  password: hunter2\n"}, HiddenRow{"AQuotedKind", "db.yaml", " \"kind\": \"Secret\",\n+ \"x\": \"hunter2\"\n"},
                                         HiddenRow{"AFileOfSecrets", "overlays/prod/secrets.env", "+X=hunter2\n"}, HiddenRow{"ASensitiveKey", "values.yaml", "+  dbPassword: hunter2\n"},
                                         HiddenRow{"AQuotedSensitiveKey", "values.json", "+  \"apiToken\": \"hunter2\"\n"},
                                         HiddenRow{"AnEnvVar", "web.yaml", "   - name: DB_PASSWORD\n+    value: hunter2\n"},
                                         HiddenRow{"AnEnvVarWithItsValueFirst", "web.yaml", "@@ -1,2 +1,2 @@\n-   - value: hunter2a\n+   - value: hunter2\n      name: DB_PASSWORD\n"},
                                         HiddenRow{"AnEnvVarAroundAComment", "web.yaml", "   - name: DB_PASSWORD\n     # why\n+    value: >-\n+      hunter2\n"},
                                         HiddenRow{"AnEnvVarInJson", "web.json", "     {\n+      \"value\": \"hunter2\",\n       \"name\": \"DB_PASSWORD\"\n     }\n"},
                                         HiddenRow{"AnEnvVarInOneLine", "web.yaml", "+  - {name: DB_PASSWORD, value: hunter2}\n"},
                                         HiddenRow{"AnEnvVarInOneLineWithItsValueFirst", "web.yaml", "+  env: [{value: hunter2, name: DB_PASSWORD}]\n"}, HiddenRow{"ABlockScalar", "values.yaml", "+password: |\n+  hunter2\n+\n+  hunter2\n"}, HiddenRow{"ALongPlainScalar", "values.yaml", "+password:\n+  hunter2\n"},
                                         HiddenRow{"AListOfThem", "values.yaml", "+passwords:\n+- hunter2\n"}, HiddenRow{"AnOpenQuote", "values.yaml", "+password: \"a\n+hunter2\n+b\"\n"},
                                         HiddenRow{"ADockerConfig", "values.yaml", "+.dockerconfigjson: hunter2\n"}, HiddenRow{"ADatabaseUrl", "values.yaml", "+DATABASE_URL: hunter2\n"},
                                         HiddenRow{"AUrlWithAPassword", "values.yaml", "+  dsn: postgres://shop:hunter2@db/shop\n"},
                                         HiddenRow{"AnEnvironmentFile", "app.env", "+DB_PASSWORD=hunter2\n"}, HiddenRow{"AnOption", "web.yaml", "+    args: [serve, --token=hunter2]\n"},
                                         HiddenRow{"JsonInOneLine", "a.json", "+{\"user\":\"shop\",\"password\":\"hunter2\"}\n"},
                                         HiddenRow{"APrivateKey", "tls.yaml", "+  cert: |\n+    -----BEGIN RSA PRIVATE KEY-----\n+    hunter2\n+    -----END RSA PRIVATE KEY-----\n"},
                                         HiddenRow{"AJsonPatch", "patch.yaml", "   - op: replace\n     path: /spec/template/spec/containers/0/env/0/value\n+    value: hunter2\n"},
                                         HiddenRow{"TheHunksHeading", "values.yaml", "@@ -9,2 +9,2 @@ password: hunter2\n-  a: 1\n+  a: 2\n"}),
                         [](const auto& row) { return row.param.name; });

/// The patch is of one line, three lines of context around it, and each file as whole as it is.
struct WholeRow {
  std::string name;
  std::string file;
  bool named;  ///< not shown at all
  friend void PrintTo(const WholeRow& row, std::ostream* out) { *out << row.name; }
};
class HiddenByTheWhole : public test::RepositoryTest, public testing::WithParamInterface<WholeRow> {};

TEST_P(HiddenByTheWhole, NoValueGetsOut) {
  write_file(work() / "db.yaml", GetParam().file + "OLD-hunter2\n");
  const auto base = publish_all("base");
  const auto commit = publish("db.yaml", GetParam().file + "NEW-hunter2\n", "change");
  const auto mirror = fetched();
  const auto files = mirror->diff(base, commit, "").value();
  const auto shown = shown_git_diff(files, whole_files(*mirror, base, commit));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, HasSubstr(GetParam().named ? "db.yaml: 1 lines added, 1 removed; not shown, since it holds a Secret" : "(hidden)"));
  EXPECT_THAT(shown_git_diff(files), HasSubstr("hunter2")) << "the patch alone doesn't tell";
}

const std::string kFiller = "  a: a\n  b: b\n  c: c\n  d: d\n";
INSTANTIATE_TEST_SUITE_P(Table, HiddenByTheWhole,
                         testing::Values(WholeRow{"ASecretFarAbove", "kind: Secret\nmetadata: {name: x}\ndata:\n" + kFiller + "  config.json: ", true},
                                         WholeRow{"ASecretInFlow", "{kind: Secret, metadata: {name: x}}\n---\nx:\n" + kFiller + "  e: ", true},
                                         WholeRow{"ASecretInAList", "kind: List\nitems:\n- kind: Secret\n  data: {}\n- x:\n" + kFiller + "  e: ", true},
                                         WholeRow{"ASecretInAPatch", "patches:\n- patch: |-\n    kind: Secret\n    data:\n      a: a\n      b: b\n      c: c\n      d: d\n      e: ", true},
                                         WholeRow{"Literals", "secretGenerator:\n- name: x\n  literals:\n  - A=a\n  - B=b\n  - C=c\n  - D=d\n  - E=", true},
                                         WholeRow{"ATemplateThatIsNoYaml", "{{ if .x }}\nkind: Secret\ndata:\n" + kFiller + "  e: ", true},
                                         WholeRow{"ABlockScalarFarAbove", "password: |\n" + kFiller + "  ", false}, WholeRow{"AMappingFarAbove", "passwords:\n" + kFiller + "  e: ", false}),
                         [](const auto& row) { return row.param.name; });

class WholeFiles : public test::RepositoryTest {};

TEST_F(WholeFiles, WhatIsTooBigIsNotShown) {
  write_file(work() / "big.yaml", std::string((1U << 20U) + 1, '#') + "\nx: 1\n");
  const auto base = publish_all("base");
  const auto commit = publish("big.yaml", std::string((1U << 20U) + 1, '#') + "\nx: 2\n", "change");
  const auto mirror = fetched();
  const auto shown = shown_git_diff(mirror->diff(base, commit, "").value(), whole_files(*mirror, base, commit));
  EXPECT_EQ(shown, "big.yaml: 1 lines added, 1 removed; not shown, since it can't be looked through for Secrets\n");
}

TEST_F(WholeFiles, AddedRemovedAndHarmlessOnesAreShownAsTheyAre) {
  write_file(work() / "gone.yaml", "x: 1\n");
  write_file(work() / "refs.yaml", "valuesFrom:\n- kind: Secret\n  name: x\na:\n" + kFiller + "e: 1\n");
  write_file(work() / "end.yaml", "x: 1");
  const auto base = publish_all("base");
  std::filesystem::remove(work() / "gone.yaml");
  write_file(work() / "refs.yaml", "valuesFrom:\n- kind: Secret\n  name: x\na:\n" + kFiller + "e: 2\n");
  write_file(work() / "end.yaml", "x: 2");
  const auto commit = publish("new.yaml", "spec:\n  imagePullSecrets:\n  - name: registry\n  image: ghcr.io/acme/keycloak:1.2\n", "change");
  const auto mirror = fetched();
  const auto files = mirror->diff(base, commit, "").value();
  std::string raw;
  for (const auto& one : files) raw += one.patch;
  auto shown = shown_git_diff(files, whole_files(*mirror, base, commit));
  EXPECT_THAT(shown, HasSubstr("+e: 2"));
  EXPECT_THAT(shown, HasSubstr("-x: 1\n"));
  EXPECT_THAT(shown, HasSubstr("\\ No newline at end of file\n"));
  EXPECT_THAT(shown, HasSubstr("+  image: ghcr.io/acme/keycloak:1.2"));
  EXPECT_THAT(shown, HasSubstr("+  - name: registry"));
  EXPECT_THAT(shown, Not(HasSubstr("hidden")));
}

TEST(GitDiff, APatchThatIsNotOfTheFilesIsHidden) {
  const WholeFile whole = [](const std::string&, bool) { return "x: 1\n"; };
  EXPECT_EQ(shown_git_diff({file("web.yaml", "@@ -1 +1 @@\n-x: 1\n+x: 2\n")}, whole), "@@ -1 +1 @@\n-x: 1\n+(hidden)\n");
}

TEST(GitDiff, SecretStoresAndSealedSecretsAreShown) {
  for (const auto* kind : {"SecretStore", "SealedSecret"}) EXPECT_THAT(shown_git_diff({file("a.yaml", std::string(" kind: ") + kind + "\n+  x: y\n")}), HasSubstr("+  x: y")) << kind;
}

TEST(GitDiff, SaysWhatItDoesNotShow) {
  const auto shown = shown_git_diff({file("db-secret.yaml", "+x: y\n"), file("web.yaml", "+a: b\n")});
  EXPECT_THAT(shown, HasSubstr("db-secret.yaml: 1 lines added"));
  EXPECT_THAT(shown, HasSubstr("+a: b"));
}

TEST(GitDiff, HidesOnlyTheValueBelowASensitiveName) {
  EXPECT_THAT(shown_git_diff({file("web.yaml", "   - name: DB_PASSWORD\n+    value: hunter2\n   - name: MODE\n+    value: fast\n")}), HasSubstr("value: fast"));
}

}  // namespace
}  // namespace driftwarden
