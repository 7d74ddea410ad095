#pragma once
// Edits happen on a text with Unix line ends; this carries them over to the text as it is.
#include "gitops/edit/node_edit.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// `text` without byte order mark and with Unix line ends, and the way back.
class UnixText {
 public:
  explicit UnixText(const std::string& text);
  const std::string& text() const { return unified_; }
  /// The original with the splices (in order, not overlapping) of the unified text made in it; new line ends are as the most of the file's.
  std::string apply(const std::vector<Splice>& splices) const;

 private:
  std::size_t original(std::size_t at) const;

  const std::string& original_;
  std::string unified_;
  std::vector<std::size_t> dropped_;  ///< positions in the unified text before which a carriage return was
  std::size_t mark_ = 0;              ///< length of the byte order mark
  bool windows_ = false;
};

}  // namespace driftwarden
