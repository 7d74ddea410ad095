#include "gitops/diff/print.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

ObjectDrift scaled() {
  FieldDrift field;
  field.path = ".spec.replicas";
  field.by = "kubectl-edit";
  field.cause = FieldCause::Live;
  field.desired = "2";
  field.live = "5";
  field.time = WallTime{std::chrono::seconds(1795251600)};
  return {{"apps", "v1", "Deployment", "shop", "checkout"}, Verdict::OutOfSync, {field}, {"unconfirmed"}};
}

TEST(Print, JsonIsTheCommandLinesContract) {
  EXPECT_EQ(to_json(scaled()), json::parse(R"({"object":{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"checkout"},"verdict":"OutOfSync",
    "fields":[{"path":".spec.replicas","op":"changed","by":"kubectl-edit","cause":"live","desired":2,"live":5,"time":"2026-11-21T09:00:00Z"}],"notes":["unconfirmed"]})"));
  const ObjectDrift cluster_wide{{"", "v1", "Namespace", "", "shop"}, Verdict::Missing, {}, {}};
  EXPECT_EQ(to_json(cluster_wide),
            json::parse(R"({"object":{"apiVersion":"v1","kind":"Namespace","name":"shop"},"verdict":"Missing","fields":[],"notes":[]})"));
}

TEST(Print, TextHasALinePerField) {
  EXPECT_EQ(to_text(scaled()),
            "Deployment shop/checkout: OutOfSync (unconfirmed)\n  changed .spec.replicas: Git 2, live 5, by kubectl-edit at 2026-11-21T09:00:00Z\n");
}

struct DiffRow {
  std::string name;
  std::string before;
  std::string after;
  std::string diff;
  friend void PrintTo(const DiffRow& row, std::ostream* out) { *out << row.name; }
};
class DiffTable : public testing::TestWithParam<DiffRow> {};
TEST_P(DiffTable, IsUnified) { EXPECT_EQ(unified_text_diff(GetParam().before, GetParam().after, 1), GetParam().diff); }

INSTANTIATE_TEST_SUITE_P(Texts, DiffTable,
                         testing::Values(DiffRow{"Same", "a\nb\n", "a\nb\n", ""}, DiffRow{"Both empty", "", "", ""},
                                         DiffRow{"Changed", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
                                         DiffRow{"Added", "a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n"},
                                         DiffRow{"All new", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"}, DiffRow{"All gone", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
                                         DiffRow{"Two hunks", "1\na\n2\n3\n4\n5\nb\n6\n", "1\nA\n2\n3\n4\n5\nB\n6\n",
                                                 "@@ -1,3 +1,3 @@\n 1\n-a\n+A\n 2\n@@ -6,3 +6,3 @@\n 5\n-b\n+B\n 6\n"},
                                         DiffRow{"Moved", "a\nb\nc\n", "c\na\nb\n", "@@ -1,3 +1,3 @@\n+c\n a\n b\n-c\n"}));

/// Applies a diff with whole context: the marks must add up to both texts.
TEST(Print, DiffsOfRandomTextsAddUp) {
  unsigned seed = 3;
  const auto next = [&seed](unsigned bound) { return (seed = seed * 1664525U + 1013904223U) / 65536U % bound; };
  for (int round = 0; round < 500; ++round) {
    std::string before;
    std::string after;
    for (unsigned i = next(12); i > 0; --i) before += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    for (unsigned i = next(12); i > 0; --i) after += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    const auto diff = unified_text_diff(before, after, 100);
    if (before == after) {
      EXPECT_EQ(diff, "");
      continue;
    }
    std::string old_side;
    std::string new_side;
    for (std::size_t at = diff.find('\n') + 1; at < diff.size(); at = diff.find('\n', at) + 1) {
      const auto line = diff.substr(at + 1, diff.find('\n', at) - at);
      if (diff[at] != '+') old_side += line;
      if (diff[at] != '-') new_side += line;
    }
    ASSERT_EQ(old_side, before) << diff;
    ASSERT_EQ(new_side, after) << diff;
  }
}

TEST(Print, YamlDiffShowsWhatASyncWouldDo) {
  const auto desired = json::parse(R"({"kind":"Deployment","spec":{"replicas":2}})");
  const auto live = json::parse(R"({"kind":"Deployment","spec":{"replicas":5}})");
  EXPECT_EQ(unified_yaml_diff(desired, live), "@@ -1,3 +1,3 @@\n kind: Deployment\n spec:\n-  replicas: 5\n+  replicas: 2\n");
  EXPECT_EQ(unified_yaml_diff(desired, nullptr), "@@ -0,0 +1,3 @@\n+kind: Deployment\n+spec:\n+  replicas: 2\n");
}

}  // namespace
}  // namespace driftwarden
