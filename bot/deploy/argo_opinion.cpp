#include "bot/deploy/argo_opinion.hpp"

#include "bot/config/time_zone.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestMessage = 600;

AppState state_of(const std::string& status) {
  if (status == "Synced") return AppState::Synced;
  return status == "OutOfSync" ? AppState::OutOfSync : AppState::Unknown;
}

bool has_failed(const argocd::Operation& operation) { return operation.phase == "Failed" || operation.phase == "Error"; }

/// What is in force: where it is out of sync, that isn't what status.sync compares with.
std::string revision_in_force(const argocd::Application& application) {
  if (!application.hydrate_to.empty() && application.sync_status == "Synced") return application.hydrated_dry;
  if (application.sync_status == "Synced" && !application.revisions.empty()) return application.revisions.front();
  const auto& operation = application.operation;
  return operation && operation->phase == "Succeeded" ? operation->revision : std::string();
}

std::string message_of(const argocd::Application& application) {
  std::string message = join(application.errors, "; ");
  if (message.empty() && application.operation && has_failed(*application.operation)) message = application.operation->message;
  if (message.empty()) message = application.health_message;
  return ellipsize(without_control_characters(message), kLongestMessage);
}

/// Who last wrote a field, by the object's managed fields: the first entry that has all the steps.
const json* writer_of(const json& object, std::initializer_list<const char*> steps) {
  const auto& entries = member_at(member_at(object, "metadata"), "managedFields");
  if (!entries.is_array()) return nullptr;
  for (const auto& entry : entries) {
    const auto* at = &member_at(entry, "fieldsV1");
    for (const auto* step : steps) at = &member_at(*at, step);
    if (!at->is_null()) return &entry;
  }
  return nullptr;
}

}  // namespace

std::string argo_operation_words(const argocd::Application& application) {
  const auto& operation = application.operation;
  const bool running = operation && (operation->phase == "Running" || operation->phase == "Terminating");
  if (!running) return application.operation_pending ? "waiting to be synced" : "";
  std::string words = operation->phase == "Terminating" ? "ending a sync" : "syncing";
  if (!operation->revision.empty()) words += " " + operation->revision.substr(0, 7);
  if (operation->started_at.size() >= 16) words += " since " + without_control_characters(operation->started_at.substr(11, 5));
  return words;
}

std::string argo_window_words(const argocd::WindowVerdict& verdict) {
  if (verdict.open) return {};
  return verdict.until ? fmt::format("{}; it opens at {}", verdict.why, format_time(*verdict.until)) : verdict.why;
}

Opinion argo_opinion(const argocd::Application& application, const argocd::Project* project, WallTime now, const argocd::ZoneOffset& offset, argocd::WindowMemo* memo) {
  Opinion opinion;
  opinion.by = "Argo CD";
  opinion.state = state_of(application.sync_status);
  opinion.health = application.health;
  opinion.revision = revision_in_force(application);
  opinion.message = message_of(application);
  opinion.paused = !application.automated || application.paused;
  opinion.operation = argo_operation_words(application);
  if (project != nullptr && !project->windows.empty()) {
    opinion.waits_for = argo_window_words(argocd::may_sync(*project, application, !application.automated, now, offset, memo));
  }
  return opinion;
}

std::optional<DeployPause> argo_pause(const argocd::Application& application, const json& object) {
  if (!application.paused && !application.automated_off) return std::nullopt;
  DeployPause pause;
  const auto called = fmt::format("Argo CD's Application {}/{}", application.ref.namespace_, application.ref.name);
  const json* writer = nullptr;
  if (application.paused) {
    pause.what = called + " isn't reconciled (annotation argocd.argoproj.io/skip-reconcile)";
    writer = writer_of(object, {"f:metadata", "f:annotations", "f:argocd.argoproj.io/skip-reconcile"});
  } else {
    pause.what = called + " has its auto-sync switched off";
    writer = writer_of(object, {"f:spec", "f:syncPolicy", "f:automated", "f:enabled"});
  }
  if (writer == nullptr) return pause;
  pause.who = std::string(text_at(*writer, "manager"));
  if (const auto since = parse_time(text_at(*writer, "time"))) pause.since = *since;
  return pause;
}

argocd::ZoneOffset system_zone_offset() {
  auto known = std::make_shared<std::map<std::string, std::optional<TimeZone>>>();
  return [known](const std::string& zone, WallTime at) -> std::optional<Duration> {
    auto [found, is_new] = known->try_emplace(zone);
    const bool plain = !zone.empty() && zone.size() < 128 && !zone.starts_with('/') && zone.find("..") == std::string::npos;
    if (is_new && plain) {
      const auto environment = create_system_environment();
      const auto file = environment->read_file(environment->variable("TZDIR").value_or("/usr/share/zoneinfo") + "/" + zone);
      if (file) {
        if (auto parsed = TimeZone::parse(*file)) found->second = std::move(*parsed);
      }
    }
    if (!found->second) return std::nullopt;
    return std::chrono::duration_cast<Duration>(found->second->offset_at(at));
  };
}

}  // namespace driftwarden
