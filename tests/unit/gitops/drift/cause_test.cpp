#include "gitops/drift/cause.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

ObjectDrift with(FieldCause cause, const char* by = nullptr) {
  FieldDrift field;
  field.cause = cause;
  if (by != nullptr) field.by = by;
  return {{}, Verdict::OutOfSync, {field}, {}};
}
ObjectDrift noted(ObjectDrift drift, const std::string& note) {
  drift.notes.push_back(note);
  return drift;
}
ObjectDrift of(Verdict verdict) { return {{}, verdict, {}, {}}; }

struct CauseRow {
  std::string name;
  std::vector<ObjectDrift> objects;
  std::optional<bool> was_synced;
  Cause cause;
  friend void PrintTo(const CauseRow& row, std::ostream* out) { *out << row.name; }
};
class CauseTable : public testing::TestWithParam<CauseRow> {};

TEST_P(CauseTable, FollowsFromTheObjects) {
  EXPECT_EQ(cause_of(GetParam().objects, [](const ObjectRef&) { return GetParam().was_synced; }), GetParam().cause);
}

INSTANTIATE_TEST_SUITE_P(Apps, CauseTable,
                         testing::Values(CauseRow{"Nothing", {}, {}, Cause::None}, CauseRow{"Live", {with(FieldCause::Live)}, {}, Cause::LiveEdited},
                                         CauseRow{"Git", {with(FieldCause::Git)}, {}, Cause::GitAhead},
                                         CauseRow{"LiveAndGit", {with(FieldCause::Live), with(FieldCause::Git)}, {}, Cause::Both},
                                         CauseRow{"UnknownByAPerson", {with(FieldCause::Unknown, "kubectl-edit")}, {}, Cause::LiveEdited},
                                         CauseRow{"UnknownByNobody", {with(FieldCause::Unknown)}, {}, Cause::Unknown},
                                         CauseRow{"UnknownAndGit", {with(FieldCause::Unknown), with(FieldCause::Git)}, {}, Cause::GitAhead},
                                         CauseRow{"MissingPlain", {of(Verdict::Missing)}, {}, Cause::Missing},
                                         CauseRow{"MissingDeleted", {of(Verdict::Missing)}, true, Cause::Missing},
                                         CauseRow{"MissingNewInGit", {of(Verdict::Missing)}, false, Cause::GitAhead},
                                         CauseRow{"ExtraPlain", {of(Verdict::Extra)}, {}, Cause::Extra},
                                         CauseRow{"ExtraTakenOutOfGit", {of(Verdict::Extra)}, true, Cause::GitAhead},
                                         CauseRow{"ExtraNeverSynced", {of(Verdict::Extra)}, false, Cause::Extra},
                                         CauseRow{"MissingBeforeExtra", {of(Verdict::Missing), of(Verdict::Extra)}, {}, Cause::Missing},
                                         CauseRow{"DeletedAndGit", {of(Verdict::Missing), with(FieldCause::Git)}, true, Cause::Both},
                                         CauseRow{"LiveAndMissing", {of(Verdict::Missing), with(FieldCause::Live)}, true, Cause::LiveEdited},
                                         CauseRow{"Terminating", {of(Verdict::OutOfSync)}, {}, Cause::LiveEdited},
                                         CauseRow{"Orphans", {of(Verdict::Untracked)}, {}, Cause::Extra},
                                         CauseRow{"DerivedEdited", {noted(with(FieldCause::Git), "derived-edited")}, {}, Cause::Both},
                                         CauseRow{"OnlyUnknownObjects", {of(Verdict::Unknown)}, {}, Cause::None}),
                         [](const auto& row) { return row.param.name; });

TEST(Cause, PeoplesToolsAreThoseOfTheConfig) {
  ManagerClasses managers = ManagerClasses::defaults();
  managers.people.push_back("our-console");
  const std::vector<ObjectDrift> objects{with(FieldCause::Unknown, "our-console")};
  EXPECT_EQ(cause_of(objects, [](const ObjectRef&) { return std::nullopt; }, managers), Cause::LiveEdited);
  EXPECT_EQ(cause_of(objects, [](const ObjectRef&) { return std::nullopt; }), Cause::Unknown);
}

