// The 84 cases of a real API server (tests/golden/drift-cases), with their own schemas.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/inputs.hpp"
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

/// Cases that the comparator doesn't get right yet. The test fails when one of them starts to pass.
const std::set<int> kNotYet{};

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

/// What is wrong with a case, "" when nothing is.
std::string judge(const std::string& folder, const Schemas* schemas, bool with_dry_run) {
  const auto expected = *load(folder + "expect.json");
  const auto desired = load(folder + "desired.yaml");
  const auto live = load(folder + "live.json");
  std::optional<json> last_synced;
  if (expected["lastSynced"].is_string()) last_synced = load(folder + expected["lastSynced"].get<std::string>());
  const auto dry_run = read_dry_run(*load(folder + "dryrun.json"));
  CompareContext context;
  const Redactor redactor("test");
  context.redactor = &redactor;
  context.schemas = schemas;
  context.app = "shop";
  if (desired) context.kind_served = is_served(discovery(), *desired);
  if (const auto rules = load(folder + "rules.json")) context.ignore = *read_ignore_rules(*rules);
  const auto drift =
      compare(desired ? &*desired : nullptr, live ? &*live : nullptr, last_synced ? &*last_synced : nullptr, with_dry_run ? &*dry_run : nullptr, context);
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

TEST_P(GoldenCase, IsJudgedAsTheServerWould) {
  const auto wrong = judge(fmt::format("{}case-{:02}/", kRoot, GetParam()), &server_schemas(), true);
  if (kNotYet.contains(GetParam())) {
    EXPECT_NE(wrong, "") << "passes now: take it off the list";
  } else {
    EXPECT_EQ(wrong, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Server, GoldenCase, testing::Range(1, 85));

/// The built-in table gives the same verdicts on built-in kinds; custom kinds need the cluster's schemas.
TEST_P(GoldenCase, IsJudgedAlikeByTheBuiltInTable) {
  static const std::set<int> kCustomKinds{66, 67, 68, 69, 70, 71, 72, 73};
  if (kCustomKinds.contains(GetParam())) return;
  EXPECT_EQ(judge(fmt::format("{}case-{:02}/", kRoot, GetParam()), nullptr, true), "");
}

/// Without the dry-run the verdict stays; only words about the dry-run are gone.
TEST_P(GoldenCase, IsJudgedLocally) { EXPECT_EQ(judge(fmt::format("{}case-{:02}/", kRoot, GetParam()), &server_schemas(), false), ""); }

}  // namespace
}  // namespace driftwarden
