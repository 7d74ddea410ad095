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
            "Deployment shop/checkout: OutOfSync\n"
            "  changed .spec.replicas: 2 -> 5; by kubectl-edit, 2026-11-21 09:00:00 UTC\n"
            "  unconfirmed: no right to ask the server by dry-run; compared here only\n");
}

ObjectDrift with(FieldDrift field) { return {{"apps", "v1", "Deployment", "shop", "web"}, Verdict::OutOfSync, {std::move(field)}, {}}; }

TEST(Print, LongValuesAreCutToWhereTheyDiffer) {
  FieldDrift field;
  field.path = ".data.a";
  field.desired = "\"" + std::string(500, 'x') + "old" + std::string(500, 'y') + "\"";
  field.live = "\"" + std::string(500, 'x') + "new" + std::string(500, 'y') + "\"";
  const auto text = to_text(with(field));
  EXPECT_LT(text.size(), 500U);
  EXPECT_THAT(text, testing::AllOf(testing::HasSubstr("xxold"), testing::HasSubstr("xxnew"))) << text;
  field.desired = "\"" + std::string(200, 'x');
  for (int i = 0; i < 60; ++i) *field.desired += "\u00e4";
  field.live = *field.desired + "\u00f6";
  EXPECT_NO_THROW(json(to_text(with(field))).dump()) << "cut inside of a character";
}

TEST(Print, SaysWhatATimeOrAnEditorIsMissing) {
  FieldDrift field;
  field.path = ".spec.replicas";
  field.by = "kubectl";
  field.desired = "2";
  field.live = "5";
  EXPECT_THAT(to_text(with(field)), testing::HasSubstr("2 -> 5; by kubectl, at a time that is not recorded\n"));
  field.by.reset();
  field.cause = FieldCause::Git;
  EXPECT_THAT(to_text(with(field)), testing::HasSubstr("is 5, Git now says 2\n"));
  field.op = FieldOp::Removed;
  field.cause = FieldCause::Live;
  EXPECT_THAT(to_text(with(field)), testing::HasSubstr("gone from the cluster, Git says 2; by whom is not recorded\n"));
  field.op = FieldOp::Order;
  field.desired = R"([{"name":"A"},{"name":"B"},7])";
  field.live = R"(["x"])";
  EXPECT_THAT(to_text(with(field)), testing::HasSubstr("Git has A, B, 7; live has x"));
}

TEST(Print, RulesAreNamedByNumber) {
  auto drift = scaled();
  drift.notes = {"ignore-rule-expired", "ignored-by-rule", "a-note-of-tomorrow"};
  drift.hits = {{0, 2, false}, {3, 1, true}, {kAnnotationRule, 1, false}};
  const auto text = to_text(drift);
  EXPECT_THAT(text, testing::HasSubstr("  ignore-rule-expired: ignore rule 4 ran out; it hid 1 field\n"));
  EXPECT_THAT(text,
              testing::HasSubstr("  ignored-by-rule: ignore rule 1 hides 2 fields\n  ignored-by-rule: the annotation driftwarden.io/ignore hides 1 field\n"));
  EXPECT_THAT(text, testing::HasSubstr("  a-note-of-tomorrow\n"));
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
