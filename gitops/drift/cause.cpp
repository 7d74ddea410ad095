#include "gitops/drift/cause.hpp"

#include "gitops/diff/compare.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

struct Signs {
  bool live = false;
  bool git = false;
  bool missing = false;
  bool extra = false;
  bool unknown = false;
};

void add_fields(const ObjectDrift& object, Signs& signs) {
  for (const auto& field : object.fields) {
    const bool by_person = field.by && classify_manager(*field.by) == ManagerClass::Person;
    signs.live |= field.cause == FieldCause::Live || (field.cause == FieldCause::Unknown && by_person);
    signs.git |= field.cause == FieldCause::Git;
    signs.unknown |= field.cause == FieldCause::Unknown && !by_person;
  }
  // Being deleted while Git wants it: somebody did that in the cluster.
  signs.live |= object.fields.empty();
}

}  // namespace

Cause cause_of(const std::vector<ObjectDrift>& objects, const WasSynced& was_synced) {
  Signs signs;
  for (const auto& object : objects) {
    const auto before = was_synced(object.object);
    switch (object.verdict) {
      case Verdict::OutOfSync: add_fields(object, signs); break;
      case Verdict::Missing: (before == false ? signs.git : signs.missing) = true; break;
      case Verdict::Extra: (before == true ? signs.git : signs.extra) = true; break;
      default: break;
    }
  }
  if (signs.live) return signs.git ? Cause::Both : Cause::LiveEdited;
  if (signs.git) return signs.missing ? Cause::Both : Cause::GitAhead;
  if (signs.missing) return Cause::Missing;
  if (signs.extra) return Cause::Extra;
  return signs.unknown ? Cause::Unknown : Cause::None;
}

}  // namespace driftwarden
