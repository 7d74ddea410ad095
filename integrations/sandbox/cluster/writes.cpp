#include "integrations/sandbox/cluster/api_core.hpp"

#include "integrations/sandbox/cluster/defaults.hpp"
#include "integrations/sandbox/cluster/go_value.hpp"
#include "integrations/sandbox/cluster/times.hpp"
#include "integrations/sandbox/cluster/typed.hpp"
#include "integrations/sandbox/cluster/validate.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

Json without_times(const Json& managed) {
  Json out = managed;
  for (auto& entry : out) entry.erase("time");
  return out;
}

/// Only the times of managedFields differ: then nothing is written.
bool same_but_times(const Json& old, const Json& next) {
  if (old == next) return true;
  const Json& a = array_at(old, {"metadata", "managedFields"});
  const Json& b = array_at(next, {"metadata", "managedFields"});
  if (without_times(a) != without_times(b)) return false;
  if (old.size() != next.size()) return false;
  for (const auto& [key, value] : old.items()) {
    if (key != "metadata" && (!next.contains(key) || next[key] != value)) return false;
  }
  Json left = old["metadata"];
  Json right = next["metadata"];
  for (Json* one : {&left, &right}) {
    one->erase("managedFields");
    one->erase("resourceVersion");
  }
  return left == right;
}

std::string strict_message(const std::vector<std::string>& unknown) {
  std::string out = "strict decoding error: ";
  for (std::size_t i = 0; i < unknown.size(); ++i) out += fmt::format("{}unknown field \"{}\"", i == 0 ? "" : ", ", unknown[i]);
  return out;
}

void set_managed(Json& object, Json managed) {
  if (managed.is_null()) {
    object["metadata"].erase("managedFields");
  } else {
    object["metadata"]["managedFields"] = std::move(managed);
  }
}

void drop_empty_maps(Json& object) {
  for (const char* const key : {"labels", "annotations", "finalizers", "ownerReferences"}) {
    if (Json* value = find(object, {"metadata", key}); value != nullptr && value->empty()) object["metadata"].erase(key);
  }
}

}  // namespace

Writer ApiCore::writer_for(const Resource& resource, const WriteOptions& options) const {
  Writer out{.manager = options.manager,
             .api_version = resource.api_version(),
             .subresource = options.subresource,
             .time = second_text(options.now),
             .type = struct_ref(*resource.type),
             .reset_fields = {},
             .zero = zero_object(resource)};
  if (options.subresource == "status") {
    out.reset_fields.insert({"f:spec"});
    if (resource.group == "apps") out.reset_fields.insert({"f:metadata", "f:labels"});
  } else if (resource.status) {
    out.reset_fields.insert({"f:status"});
  }
  return out;
}

std::optional<ApiError> ApiCore::check_decoding(const Resource& resource, Json& object, const WriteOptions& options, std::vector<std::string>* warnings,
                                                const std::string& patch) const {
  const Decoding decoding = round_trip(*resource.type, object);
  std::string wrong = decoding.error;
  if (wrong.empty() && options.validation == "Strict" && !decoding.unknown.empty()) wrong = strict_message(decoding.unknown);
  if (!wrong.empty()) {
    if (!patch.empty()) return invalid("", "", "", {invalid_value("patch", patch, wrong)});
    return bad_request(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}", resource.kind, resource.version, resource.kind, wrong));
  }
  if (warnings != nullptr && options.validation == "Warn") {
    for (const auto& field : decoding.unknown) warnings->push_back(fmt::format("unknown field \"{}\"", field));
  }
  return std::nullopt;
}

Outcome<StoredPtr> ApiCore::finish(const ResourcePtr& resource, const Key& key, const StoredPtr& old, Json next, Json managed, const WriteOptions& options) {
  set_managed(next, std::move(managed));
  if (old) {
    prepare_update(*resource, old->body(), next, options.subresource, allocations_, options.now);
  } else {
    prepare_create(*resource, next, allocations_, make_uid(), options.now);
  }
  drop_empty_maps(next);
  if (!resource->custom) static_cast<void>(round_trip(*resource->type, next));
  auto causes = validate(*resource, next, old ? &old->body() : nullptr);
  if (!causes.empty()) return invalid(resource->group, resource->kind, text_at(next, {"metadata", "name"}), causes);
  if (old && same_but_times(old->body(), next)) return old;
  if (options.dry_run) {
    if (old) next["metadata"]["resourceVersion"] = old->body()["metadata"]["resourceVersion"];
    return std::make_shared<const Stored>(std::make_shared<const Json>(std::move(next)));
  }
  const bool dying = find(next, {"metadata", "deletionTimestamp"}) != nullptr;
  if (dying && array_at(next, {"metadata", "finalizers"}).empty() && !(resource->kind == "Namespace" && !array_at(next, {"spec", "finalizers"}).empty())) {
    store_.put(resource->storage(), key, next);
    return store_.remove(resource->storage(), key);
  }
  return store_.put(resource->storage(), key, std::move(next));
}

