#pragma once
#include <functional>
#include <optional>
#include <string>

namespace driftwarden {

/// Content absent = the file is removed.
struct FileEdit {
  std::string path;  ///< from the repository's root
  std::optional<std::string> content;
  bool operator==(const FileEdit&) const = default;
};

}  // namespace driftwarden
