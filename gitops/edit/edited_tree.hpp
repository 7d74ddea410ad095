#pragma once
// An App's files with the edits made so far on top of them.
#include "gitops/edit/source_edit.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// Inside the App's path or one of its further ones, or a file that is its alone.
bool is_own(const AppSource& source, const std::string& path);

/// Copied for every try, so a try that fails leaves nothing behind.
class EditedTree {
 public:
  explicit EditedTree(const AppSource& source) : source_(&source) {}

  Result<std::string> read(const std::string& path) const;
  bool has(const std::string& path) const { return static_cast<bool>(read(path)); }
  /// InvalidInput for what isn't the App's own, and where the edit changes a line that Flux's image automation owns. `place` is for people.
  Result<void> write(const std::string& path, std::string content, const std::string& place);
  /// edit_yaml in the first document of a file; a file that isn't there is made when `may_make`.
  Result<void> edit(const std::string& path, const std::vector<ValueEdit>& edits, bool may_make = false);

  std::vector<FileEdit> edits() const;
  std::vector<SourceEdit> result() const;
  /// Why the last write was refused for good: another way to the same value must not be tried.
  const std::optional<Error>& owned() const { return owned_; }

 private:
  struct File {
    std::optional<std::string> original;
    std::string content;
    std::vector<std::string> places;
  };
  const AppSource* source_;
  std::map<std::string, File> files_;
  std::optional<Error> owned_;
};

}  // namespace driftwarden
