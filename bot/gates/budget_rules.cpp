// Workloads and the PodDisruptionBudgets that look after them.
#include "bot/gates/rules.hpp"
#include "gitops/base/members.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_budget(const ObjectRef& ref) { return ref.group == "policy" && ref.kind == "PodDisruptionBudget"; }

bool lists(const json& values, std::string_view value) {
  return values.is_array() && std::ranges::any_of(values, [&](const json& one) { return one.is_string() && one.get_ref<const std::string&>() == value; });
}

/// One of matchExpressions. What can't be read matches nothing, as the API server takes none of it.
bool fits(const json& expression, const json& labels) {
  const auto key = std::string(text_at(expression, "key"));
  const auto operation = text_at(expression, "operator");
  const auto& values = member_at(expression, "values");
  const bool has = labels.is_object() && labels.contains(key);
  const auto value = has ? text_at(labels, key.c_str()) : std::string_view{};
  if (operation == "Exists") return has;
  if (operation == "DoesNotExist") return !has;
  if (operation == "In") return has && lists(values, value);
  if (operation == "NotIn") return !has || !lists(values, value);
  return false;
}

bool selects(const json& budget, const json& labels) {
  const auto& selector = member_at(member_at(budget, "spec"), "selector");
  if (!selector.is_object()) return false;
  const auto& match = member_at(selector, "matchLabels");
  const auto& expressions = member_at(selector, "matchExpressions");
  const bool empty = (!match.is_object() || match.empty()) && (!expressions.is_array() || expressions.empty());
  // All pods of the namespace, since policy/v1; none before.
  if (empty) return text_at(budget, "apiVersion") == "policy/v1";
  if (match.is_object()) {
    for (const auto& [key, value] : match.items()) {
      if (!value.is_string() || text_at(labels, key.c_str()) != value.get_ref<const std::string&>() || !labels.is_object() || !labels.contains(key)) return false;
    }
  }
  return !expressions.is_array() || std::ranges::all_of(expressions, [&](const json& expression) { return fits(expression, labels); });
}

bool is_zero(const json& value) { return (value.is_number_integer() && value.get<std::int64_t>() == 0) || (value.is_string() && (value == "0" || value == "0%")); }

/// One that lets every pod go at once keeps nothing.
bool keeps_anything(const json& budget) {
  const auto& spec = member_at(budget, "spec");
  const auto& most = member_at(spec, "maxUnavailable");
  const auto& least = member_at(spec, "minAvailable");
  if (!most.is_null()) return !(most.is_string() && most == "100%");
  return !least.is_null() && !is_zero(least);
}

/// Workloads whose pods a drain evicts and that are meant to stay: no Jobs, no DaemonSets, nothing that is scaled to nothing.
const json* labels_of_pods(const Manifest& manifest) {
  if (manifest.body == nullptr || manifest.ref.kind == "Job" || manifest.ref.kind == "CronJob" || manifest.ref.kind == "DaemonSet") return nullptr;
  const auto& spec = member_at(*manifest.body, "spec");
  const auto& pods = member_at(spec, "template");
  if (!member_at(member_at(pods, "spec"), "containers").is_array() || is_zero(member_at(spec, "replicas"))) return nullptr;
  return &member_at(member_at(pods, "metadata"), "labels");
}

/// The budget that keeps some of the workload's pods; null without one.
const Manifest* budget_of(const Manifest& workload, const std::vector<Manifest>& manifests) {
  const auto* labels = labels_of_pods(workload);
  if (labels == nullptr) return nullptr;
  const auto found = std::ranges::find_if(manifests, [&](const Manifest& one) {
    return one.body != nullptr && is_budget(one.ref) && one.ref.namespace_ == workload.ref.namespace_ && keeps_anything(*one.body) && selects(*one.body, *labels);
  });
  return found == manifests.end() ? nullptr : &*found;
}

}  // namespace

void look_at_budgets(const std::vector<Manifest>& before, const std::vector<Manifest>& after, const std::function<void(const Manifest& workload, const std::string& message)>& report) {
  if (std::ranges::none_of(before, [](const Manifest& manifest) { return is_budget(manifest.ref); })) return;
  for (const auto& workload : after) {
    if (labels_of_pods(workload) == nullptr || budget_of(workload, after) != nullptr) continue;
    const auto then = std::ranges::find_if(before, [&](const Manifest& one) { return same_object(one.ref, workload.ref); });
    const auto* budget = then == before.end() ? nullptr : budget_of(*then, before);
    if (budget != nullptr) report(workload, fmt::format("{} kept some of its pods during a drain, and nothing does any more", to_string(budget->ref)));
  }
}

}  // namespace driftwarden
