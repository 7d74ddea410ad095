#pragma once
// A unified diff as Git prints it, taken apart for the files list and the pages.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sandbox::forge {

struct DiffLine {
  enum class Kind { Context, Added, Removed, Hunk, Note };
  Kind kind = Kind::Context;
  std::size_t old_line = 0;  ///< 0 where there is none
  std::size_t new_line = 0;
  std::string text;  ///< without the leading sign
};

struct DiffFile {
  std::string old_path;
  std::string path;
  std::string status = "changed";  ///< Gitea's words: added, deleted, renamed, changed
  std::size_t added = 0;
  std::size_t removed = 0;
  bool binary = false;
  std::vector<DiffLine> lines;
};

std::vector<DiffFile> parse_diff(std::string_view text);

}  // namespace driftwarden::sandbox::forge
