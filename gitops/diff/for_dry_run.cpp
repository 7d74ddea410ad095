#include "gitops/diff/compare.hpp"
#include "gitops/diff/schema_node.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Only the schemas of a server are closed: the built-in table never proves that a field is unknown.
void prune(json& value, const SchemaNode* schema) {
  if (schema == nullptr) return;
  if (value.is_array()) {
    for (auto& item : value) prune(item, schema->item());
    return;
  }
  if (!value.is_object()) return;
  for (auto it = value.begin(); it != value.end();) {
    if (!schema->declares(it.key())) {
      it = value.erase(it);
      continue;
    }
    prune(*it, schema->field(it.key()));
    ++it;
  }
}

/// `creationTimestamp: null`, which generators leave in every metadata, and what only the server may say.
void clean_metadata(json& object, bool cluster_scoped) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return;
  for (const auto* key :
       {"creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}) {
    metadata->erase(key);
  }
  if (cluster_scoped) metadata->erase("namespace");
  for (auto it = metadata->begin(); it != metadata->end();) it = it->is_null() ? metadata->erase(it) : std::next(it);
}

void drop_empty_timestamps(json& value) {
  if (!value.is_structured()) return;
  if (value.is_object()) {
    const auto metadata = value.find("metadata");
    if (metadata != value.end() && metadata->is_object() && metadata->contains("creationTimestamp") && (*metadata)["creationTimestamp"].is_null()) {
      metadata->erase("creationTimestamp");
    }
  }
  for (auto& member : value) drop_empty_timestamps(member);
}

}  // namespace

json for_dry_run(const json& desired, const Schemas* schemas) {
  auto body = desired;
  if (!body.is_object()) return body;
  const auto ref = ref_of(body);
  body.erase("status");
  clean_metadata(body, is_cluster_scoped(ref.group_kind()));
  for (auto& [name, member] : body.items()) {
    if (name != "metadata") drop_empty_timestamps(member);
  }
  const auto* schema = schemas == nullptr ? nullptr : schemas->find(ref.api_version(), ref.kind);
  if (schema == nullptr) return body;
  for (auto it = body.begin(); it != body.end();) {
    const bool always = it.key() == "apiVersion" || it.key() == "kind" || it.key() == "metadata";
    if (!always && !schema->declares(it.key())) {
      it = body.erase(it);
      continue;
    }
    if (!always) prune(*it, schema->field(it.key()));
    ++it;
  }
  return body;
}

}  // namespace driftwarden
