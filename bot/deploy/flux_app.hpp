#pragma once
// What Flux's objects come to: the App, the second opinion, who paused it. Pure.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/flux/objects.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The sources of one rule's cluster, by kind, namespace and name.
struct FluxSources {
  explicit FluxSources(const std::vector<Manifest>& objects);
  const flux::GitRepository* repository(const flux::SourceRef& ref) const;
  const Manifest* manifest(const flux::SourceRef& ref) const;

 private:
  struct Known {
    flux::GitRepository repository;
    const Manifest* manifest = nullptr;
  };
  std::map<flux::SourceRef, Known> known_;
};

struct FluxLook {
  const DiscoverRule& rule;
  const DeployGround& ground;
  const FluxSources& sources;
};

FoundApp found_kustomization(const FluxLook& look, const Manifest& object);
FoundApp found_release(const FluxLook& look, const Manifest& object);

/// "Kustomization apps/checkout"
std::string flux_words(const ObjectRef& ref);
/// "since 09:12 by kubectl-edit: ", as far as it is known, and how to go on: "flux resume kustomization checkout -n apps".
std::string flux_suspended_words(const Manifest& object);

}  // namespace driftwarden
