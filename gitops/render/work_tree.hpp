#pragma once
// Files on disk for a tool to read.
#include "gitops/render/render.hpp"

#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// A directory that only we can read, with these files (paths from the root) in it; it goes with the object.
class WorkTree {
 public:
  /// InvalidInput for a path that leaves the directory, or is both a file and a directory.
  static Result<std::unique_ptr<WorkTree>> make(const std::vector<SourceFile>& files);
  ~WorkTree();
  WorkTree(const WorkTree&) = delete;
  WorkTree& operator=(const WorkTree&) = delete;
  const std::string& root() const { return root_; }

 private:
  explicit WorkTree(std::string root) : root_(std::move(root)) {}
  Result<void> write(const SourceFile& file);
  std::string root_;
};

}  // namespace driftwarden
