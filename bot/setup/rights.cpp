#include "bot/setup/rights.hpp"

#include "bot/inspect/inspect.hpp"
#include "bot/setup/grants.hpp"
#include "bot/setup/resources.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/derived.hpp"
#include "gitops/drift/orphans.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

struct Place {
  Grants read;
  Grants write;
};

std::string member_text(const json& object, const char* pointer) {
  const json::json_pointer at(pointer);
  return object.contains(at) && object.at(at).is_string() ? object.at(at).get<std::string>() : std::string();
}

/// What the bot may have to do with an App's objects beside reading.
struct Writing {
  bool create = false;  ///< and delete, and patch
  bool patch = false;   ///< of every kind: dry-runs
  bool restart = false;
  bool any() const { return create || patch || restart; }
};

Writing writing_of(const ClusterConfig& cluster, const App& app, const RightsOptions& options) {
  Writing writing;
  const bool ours = app.deployer.kind == DeployerKind::None;
  writing.create = cluster.apply && ours;
  writing.restart = cluster.apply;
  writing.patch = cluster.confirm == ConfirmMode::DryRun && (cluster.apply || options.dry_runs);
  return writing;
}

bool can_be_restarted(const GroupKind& kind) { return kind.group == "apps" && (kind.kind == "Deployment" || kind.kind == "StatefulSet" || kind.kind == "DaemonSet"); }

/// The rights of one cluster while they are gathered.
class Gathering {
 public:
  Gathering(const ClusterConfig& cluster, const Resources& resources, const RightsOptions& options) : cluster_(cluster), resources_(resources), options_(options) {}

  void add(const AppObjects& objects) {
    const auto writing = writing_of(cluster_, objects.app, options_);
    for (const auto& manifest : objects.manifests) {
      const auto resource = resources_.of(manifest.ref.group_kind());
      if (!is_resource(manifest.ref.group, resource.plural)) {
        notes_.insert(fmt::format("\"{}\" in \"{}\" of {} can't be a kind: it is left out", manifest.ref.kind, manifest.ref.group, objects.app.name));
        continue;
      }
      note_guess(manifest.ref, resource);
      everywhere_.read.add(manifest.ref.group, resource.plural, "", {"get", "list", "watch"});
      if (makes_secrets(manifest.ref.group_kind())) everywhere_.read.add("", "secrets", "", {"list", "watch"});
      auto& place = place_of(objects.app, manifest.ref, resource);
      add_inspection(objects.app, manifest.ref, resource);
      if (writing.any()) add_writing(place, writing, manifest, resource);
      if (writing.create && manifest.ref.group == kRbac) add_escalation(place, manifest, resource);
    }
  }

  void add_orphans() {
    if (cluster_.orphans.empty()) return;
    for (const auto& kind : orphan_kinds()) everywhere_.read.add(kind.group, resources_.of({kind.group, kind.kind}).plural, "", {"list", "watch"});
  }

  void add_rule(const DiscoverRule& rule) {
    if (rule.cluster != cluster_.name) return;
    auto& asked = rule.namespace_.empty() ? everywhere_ : namespaces_[rule.namespace_];
    if (rule.kind == DiscoverKind::ArgoCd) {
      everywhere_.read.add("argoproj.io", "applications", "", {"get", "list", "watch"});
      everywhere_.read.add("argoproj.io", "appprojects", "", {"get", "list", "watch"});
      everywhere_.read.add("argoproj.io", "applicationsets", "", {"list", "watch"});
      if (rule.may_sync) asked.write.add("argoproj.io", "applications", "", {"patch"});
    }
    if (rule.kind == DiscoverKind::Flux) {
      everywhere_.read.add("source.toolkit.fluxcd.io", "gitrepositories", "", {"get", "list", "watch"});
      everywhere_.read.add("source.toolkit.fluxcd.io", "helmcharts", "", {"get"});
      everywhere_.read.add("kustomize.toolkit.fluxcd.io", "kustomizations", "", {"get", "list", "watch"});
      everywhere_.read.add("helm.toolkit.fluxcd.io", "helmreleases", "", {"get", "list", "watch"});
      if (!rule.may_sync) return;
      asked.write.add("source.toolkit.fluxcd.io", "gitrepositories", "", {"patch"});
      asked.write.add("kustomize.toolkit.fluxcd.io", "kustomizations", "", {"patch"});
      asked.write.add("helm.toolkit.fluxcd.io", "helmreleases", "", {"patch"});
    }
  }

  void add_leases(const HaConfig& ha, const std::vector<std::string>& names) {
    if (ha.cluster != cluster_.name) return;
    auto& write = namespaces_[ha.namespace_].write;
    // A Lease that isn't there has no name that a rule could be about.
    write.add("coordination.k8s.io", "leases", "", {"create"});
    for (const auto& name : names) write.add("coordination.k8s.io", "leases", name, {"get", "update"});
  }

