#include "integrations/sandbox/model/brain.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <regex>
#include <utility>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;
using Found = std::optional<std::smatch>;

constexpr auto kForm = std::regex::ECMAScript | std::regex::icase;

/// The first container of the first workload, as the prompt shows it.
struct Workload {
  std::string object;
  std::string name;
  std::string container;
  std::string image;
  json labels;
};

std::vector<json> shown_objects(const std::string& prompt) {
  std::vector<json> objects;
  constexpr std::string_view kBegin = " data object ";
  for (auto at = prompt.find(kBegin); at != std::string::npos; at = prompt.find(kBegin, at + 1)) {
    const auto from = prompt.find('\n', at);
    const auto to = prompt.find("\n>>> ", at);
    if (from == std::string::npos || to == std::string::npos || to < from) break;
    if (auto documents = parse_yaml(prompt.substr(from + 1, to - from), "prompt")) objects.insert(objects.end(), documents->begin(), documents->end());
  }
  return objects;
}

std::optional<Workload> workload_in(const std::vector<json>& objects) {
  for (const auto& object : objects) {
    const auto kind = object.value("kind", std::string());
    if (kind != "Deployment" && kind != "StatefulSet") continue;
    const auto container = object.value(json::json_pointer("/spec/template/spec/containers/0"), json());
    if (!container.is_object()) continue;
    const auto name = object.value(json::json_pointer("/metadata/name"), std::string());
    return Workload{kind + "/" + name, name, container.value("name", std::string()), container.value("image", std::string()),
                    object.value(json::json_pointer("/spec/selector/matchLabels"), json::object())};
  }
  return std::nullopt;
}

std::string in_container(const Workload& workload, std::string_view rest) { return fmt::format(".spec.template.spec.containers[name=\"{}\"].{}", workload.container, rest); }

json set_step(const std::string& object, const std::string& path, json value) { return {{"set", {{"object", object}, {"path", path}, {"value", std::move(value)}}}}; }

/// One draft while it is made.
class Drafting {
 public:
  explicit Drafting(const std::string& prompt)
      : wish_(line_after(prompt, "The request: ")), objects_(shown_objects(prompt)), below_(line_after(prompt, "made from: ").find("Helm") == std::string::npos ? "" : "templates/") {
    workload_ = workload_in(objects_);
  }

  std::string answer() {
    if (find(R"(\b(?:remove|delete|drop|get rid of)\b)")) {
      removals();
      if (!steps_.empty()) return json{{"summary", "Takes away " + join(deeds_, " and ")}, {"steps", steps_}}.dump();
    } else if (workload_) {
      memory();
      cpu();
      replicas();
      version();
      log_level();
      budget();
      autoscaler();
    }
    config_value();
    if (steps_.empty()) return json{{"summary", "I don't know how to do that by changing these manifests"}, {"steps", json::array()}}.dump();
    return json{{"summary", "Gives " + (workload_ ? workload_->name : std::string("it")) + " " + join(deeds_, " and ")}, {"steps", steps_}}.dump();
  }

 private:
  Found find(const char* pattern) const {
    std::smatch found;
    if (!std::regex_search(wish_, found, std::regex(pattern, kForm))) return std::nullopt;
    return found;
  }
  void set(const std::string& path, json value) { steps_.push_back(set_step(workload_->object, path, std::move(value))); }
  void create(const std::string& file, std::string content) { steps_.push_back({{"create", {{"file", below_ + file}, {"content", std::move(content)}}}}); }