Outcome<StoredPtr> ApiCore::create(const ResourcePtr& resource, const std::string& namespace_, Json body, const WriteOptions& options,
                                   std::vector<std::string>* warnings) {
  body["apiVersion"] = resource->api_version();
  body["kind"] = resource->kind;
  if (auto wrong = check_decoding(*resource, body, options, warnings, "")) return *wrong;
  Json& meta = body["metadata"];
  if (text_at(meta, {"name"}).empty() && !text_at(meta, {"generateName"}).empty()) meta["name"] = text_at(meta, {"generateName"}) + make_suffix(5);
  if (!text_at(meta, {"resourceVersion"}).empty()) return ApiError{500, "", "resourceVersion should not be set on objects to be created", {}};
  const Key key{resource->namespaced ? namespace_ : "", text_at(meta, {"name"})};
  if (resource->namespaced) {
    meta["namespace"] = namespace_;
    const auto space = store_.find("/namespaces", Key{"", namespace_});
    if (!space) return not_found("", "namespaces", namespace_);
    if (text_at(space->body(), {"status", "phase"}) == "Terminating") return forbidden_namespace(resource->group, resource->plural, key.name, namespace_);
  }
  set_defaults(*resource, body);
  Json managed = managed_after_update(writer_for(*resource, options), zero_object(*resource), body);
  if (!key.name.empty() && store_.find(resource->storage(), key)) {
    auto causes = validate(*resource, body, nullptr);
    if (causes.empty()) return already_exists(resource->group, resource->plural, key.name);
  }
  return finish(resource, key, nullptr, std::move(body), std::move(managed), options);
}

Outcome<StoredPtr> ApiCore::update(const ResourcePtr& resource, const Key& key, Json next, const WriteOptions& options, std::vector<std::string>* warnings) {
  const auto old = store_.find(resource->storage(), key);
  if (!old) return not_found(resource->group, resource->plural, key.name);
  next["apiVersion"] = resource->api_version();
  next["kind"] = resource->kind;
  if (auto wrong = check_decoding(*resource, next, options, warnings, "")) return *wrong;
  const auto version = text_at(next, {"metadata", "resourceVersion"});
  if (!version.empty() && version != text_at(old->body(), {"metadata", "resourceVersion"})) {
    return conflict(resource->group, resource->plural, key.name, "the object has been modified; please apply your changes to the latest version and try again");
  }
  const auto uid = text_at(next, {"metadata", "uid"});
  if (!uid.empty() && uid != text_at(old->body(), {"metadata", "uid"})) {
    return conflict(resource->group, resource->plural, key.name,
                    fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}", uid, text_at(old->body(), {"metadata", "uid"})));
  }
  set_defaults(*resource, next);
  for (const char* const field : {"uid", "creationTimestamp", "name", "namespace", "resourceVersion", "generation"}) {
    if (const Json* before = find(old->body(), {"metadata", field})) next["metadata"][field] = *before;
  }
  Json managed = managed_after_update(writer_for(*resource, options), old->body(), next);
  return finish(resource, key, old, std::move(next), std::move(managed), options);
}

