#pragma once
// What Deployments keeps of a watched object, and what tells whether a new version of it matters. Pure.
#include "gitops/drift/live_source.hpp"
#include "gitops/manifest/manifest.hpp"

#include <cstdint>

namespace driftwarden {

struct KeptObject {
  Manifest object;          ///< without what nobody reads: managed fields, and of an Application its long lists of resources
  std::uint64_t spec = 0;   ///< digest of what an App is made from: spec, labels, annotations, owners
  std::uint64_t status = 0; ///< digest of the rest that is kept
  bool gone = false;        ///< it was there before a list that is under way
};
KeptObject keep_object(const LiveObject& live);

/// Of these kinds each object may deploy an App by itself; the others (projects, sources) belong to those.
bool is_deploying_kind(const GroupKind& kind);

}  // namespace driftwarden
