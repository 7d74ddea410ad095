#include "integrations/argocd/application.hpp"
#include "integrations/argocd/cron.hpp"
#include "integrations/argocd/json_read.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

SyncWindow parse_window(const json& given) {
  SyncWindow window;
  const auto kind = text(given, "kind");
  window.allow = kind == "allow";
  window.schedule = text(given, "schedule");
  window.applications = texts(given, "applications");
  window.namespaces = texts(given, "namespaces");
  window.clusters = texts(given, "clusters");
  window.manual_sync = flag_at(given, "manualSync");
  window.and_operator = flag_at(given, "andOperator");
  if (const auto zone = text(given, "timeZone"); !zone.empty()) window.time_zone = zone;
  if (kind != "allow" && kind != "deny") window.broken = fmt::format("its kind is \"{}\", neither allow nor deny", kind);
  if (const auto duration = parse_go_duration(text(given, "duration"))) {
    window.duration = *duration;
  } else {
    window.broken = duration.error().message;
  }
  if (const auto cron = Cron::parse(window.schedule)) {
    window.cron = std::make_shared<const Cron>(*cron);
  } else {
    window.broken = cron.error().message;
  }
  return window;
}

}  // namespace

Result<Project> parse_project(const json& object) {
  Project project;
  project.name = text(member_at(object, "metadata"), "name");
  if (!text(object, "apiVersion").starts_with("argoproj.io/") || text(object, "kind") != "AppProject" || project.name.empty()) {
    return Error{ErrorKind::InvalidInput, "no AppProject of Argo CD: it needs apiVersion argoproj.io/v1alpha1, kind AppProject and a name"};
  }
  for (const auto* given : items(member_at(object, "spec"), "syncWindows")) {
    project.windows.push_back(parse_window(*given));
    const auto& window = project.windows.back();
    if (!window.broken.empty()) project.warnings.push_back(fmt::format("the sync window \"{}\" of project {} can't be read: {}", window.schedule, project.name, window.broken));
  }
  return project;
}

}  // namespace driftwarden::argocd
