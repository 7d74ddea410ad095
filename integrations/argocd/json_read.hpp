#pragma once
// Inside of integrations/argocd: members of JSON that may be anything.
#include "gitops/base/members.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace driftwarden::argocd {

std::string text(const nlohmann::json& object, const char* key);
std::vector<std::string> texts(const nlohmann::json& object, const char* key);
/// Numbers and booleans as texts, too; other values are left out.
std::map<std::string, std::string> text_map(const nlohmann::json& object, const char* key);
/// The items of a list; none where there is no list.
std::vector<const nlohmann::json*> items(const nlohmann::json& object, const char* key);

}  // namespace driftwarden::argocd
