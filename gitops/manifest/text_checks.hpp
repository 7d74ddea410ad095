#pragma once
// What a text must be before a YAML parser sees it.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

struct BadByte {
  int line = 0;  ///< 1-based, as is the column (in bytes)
  int column = 0;
  std::string what;
};

/// The first byte that isn't UTF-8 or is a control character.
std::optional<BadByte> find_bad_byte(std::string_view text);
/// Escapes such as "\\ud800" can spell what isn't UTF-8.
bool is_utf8(std::string_view text);
/// How deep brackets nest, quotes left out: an upper bound for flow style and JSON.
std::size_t bracket_depth(std::string_view text);
/// An upper bound for the number of values of a JSON text.
std::size_t count_values(std::string_view text);
std::string with_unix_line_ends(std::string_view text);

}  // namespace driftwarden
