#include "integrations/argocd/application.hpp"

#include "integrations/argocd/json_read.hpp"
#include "integrations/argocd/source.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

constexpr const char* kGroup = "argoproj.io";

Result<ObjectRef> parse_ref(const json& object, const char* kind) {
  ObjectRef ref;
  ref.set_api_version(text(object, "apiVersion"));
  ref.kind = text(object, "kind");
  const auto& metadata = member_at(object, "metadata");
  ref.namespace_ = text(metadata, "namespace");
  ref.name = text(metadata, "name");
  if (ref.group == kGroup && ref.kind == kind && !ref.name.empty()) return ref;
  return Error{ErrorKind::InvalidInput, fmt::format("no {} of Argo CD: it needs apiVersion {}/v1alpha1, kind {} and a name", kind, kGroup, kind)};
}

std::string owning_set(const json& metadata) {
  for (const auto* owner : items(metadata, "ownerReferences")) {
    if (text(*owner, "kind") == "ApplicationSet" && text(*owner, "apiVersion").starts_with(kGroup)) return text(*owner, "name");
  }
  return {};
}

void parse_sources(const json& spec, Application& application) {
  const auto& hydrator = member_at(spec, "sourceHydrator");
  if (hydrator.is_object() && member_at(hydrator, "drySource").is_object()) {
    application.sources.push_back(parse_source(member_at(hydrator, "drySource")));
    application.hydrate_to = text(member_at(hydrator, "hydrateTo"), "targetBranch");
    if (application.hydrate_to.empty()) application.hydrate_to = text(member_at(hydrator, "syncSource"), "targetBranch");
    if (application.hydrate_to.empty()) application.hydrate_to = "another branch";
    return;
  }
  for (const auto* source : items(spec, "sources")) {
    if (source->is_object()) application.sources.push_back(parse_source(*source));
  }
  application.is_multi_source = !application.sources.empty();
  const auto& single = member_at(spec, "source");
  if (!application.is_multi_source && single.is_object()) application.sources.push_back(parse_source(single));
}

void parse_spec(const json& spec, Application& application) {
  if (const auto project = text(spec, "project"); !project.empty()) application.project = project;
  parse_sources(spec, application);
  const auto& destination = member_at(spec, "destination");
  application.destination_server = text(destination, "server");
  application.destination_name = text(destination, "name");
  application.destination_namespace = text(destination, "namespace");
  const auto& policy = member_at(spec, "syncPolicy");
  application.sync_options = texts(policy, "syncOptions");
  if (const auto& retry = member_at(policy, "retry"); retry.is_object()) application.retry = &retry;
  const auto& automated = member_at(policy, "automated");
  if (!automated.is_object()) return;
  const auto& enabled = member_at(automated, "enabled");
  application.automated_off = enabled.is_boolean() && !enabled.get<bool>();
  application.automated = !application.automated_off;
  application.self_heal = application.automated && flag_at(automated, "selfHeal");
  application.prune = application.automated && flag_at(automated, "prune");
}

std::vector<std::string> revisions_in(const json& object) {
  auto revisions = texts(object, "revisions");
  if (revisions.empty()) {
    if (auto single = text(object, "revision"); !single.empty()) revisions.push_back(std::move(single));
  }
  return revisions;
}

std::map<std::string, std::string> info_of(const json& operation) {
  std::map<std::string, std::string> info;
  for (const auto* entry : items(operation, "info")) {
    if (const auto name = text(*entry, "name"); !name.empty()) info[name] = text(*entry, "value");
  }
  return info;
}

Operation parse_operation(const json& state) {
  Operation operation;
  operation.phase = text(state, "phase");
  operation.message = text(state, "message");
  operation.started_at = text(state, "startedAt");
  operation.finished_at = text(state, "finishedAt");
  const auto& asked = member_at(state, "operation");
  operation.info = info_of(asked);
  for (const auto* from : {&member_at(state, "syncResult"), &member_at(asked, "sync")}) {
    if (operation.revisions.empty()) operation.revisions = revisions_in(*from);
  }
  if (!operation.revisions.empty()) operation.revision = operation.revisions.front();
  return operation;
}

void parse_resources(const json& status, Application& application) {
  for (const auto* resource : items(status, "resources")) {
    if (!flag_at(*resource, "requiresPruning")) continue;
    ObjectRef ref;
    ref.group = text(*resource, "group");
    ref.version = text(*resource, "version");
    ref.kind = text(*resource, "kind");
    ref.namespace_ = text(*resource, "namespace");
    ref.name = text(*resource, "name");
    application.to_prune.push_back(std::move(ref));
  }
}

void parse_status(const json& status, Application& application) {
  const auto& sync = member_at(status, "sync");
  application.sync_status = text(sync, "status");
  application.revisions = revisions_in(sync);
  const auto& health = member_at(status, "health");
  application.health = text(health, "status");
  application.health_message = text(health, "message");
  application.reconciled_at = text(status, "reconciledAt");
  if (const auto& state = member_at(status, "operationState"); state.is_object()) application.operation = parse_operation(state);
  for (const auto* condition : items(status, "conditions")) {
    const auto type = text(*condition, "type");
    const auto message = text(*condition, "message");
    if (type.ends_with("Error")) application.errors.push_back(message.empty() ? type : message);
  }
  parse_resources(status, application);
  for (const auto* entry : items(status, "history")) {
    for (auto& revision : revisions_in(*entry)) application.history.push_back(std::move(revision));
  }
  const auto& hydrated = member_at(member_at(status, "sourceHydrator"), "lastSuccessfulOperation");
  application.hydrated_dry = text(hydrated, "drySHA");
  application.hydrated_commit = text(hydrated, "hydratedSHA");
}

}  // namespace

Result<Application> parse_application(const json& object) {
  Application application;
  TRY(application.ref, parse_ref(object, "Application"));
  const auto& metadata = member_at(object, "metadata");
  application.labels = text_map(metadata, "labels");
  application.annotations = text_map(metadata, "annotations");
  application.resource_version = text(metadata, "resourceVersion");
  application.owner_set = owning_set(metadata);
  const auto skip = application.annotations.find("argocd.argoproj.io/skip-reconcile");
  application.paused = skip != application.annotations.end() && skip->second == "true";
  parse_spec(member_at(object, "spec"), application);
  parse_status(member_at(object, "status"), application);
  const auto& pending = member_at(object, "operation");
  application.operation_pending = pending.is_object();
  application.pending_info = info_of(pending);
  application.pending_revisions = revisions_in(member_at(pending, "sync"));
  return application;
}

}  // namespace driftwarden::argocd
