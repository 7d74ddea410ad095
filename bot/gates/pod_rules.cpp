// What pods may do to their node, and what they leave open.
#include "bot/gates/rules.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_true(const json& value) { return value.is_boolean() && value.get<bool>(); }

/// Set, and not to null or "".
bool is_given(const json& value) { return !value.is_null() && !(value.is_string() && value.get_ref<const std::string&>().empty()); }

/// "[web]", or its place where it has no name.
std::string step_to(const json& item, std::size_t at) {
  const auto name = text_at(item, "name");
  return name.empty() ? fmt::format("[{}]", at) : fmt::format("[{}]", name);
}

/// The dangerous ones: the whole node is theirs, or as good as.
bool is_boundless(std::string_view capability) {
  auto name = to_lower(capability);
  if (name.starts_with("cap_")) name.erase(0, 4);
  return name == "all" || name == "sys_admin";
}

void look_at_privileges(const ContainerPlace& container, const ReportFinding& report) {
  const auto& security = member_at(*container.body, "securityContext");
  const auto place = container.path + ".securityContext";
  if (is_true(member_at(security, "privileged"))) report("privileged", place + ".privileged", "the container is privileged");
  if (is_true(member_at(member_at(security, "windowsOptions"), "hostProcess"))) report("privileged", place + ".windowsOptions.hostProcess", "the container is a process of its node");
  const auto& added = member_at(member_at(security, "capabilities"), "add");
  if (!added.is_array()) return;
  for (const auto& capability : added) {
    if (!capability.is_string() || !is_boundless(capability.get_ref<const std::string&>())) continue;
    report("privileged", place + ".capabilities.add", fmt::format("the container has the capability {}", ellipsize(capability.get<std::string>(), 60)));
  }
}

void look_at_image(const ContainerPlace& container, const ReportFinding& report) {
  const auto image = text_at(*container.body, "image");
  if (image.empty() || !is_floating(image)) return;
  const auto parsed = parse_image(image);
  const auto how = parsed.tag.empty() ? std::string("no tag, which means latest") : fmt::format("the tag {}, which moves", ellipsize(parsed.tag, 60));
  report("floating-tag", container.path + ".image", fmt::format("{} has {}", ellipsize(parsed.repository, 120), how));
}

/// Limits stand in for requests that are missing; what the pod as a whole has (`resources` of its own) counts for each of its containers.
void look_at_limits(const ContainerPlace& container, const json& of_pod, const std::string& name_space, const GivenLimits& given, const ReportFinding& report) {
  const auto& own = member_at(*container.body, "resources");
  const auto has = [&](const char* kind, const char* resource) {
    return is_given(member_at(member_at(own, kind), resource)) || is_given(member_at(member_at(of_pod, kind), resource));
  };
  std::vector<std::string> missing;
  if (!has("limits", "memory") && !given.memory_limit.contains(name_space)) missing.emplace_back("memory limit");
  if (!has("requests", "memory") && !has("limits", "memory") && !given.memory_request.contains(name_space)) missing.emplace_back("memory request");
  if (!has("requests", "cpu") && !has("limits", "cpu") && !given.cpu_request.contains(name_space)) missing.emplace_back("cpu request");
  if (!missing.empty()) report("missing-limits", container.path + ".resources", "it has no " + join(missing, ", no "));
}

void look_at_node(const PodSpec& pods, const ReportFinding& report) {
  static constexpr std::array<std::pair<const char*, std::string_view>, 3> kHost{{{"hostNetwork", "the network"}, {"hostPID", "the processes"}, {"hostIPC", "the IPC namespace"}}};
  for (const auto& [key, what] : kHost) {
    if (is_true(member_at(*pods.spec, key))) report("host-namespaces", fmt::format("{}.{}", pods.path, key), fmt::format("its pods share {} of their node", what));
  }
  const auto& windows = member_at(member_at(*pods.spec, "securityContext"), "windowsOptions");
  if (is_true(member_at(windows, "hostProcess"))) report("privileged", pods.path + ".securityContext.windowsOptions.hostProcess", "its pods are processes of their node");
  const auto& volumes = member_at(*pods.spec, "volumes");
  if (!volumes.is_array()) return;
  for (std::size_t at = 0; at < volumes.size(); ++at) {
    const auto& path = member_at(volumes[at], "hostPath");
    if (path.is_null()) continue;
    report("host-path", fmt::format("{}.volumes{}.hostPath", pods.path, step_to(volumes[at], at)), fmt::format("its pods get {} of their node", ellipsize(text_at(path, "path"), 120)));
  }
}

