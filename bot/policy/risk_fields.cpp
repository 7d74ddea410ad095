#include "bot/policy/risk_fields.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;
using Path = std::vector<std::string>;

constexpr int kDeepest = 128;

bool is_nothing(const json* value) { return value == nullptr || value->is_null(); }

std::string_view name_of(const json& item) {
  const auto name = text_at(item, "name");
  return name.empty() ? text_at(member_at(item, "metadata"), "name") : name;  // volume claim templates
}

/// Elements by name where every one has its own; else nothing.
std::optional<std::map<std::string, const json*>> by_name(const json* list) {
  std::map<std::string, const json*> names;
  if (is_nothing(list)) return names;
  for (const auto& item : *list) {
    const auto name = name_of(item);
    if (name.empty() || !names.emplace(name, &item).second) return std::nullopt;
  }
  return names;
}

class Walker {
 public:
  std::vector<FieldChange> out;

  void walk(const json* before, const json* after, int depth) {
    if (is_nothing(before) && is_nothing(after)) return;
    const bool objects = fits(before, json::value_t::object) && fits(after, json::value_t::object);
    const bool lists = fits(before, json::value_t::array) && fits(after, json::value_t::array);
    if (depth > kDeepest || (!objects && !lists) || (is_empty(before) && is_empty(after))) {
      if (is_nothing(before) || is_nothing(after) || *before != *after) out.push_back({path_, before, after});
    } else if (objects) {
      walk_object(before, after, depth);
    } else {
      walk_list(before, after, depth);
    }
  }

 private:
  static bool fits(const json* value, json::value_t type) { return is_nothing(value) || value->type() == type; }
  static bool is_empty(const json* value) { return is_nothing(value) || value->empty(); }

  void step(std::string key, const json* before, const json* after, int depth) {
    path_.push_back(std::move(key));
    walk(before, after, depth + 1);
    path_.pop_back();
  }

  void walk_object(const json* before, const json* after, int depth) {
    std::set<std::string> keys;
    for (const auto* side : {before, after}) {
      if (is_nothing(side)) continue;
      for (const auto& [key, value] : side->items()) keys.insert(key);
    }
    const auto get = [](const json* side, const std::string& key) -> const json* {
      if (is_nothing(side)) return nullptr;
      const auto found = side->find(key);
      return found == side->end() ? nullptr : &*found;
    };
    for (const auto& key : keys) {
      if (path_.empty() && key == "status") continue;
      step(key, get(before, key), get(after, key), depth);
    }
  }

  void walk_list(const json* before, const json* after, int depth) {
    const auto old_names = by_name(before);
    const auto new_names = by_name(after);
    if (old_names && new_names) return walk_named(before, after, *old_names, *new_names, depth);
    const auto size = [](const json* side) { return is_nothing(side) ? std::size_t{0} : side->size(); };
    for (std::size_t at = 0; at < std::max(size(before), size(after)); ++at) {
      step(fmt::format("[{}]", at), at < size(before) ? &(*before)[at] : nullptr, at < size(after) ? &(*after)[at] : nullptr, depth);
    }
  }

  void walk_named(const json* before, const json* after, const std::map<std::string, const json*>& old_names, const std::map<std::string, const json*>& new_names, int depth) {
    std::set<std::string> names;
    for (const auto& [name, item] : old_names) names.insert(name);
    for (const auto& [name, item] : new_names) names.insert(name);
    for (const auto& name : names) {
      const auto old_item = old_names.find(name);
      const auto new_item = new_names.find(name);
      step(fmt::format("[{}]", name), old_item == old_names.end() ? nullptr : old_item->second, new_item == new_names.end() ? nullptr : new_item->second, depth);
    }
    if (old_names.size() != names.size() || new_names.size() != names.size()) return;
    const auto order = [](const json* list) {
      Path names_in_order;
      if (!is_nothing(list)) {
        for (const auto& item : *list) names_in_order.emplace_back(name_of(item));
      }
      return names_in_order;
    };
    if (order(before) != order(after)) out.push_back({path_, before, after});
  }

  Path path_;
};

