#pragma once
// Files on disk for a tool to read.
#include "gitops/base/temporary_directory.hpp"
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
  /// Of the repository.
  const std::string& root() const { return root_; }
  /// What is around it: `root` and what `add_beside` made.
  const std::string& outer() const { return outer_->path(); }
  /// A file that isn't the repository's, named from `outer`.
  Result<void> add_beside(const SourceFile& file) { return write(outer(), file); }

 private:
  explicit WorkTree(std::unique_ptr<TemporaryDirectory> outer) : outer_(std::move(outer)), root_(outer_->path() + "/repository") {}
  static Result<void> write(const std::string& below, const SourceFile& file);
  std::unique_ptr<TemporaryDirectory> outer_;
  std::string root_;
};

}  // namespace driftwarden
