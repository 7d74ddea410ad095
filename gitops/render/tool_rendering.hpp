#pragma once
// Inside of gitops/render: one App's files on disk, and the tool in them.
#include "gitops/render/tool_render.hpp"
#include "gitops/render/work_tree.hpp"

#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// Of one App without `more`.
class ToolRendering {
 public:
  ToolRendering(ToolRunner& tools, const std::vector<SourceFile>& files, const App& app) : tools_(tools), files_(files), app_(app) {}

  Result<Rendered> by_kustomize();
  Result<Rendered> by_helm();
  Result<Rendered> by_plugin();

 private:
  struct Command {
    std::vector<std::string> argv{};
    std::string directory{};  ///< "" = the App's
    Duration timeout{0};  ///< 0 = what the runner gives every tool
    std::map<std::string, std::string> environment{};
  };

  Error missing(const std::string& tool, const std::string& what) const;
  Result<bool> kustomize_inflates_charts() const;
  /// The files with the overlay in the App's kustomization; made when there is none.
  Result<std::vector<SourceFile>> overlaid_files() const;
  Result<void> write_tree(const std::vector<SourceFile>& files);
  Result<ToolOutcome> run(const Command& command);
  Result<ToolOutcome> run_kustomize(Command& command, const std::vector<std::string>& options);
  /// The overlay over what another tool printed.
  Result<Rendered> lay_over(const ToolOutcome& printed);
  Result<Rendered> finish(const ToolOutcome& outcome, const Command& command, const std::string& chart);
  Result<Rendered> take(const ToolOutcome& outcome, const Command& command, const std::string& chart) const;
  Result<void> check(const ToolOutcome& outcome, const Command& command, const std::string& chart) const;
  std::string way_out() const;
  std::string own_directory() const;

  ToolRunner& tools_;
  const std::vector<SourceFile>& files_;
  const App& app_;
  std::unique_ptr<WorkTree> tree_;
};

}  // namespace driftwarden
