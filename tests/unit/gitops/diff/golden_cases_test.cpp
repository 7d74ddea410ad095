// The 84 cases of a real API server (tests/golden/drift-cases), with their own schemas.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/drift_diff.hpp"
#include "gitops/diff/inputs.hpp"
#include "gitops/diff/print.hpp"
#include "tests/support/golden.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

const std::string kRoot = "tests/golden/drift-cases/";

const Schemas& server_schemas() {
  static const auto schemas = load_openapi_directory(std::string(DRIFTWARDEN_SOURCE_DIR) + "/" + kRoot + "openapi");
  return **schemas;
}

const json& discovery() {
  static const auto value = json::parse(test::read_source_file(kRoot + "discovery.json"));
  return value;
}

std::optional<json> load(const std::string& path) {
  if (!std::filesystem::exists(std::filesystem::path(DRIFTWARDEN_SOURCE_DIR) / path)) return std::nullopt;
  const auto text = test::read_source_file(path);
  auto documents = parse_yaml(text, path);
  if (!documents || documents->empty()) return std::nullopt;
  return documents->front();
}

/// One folder of tests/golden/drift-cases, and what the comparator makes of it.
struct Case {
  explicit Case(int number) : folder(fmt::format("case-{:02}/", number)) {
    const auto path = kRoot + folder;
    expected = *load(path + "expect.json");
    desired = load(path + "desired.yaml");
    live = load(path + "live.json");
    if (expected["lastSynced"].is_string()) last_synced = load(path + expected["lastSynced"].get<std::string>());
    dry_run = *read_dry_run(*load(path + "dryrun.json"));
    if (const auto given = load(path + "rules.json")) rules = *read_ignore_rules(*given);
  }

  ObjectDrift compared(const Schemas* schemas, bool with_dry_run) const {
    CompareContext context;
    context.redactor = &redactor;
    context.schemas = schemas;
    context.app = "shop";
    context.ignore = rules;
    if (desired) context.kind_served = is_served(discovery(), *desired);
    return compare(pointer(desired), pointer(live), pointer(last_synced), with_dry_run ? &dry_run : nullptr, context);
  }

  static const json* pointer(const std::optional<json>& value) { return value ? &*value : nullptr; }

  std::string folder;
  json expected;
  std::optional<json> desired;
  std::optional<json> live;
  std::optional<json> last_synced;
  DryRun dry_run;
  std::vector<IgnoreRule> rules;
  Redactor redactor{"test"};
};

/// What is wrong with a case, "" when nothing is.
std::string judge(int number, const Schemas* schemas, bool with_dry_run) {
  const Case given(number);
  const auto& expected = given.expected;
  const auto drift = given.compared(schemas, with_dry_run);
  std::string wrong;
  if (to_string(drift.verdict) != expected["verdict"]) wrong += fmt::format("verdict {}, expected {}\n", to_string(drift.verdict), expected["verdict"].dump());
  const json notes = drift.notes;
  if (with_dry_run && notes != expected["notes"]) wrong += fmt::format("notes {}, expected {}\n", notes.dump(), expected["notes"].dump());
  std::set<std::string> seen;
  for (const auto& field : drift.fields) {
    const auto as_json =
        json{{"path", field.path}, {"op", to_string(field.op)}, {"by", field.by ? json(*field.by) : json()}, {"cause", to_string(field.cause)}};
    const auto may_also = expected["mayAlso"];
    if (std::find(may_also.begin(), may_also.end(), json(field.path)) != may_also.end()) continue;
    const auto found = std::find_if(expected["fields"].begin(), expected["fields"].end(), [&](json wanted) {
      const auto alternatives = wanted.value("alt", json::array());
      const bool alternative = std::find(alternatives.begin(), alternatives.end(), json(field.path)) != alternatives.end();
      return (wanted["path"] == field.path || alternative) && wanted["op"] == as_json["op"] && wanted["by"] == as_json["by"] &&
             wanted["cause"] == as_json["cause"];
    });
    if (found == expected["fields"].end()) {
      wrong += "unexpected " + as_json.dump() + "\n";
    } else {
      seen.insert((*found)["path"].get<std::string>());
    }
  }
  for (const auto& wanted : expected["fields"]) {
    if (!seen.contains(wanted["path"].get<std::string>())) wrong += "missing " + wanted.dump() + "\n";
  }
  return wrong;
}