struct StuckRow {
  std::string name;
  ObjectDrift object;
  nlohmann::json live;
  std::string message;
  std::string says;  ///< "" = not stuck
  friend void PrintTo(const StuckRow& row, std::ostream* out) { *out << row.name; }
};
class StuckTable : public testing::TestWithParam<StuckRow> {};

ObjectDrift named(ObjectDrift drift, const std::string& kind) {
  drift.object = {"", "v1", kind, "shop", "x"};
  return drift;
}

TEST_P(StuckTable, WhereASyncCannotHelp) {
  const auto& row = GetParam();
  const DryRun refusal{422, nullptr, row.message};
  EXPECT_EQ(stuck_reason(row.object, &row.live, row.message.empty() ? nullptr : &refusal), row.says);
}

INSTANTIATE_TEST_SUITE_P(
    Objects, StuckTable,
    testing::Values(StuckRow{"PlainDrift", named(with(FieldCause::Git), "ConfigMap"), {}, "", ""},
                    StuckRow{"Held",
                             named(noted(of(Verdict::OutOfSync), "terminating"), "ConfigMap"),
                             {{"metadata", {{"finalizers", {"a.io/b", "c"}}}}},
                             "",
                             "ConfigMap shop/x is being deleted, held by finalizers a.io/b, c"},
                    StuckRow{"GoingByItself", named(noted(of(Verdict::OutOfSync), "terminating"), "ConfigMap"), {{"metadata", nlohmann::json::object()}}, "", ""},
                    StuckRow{"RefusedFromGit",
                             named(noted(with(FieldCause::Git), "dry-run-failed"), "ConfigMap"),
                             {},
                             R"(x is invalid: [a: Invalid value: "p\"w": must be short, b: Invalid value: 7: too big])",
                             "ConfigMap shop/x: the API server refuses it (x is invalid: [a: must be short, b: too big])"},
                    StuckRow{"Immutable",
                             named(noted(noted(with(FieldCause::Git), "dry-run-failed"), "immutable"), "ConfigMap"),
                             {},
                             "data: Forbidden: field is immutable",
                             "ConfigMap shop/x: a field can't be changed any more (data: Forbidden: field is immutable)"},
                    StuckRow{"OfASecretNothingIsQuoted",
                             named(noted(with(FieldCause::Git), "dry-run-failed"), "Secret"),
                             {},
                             "data[p]: Invalid value: hunter2",
                             "Secret shop/x: the API server refuses it"},
                    StuckRow{"RefusedLiveEdit", named(noted(with(FieldCause::Live), "dry-run-failed"), "ConfigMap"), {}, "no", ""}),
    [](const auto& row) { return row.param.name; });

TEST(WithoutValues, GoesNoFurtherIntoWhatGoPrints) {
  const struct {
    const char* message;
    const char* clean;
  } rows[]{
      {R"(spec.replicas: Invalid value: -1: must be positive)", "spec.replicas: must be positive"},
      {R"(data: Invalid value: "hunter: 2": too long)", "data: too long"},
      {R"(spec.template: Invalid value: core.PodTemplateSpec{Args:[]string{"echo: x"}, Env:[]core.EnvVar{core.EnvVar{Name:"P", Value:"hunter2"}}}: field is immutable)",
       "spec.template: field is immutable"},
      {R"(.env[name="P"].value: expected string, got &value.valueUnstructured{Value:12345678})", R"(.env[name="P"].value: expected string)"},
      {R"(cannot use core.EnvVar{Name:"P", Value:"hunter2"})", "cannot use "},
      {R"(apps/core.yaml:3: not a mapping)", "apps/core.yaml:3: not a mapping"},
  };
  for (const auto& row : rows) EXPECT_EQ(without_values(row.message), row.clean);
}

}  // namespace
}  // namespace driftwarden
