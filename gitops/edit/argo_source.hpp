#pragma once
// .argocd-source-APP.yaml beside an App's files: Argo CD lets it win over what Git says there.
#include "gitops/edit/source_edit.hpp"

namespace driftwarden {

/// InvalidInput when such a file decides the very image or parameter; otherwise a note among the places.
Result<void> mind_argo_source(const AppSource& source, const std::vector<WantedValue>& wanted, std::vector<SourceEdit>& edits);

}  // namespace driftwarden
