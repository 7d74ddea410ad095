#pragma once
// Paths as text: for edit_yaml, and for people.
#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// What parse_value_path reads back.
std::string path_text(const std::vector<ValueStep>& steps);
/// "images[web].newTag"
std::string shown_path(std::string_view path);
/// One field step: ".name", or ["a.b/c"] where the name needs it.
std::string field_text(std::string_view name);

/// Null where there is nothing.
const nlohmann::json* find_value(const nlohmann::json& value, const std::string& path);
/// The text of a member that is a string; "" otherwise.
std::string text_member(const nlohmann::json& value, const char* name);

/// `file` as seen from `directory`, without "." and ".." where they can be resolved.
std::string join_path(const std::string& directory, const std::string& file);
bool is_inside(const std::string& path, const std::string& directory);

}  // namespace driftwarden
