#include "gitops/diff/inputs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

Error wrong(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

std::string text_at(const json& object, const char* key, std::string fallback = {}) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::move(fallback);
}

}  // namespace

Result<DryRun> read_dry_run(const json& value) {
  if (!value.is_object() || !value.contains("status") || !value["status"].is_number_integer()) return wrong("a dry-run answer needs a numeric status");
  DryRun answer;
  answer.status = value["status"].get<unsigned>();
  if (const auto object = value.find("object"); object != value.end() && object->is_object()) answer.object = std::make_shared<const json>(*object);
  answer.message = text_at(value, "message");
  if (const auto error = value.find("error"); error != value.end() && error->is_object()) answer.message = text_at(*error, "message", answer.message);
  return answer;
}

bool is_served(const json& discovery, const json& object) {
  const auto& list = discovery.is_object() && discovery.contains("resources") ? discovery["resources"] : discovery;
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const json& resource) {
           return resource.is_object() && text_at(resource, "apiVersion") == text_at(object, "apiVersion") &&
                  text_at(resource, "kind") == text_at(object, "kind");
         });
}

}  // namespace driftwarden
