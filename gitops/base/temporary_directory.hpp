#pragma once
#include "gitops/base/result.hpp"

#include <memory>
#include <string>
#include <utility>

namespace driftwarden {

/// A directory of one's own, which only this user can look into; it goes with the object, content and all.
class TemporaryDirectory {
 public:
  /// Named `name` and a random part, below `parent`, or where the system keeps temporary files. Unavailable when none can be made.
  static Result<std::unique_ptr<TemporaryDirectory>> make(const std::string& name = "driftwarden", const std::string& parent = "");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  /// Without links, as tools name it in what they print.
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace driftwarden