void give(const json& values, const char* resource, const std::string& name_space, std::set<std::string>& out) {
  if (is_given(member_at(values, resource))) out.insert(name_space);
}

}  // namespace

PodSpec pod_spec_of(const json& object) {
  const auto& spec = member_at(object, "spec");
  if (text_at(object, "kind") == "Pod" && text_at(object, "apiVersion") == "v1") return {&spec, ".spec"};
  const auto& of_job = member_at(member_at(member_at(member_at(spec, "jobTemplate"), "spec"), "template"), "spec");
  if (member_at(of_job, "containers").is_array()) return {&of_job, ".spec.jobTemplate.spec.template.spec"};
  const auto& of_template = member_at(member_at(spec, "template"), "spec");
  if (member_at(of_template, "containers").is_array()) return {&of_template, ".spec.template.spec"};
  // PodTemplate, which has its template at the root.
  const auto& at_root = member_at(member_at(object, "template"), "spec");
  if (member_at(at_root, "containers").is_array()) return {&at_root, ".template.spec"};
  return {};
}

std::vector<ContainerPlace> containers_of(const PodSpec& pods) {
  std::vector<ContainerPlace> places;
  if (pods.spec == nullptr) return places;
  for (const auto* list : {"initContainers", "containers", "ephemeralContainers"}) {
    const auto& containers = member_at(*pods.spec, list);
    if (!containers.is_array()) continue;
    for (std::size_t at = 0; at < containers.size(); ++at) {
      if (!containers[at].is_object()) continue;
      const bool runs_on = std::string_view(list) == "containers" || text_at(containers[at], "restartPolicy") == "Always";
      places.push_back({&containers[at], fmt::format("{}.{}{}", pods.path, list, step_to(containers[at], at)), runs_on});
    }
  }
  return places;
}

GivenLimits given_limits(const std::vector<Manifest>& manifests) {
  GivenLimits given;
  for (const auto& manifest : manifests) {
    if (manifest.body == nullptr || manifest.ref.kind != "LimitRange" || !manifest.ref.group.empty()) continue;
    const auto& limits = member_at(member_at(*manifest.body, "spec"), "limits");
    if (!limits.is_array()) continue;
    for (const auto& one : limits) {
      if (text_at(one, "type") != "Container") continue;
      const auto& name_space = manifest.ref.namespace_;
      give(member_at(one, "default"), "memory", name_space, given.memory_limit);
      for (const auto* kind : {"default", "defaultRequest"}) {
        give(member_at(one, kind), "memory", name_space, given.memory_request);
        give(member_at(one, kind), "cpu", name_space, given.cpu_request);
      }
    }
  }
  return given;
}

void look_at_pods(const Manifest& manifest, const GivenLimits& given, const ReportFinding& report) {
  if (manifest.ref.kind == "PersistentVolume" && manifest.ref.group.empty()) {
    const auto& path = member_at(member_at(*manifest.body, "spec"), "hostPath");
    if (!path.is_null()) report("host-path", ".spec.hostPath", fmt::format("it is {} of a node", ellipsize(text_at(path, "path"), 120)));
  }
  const auto pods = pod_spec_of(*manifest.body);
  if (pods.spec == nullptr) return;
  look_at_node(pods, report);
  const auto& of_pod = member_at(*pods.spec, "resources");
  for (const auto& container : containers_of(pods)) {
    look_at_privileges(container, report);
    look_at_image(container, report);
    if (container.runs_on) look_at_limits(container, of_pod, manifest.ref.namespace_, given, report);
  }
}

}  // namespace driftwarden
