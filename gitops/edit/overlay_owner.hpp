#pragma once
// Values that aren't the files' to decide: what an Argo CD Application, a Flux Kustomization or the configuration lays over them.
#include "gitops/edit/source_edit.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// "Application argocd/checkout", or the configuration.
std::string owner_of(const AppSource& source);

/// InvalidInput where an edit of the files would be undone by the overlay of the App or of one of its parts; names what decides.
Result<void> mind_overlay(const AppSource& source, const std::vector<WantedValue>& wanted);

/// InvalidInput where the text of a manifest says ${NAME} at a wanted place.
Result<void> mind_variables(const AppSource& source, const std::string& text, const std::string& path, const WantedValue& wanted);

/// What to add to "no edit gives ..." when something is laid over the files that isn't looked into; "" otherwise.
std::string overlay_hint(const AppSource& source);

}  // namespace driftwarden
