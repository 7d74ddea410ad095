#include "bot/change/git_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
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
                                         HiddenRow{"AnEnvVar", "web.yaml", "   - name: DB_PASSWORD\n+    value: hunter2\n"}),
                         [](const auto& row) { return row.param.name; });

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