Outcome<StoredPtr> ApiCore::apply(const ResourcePtr& resource, const Key& key, const Json& config, const WriteOptions& options, bool* created) {
  const auto described = [&] { return fmt::format("({}/{}; {}, Kind={})", key.namespace_, key.name, resource->api_version(), resource->kind); };
  Json probe = config;
  const Decoding decoding = round_trip(*resource->type, probe);
  if (!decoding.unknown.empty())
    return ApiError{500, "", fmt::format("failed to create typed patch object {}: .{}: field not declared in schema", described(), decoding.unknown[0]), {}};
  if (!array_at(config, {"metadata", "managedFields"}).empty()) return bad_request("metadata.managedFields must be nil");
  const Writer writer = writer_for(*resource, options);
  if (auto wrong = check_lists(writer.type, config); !wrong.empty())
    return ApiError{500, "", fmt::format("failed to create typed patch object {}: {}", described(), wrong), {}};
  if (!decoding.error.empty()) return ApiError{500, "", fmt::format("failed to create typed patch object {}: {}", described(), decoding.error), {}};
  const auto old = store_.find(resource->storage(), key);
  if (created != nullptr) *created = !old;
  if (!old && !options.subresource.empty()) return not_found(resource->group, resource->plural, key.name);
  if (!old && resource->namespaced) {
    const auto space = store_.find("/namespaces", Key{"", key.namespace_});
    if (!space) return not_found("", "namespaces", key.namespace_);
    if (text_at(space->body(), {"status", "phase"}) == "Terminating") return forbidden_namespace(resource->group, resource->plural, key.name, key.namespace_);
  }
  if (old) {
    const auto version = text_at(config, {"metadata", "resourceVersion"});
    if (!version.empty() && version != text_at(old->body(), {"metadata", "resourceVersion"})) {
      return conflict(resource->group, resource->plural, key.name,
                      "the object has been modified; please apply your changes to the latest version and try again");
    }
  } else if (!text_at(config, {"metadata", "uid"}).empty()) {
    return conflict(resource->group, resource->plural, key.name,
                    "uid mismatch: the provided object specified uid " + text_at(config, {"metadata", "uid"}) + ", and no existing object was found");
  }
  Json live = old ? old->body() : zero_object(*resource);
  auto applied = apply_config(writer, live, config, options.force);
  if (!applied) return applied.error();
  Json next = std::move(applied.value().object);
  next["metadata"]["name"] = key.name;
  if (resource->namespaced) next["metadata"]["namespace"] = key.namespace_;
  if (auto wrong = check_decoding(*resource, next,
                                  WriteOptions{.manager = {}, .subresource = {}, .validation = "Ignore", .dry_run = false, .force = false, .now = options.now},
                                  nullptr, "")) {
    return *wrong;
  }
  set_defaults(*resource, next);
  return finish(resource, key, old, std::move(next), std::move(applied.value().managed_fields), options);
}

Outcome<StoredPtr> ApiCore::remove(const ResourcePtr& resource, const Key& key, const Json& delete_options, const WriteOptions& options) {
  const auto old = store_.find(resource->storage(), key);
  if (!old) return not_found(resource->group, resource->plural, key.name);
  for (const char* const field : {"uid", "resourceVersion"}) {
    const auto wanted = text_at(delete_options, {"preconditions", field});
    const auto actual = text_at(old->body(), {"metadata", field});
    if (wanted.empty() || wanted == actual) continue;
    const bool by_uid = std::string_view(field) == "uid";
    const char* const what = by_uid ? "UID" : "ResourceVersion";
    return conflict("", resource->kind, key.name,
                    fmt::format("the {0} in the precondition ({1}) does not match the {0} in record ({2}). The object might have been {3}", what, wanted,
                                actual, by_uid ? "deleted and then recreated" : "modified"));
  }
  if (options.dry_run) return old;
  Json next = old->body();
  Json& meta = next["metadata"];
  const auto policy = text_at(delete_options, {"propagationPolicy"});
  const char* const finalizer = policy == "Foreground" ? "foregroundDeletion" : policy == "Orphan" ? "orphan" : nullptr;
  if (finalizer != nullptr) {
    Json& list = meta["finalizers"];
    if (!list.is_array()) list = Json::array();
    if (std::find(list.begin(), list.end(), Json(finalizer)) == list.end()) list.push_back(finalizer);
  }
  const bool name_space = resource->kind == "Namespace" && resource->group.empty();
  if (array_at(next, {"metadata", "finalizers"}).empty() && !name_space) return store_.remove(resource->storage(), key);
  if (find(meta, "deletionTimestamp") == nullptr) {
    meta["deletionTimestamp"] = second_text(options.now);
    if (!name_space) meta["deletionGracePeriodSeconds"] = 0;
    if (resource->generation) meta["generation"] = int_at(meta, {"generation"}) + 1;
  }
  if (name_space) next["status"]["phase"] = "Terminating";
  if (next == old->body()) return old;
  return store_.put(resource->storage(), key, std::move(next));
}

void ApiCore::erase(const ResourcePtr& resource, const Key& key) { store_.remove(resource->storage(), key); }

}  // namespace driftwarden::sandbox::cluster
