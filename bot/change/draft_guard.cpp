#include "bot/change/draft_guard.hpp"

#include "bot/change/plan_parts.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/edit/source_edit.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace driftwarden::planning {
namespace {

using nlohmann::json;

struct Kind {
  std::string_view group;
  std::string_view kind;
};

/// As bot/assist/draft.cpp tells them.
constexpr std::array<Kind, 18> kMade{{{"policy", "PodDisruptionBudget"},
                                      {"autoscaling", "HorizontalPodAutoscaler"},
                                      {"autoscaling.k8s.io", "VerticalPodAutoscaler"},
                                      {"keda.sh", "ScaledObject"},
                                      {"apps", "Deployment"},
                                      {"apps", "StatefulSet"},
                                      {"apps", "DaemonSet"},
                                      {"batch", "Job"},
                                      {"batch", "CronJob"},
                                      {"", "Service"},
                                      {"", "ConfigMap"},
                                      {"networking.k8s.io", "Ingress"},
                                      {"gateway.networking.k8s.io", "HTTPRoute"},
                                      {"networking.k8s.io", "NetworkPolicy"},
                                      {"", "PersistentVolumeClaim"},
                                      {"monitoring.coreos.com", "ServiceMonitor"},
                                      {"monitoring.coreos.com", "PodMonitor"},
                                      {"monitoring.coreos.com", "PrometheusRule"}}};

/// Rights, admission, secrets, and what makes a controller deploy or sync other things.
constexpr std::array<std::string_view, 12> kOffLimits{"rbac.authorization.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "admissionregistration.k8s.io",
                                                      "apiextensions.k8s.io", "apiregistration.k8s.io", "argoproj.io", "bitnami.com", "external-secrets.io", "kyverno.io",
                                                      "kustomize.config.k8s.io"};
constexpr std::array<std::string_view, 3> kOffLimitsBelow{".fluxcd.io", ".gatekeeper.sh", ".crossplane.io"};
/// Annotations by which controllers decide whose an object is and what they do to it.
constexpr std::array<std::string_view, 5> kControllers{"driftwarden.io", "argocd.argoproj.io", "fluxcd.io", "amazonaws.com", "iam.gke.io"};

bool is_off_limits(const ObjectRef& object) {
  if (std::ranges::find(kOffLimits, std::string_view(object.group)) != kOffLimits.end()) return true;
  if (std::ranges::any_of(kOffLimitsBelow, [&](std::string_view end) { return object.group.ends_with(end); })) return true;
  return object.group.empty() && (object.kind == "Secret" || object.kind == "ServiceAccount" || object.kind == "Namespace" || object.kind == "Node" || object.kind == "PersistentVolume");
}

bool is_any(std::string_view word, std::initializer_list<std::string_view> words) { return std::ranges::find(words, word) != words.end(); }

/// A Secret in the ways that a pod, an Ingress, a monitor or a scaler can be given one, and where a monitor would carry what it read.
bool names_secret(const std::string& key, const json& value) {
  const auto lower = to_lower(key);
  if (lower.find("secret") != std::string::npos && (value.is_object() || value.is_array())) return !value.empty();
  if (lower.ends_with("secretname") || is_any(key, {"bearerTokenFile", "credentialsFile", "proxyUrl"})) return value.is_string();
  return is_any(key, {"basicAuth", "authorization", "oauth2", "authenticationRef"});
}

/// What gives a workload more than it had: the field by its name, where that is so for its value.
bool is_grant(const std::string& key, const json& value) {
  if (is_any(key, {"privileged", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC", "hostProcess", "shareProcessNamespace", "automountServiceAccountToken"})) return value != false;
  if (is_any(key, {"hostPath", "hostPort", "serviceAccountToken", "serviceAccountName", "serviceAccount", "procMount", "externalIPs"})) return true;
  if (is_any(key, {"runAsUser", "runAsGroup", "fsGroup"})) return value == 0;
  if (is_any(key, {"runAsNonRoot", "readOnlyRootFilesystem"})) return value == false;
  if (key == "capabilities") return value.is_object() && value.contains("add");
  if (key == "seccompProfile" || key == "appArmorProfile") return value.is_object() && value.value("type", json()) == "Unconfined";
  return names_secret(key, value);
}

/// Every grant of an object: where it stands, and what it says.
void add_grants(const json& value, const std::string& at, std::map<std::string, std::string>& out) {
  if (value.is_object()) {
    for (const auto& item : value.items()) {
      const auto here = at + "." + item.key();
      if (is_grant(item.key(), item.value())) out.emplace(here, item.value().dump());
      add_grants(item.value(), here, out);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) add_grants(value[i], fmt::format("{}[{}]", at, i), out);
  }
}

std::map<std::string, std::string> grants_of(const json& body) {
  std::map<std::string, std::string> grants;
  add_grants(body, "", grants);
  const auto metadata = body.find("metadata");
  const auto notes = metadata != body.end() && metadata->is_object() ? metadata->find("annotations") : body.end();
  if (metadata == body.end() || !metadata->is_object() || notes == metadata->end() || !notes->is_object()) return grants;
  for (const auto& item : notes->items()) {
    const auto owner = item.key().substr(0, item.key().find('/'));
    const bool decides = item.key().find('/') != std::string::npos && std::ranges::any_of(kControllers, [&](std::string_view name) { return owner == name || owner.ends_with("." + std::string(name)); });
    // An ingress controller runs what stands there.
    const bool runs = item.key().find("snippet") != std::string::npos;
    if (decides || runs) grants.emplace(".metadata.annotations " + item.key(), item.value().dump());
  }
  return grants;
}

/// Also what stops being a limit: a field that said `false` and is gone says nothing any more.
std::set<std::string> limits_of(const json& value, const std::string& at = "") {
  std::set<std::string> limits;
  if (value.is_object()) {
    for (const auto& item : value.items()) {
      const auto here = at + "." + item.key();
      if (is_any(item.key(), {"allowPrivilegeEscalation", "automountServiceAccountToken", "hostUsers"}) && item.value() == false) limits.insert(here);
      if (is_any(item.key(), {"runAsUser", "runAsGroup"}) && item.value().is_number() && item.value() != 0) limits.insert(here);
      if (is_any(item.key(), {"seccompProfile", "appArmorProfile"}) && item.value().is_object() && item.value().value("type", json()) != "Unconfined") limits.insert(here);
      if (is_any(item.key(), {"runAsNonRoot", "readOnlyRootFilesystem"}) && item.value() == true) limits.insert(here);
      if (item.key() == "drop" && item.value().is_array()) {
        for (const auto& dropped : item.value()) limits.insert(fmt::format("{} {}", here, dropped.dump()));
      }
      limits.merge(limits_of(item.value(), here));
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) limits.merge(limits_of(value[i], fmt::format("{}[{}]", at, i)));
  }
  return limits;
}

std::string repository_of(const std::string& image) {
  const auto text = image.substr(0, image.find('@'));
  const auto colon = text.rfind(':');
  const auto slash = text.rfind('/');
  return colon != std::string::npos && (slash == std::string::npos || colon > slash) ? text.substr(0, colon) : text;
}

std::set<std::string> repositories_in(const std::vector<Manifest>& manifests) {
  std::set<std::string> repositories;
  for (const auto& use : images_of(manifests)) repositories.insert(repository_of(use.image));
  return repositories;
}

Error by_people(std::string what) { return refused(std::move(what) + ": a draft may not do that, only people by a pull request of their own"); }

Result<void> check_rights(const Manifest* before, const Manifest& after) {
  const auto had = before == nullptr ? std::map<std::string, std::string>{} : grants_of(*before->body);
  for (const auto& [at, value] : grants_of(*after.body)) {
    const auto known = had.find(at);
    if (known == had.end() || known->second != value) return by_people(fmt::format("{} would get {}", to_string(after.ref), shown(at)));
  }
  if (before == nullptr) return Result<void>{};
  const auto limits = limits_of(*after.body);
  for (const auto& at : limits_of(*before->body)) {
    if (!limits.contains(at)) return by_people(fmt::format("{} would lose {}", to_string(after.ref), shown(at)));
  }
  return Result<void>{};
}

Result<void> check_images(const DraftedEffect& effect) {
  const auto known = repositories_in(effect.before);
  for (const auto& repository : repositories_in(effect.after)) {
    if (!known.contains(repository)) return by_people(fmt::format("{} would be run, an image that this App doesn't use yet", shown(repository)));
  }
  return Result<void>{};
}

bool is_named(const std::vector<ObjectRef>& refs, const ObjectRef& ref) {
  return std::ranges::any_of(refs, [&](const ObjectRef& one) { return same_object(one, ref); });
}

/// kustomize may put something before and after a name.
bool comes_of(const Manifest& rendered, const Manifest& made) {
  return rendered.ref.group_kind() == made.ref.group_kind() && rendered.ref.name.find(made.ref.name) != std::string::npos;
}

bool may_be_made(const ObjectRef& ref) {
  return std::ranges::any_of(kMade, [&](const Kind& kind) { return kind.group == ref.group && kind.kind == ref.kind; });
}

/// Whether it stays where the App is.
bool is_at_home(const ObjectRef& ref, const DraftedEffect& effect, const App& app) {
  if (ref.namespace_.empty()) return false;
  return ref.namespace_ == app.namespace_ || std::ranges::any_of(effect.before, [&](const Manifest& one) { return one.ref.namespace_ == ref.namespace_; });
}

/// Whether a member names the object, as others of its namespace do.
bool refers(const std::string& key, const json& value, const ObjectRef& object) {
  if (object.kind == "Service" && key == "serviceName") return value == object.name;
  if (!value.is_object()) return false;
  const auto name = value.find("name");
  if (name == value.end() || *name != object.name) return false;
  if (object.kind == "ConfigMap") return is_any(key, {"configMapRef", "configMapKeyRef", "configMap"});
  const auto is_kind = [&](const char* where_none) { return value.value("kind", json(where_none)) == object.kind; };
  // A Gateway's route may go to another namespace's.
  if (object.kind == "Service") return key == "service" || (is_any(key, {"backendRef", "backendRefs"}) && is_kind("Service") && value.value("namespace", json(object.namespace_)) == object.namespace_);
  return is_any(key, {"scaleTargetRef", "targetRef"}) && is_kind("Deployment");
}

bool is_referred_to(const json& value, const ObjectRef& object) {
  if (value.is_array()) return std::ranges::any_of(value, [&](const json& item) { return is_referred_to(item, object); });
  if (!value.is_object()) return false;
  for (const auto& item : value.items()) {
    const auto& member = item.value();
    const bool listed = member.is_array() && std::ranges::any_of(member, [&](const json& one) { return refers(item.key(), one, object); });
    if (listed || refers(item.key(), member, object) || is_referred_to(member, object)) return true;
  }
  return false;
}

Result<void> check_gone(const DraftedEffect& effect) {
  if (effect.gone.empty()) return Result<void>{};
  if (effect.after.empty()) return by_people("nothing of the App would be left");
  for (const auto& object : effect.gone) {
    if (find_manifest(effect.after, object) != nullptr) return refused(fmt::format("{} would still be there: something else makes it, too", to_string(object)));
    for (const auto& is : effect.after) {
      if (is.ref.namespace_ == object.namespace_ && is_referred_to(*is.body, object)) return refused(fmt::format("{} still refers to {}, which would go", to_string(is.ref), to_string(object)));
    }
  }
  return Result<void>{};
}

Result<void> check_old(const DraftedEffect& effect) {
  for (const auto& was : effect.before) {
    if (is_named(effect.gone, was.ref)) continue;
    const auto* settled = find_manifest(effect.settled, was.ref);
    const auto* is = find_manifest(effect.after, was.ref);
    if (is == nullptr || settled == nullptr) return by_people(fmt::format("{} would be deleted", to_string(was.ref)));
    if (*is->body != *settled->body) return refused(fmt::format("{} would change by the files that come or go, which no step says", to_string(was.ref)));
    if (*is->body == *was.body) continue;
    if (!is_named(effect.set, was.ref)) return refused(fmt::format("{} would change as well, which no step says", to_string(was.ref)));
    CHECK_OK(check_touched(was.ref));
    CHECK_OK(check_rights(&was, *is));
  }
  return Result<void>{};
}

Result<void> check_new(const DraftedEffect& effect, const App& app) {
  auto open = effect.made;
  for (const auto& is : effect.after) {
    if (find_manifest(effect.before, is.ref) != nullptr) continue;
    const auto found = std::ranges::find_if(open, [&](const Manifest& made) { return comes_of(is, made); });
    if (found == open.end()) return refused(fmt::format("{} would be made as well, which no step says", to_string(is.ref)));
    open.erase(found);
    if (!is_at_home(is.ref, effect, app)) return refused(fmt::format("{} would be made outside of {}'s namespace {}", to_string(is.ref), app.name, app.namespace_));
    CHECK_OK(check_rights(nullptr, is));
  }
  if (!open.empty()) return refused(fmt::format("nothing comes of {}: it isn't rendered, or is there already", to_string(open.front().ref)));
  return Result<void>{};
}

}  // namespace

Result<void> check_plain(const std::string& text, const std::string& what) {
  for (const auto* mark : {"{{", "${", "$imagepolicy"}) {
    if (text.find(mark) != std::string::npos) return refused(fmt::format("{} holds \"{}\": a draft writes no templates and no variables", what, mark));
  }
  return Result<void>{};
}

Result<void> check_touched(const ObjectRef& object) {
  if (is_off_limits(object) || is_cluster_scoped(object.group_kind())) return by_people(fmt::format("{} would be changed", to_string(object)));
  return Result<void>{};
}

Result<void> check_removed(const Manifest& object) {
  const auto& ref = object.ref;
  const bool keeps_data = ref.kind == "PersistentVolumeClaim" || (ref.kind == "StatefulSet" && find_value(*object.body, ".spec.volumeClaimTemplates") != nullptr);
  const bool keeps_out = ref.kind == "NetworkPolicy";
  if (!may_be_made(ref) || is_cluster_scoped(ref.group_kind()) || keeps_data || keeps_out) return by_people(fmt::format("{} would be removed", to_string(ref)));
  return Result<void>{};
}

Result<void> check_made(const json& document, const App& app) {
  const auto ref = ref_of(document);
  if (ref.kind.empty() || ref.name.empty() || ref.version.empty()) return refused("a new manifest needs apiVersion, kind and metadata.name");
  if (!may_be_made(ref)) return by_people(fmt::format("a {} would be made", shown(ref.kind)));
  if (!ref.namespace_.empty() && ref.namespace_ != app.namespace_) return refused(fmt::format("{} would go to another namespace than {}'s, which is {}", shown(to_string(ref)), app.name, app.namespace_));
  if (document.contains("status")) return refused(fmt::format("{} has a status, which only the cluster says", shown(to_string(ref))));
  return Result<void>{};
}

Result<void> check_effect(const DraftedEffect& effect, const App& app) {
  CHECK_OK(check_gone(effect));
  CHECK_OK(check_old(effect));
  CHECK_OK(check_new(effect, app));
  return check_images(effect);
}

}  // namespace driftwarden::planning