/// What may be shown: numbers, truth values and short plain words. Callers ask for it where the field can't be a secret.
std::string shown(const json* value) {
  if (is_nothing(value)) return "nothing";
  if (value->is_string()) return ellipsize(without_control_characters(value->get_ref<const std::string&>()), 80);
  return value->is_primitive() ? value->dump() : "...";
}

std::string arrow(const FieldChange& change) { return fmt::format("{} -> {}", shown(change.before), shown(change.after)); }

std::string image_arrow(const FieldChange& change) {
  const auto old_text = shown(change.before);
  const auto new_text = shown(change.after);
  const auto old_image = parse_image(old_text);
  const auto new_image = parse_image(new_text);
  const auto digest = [](const std::string& text) { return text.empty() ? std::string() : "@" + text.substr(0, 19); };
  const auto rest = [&](const ImageName& image) { return (image.tag.empty() ? std::string() : ":" + image.tag) + digest(image.digest); };
  const auto old_words = old_image.repository + rest(old_image);
  if (is_nothing(change.before) || is_nothing(change.after) || old_image.repository != new_image.repository) {
    return fmt::format("{} -> {}", is_nothing(change.before) ? old_text : old_words, is_nothing(change.after) ? new_text : new_image.repository + rest(new_image));
  }
  const auto new_rest = rest(new_image);
  return fmt::format("{} -> {}", old_words, new_rest.empty() ? "no tag" : new_rest);
}

std::string repository_of(const json* image) { return is_nothing(image) || !image->is_string() ? std::string() : parse_image(image->get_ref<const std::string&>()).repository; }

bool is_true(const json* value) { return value != nullptr && value->is_boolean() && value->get<bool>(); }
bool is_zero(const json* value) { return value != nullptr && value->is_number_integer() && value->get<std::int64_t>() == 0; }

std::string plain(const std::string& segment) { return segment.size() > 2 && segment.front() == '[' ? segment.substr(1, segment.size() - 2) : segment; }

std::string dotted(const Path& path, std::size_t from, std::size_t count) {
  std::string out;
  for (std::size_t at = from; at < path.size() && at < from + count; ++at) out += (out.empty() || path[at].starts_with('[') ? "" : ".") + path[at];
  return out;
}

