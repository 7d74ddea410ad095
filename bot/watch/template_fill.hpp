#pragma once
// Words between double braces, and how a value is written in their place. Internal to bot/watch. Pure.
#include "gitops/base/result.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::templating {

struct Place {
  std::size_t begin = 0;  ///< of the braces
  std::size_t end = 0;    ///< after them
  std::string word;
  int line = 1;
};
/// InvalidInput "where:line: ..." for braces without an end, and for what is no word.
Result<std::vector<Place>> places_in(std::string_view text, const std::string& where);

/// Words that every template knows.
const std::vector<std::string>& own_words();

/// Whether the file is YAML, where a value must stay one scalar.
bool is_yaml(std::string_view path);

/// All places filled. In YAML `stays_text` says of which words the value is a text whatever it looks like.
Result<std::string> filled(std::string_view text, const std::map<std::string, std::string>& values, const std::string& where, bool yaml,
                           const std::function<bool(const std::string&)>& stays_text);

}  // namespace driftwarden::templating
