#include "gitops/diff/default_values.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

struct Default {
  std::string_view field;
  std::string_view kind;  ///< "" = any built-in one
  std::string_view text;  ///< as JSON writes it, without quotes
};

/// Defaults of the built-in kinds that are coded in Go, so that no schema tells them. Sorted by field.
constexpr std::array kDefaults{
    Default{"allocateLoadBalancerNodePorts", "Service", "true"},
    Default{"backoffLimit", "", "6"},
    Default{"completionMode", "", "NonIndexed"},
    Default{"completions", "Job", "1"},
    Default{"concurrencyPolicy", "CronJob", "Allow"},
    Default{"defaultMode", "", "420"},
    Default{"dnsPolicy", "", "ClusterFirst"},
    Default{"enableServiceLinks", "", "true"},
    Default{"externalTrafficPolicy", "Service", "Cluster"},
    Default{"failedJobsHistoryLimit", "CronJob", "1"},
    Default{"failurePolicy", "MutatingWebhookConfiguration", "Fail"},
    Default{"failurePolicy", "ValidatingWebhookConfiguration", "Fail"},
    Default{"failureThreshold", "", "3"},
    Default{"internalTrafficPolicy", "Service", "Cluster"},
    Default{"matchPolicy", "MutatingWebhookConfiguration", "Equivalent"},
    Default{"matchPolicy", "ValidatingWebhookConfiguration", "Equivalent"},
    Default{"minReplicas", "HorizontalPodAutoscaler", "1"},
    Default{"parallelism", "", "1"},
    Default{"periodSeconds", "", "10"},
    Default{"podManagementPolicy", "StatefulSet", "OrderedReady"},
    Default{"preemptionPolicy", "", "PreemptLowerPriority"},
    Default{"progressDeadlineSeconds", "Deployment", "600"},
    Default{"protocol", "", "TCP"},
    Default{"reclaimPolicy", "StorageClass", "Delete"},
    Default{"reinvocationPolicy", "MutatingWebhookConfiguration", "Never"},
    Default{"replicas", "", "1"},
    Default{"restartPolicy", "Deployment", "Always"},
    Default{"restartPolicy", "StatefulSet", "Always"},
    Default{"restartPolicy", "DaemonSet", "Always"},
    Default{"restartPolicy", "Pod", "Always"},
    Default{"revisionHistoryLimit", "", "10"},
    Default{"schedulerName", "", "default-scheduler"},
    Default{"scheme", "", "HTTP"},
    Default{"sessionAffinity", "Service", "None"},
    Default{"successThreshold", "", "1"},
    Default{"successfulJobsHistoryLimit", "CronJob", "3"},
    Default{"suspend", "CronJob", "false"},
    Default{"suspend", "Job", "false"},
    Default{"terminationGracePeriodSeconds", "", "30"},
    Default{"terminationMessagePath", "", "/dev/termination-log"},
    Default{"terminationMessagePolicy", "", "File"},
    Default{"timeoutSeconds", "MutatingWebhookConfiguration", "10"},
    Default{"timeoutSeconds", "ValidatingWebhookConfiguration", "10"},
    Default{"type", "Service", "ClusterIP"},
    Default{"volumeBindingMode", "StorageClass", "Immediate"},
    Default{"volumeMode", "", "Filesystem"},
};

static_assert(std::ranges::is_sorted(kDefaults, {}, &Default::field));

/// A probe's timeout is a second, a webhook's ten; only below a container does the field mean a probe.
bool is_probe_timeout(const PathNode& path, std::string_view text) {
  return path.name == "timeoutSeconds" && text == "1" && path.parent != nullptr && path.parent->name.ends_with("Probe");
}

/// Without one of its own a probe has its pod's, whatever that is.
bool is_grace_of_a_probe(const PathNode& path) {
  return path.name == "terminationGracePeriodSeconds" && path.parent != nullptr && path.parent->name.ends_with("Probe");
}

bool is_of_a_sidecar(const PathNode& path) {
  return path.name == "restartPolicy" && path.parent != nullptr && path.parent->kind == StepKind::Element;
}

}  // namespace

bool is_built_in(std::string_view group) { return group.find('.') == std::string_view::npos || group.ends_with(".k8s.io"); }

bool is_default_value(const Pair& pair, const PathNode& path, const json& live, const SchemaNode* schema) {
  if (path.kind != StepKind::Field || live.is_structured()) return false;
  if (schema != nullptr && !schema->fallback.is_null() && schema->fallback == live) return true;
  if (!is_built_in(pair.group) || is_of_a_sidecar(path) || is_grace_of_a_probe(path)) return false;
  const auto text = live.is_string() ? live.get<std::string>() : live.dump();
  if (is_probe_timeout(path, text)) return true;
  const auto [begin, end] = std::ranges::equal_range(kDefaults, path.name, {}, &Default::field);
  return std::any_of(begin, end, [&](const Default& known) { return (known.kind.empty() || known.kind == pair.kind) && known.text == text; });
}

}  // namespace driftwarden