  void memory() {
    const auto found = find(R"((\d+(?:\.\d+)?)\s*(g|m)(?:i?b|i)\b)");
    if (!found) return;
    const bool giga = to_lower((*found)[2].str()) == "g";
    const auto mebi = std::lround(std::stod((*found)[1].str()) * (giga ? 1024 : 1));
    const auto size = mebi % 1024 == 0 ? fmt::format("{}Gi", mebi / 1024) : fmt::format("{}Mi", mebi);
    set(in_container(*workload_, "resources.requests.memory"), size);
    set(in_container(*workload_, "resources.limits.memory"), size);
    deeds_.push_back(size + " of memory");
  }
  void cpu() {
    const auto found = find(R"((\d+(?:\.\d+)?m?)\s*(?:v?cpus?|cores?)\b)");
    if (!found) return;
    set(in_container(*workload_, "resources.requests.cpu"), (*found)[1].str());
    deeds_.push_back((*found)[1].str() + " CPU");
  }
  void replicas() {
    auto found = find(R"((\d{1,3})\s*(?:replicas?|pods?|instances?|copies)\b)");
    if (!found) found = find(R"(\bscale\b.*\bto\s+(\d{1,3})\b)");
    if (!found || find("autoscal")) return;
    set(".spec.replicas", std::stoi((*found)[1].str()));
    deeds_.push_back((*found)[1].str() + " replicas");
  }
  void version() {
    const auto found = find(R"(\b(?:version|image|tag|release)\s+(?:to\s+)?v?(\d[\w.-]*))");
    const auto colon = workload_->image.rfind(':');
    if (!found || colon == std::string::npos) return;
    set(in_container(*workload_, "image"), workload_->image.substr(0, colon + 1) + (*found)[1].str());
    deeds_.push_back("version " + (*found)[1].str());
  }
  void log_level() {
    const auto found = find(R"(\blog[ _-]?level\b.*?\b(debug|info|warn|error)\b)");
    if (!found) return;
    set(in_container(*workload_, "env[name=\"LOG_LEVEL\"].value"), to_lower((*found)[1].str()));
    deeds_.push_back("the log level " + to_lower((*found)[1].str()));
  }
  void budget() {
    if (!find(R"(pod\s?disruption\s?budget|\bpdb\b)")) return;
    std::string labels;
    for (const auto& [name, value] : workload_->labels.items()) labels += fmt::format("      {}: {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
    create("pdb.yaml", fmt::format("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {}\nspec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n{}", workload_->name, labels));
    deeds_.emplace_back("a PodDisruptionBudget");
  }
  void autoscaler() {
    const auto found = find(R"(autoscal.*?(\d{1,3})\D+(\d{1,3}))");
    if (!found) return;
    const auto kind = workload_->object.substr(0, workload_->object.find('/'));
    create("hpa.yaml", fmt::format("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: {0}\nspec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: {1}\n    name: {0}\n"
                                   "  minReplicas: {2}\n  maxReplicas: {3}\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n        target:\n          type: Utilization\n"
                                   "          averageUtilization: 70\n",
                                   workload_->name, kind, (*found)[1].str(), (*found)[2].str()));
    deeds_.emplace_back("an autoscaler");
  }
  void removals() {
    static constexpr std::array<std::pair<const char*, const char*>, 3> kKinds{
        {{"HorizontalPodAutoscaler", R"(autoscaler|\bhpa\b)"}, {"PodDisruptionBudget", R"(pod\s?disruption\s?budget|\bpdb\b)"}, {"CronJob", R"(cron\s?job)"}}};
    for (const auto& [kind, words] : kKinds) {
      if (!find(words)) continue;
      for (const auto& object : objects_) {
        if (object.value("kind", std::string()) != kind) continue;
        const auto name = std::string(kind) + "/" + object.value(json::json_pointer("/metadata/name"), std::string());
        steps_.push_back({{"delete", name}});
        deeds_.push_back(name);
      }
    }
  }
  void config_value() {
    const auto found = find(R"re(\bset\s+([\w.-]+)\s+to\s+"?([\w.:/-]+)"?)re");
    if (!found) return;
    const auto key = (*found)[1].str();
    for (const auto& object : objects_) {
      if (object.value("kind", std::string()) != "ConfigMap" || !object.contains("data") || !object["data"].is_object() || !object["data"].contains(key)) continue;
      const auto name = object.value(json::json_pointer("/metadata/name"), std::string());
      steps_.push_back(set_step("ConfigMap/" + name, ".data[\"" + key + "\"]", (*found)[2].str()));
      deeds_.push_back(key + " " + (*found)[2].str());
      return;
    }
  }

  std::string wish_;
  std::vector<json> objects_;
  std::string below_;
  std::optional<Workload> workload_;
  json steps_ = json::array();
  std::vector<std::string> deeds_;
};

}  // namespace

std::string draft_by_rule(const std::string& prompt) { return Drafting(prompt).answer(); }

}  // namespace driftwarden::sandbox
