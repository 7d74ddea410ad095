#pragma once
// Tools that answer from a table, and remember what they were asked and what lay on disk then.
#include "gitops/render/tool.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::test {

class FakeTools final : public ToolRunner {
 public:
  std::set<std::string> installed{"kustomize", "helm"};
  std::function<ToolOutcome(const ToolRun&)> answer = [](const ToolRun&) { return ToolOutcome{0, "", ""}; };
  std::vector<ToolRun> runs;
  std::map<std::string, std::string> seen;  ///< files below the directory's parent at the last run
  std::filesystem::perms permissions{};

  Result<ToolOutcome> run(const ToolRun& run) override {
    runs.push_back(run);
    if (!installed.contains(run.argv.front())) return Error{ErrorKind::NotFound, "program \"" + run.argv.front() + "\" isn't installed (not found in PATH)"};
    look(run.directory);
    return answer(run);
  }
  std::string identity(const std::string& program) override { return installed.contains(program) ? version : ""; }

  std::string version = "1";

 private:
  void look(const std::string& directory) {
    namespace fs = std::filesystem;
    seen.clear();
    auto root = fs::path(directory);
    while (!root.filename().string().starts_with("driftwarden-render-") && root.has_relative_path()) root = root.parent_path();
    permissions = fs::status(root).permissions();
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      seen[entry.path().lexically_relative(root).string()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
};

}  // namespace driftwarden::test