  ClusterRights result() {
    ClusterRights rights;
    rights.cluster = cluster_.name;
    rights.everywhere = {everywhere_.read.rules(), everywhere_.write.rules()};
    for (const auto& [name, place] : namespaces_) {
      Rights here{place.read.beyond(everywhere_.read).rules(), place.write.beyond(everywhere_.write).rules()};
      if (!here.read.empty() || !here.write.empty()) rights.namespaces.emplace(name, std::move(here));
    }
    const bool unconfirmed = cluster_.confirm == ConfirmMode::DryRun && !cluster_.apply && !options_.dry_runs && !everywhere_.read.empty();
    if (unconfirmed) {
      notes_.insert("confirm: dry-run needs `patch`, which a cluster without apply: true isn't given: alerts will say unconfirmed. --dry-runs gives it, confirm: never does without");
    }
    for (const auto& note : notes_) rights.notes.push_back(without_control_characters(note));
    return rights;
  }

 private:
  std::string namespace_of(const App& app, const ObjectRef& ref) const {
    if (!ref.namespace_.empty()) return ref.namespace_;
    return app.namespace_.empty() ? "default" : app.namespace_;
  }

  Place& place_of(const App& app, const ObjectRef& ref, const Resource& resource) {
    return resource.cluster_wide ? everywhere_ : namespaces_[namespace_of(app, ref)];
  }

  void note_guess(const ObjectRef& ref, const Resource& resource) {
    if (!resource.guessed) return;
    notes_.insert(fmt::format("the resource of {} in {} is taken for \"{}\"{}: compare with `kubectl api-resources`", ref.kind, ref.group, resource.plural,
                              resource.cluster_wide ? ", cluster-wide" : ""));
  }

  /// Its pods, their logs, and the events of all that is the App's own.
  void add_inspection(const App& app, const ObjectRef& ref, const Resource& resource) {
    const auto kind = ref.group_kind();
    // Without our annotation, only objects in the App's namespace are its own.
    const bool tracked = cluster_.apply && app.deployer.kind == DeployerKind::None;
    if (resource.cluster_wide) {
      if (tracked) namespaces_["default"].read.add("", "events", "", {"list"});
      return;
    }
    const auto name = namespace_of(app, ref);
    if (name != app.namespace_ && !tracked) return;
    auto& read = namespaces_[name].read;
    read.add("", "events", "", {"list"});
    if (!has_pods(kind)) return;
    read.add("", "pods", "", {"list"});
    read.add("", "pods/log", "", {"get"});
    if (kind.kind == "Deployment" || kind.kind == "Rollout") read.add("apps", "replicasets", "", {"get"});
    if (kind.kind == "CronJob") read.add("batch", "jobs", "", {"get", "list"});
  }

  static void add_writing(Place& place, const Writing& writing, const Manifest& manifest, const Resource& resource) {
    const auto& group = manifest.ref.group;
    const auto name = resource.cluster_wide ? manifest.ref.name : std::string();
    if (writing.create) {
      place.write.add(group, resource.plural, name, {"create", "patch", "delete"});
    } else if (writing.patch || (writing.restart && can_be_restarted(manifest.ref.group_kind()))) {
      place.write.add(group, resource.plural, name, {"patch"});
    }
  }

  /// Kubernetes lets nobody write a role with rights that they lack, nor bind one, but with these verbs.
  void add_escalation(Place& place, const Manifest& manifest, const Resource& resource) {
    const auto& ref = manifest.ref;
    const std::string group(kRbac);
    if (ref.kind == "Role" || ref.kind == "ClusterRole") {
      place.write.add(group, resource.plural, ref.name, {"escalate"});
    } else if (manifest.body != nullptr && ref.kind.ends_with("Binding")) {
      const auto role = member_text(*manifest.body, "/roleRef/name");
      place.write.add(group, member_text(*manifest.body, "/roleRef/kind") == "Role" ? "roles" : "clusterroles", role, {"bind"});
    } else {
      return;
    }
    notes_.insert("Apps hold roles or bindings: `escalate` and `bind` let the bot write these, whatever they allow. Leave the two verbs out, and such Apps are applied by somebody else");
  }

  const ClusterConfig& cluster_;
  const Resources& resources_;
  const RightsOptions& options_;
  Place everywhere_;
  std::map<std::string, Place> namespaces_;
  std::set<std::string> notes_;
};

}  // namespace

std::vector<std::string> lease_names(const Config& config) {
  if (!config.ha) return {};
  if (config.shards.empty() || !config.shard.empty()) return {config.ha->lease};
  std::vector<std::string> names;
  for (const auto& shard : config.shards) names.push_back(config.ha->lease + "-" + shard.name);
  return names;
}

std::vector<ClusterRights> needed_rights(const Config& config, const std::vector<AppObjects>& apps, const RightsOptions& options) {
  Resources resources;
  for (const auto& objects : apps) resources.add(objects.manifests);
  std::vector<ClusterRights> all;
  for (const auto& cluster : config.clusters) {
    Gathering gathering(cluster, resources, options);
    for (const auto& objects : apps) {
      if (objects.app.cluster == cluster.name && is_rendered(objects.app)) gathering.add(objects);
    }
    gathering.add_orphans();
    for (const auto& rule : config.discover) gathering.add_rule(rule);
    if (config.ha) gathering.add_leases(*config.ha, lease_names(config));
    all.push_back(gathering.result());
  }
  return all;
}

}  // namespace driftwarden
