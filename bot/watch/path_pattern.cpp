#include "bot/watch/path_pattern.hpp"

#include "bot/watch/found_paths.hpp"
#include "gitops/base/text.hpp"

namespace driftwarden {
namespace {

using Values = std::map<std::string, std::string>;

/// What begins `part`: a placeholder's length with its braces, 1 for `*`, 0 for text.
std::size_t placeholder_length(std::string_view part) {
  if (part.starts_with('*')) return 1;
  if (!part.starts_with('{')) return 0;
  const auto end = part.find('}');
  return end == std::string_view::npos ? 0 : end + 1;
}

std::string word_of(std::string_view placeholder) { return placeholder.starts_with('{') ? std::string(placeholder.substr(1, placeholder.size() - 2)) : std::string(); }

bool match(std::string_view part, std::string_view name, Values& values) {
  if (part.empty()) return name.empty();
  const auto length = placeholder_length(part);
  if (length == 0) return !name.empty() && name.front() == part.front() && match(part.substr(1), name.substr(1), values);
  const auto word = word_of(part.substr(0, length));
  const auto rest = part.substr(length);
  const auto known = word.empty() ? values.end() : values.find(word);
  if (known != values.end()) return name.starts_with(known->second) && match(rest, name.substr(known->second.size()), values);
  for (auto size = name.size(); size >= 1; --size) {
    auto with = values;
    if (!word.empty()) with[word] = std::string(name.substr(0, size));
    if (!match(rest, name.substr(size), with)) continue;
    values = std::move(with);
    return true;
  }
  return word.empty() && match(rest, name, values);
}

}  // namespace

bool is_fixed_part(std::string_view part) { return part.find('*') == std::string_view::npos && part.find('{') == std::string_view::npos; }

bool match_part(std::string_view part, std::string_view name, Values& values) {
  if (!is_fixed_part(part)) return match(part, name, values);
  return part == name;
}

std::optional<Values> match_path(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  Values values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (given[i].empty() || !match_part(wanted[i], given[i], values)) return std::nullopt;
  }
  return values;
}

std::optional<std::string> fill_path(std::string_view pattern, const Values& values) {
  std::string path;
  while (!pattern.empty()) {
    const auto length = placeholder_length(pattern);
    if (length == 0) {
      path += pattern.front();
      pattern.remove_prefix(1);
      continue;
    }
    const auto found = values.find(word_of(pattern.substr(0, length)));
    pattern.remove_prefix(length);
    // A value is one name: it must not lead elsewhere.
    if (found == values.end() || found->second.empty() || found->second.find('/') != std::string::npos || found->second == "." || found->second == "..") return std::nullopt;
    path += found->second;
  }
  return path;
}

}  // namespace driftwarden
