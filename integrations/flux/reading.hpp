#pragma once
// Inside of integrations/flux: reading objects that anybody may have written. What is of another type than it should be reads as absent.
#include "gitops/base/members.hpp"
#include "gitops/base/result.hpp"
#include "integrations/flux/objects.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::flux {

std::string text_at(const nlohmann::json& object, const char* key);
bool has(const nlohmann::json& object, const char* key);  ///< there, and neither null nor empty
/// Numbers and booleans as their texts; structures are left out.
std::map<std::string, std::string> texts_at(const nlohmann::json& object, const char* key);
std::vector<std::string> list_at(const nlohmann::json& object, const char* key);
std::string dumped(const nlohmann::json& value);

/// InvalidInput when it is no object of this group and kind, or lacks a name.
Result<ObjectRef> ref_of(const nlohmann::json& object, std::string_view group, std::string_view kind);
Condition condition_of(const nlohmann::json& object);
/// `namespace_`: of the object that refers.
SourceRef source_ref_of(const nlohmann::json& ref, const std::string& namespace_);
/// Inside the repository, without "./": Flux takes the root for its top as well. InvalidInput when it leaves the repository.
Result<std::string> path_of(const std::string& path);
std::string kube_config_of(const nlohmann::json& spec);

}  // namespace driftwarden::flux
