#include "gitops/drift/cause.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

ObjectDrift with(FieldCause cause, const char* by = nullptr) {
  FieldDrift field;
  field.cause = cause;
  if (by != nullptr) field.by = by;
  return {{}, Verdict::OutOfSync, {field}, {}};
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
                                         CauseRow{"OnlyUnknownObjects", {of(Verdict::Unknown)}, {}, Cause::None}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
