#pragma once
// From a kind to the name that the API and its access rules know it by. Pure.
#include "gitops/manifest/manifest.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct Resource {
  std::string plural;
  bool cluster_wide = false;
  bool guessed = false;  ///< by the rules of English: no definition of it was seen
};

/// The built-in kinds, and those that CustomResourceDefinitions among the manifests define.
class Resources {
 public:
  explicit Resources(const std::vector<Manifest>& manifests = {});
  void add(const std::vector<Manifest>& manifests);
  Resource of(const GroupKind& kind) const;

 private:
  std::map<GroupKind, Resource> defined_;
};

/// Of letters that a group and a resource may have: nothing that a rule would take for more than one ("*").
bool is_resource(std::string_view group, std::string_view plural);

/// "networkpolicies", "ingresses", "gateways": as Kubernetes makes them.
std::string plural_of(const std::string& kind);

}  // namespace driftwarden
