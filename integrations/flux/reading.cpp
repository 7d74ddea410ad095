#include "integrations/flux/reading.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::flux {

using nlohmann::json;

namespace {

std::string scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : std::string();
}

/// Generations count up; an old one speaks of an older spec.
bool is_of_this_generation(const json& object, const json& condition) {
  const auto& generation = member_at(member_at(object, "metadata"), "generation");
  const auto* observed = &member_at(condition, "observedGeneration");
  if (observed->is_null()) observed = &member_at(member_at(object, "status"), "observedGeneration");
  return generation.is_null() || observed->is_null() || generation == *observed;
}

}  // namespace

std::string text_at(const json& object, const char* key) { return std::string(driftwarden::text_at(object, key)); }

bool has(const json& object, const char* key) { return !member_at(object, key).empty(); }

std::map<std::string, std::string> texts_at(const json& object, const char* key) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object_at(object, key).items()) {
    if (!value.is_structured() && !value.is_null()) texts[name] = scalar_text(value);
  }
  return texts;
}

std::vector<std::string> list_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  for (const auto& item : array_at(object, key)) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

Result<ObjectRef> ref_of(const json& object, std::string_view group, std::string_view kind) {
  ObjectRef ref;
  ref.set_api_version(text_at(object, "apiVersion"));
  ref.kind = text_at(object, "kind");
  ref.namespace_ = text_at(object_at(object, "metadata"), "namespace");
  ref.name = text_at(object_at(object, "metadata"), "name");
  if (ref.group != group || ref.kind != kind) {
    return Error{ErrorKind::InvalidInput, "no " + std::string(kind) + " of " + std::string(group) + ": " + without_control_characters(to_string(ref))};
  }
  if (ref.name.empty()) return Error{ErrorKind::InvalidInput, "a " + std::string(kind) + " without a name"};
  return ref;
}

Condition condition_of(const json& object) {
  Condition out;
  for (const auto& condition : array_at(object_at(object, "status"), "conditions")) {
    const auto type = text_at(condition, "type");
    const auto status = text_at(condition, "status");
    if (!is_of_this_generation(object, condition)) continue;
    if (type == "Ready") {
      out.ready = status == "True";
      out.failed = status == "False";
      out.reason = text_at(condition, "reason");
      out.message = text_at(condition, "message");
    }
    // What failed and will be tried again says so here as well.
    if (type == "Reconciling") out.reconciling = status == "True" && text_at(condition, "reason") != "ProgressingWithRetry";
    if (type == "Stalled" && status == "True") out.stalled = true;
  }
  return out;
}

SourceRef source_ref_of(const json& ref, const std::string& namespace_) {
  SourceRef source;
  source.kind = text_at(ref, "kind");
  source.namespace_ = text_at(ref, "namespace");
  source.name = text_at(ref, "name");
  if (source.namespace_.empty()) source.namespace_ = namespace_;
  return source;
}

Result<std::string> path_of(const std::string& path) {
  std::vector<std::string> parts;
  for (auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (parts.empty()) {
      return Error{ErrorKind::InvalidInput, "its path \"" + without_control_characters(path) + "\" leaves the repository"};
    } else {
      parts.pop_back();
    }
  }
  return join(parts, "/");
}

std::string kube_config_of(const json& spec) {
  const auto& config = object_at(spec, "kubeConfig");
  if (config.empty()) return "";
  for (const char* key : {"secretRef", "configMapRef"}) {
    if (auto name = text_at(object_at(config, key), "name"); !name.empty()) return name;
  }
  return "?";
}

}  // namespace driftwarden::flux
