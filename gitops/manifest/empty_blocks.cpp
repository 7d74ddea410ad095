#include "gitops/manifest/empty_blocks.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace driftwarden {
namespace {

/// `key: |-  # comment`, `- key: >`, `- |`: where the indicator stands and how deep the body must be.
struct BlockHeader {
  std::size_t indicator = 0;  ///< in the line
  std::size_t indent = 0;     ///< of the key, or of the last dash; the body is deeper
  bool keeps = false;         ///< `+`: blank lines below are the value
};

std::string_view without_comment(std::string_view line) {
  const auto hash = line.rfind(" #");
  auto rest = hash == std::string_view::npos ? line : line.substr(0, hash);
  while (rest.ends_with(' ') || rest.ends_with('\t')) rest.remove_suffix(1);
  return rest;
}

/// Past the dashes of `- - key`: the column of what follows.
std::size_t after_dashes(std::string_view line, std::size_t& last_dash) {
  std::size_t at = line.find_first_not_of(' ');
  last_dash = at;
  while (at < line.size() && line[at] == '-' && at + 1 < line.size() && line[at + 1] == ' ') {
    last_dash = at;
    at = line.find_first_not_of(' ', at + 1);
  }
  return at;
}

std::optional<BlockHeader> header_of(std::string_view whole_line) {
  const auto line = without_comment(whole_line);
  const auto indicator = line.find_last_of("|>");
  if (indicator == std::string_view::npos || indicator == 0 || line[indicator - 1] != ' ') return std::nullopt;
  if (line.substr(indicator + 1).find_first_not_of("+-0123456789") != std::string_view::npos) return std::nullopt;
  auto before = line.substr(0, indicator);
  while (before.ends_with(' ')) before.remove_suffix(1);
  std::size_t last_dash = 0;
  const auto start = after_dashes(line, last_dash);
  BlockHeader header{indicator, start, line.find('+', indicator) != std::string_view::npos};
  if (start == indicator) {
    header.indent = last_dash;
    return header;
  }
  if (before.empty() || before[before.find_first_not_of(" -")] == '#' || before.find(':') == std::string_view::npos) return std::nullopt;
  // An anchor or a tag may stand between the colon and the indicator.
  const auto colon = before.rfind(": ");
  const bool ends_in_colon = before.ends_with(':');
  const bool decorated = colon != std::string_view::npos && (before[colon + 2] == '&' || before[colon + 2] == '!');
  if (!ends_in_colon && !decorated) return std::nullopt;
  return header;
}

std::size_t line_end_of(const std::string& text, std::size_t begin) { return std::min(text.find('\n', begin), text.size()); }

bool is_blank(std::string_view line) { return line.find_first_not_of(' ') == std::string_view::npos; }

}  // namespace

std::string with_quoted_empty_blocks(std::string text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = line_end_of(text, begin);
    const auto header = header_of(std::string_view(text).substr(begin, end - begin));
    std::size_t next = end + 1;
    if (header) {
      std::string blank_lines;
      bool empty = true;
      while (next < text.size()) {
        const auto body_end = line_end_of(text, next);
        const auto body = std::string_view(text).substr(next, body_end - next);
        if (is_blank(body)) {
          if (empty) blank_lines += "\\n";
        } else if (body.find_first_not_of(' ') > header->indent) {
          empty = false;
        } else {
          break;
        }
        next = body_end + 1;
      }
      if (empty) {
        const auto quoted = "\"" + (header->keeps ? blank_lines : "") + "\"";
        const auto size = without_comment(std::string_view(text).substr(begin, end - begin)).size() - header->indicator;
        text.replace(begin + header->indicator, size, quoted);
        next += quoted.size();
        next -= size;
      }
    }
    begin = next;
  }
  return text;
}

}  // namespace driftwarden
