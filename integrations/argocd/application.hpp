#pragma once
// Argo CD's Application and AppProject (argoproj.io/v1alpha1) as values. Pure. Facts: reference/forges-and-gitops.md section 5.
#include "gitops/base/clock.hpp"
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::argocd {

struct Source {
  std::string repo_url{};
  std::string path{};
  std::string target_revision{};  ///< "" and "HEAD": the default branch
  std::string chart{};            ///< of a chart registry: then there is no path
  std::string ref{};              ///< "values": others name files of this source by $values/...
  std::string name{};
  struct Helm {
    std::string release_name{};
    std::vector<std::string> value_files{};
    bool ignore_missing_value_files = false;
    std::map<std::string, std::string> parameters{};
    std::map<std::string, std::string> string_parameters{};  ///< forceString
    std::string values{};  ///< YAML: `values` or `valuesObject`
    bool skip_crds = false;
    std::vector<std::string> unsupported{};  ///< "fileParameters", ...
  };
  std::optional<Helm> helm{};
  struct Kustomize {
    std::string name_prefix{};
    std::string name_suffix{};
    std::string namespace_{};
    std::vector<std::string> images{};
    std::map<std::string, int> replicas{};
    std::map<std::string, std::string> common_labels{};
    std::map<std::string, std::string> common_annotations{};
    std::vector<std::string> components{};
    std::vector<std::string> patches{};      ///< JSON texts
    std::vector<std::string> unsupported{};
  };
  std::optional<Kustomize> kustomize{};
  bool directory_recurse = true;             ///< false: Argo CD reads the top directory alone (its default)
  bool directory_given = false;              ///< `directory` says something
  bool jsonnet = false;                      ///< of `directory`: with settings for jsonnet
  std::string directory_include{};
  std::string directory_exclude{};
  std::string plugin{};                      ///< a config management plugin: nothing that we could run
};

struct Operation {
  std::string phase{};    ///< Running, Terminating, Failed, Error, Succeeded
  std::string message{};
  std::string revision{};
  std::vector<std::string> revisions{};  ///< of each source; empty = not known
  std::map<std::string, std::string> info{};
  std::string started_at{};
  std::string finished_at{};
};

struct Application {
  ObjectRef ref;
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::string> annotations{};
  std::string resource_version{};
  std::string project = "default";
  std::string owner_set{};              ///< the ApplicationSet that makes it, ""
  std::vector<Source> sources{};
  bool is_multi_source = false;         ///< `sources`, not `source`
  std::string hydrate_to{};             ///< spec.sourceHydrator is used: what is synced is not what people write; `sources` has the dry source then
  std::string hydrated_dry{};           ///< the last dry commit that was hydrated
  std::string hydrated_commit{};        ///< and what came of it
  std::string destination_server{};
  std::string destination_name{};
  std::string destination_namespace{};
  bool automated = false;
  bool automated_off = false;           ///< it is configured, and switched off: enabled: false
  bool self_heal = false;
  bool prune = false;
  std::vector<std::string> sync_options{};
  nlohmann::json const* retry = nullptr;  ///< inside of the object it was read from
  bool paused = false;                  ///< annotation argocd.argoproj.io/skip-reconcile
  bool operation_pending = false;       ///< `operation` is set
  std::map<std::string, std::string> pending_info{};
  std::vector<std::string> pending_revisions{};  ///< that it asks for; empty = not known
  std::string sync_status{};            ///< Synced, OutOfSync, Unknown
  std::vector<std::string> revisions{}; ///< of status.sync
  std::string health{};
  std::string health_message{};
  std::optional<Operation> operation{}; ///< status.operationState
  std::vector<std::string> errors{};    ///< conditions of a type that ends in Error
  std::vector<ObjectRef> to_prune{};    ///< status.resources that require pruning
  std::string reconciled_at{};
  std::vector<std::string> history{};   ///< commits that were synced once, oldest first
};
/// `object` must outlive the answer's `retry`. InvalidInput for what is no Application.
Result<Application> parse_application(const nlohmann::json& object);

class Cron;

struct SyncWindow {
  bool allow = false;
  std::string schedule{};  ///< cron, five fields
  std::shared_ptr<const Cron> cron{};  ///< what that says, where it can be read
  Duration duration{0};
  std::vector<std::string> applications{};  ///< globs
  std::vector<std::string> namespaces{};
  std::vector<std::string> clusters{};      ///< server URLs or names, globs
  bool manual_sync = false;
  std::string time_zone = "UTC";
  bool and_operator = false;
  std::string broken{};  ///< why it can't be read: it counts as closed
};
struct Project {
  std::string name{};
  std::vector<SyncWindow> windows{};
  std::vector<std::string> warnings{};  ///< windows that can't be read: they count as closed
};
Result<Project> parse_project(const nlohmann::json& object);

}  // namespace driftwarden::argocd
