#include "integrations/argocd/json_read.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::argocd {

using nlohmann::json;

std::string text(const json& object, const char* key) { return std::string(text_at(object, key)); }

std::vector<const json*> items(const json& object, const char* key) {
  std::vector<const json*> found;
  const auto& list = member_at(object, key);
  if (!list.is_array()) return found;
  for (const auto& item : list) found.push_back(&item);
  return found;
}

std::vector<std::string> texts(const json& object, const char* key) {
  std::vector<std::string> found;
  for (const auto* item : items(object, key)) {
    if (item->is_string()) found.push_back(item->get<std::string>());
  }
  return found;
}

std::map<std::string, std::string> text_map(const json& object, const char* key) {
  std::map<std::string, std::string> found;
  const auto& map = member_at(object, key);
  if (!map.is_object()) return found;
  for (const auto& [name, value] : map.items()) {
    if (value.is_string()) {
      found[name] = value.get<std::string>();
    } else if (value.is_primitive() && !value.is_null()) {
      found[name] = value.dump();
    }
  }
  return found;
}

}  // namespace driftwarden::argocd
