#include "bot/cost/autoscalers.hpp"

#include "gitops/base/members.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::int64_t kKedaMost = 100;

std::optional<Autoscaler> autoscaler_from(const Manifest& manifest) {
  const bool hpa = manifest.ref.group == "autoscaling" && manifest.ref.kind == "HorizontalPodAutoscaler";
  const bool keda = manifest.ref.group == "keda.sh" && manifest.ref.kind == "ScaledObject";
  if (!hpa && !keda) return std::nullopt;
  const auto& spec = member_at(*manifest.body, "spec");
  const auto& target = member_at(spec, "scaleTargetRef");
  Autoscaler scaler;
  scaler.ref = manifest.ref;
  scaler.kind = text_at(target, "kind");
  if (scaler.kind.empty()) scaler.kind = "Deployment";
  scaler.name = text_at(target, "name");
  scaler.least = count_at(spec, hpa ? "minReplicas" : "minReplicaCount").value_or(hpa ? 1 : 0);
  scaler.most = std::max(scaler.least, count_at(spec, hpa ? "maxReplicas" : "maxReplicaCount").value_or(hpa ? scaler.least : kKedaMost));
  return scaler;
}

}  // namespace

std::optional<std::int64_t> count_at(const json& object, const char* key) {
  const auto& value = member_at(object, key);
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT32_MAX)) return std::nullopt;
  const auto count = value.get<std::int64_t>();
  return count >= 0 ? std::optional{count} : std::nullopt;
}

std::vector<Autoscaler> autoscalers_in(const std::vector<Manifest>& manifests) {
  std::vector<Autoscaler> autoscalers;
  for (const auto& manifest : manifests) {
    if (auto scaler = autoscaler_from(manifest)) autoscalers.push_back(std::move(*scaler));
  }
  return autoscalers;
}

const Autoscaler* autoscaler_of(const std::vector<Autoscaler>& autoscalers, const ObjectRef& workload) {
  const auto found = std::ranges::find_if(
      autoscalers, [&](const Autoscaler& scaler) { return scaler.ref.namespace_ == workload.namespace_ && scaler.kind == workload.kind && scaler.name == workload.name; });
  return found == autoscalers.end() ? nullptr : &*found;
}

}  // namespace driftwarden
