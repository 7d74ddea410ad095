#pragma once
// Inside of gitops/render: helm's side.
#include "gitops/render/render.hpp"
#include "gitops/render/tool.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The chart's own name. Refused: no chart there, a dependency that isn't vendored, a release name that helm refuses, values with a comma in their path.
Result<std::string> check_chart(const std::vector<SourceFile>& files, const App& app);

/// Refuses values.schema.json files that refer to anything outside of themselves: helm would fetch it.
Result<void> check_schemas(const std::vector<SourceFile>& files);

/// To be run in the App's path. `inline_file` holds the values that the App has itself; "" for none.
Result<std::vector<std::string>> helm_arguments(const App& app, const std::string& inline_file = {});

/// What the charts among these files ask of a cluster, which nobody answers here.
std::vector<std::string> chart_warnings(const std::vector<SourceFile>& files);

/// Something in these files may answer otherwise each time: random values, the time, what a cluster holds.
bool may_vary(const std::vector<SourceFile>& files);

}  // namespace driftwarden
