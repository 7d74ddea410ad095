#pragma once
// Block Kit's rules: required fields and documented sizes.
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwarden::sandbox::workspace {

enum class Surface { Message, View };

/// One line per mistake as Slack words it: "no more than 50 items allowed [json-pointer:/blocks]". Empty when all is well.
std::vector<std::string> check_blocks(const nlohmann::json& blocks, Surface surface, const std::string& at = "/blocks");
std::vector<std::string> check_view(const nlohmann::json& view);
/// Code points, which is what Slack's limits count.
std::size_t characters(const std::string& text);

}  // namespace driftwarden::sandbox::workspace