bool has(const Path& path, std::size_t at, std::string_view key) { return at < path.size() && path[at] == key; }

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// Keys of labels and annotations that give power rather than describe.
bool is_power_key(std::string_view key) {
  constexpr std::array<std::string_view, 5> keys{"eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "iam.amazonaws.com/role", "azure.workload.identity/client-id",
                                                 "storageclass.kubernetes.io/is-default-class"};
  constexpr std::array<std::string_view, 4> prefixes{"pod-security.kubernetes.io/", "container.apparmor.security.beta.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/",
                                                     "container.seccomp.security.alpha.kubernetes.io/"};
  return among(keys, key) || key.ends_with("-snippet") || std::ranges::any_of(prefixes, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

RiskFinding of_metadata(const ObjectRef& ref, const FieldChange& change, std::size_t at) {
  const auto& path = change.path;
  const bool tags = has(path, at, "labels") || has(path, at, "annotations");
  if (!tags) return {RiskTier::Medium, "metadata." + dotted(path, at, 1)};
  const auto kind = path[at] == "labels" ? "label" : "annotation";
  const auto key = at + 1 < path.size() ? path[at + 1] : std::string();
  const auto what = key.empty() ? path[at] : fmt::format("{} {}", kind, key);
  if (is_power_key(key)) return {RiskTier::High, what};
  // For these an annotation is configuration, and a Namespace's labels say which policies hold in it.
  const bool configures = (path[at] == "annotations" && (ref.kind == "Ingress" || ref.kind == "Service")) || (path[at] == "labels" && ref.kind == "Namespace");
  return {configures ? RiskTier::Medium : RiskTier::Low, what};
}

/// Of what is new: hardening is none of anybody's worries.
bool is_dangerous(const Path& path, const json* after) {
  const auto& leaf = path.back();
  constexpr std::array<std::string_view, 5> flags{"privileged", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC"};
  if (among(flags, leaf)) return is_true(after);
  if (leaf == "runAsUser" || leaf == "runAsGroup") return is_zero(after);
  if (leaf == "runAsNonRoot") return after != nullptr && after->is_boolean() && !after->get<bool>();
  if (leaf == "hostPort") return !is_nothing(after) && !is_zero(after);
  if (leaf == "procMount") return shown(after) == "Unmasked";
  if (leaf == "type" && path.size() > 1 && path[path.size() - 2] == "seccompProfile") return shown(after) == "Unconfined";
  if (leaf == "mountPropagation") return shown(after) == "Bidirectional";
  for (std::size_t at = 0; at + 1 < path.size(); ++at) {
    if (path[at] == "hostPath" || (path[at] == "capabilities" && path[at + 1] == "add")) return true;
  }
  return false;
}

class PodJudge {
 public:
  PodJudge(const ObjectRef& ref, const json* before, const json& after, bool schema) : ref_(ref), is_new_object_(before == nullptr), schema_(schema) {
    if (before != nullptr) before_ = pod_template(*before);
    after_ = pod_template(after);
  }

  /// `at` is where the pod's "metadata" or "spec" stands in the path.
  RiskFinding judge(const FieldChange& change, std::size_t at) const {
    if (has(change.path, at, "metadata")) {
      auto found = of_metadata(ref_, change, at + 1);
      found.what = "pods' " + found.what;
      return found;
    }
    const auto field = at + 1 < change.path.size() ? change.path[at + 1] : std::string();
    if (field == "containers" || field == "initContainers" || field == "ephemeralContainers") return of_container(change, at + 1);
    if (field == "volumes") return of_volume(change, at + 1);
    constexpr std::array<std::string_view, 9> power{"hostNetwork",        "hostPID",        "hostIPC", "hostUsers", "shareProcessNamespace", "serviceAccountName", "serviceAccount",
                                                    "automountServiceAccountToken", "securityContext"};
    const auto depth = field == "securityContext" ? std::size_t{3} : std::size_t{1};
    const auto words = dotted(change.path, at + 1, depth);
    if (among(power, field)) return {threatening(change), fmt::format("{} {}", words, arrow(change))};
    return {RiskTier::Medium, words};
  }

 private:
  /// High where the field was in force before; of new things only what is dangerous in itself.
  RiskTier threatening(const FieldChange& change, bool is_new = false) const {
    if (is_new_object_ || is_new) return is_dangerous(change.path, change.after) ? RiskTier::High : RiskTier::Medium;
    return RiskTier::High;
  }

  static const json* container_in(const json* pods, const std::string& list, const std::string& name) {
    if (pods == nullptr) return nullptr;
    const auto& containers = member_at(member_at(*pods, "spec"), list.c_str());
    if (!containers.is_array()) return nullptr;
    const auto found = std::ranges::find_if(containers, [&](const json& one) { return text_at(one, "name") == name; });
    return found == containers.end() ? nullptr : &*found;
  }

  RiskFinding of_container(const FieldChange& change, std::size_t at) const {
    const auto& path = change.path;
    if (at + 1 >= path.size()) return {RiskTier::Low, "order of " + path[at]};
    const auto name = plain(path[at + 1]);
    const auto* old_one = container_in(before_, path[at], name);
    const auto* new_one = container_in(after_, path[at], name);
    const auto word = path[at] == "containers" ? "container" : path[at] == "initContainers" ? "init container" : "ephemeral container";
    const bool runs_schema = schema_ || (path[at] == "initContainers" && ((old_one != nullptr && is_schema_container(*old_one)) || (new_one != nullptr && is_schema_container(*new_one))));
    const auto field = at + 2 < path.size() ? path[at + 2] : std::string();
    const bool is_new = old_one == nullptr;
    if (const auto power = of_power(change, at + 2, name, is_new)) return *power;
    if (new_one == nullptr) return {runs_schema ? RiskTier::High : RiskTier::Medium, fmt::format("{} {} goes", word, name)};
    if (is_new) return {runs_schema ? RiskTier::High : RiskTier::Medium, fmt::format("new {} {}", word, name)};
    auto found = of_field(change, at + 2, field, name);
    if (runs_schema) found = {RiskTier::High, found.what + (schema_ ? "" : " (changes a schema, by its looks)")};
    return found;
  }

  std::optional<RiskFinding> of_power(const FieldChange& change, std::size_t at, const std::string& name, bool is_new) const {
    const auto& path = change.path;
    const bool host_port = path.back() == "hostPort";
    const bool propagation = path.back() == "mountPropagation";
    if (!has(path, at, "securityContext") && !has(path, at, "volumeDevices") && !host_port && !propagation) return std::nullopt;
    const auto tier = threatening(change, is_new);
    if ((is_new || is_new_object_) && tier != RiskTier::High) return std::nullopt;
    return RiskFinding{tier, fmt::format("{} of {} {}", host_port || propagation ? path.back() : dotted(path, at, 3), name, arrow(change))};
  }

  static RiskFinding of_field(const FieldChange& change, std::size_t at, const std::string& field, const std::string& name) {
    if (field == "image") {
      const bool moved = repository_of(change.before) != repository_of(change.after);
      return {moved ? RiskTier::Medium : RiskTier::Low, fmt::format("image of {} {}", name, image_arrow(change))};
    }
    if (field == "env" && at + 1 < change.path.size()) return {RiskTier::Medium, fmt::format("env {} of {}", plain(change.path[at + 1]), name)};
    return {RiskTier::Medium, fmt::format("{} of {}", field, name)};
  }

  RiskFinding of_volume(const FieldChange& change, std::size_t at) const {
    const auto& path = change.path;
    if (at + 1 >= path.size()) return {RiskTier::Low, "order of volumes"};
    const auto name = plain(path[at + 1]);
    const auto source = at + 2 < path.size() ? path[at + 2] : std::string();
    constexpr std::array<std::string_view, 6> harmless{"configMap", "secret", "projected", "downwardAPI", "emptyDir", "name"};
    if (source == "hostPath") return {RiskTier::High, fmt::format("hostPath of volume {} {}", name, path.back() == "path" ? arrow(change) : std::string(path.back()))};
    if (among(harmless, source) || source.empty()) return {RiskTier::Medium, "volume " + name};
    return {is_new_object_ ? RiskTier::Medium : RiskTier::High, fmt::format("{} of volume {}", source, name)};
  }

  const ObjectRef& ref_;
  const json* before_ = nullptr;
  const json* after_ = nullptr;
  bool is_new_object_;
  bool schema_;
};

RiskFinding of_workload(const ObjectRef& ref, const FieldChange& change) {
  const auto field = change.path.size() > 1 ? change.path[1] : std::string();
  if (field == "replicas") return {is_zero(change.after) ? RiskTier::Medium : RiskTier::Low, "replicas " + arrow(change)};
  if (field == "selector") return {RiskTier::High, "selector, which can't be changed in place"};
  if (field == "volumeClaimTemplates") {
    const auto name = change.path.size() > 2 ? " " + plain(change.path[2]) : std::string();
    return {RiskTier::High, fmt::format("volume claim template{}{}", name, change.path.back() == "storage" ? " " + arrow(change) : std::string())};
  }
  if (field == "persistentVolumeClaimRetentionPolicy") return {RiskTier::High, "what becomes of its claims"};
  if (field == "serviceName" && ref.kind == "StatefulSet") return {RiskTier::High, "serviceName, which can't be changed in place"};
  if (field == "schedule") return {RiskTier::Medium, "schedule " + arrow(change)};
  if (field == "suspend") return {RiskTier::Medium, "suspend " + arrow(change)};
  return {RiskTier::Medium, dotted(change.path, 0, 2)};
}

RiskFinding of_service(const FieldChange& change) {
  const auto field = change.path.size() > 1 ? change.path[1] : std::string();
  if (field == "type") {
    const auto type = shown(change.after);
    return {type == "LoadBalancer" || type == "NodePort" ? RiskTier::High : RiskTier::Medium, "type " + arrow(change)};
  }
  if (field == "externalIPs" || field == "loadBalancerSourceRanges") return {RiskTier::High, field};
  return {RiskTier::Medium, dotted(change.path, 0, 2)};
}

RiskFinding of_crd(const FieldChange& change, const json* before, const json& after) {
  const auto& path = change.path;
  if (!has(path, 1, "versions") || path.size() < 3) return {RiskTier::High, dotted(path, 0, 2)};
  const auto version = plain(path[2]);
  const auto holds = [&](const json* object) {
    if (object == nullptr) return false;
    const auto& versions = member_at(member_at(*object, "spec"), "versions");
    return versions.is_array() && std::ranges::any_of(versions, [&](const json& one) { return text_at(one, "name") == version; });
  };
  if (!holds(&after)) return {RiskTier::High, fmt::format("version {} goes", version)};
  if (!holds(before)) return {RiskTier::High, fmt::format("new version {}", version)};
  if (has(path, 3, "schema")) return {RiskTier::High, "schema of " + version};
  return {RiskTier::High, fmt::format("{} of {}", path.size() > 3 ? path[3] : "order", version)};
}

RiskFinding of_own_fields(const ObjectRef& ref, const FieldChange& change, const json* before, const json& after) {
  const auto& path = change.path;
  const auto tier = gravity_of(ref.group_kind());
  if (ref.kind == "CustomResourceDefinition") return of_crd(change, before, after);
  if (ref.kind == "Service" && ref.group.empty()) return of_service(change);
  if (ref.kind == "Ingress" && path.back() == "host") return {RiskTier::Medium, "host " + arrow(change)};
  if (ref.kind == "PersistentVolumeClaim" && path.back() == "storage") return {tier, "size " + arrow(change)};
  if (ref.kind == "Secret" || ref.kind == "ConfigMap") {
    // The keys' names, never their values.
    const bool keyed = path.size() > 1 && (path[0] == "data" || path[0] == "stringData" || path[0] == "binaryData");
    return {tier, keyed ? "key " + path[1] : path[0]};
  }
  if (path[0] == "rules" || path[0] == "subjects" || path[0] == "roleRef" || path[0] == "webhooks") return {tier, path[0]};
  return {tier, dotted(path, 0, path[0] == "spec" ? 2 : 1)};
}

}  // namespace

std::vector<FieldChange> field_changes(const json* before, const json* after) {
  Walker walker;
  walker.walk(before, after, 0);
  return std::move(walker.out);
}

std::vector<RiskFinding> findings_of(const ObjectRef& ref, const json* before, const json& after) {
  std::vector<RiskFinding> findings;
  const bool schema = is_schema_job(ref, after) || (before != nullptr && is_schema_job(ref, *before));
  const bool is_pod = ref.kind == "Pod" && ref.group.empty();
  const auto template_path = is_pod ? Path{} : pod_template_path(after);
  const bool has_pods = is_pod || !template_path.empty();
  const PodJudge pods{ref, before, after, schema};
  const auto judge = [&](const FieldChange& change) -> RiskFinding {
    const auto& path = change.path;
    if (path.empty()) return {gravity_of(ref.group_kind()), "all of it"};
    const bool in_pods = has_pods && path.size() > template_path.size() && std::equal(template_path.begin(), template_path.end(), path.begin());
    if (in_pods && !template_path.empty()) return pods.judge(change, template_path.size());
    if (path[0] == "metadata") return of_metadata(ref, change, 1);
    if (path[0] == "apiVersion") return {RiskTier::Medium, "apiVersion " + arrow(change)};
    if (is_pod) return pods.judge(change, 0);
    if (has_pods && path[0] == "spec") return of_workload(ref, change);
    return of_own_fields(ref, change, before, after);
  };
  for (const auto& change : field_changes(before, &after)) {
    auto found = judge(change);
    // Of a new object its being new is said elsewhere; only what is dangerous in it is told besides.
    const bool tag = std::ranges::find(change.path, "metadata") != change.path.end();
    if (before == nullptr && (found.tier != RiskTier::High || !(tag || (has_pods && is_dangerous(change.path, change.after))))) continue;
    if (schema && found.tier == RiskTier::Medium) found.tier = RiskTier::High;
    const auto same = std::ranges::find(findings, found.what, &RiskFinding::what);
    if (same == findings.end()) {
      findings.push_back(std::move(found));
    } else {
      same->tier = std::max(same->tier, found.tier);
    }
  }
  return findings;
}

}  // namespace driftwarden
