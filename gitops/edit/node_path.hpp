#pragma once
// Follows a path through a document's value and its nodes side by side.
#include "gitops/edit/node_edit.hpp"
#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// The places along the path as far as they exist, the document's root first. InvalidInput where the text can't be edited along it: an
/// alias, a value behind a merge key, an anchor that is used elsewhere, a key written twice.
Result<std::vector<Place>> follow(const YamlTree& tree, std::size_t document, const nlohmann::json& value, const std::vector<ValueStep>& steps,
                                  std::string_view text, const std::string& file);

/// InvalidInput when an alias outside needs an anchor inside the node.
Result<void> check_unused(const YamlTree& tree, const YamlNode& node, std::string_view text, const std::string& file);

/// InvalidInput when something outside quotes, comments and block scalars is a template's, or when the parser reads the text wrongly.
Result<void> check_readable(const YamlTree& tree, std::string_view text, const std::string& file);

}  // namespace driftwarden
