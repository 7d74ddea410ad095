// Kinds that nobody rendered: the usual ones, or as somebody lists them.
#include "bot/setup/rights.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

/// "apps/v1 Deployment"
Result<ObjectRef> parse_line(std::string_view line, const std::string& place) {
  const auto space = line.find_first_of(" \t");
  ObjectRef ref;
  if (space != std::string_view::npos) {
    ref.set_api_version(line.substr(0, space));
    ref.kind = std::string(trim(line.substr(space)));
  }
  const bool whole = !ref.version.empty() && !ref.kind.empty() && ref.kind.find_first_of(" \t:") == std::string::npos && line.substr(0, space).find(':') == std::string_view::npos;
  if (!whole) return Error{ErrorKind::InvalidInput, fmt::format("{}: \"{}\" isn't a kind, expected such as: apps/v1 Deployment", place, without_control_characters(line))};
  return ref;
}

Result<std::vector<ObjectRef>> parse_lines(const std::string& text, const std::string& file) {
  std::vector<ObjectRef> refs;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const auto line = trim(std::string_view(raw).substr(0, raw.find('#')));
    if (line.empty()) continue;
    TRY(auto ref, parse_line(line, fmt::format("{}:{}", file, number)));
    refs.push_back(std::move(ref));
  }
  return refs;
}

}  // namespace

const std::vector<ObjectRef>& usual_kinds() {
  static const std::vector<ObjectRef> kKinds{
      {"", "v1", "ConfigMap", "", ""},          {"", "v1", "PersistentVolumeClaim", "", ""}, {"", "v1", "Secret", "", ""},
      {"", "v1", "Service", "", ""},            {"", "v1", "ServiceAccount", "", ""},        {"apps", "v1", "DaemonSet", "", ""},
      {"apps", "v1", "Deployment", "", ""},     {"apps", "v1", "StatefulSet", "", ""},       {"autoscaling", "v2", "HorizontalPodAutoscaler", "", ""},
      {"batch", "v1", "CronJob", "", ""},       {"batch", "v1", "Job", "", ""},              {"networking.k8s.io", "v1", "Ingress", "", ""},
      {"networking.k8s.io", "v1", "NetworkPolicy", "", ""},                                  {"policy", "v1", "PodDisruptionBudget", "", ""}};
  return kKinds;
}

Result<std::vector<ObjectRef>> parse_kinds(const std::string& text, const std::string& file) {
  if (text.find("kind:") == std::string::npos && text.find("\"kind\"") == std::string::npos) return parse_lines(text, file);
  TRY(const auto documents, parse_yaml(text, file));
  std::vector<ObjectRef> refs;
  for (const auto& document : documents) {
    std::vector<const nlohmann::json*> objects{&document};
    if (document.is_object() && document.contains("items") && document.at("items").is_array()) {
      objects.clear();
      for (const auto& item : document.at("items")) objects.push_back(&item);
    }
    for (const auto* object : objects) {
      auto ref = ref_of(*object);
      if (ref.kind.empty() || ref.version.empty()) return Error{ErrorKind::InvalidInput, file + ": a document has no apiVersion or no kind"};
      refs.push_back(std::move(ref));
    }
  }
  return refs;
}

}  // namespace driftwarden
