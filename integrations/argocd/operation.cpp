#include "integrations/argocd/operation.hpp"

#include "integrations/argocd/json_read.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

constexpr const char* kRefresh = "argocd.argoproj.io/refresh";

json resource_version_test(const json& object) {
  return {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", text(member_at(object, "metadata"), "resourceVersion")}};
}

bool is_running(const Operation& operation) { return operation.phase == "Running" || operation.phase == "Terminating"; }

/// One for each source; those of other repositories, and those that follow something else, stay at what is in force.
json revisions_for(const Application& application, const std::string& revision) {
  const auto* written = written_source(application);
  auto revisions = json::array();
  for (std::size_t i = 0; i < application.sources.size(); ++i) {
    const auto& source = application.sources[i];
    if (source.chart.empty() && written != nullptr && source.repo_url == written->repo_url && source.target_revision == written->target_revision) {
      revisions.push_back(revision);
    } else {
      revisions.push_back(i < application.revisions.size() ? application.revisions[i] : source.target_revision);
    }
  }
  return revisions;
}

bool is_known_other(const std::vector<std::string>& revisions, const std::string& wanted) {
  return !wanted.empty() && !revisions.empty() && std::ranges::find(revisions, wanted) == revisions.end();
}

}  // namespace

const Source* written_source(const Application& application) {
  for (const auto& source : application.sources) {
    if (source.chart.empty() && !source.path.empty()) return &source;
  }
  return application.sources.empty() ? nullptr : &application.sources.front();
}

Result<json> sync_patch(const Application& application, const json& object, const SyncRequest& request) {
  const auto conflict = [&](const char* what) {
    return Error{ErrorKind::Conflict, fmt::format("another operation of Application {}/{} {}", application.ref.namespace_, application.ref.name, what)};
  };
  if (application.operation_pending) return conflict("waits to be run");
  if (application.operation && is_running(*application.operation)) return conflict("is running");
  if (request.revision.empty() || request.id.empty()) return Error{ErrorKind::InvalidInput, "a sync needs a revision and an id"};
  json sync{{"prune", request.prune}};
  if (application.is_multi_source) {
    sync["revisions"] = revisions_for(application, request.revision);
  } else {
    sync["revision"] = request.revision;
  }
  if (!application.sync_options.empty()) sync["syncOptions"] = application.sync_options;
  json operation{{"initiatedBy", {{"username", request.requested_by.empty() ? "driftwarden" : request.requested_by}}},
                 {"info", json::array({{{"name", kRequestInfo}, {"value", request.id}}})},
                 {"sync", std::move(sync)}};
  if (application.retry != nullptr) operation["retry"] = *application.retry;
  auto patch = json::array({resource_version_test(object), {{"op", "add"}, {"path", "/operation"}, {"value", std::move(operation)}}});
  // JSON converts to everything, so the result is told what it is made from.
  return Result<json>(boost::system::in_place_value, std::move(patch));
}

json refresh_patch(const json& object, bool hard) {
  const auto* value = hard ? "hard" : "normal";
  auto patch = json::array({resource_version_test(object)});
  if (member_at(member_at(object, "metadata"), "annotations").is_object()) {
    patch.push_back({{"op", "add"}, {"path", "/metadata/annotations/argocd.argoproj.io~1refresh"}, {"value", value}});
  } else {
    patch.push_back({{"op", "add"}, {"path", "/metadata/annotations"}, {"value", {{kRefresh, value}}}});
  }
  return patch;
}

SyncOutcome outcome_of(const Application& application, const std::string& id, const std::string& revision) {
  SyncOutcome outcome;
  if (id.empty()) return outcome;
  const auto is_ours = [&](const std::map<std::string, std::string>& info) {
    const auto found = info.find(kRequestInfo);
    return found != info.end() && found->second == id;
  };
  const auto& operation = application.operation;
  if (operation && is_ours(operation->info) && !is_known_other(operation->revisions, revision)) {
    outcome.message = operation->message;
    if (operation->phase == "Succeeded") {
      outcome.state = SyncState::Succeeded;
    } else if (operation->phase == "Failed" || operation->phase == "Error") {
      outcome.state = SyncState::Failed;
    } else {
      outcome.state = SyncState::Running;
    }
  } else if (application.operation_pending && is_ours(application.pending_info) && !is_known_other(application.pending_revisions, revision)) {
    outcome.state = SyncState::Running;
  }
  return outcome;
}

}  // namespace driftwarden::argocd