class GoldenCase : public testing::TestWithParam<int> {};

TEST_P(GoldenCase, IsJudgedAsTheServerWould) { EXPECT_EQ(judge(GetParam(), &server_schemas(), true), ""); }

INSTANTIATE_TEST_SUITE_P(Server, GoldenCase, testing::Range(1, 85));

/// The built-in table gives the same verdicts on built-in kinds; custom kinds need the cluster's schemas.
TEST_P(GoldenCase, IsJudgedAlikeByTheBuiltInTable) {
  static const std::set<int> kCustomKinds{66, 67, 68, 69, 70, 71, 72, 73};
  if (kCustomKinds.contains(GetParam())) return;
  EXPECT_EQ(judge(GetParam(), nullptr, true), "");
}

/// Without the dry-run the verdict stays; only words about the dry-run are gone.
TEST_P(GoldenCase, IsJudgedLocally) { EXPECT_EQ(judge(GetParam(), &server_schemas(), false), ""); }

/// What people see of it: the text without and with the server's answer, and the diff of a sync.
TEST_P(GoldenCase, ReadsAsTheGoldenFile) {
  const Case given(GetParam());
  const auto local = given.compared(&server_schemas(), false);
  const auto confirmed = given.compared(&server_schemas(), true);
  auto text = "== compare\n" + to_text(local);
  text += to_text(confirmed) == to_text(local) ? "== compare --dry-run: the same\n" : "== compare --dry-run\n" + to_text(confirmed);
  if (confirmed.verdict != Verdict::Synced) {
    const auto redacted = [&](const std::optional<json>& value) { return value ? given.redactor.redact(*value) : json(); };
    const auto desired = redacted(given.desired);
    const auto live = redacted(given.live);
    text += "== diff\n" + drift_diff(given.desired ? &desired : nullptr, given.live ? &live : nullptr, confirmed) + "\n";
  }
  test::expect_golden("drift-cases/" + given.folder + "text.txt", text);
}

TEST_P(GoldenCase, ADryRunIsWantedForWhatItMayTakeBack) {
  const Case given(GetParam());
  const auto local = given.compared(&server_schemas(), false);
  const bool can_vanish =
      std::any_of(local.fields.begin(), local.fields.end(), [](const FieldDrift& field) { return field.op != FieldOp::Added && field.op != FieldOp::Stale; });
  EXPECT_EQ(local.confirmation == Confirmation::Wanted, can_vanish);
  EXPECT_EQ(given.compared(&server_schemas(), true).confirmation, Confirmation::NotNeeded);
}

/// What is left out for the dry-run is nothing that the verdict rests on.
TEST_P(GoldenCase, WhatIsSentForADryRunIsJudgedAlike) {
  Case given(GetParam());
  if (!given.desired) return;
  const auto before = given.compared(&server_schemas(), false);
  given.desired = for_dry_run(*given.desired, &server_schemas());
  EXPECT_EQ(given.compared(&server_schemas(), false).fields, before.fields);
  EXPECT_FALSE(given.desired->contains("status"));
}

TEST_P(GoldenCase, CompiledRulesDoTheSame) {
  const Case given(GetParam());
  if (given.rules.empty() || !given.desired || !given.live) return;
  const CompiledRules compiled(given.rules);
  CompareContext context;
  context.redactor = &given.redactor;
  context.ignore = given.rules;
  const auto plain = compare(&*given.desired, &*given.live, nullptr, nullptr, context);
  context.compiled = &compiled;
  EXPECT_EQ(compare(&*given.desired, &*given.live, nullptr, nullptr, context), plain);
}

/// Whoever is named for a field is the manager at its path, too.
TEST_P(GoldenCase, TheManagerAtAPathIsTheOneNamed) {
  const Case given(GetParam());
  if (!given.live) return;
  for (const auto& field : given.compared(&server_schemas(), true).fields) {
    if (!field.by) continue;
    EXPECT_EQ(manager_at(*given.live, field.path, ManagerClasses::defaults()), *field.by) << field.path;
  }
}

}  // namespace
}  // namespace driftwarden
