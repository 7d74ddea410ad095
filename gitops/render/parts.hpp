#pragma once
// An App that is made from several directories.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The App without its `more`, and each of them as an App of its own.
std::vector<App> parts_of(const App& app);

/// `file` of a part's manifests as seen from the App's path: "../extra/cm.yaml".
void rebase_files(std::vector<Manifest>& manifests, const std::string& part_path, const std::string& app_path);

}  // namespace driftwarden
