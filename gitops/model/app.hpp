#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/object.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

using PersonId = std::string;  ///< a person's name in the config ("alice"); never a display name

enum class Track { Head, Pin };
enum class RenderKind { Auto, Plain, Kustomize, Helm, Plugin };
/// Objects in a cluster that are rendered from Git, or what a tool plans from Git against the world.
enum class AppKind { Kubernetes, Terraform, Ansible };

/// drift.md section 5. Left-out parts match anything.
struct IgnoreRule {
  struct Match {
    std::string group = "*";
    std::string kind = "*";
    std::string namespace_ = "*";
    std::string name = "*";
    bool operator==(const Match&) const = default;
  };
  Match match;
  std::vector<std::string> paths;
  std::vector<std::string> managers;
  std::vector<std::string> ops;
  std::optional<WallTime> until;
  std::string reason;
  std::string owner;
  bool operator==(const IgnoreRule&) const = default;
};

struct HelmSource {
  std::string release;
  std::vector<std::string> values;
  std::map<std::string, std::string> set;
  std::map<std::string, std::string> set_string{};  ///< taken as texts whatever they look like
  std::string inline_values{};                      ///< YAML, after the files of `values` and before `set`: what Argo CD's and Flux's objects hold themselves
  bool skip_crds = false;
  bool skip_missing_values = false;                 ///< files of `values` that aren't there are left out (Argo CD's ignoreMissingValueFiles)
  bool operator==(const HelmSource&) const = default;
};

/// What is laid over a directory of manifests or an overlay without standing in it: Argo CD's `kustomize`, Flux's Kustomization.
struct KustomizeOverlay {
  std::string name_prefix{};
  std::string name_suffix{};
  std::string namespace_{};                       ///< kustomize's namespace transformer: every object goes there
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::string> annotations{};
  std::vector<std::string> images{};              ///< as `kustomize edit set image` takes them: "web=ghcr.io/acme/web:1.2", "web:1.2", "web@sha256:..."
  std::map<std::string, int> replicas{};
  std::vector<std::string> components{};          ///< directories, relative to the App's path
  std::vector<std::string> patches{};             ///< each an entry of kustomize's `patches:`, as JSON text
  std::optional<std::map<std::string, std::string>> substitute{};  ///< Flux's postBuild: ${NAME} in what was built; nothing = none is looked for
  bool operator==(const KustomizeOverlay&) const = default;
  bool empty() const { return *this == KustomizeOverlay{}; }
};

/// `render: plugin`: a command of the user's own, run in the App's path inside the fence; what it prints is YAML or JSON documents.
struct PluginSource {
  std::string name{};
  std::vector<std::string> command{};  ///< argv; never a shell
  Duration timeout{30'000};
  bool operator==(const PluginSource&) const = default;
};

/// One more directory of the same repository that the App is made from (Argo CD's multi-source).
struct SourcePart {
  std::string path{};
  RenderKind render = RenderKind::Auto;
  HelmSource helm{};
  KustomizeOverlay kustomize{};
  PluginSource plugin{};
  bool top_only = false;  ///< of a plain directory its own files, not those further down (Argo CD without directory.recurse)
  bool operator==(const SourcePart&) const = default;
};

/// Who puts Git in force for an App, when that isn't us.
enum class DeployerKind { None, ArgoCd, Flux };
std::string_view to_string(DeployerKind kind);  ///< for people: "Argo CD", "Flux"
struct Deployer {
  DeployerKind kind = DeployerKind::None;
  std::string cluster{};  ///< the configured cluster in which its object is
  ObjectRef object{};     ///< the Application, Kustomization or HelmRelease
  bool may_sync = true;   ///< it may be asked to put a merged revision in force at once; else it does in its own time
  bool operator==(const Deployer&) const = default;
};

enum class PlanTool { Tofu, Terraform, Terragrunt, Ansible };
std::string_view to_string(PlanTool tool);  ///< the program's name: "tofu", "terraform", "terragrunt", "ansible-playbook"
/// How an App of kind Terraform or Ansible is planned.
struct PlanSource {
  PlanTool tool = PlanTool::Tofu;
  Duration every = std::chrono::hours{6};
  std::string workspace{};
  std::vector<std::string> var_files{};  ///< relative to the App's path
  bool refresh_only = false;             ///< only what differs from the state, not what Git would change
  bool apply = false;                    ///< an approved `apply` of the saved plan is allowed
  std::string inventory{};               ///< Ansible's, relative to the App's path
  std::string rule{};                    ///< whose environment variables it runs with: DiscoverRule::id, or "app:NAME"
  bool operator==(const PlanSource&) const = default;
};

/// The unit that people talk about: a path in a repository, rendered, destined to a cluster and namespace.
struct App {
  std::string name;
  std::string repository;
  std::string path;  ///< inside the repository, without leading or trailing slash
  RenderKind render = RenderKind::Auto;
  HelmSource helm;
  std::string cluster;
  std::string namespace_;
  std::string environment;
  Track track = Track::Head;
  std::string channel;  ///< "#shop-prod" or a channel id
  std::vector<std::string> owners;  ///< people or groups
  std::vector<IgnoreRule> ignore;
  /// No App of anybody: stands for what no Git knows in `namespace_` of `cluster` (orphans). Has no repository, and only reading, ack and snooze apply.
  bool orphans = false;
  AppKind kind = AppKind::Kubernetes;
  std::string revision{};         ///< a tag, another branch or a commit that is in force instead of the branch's head; "" = the branch
  KustomizeOverlay kustomize{};
  PluginSource plugin{};
  bool top_only = false;          ///< as SourcePart's
  std::vector<SourcePart> more{};
  Deployer deployer{};
  PlanSource plan{};
  std::string found_by{};         ///< "argocd argocd/checkout in here", "paths clusters/{cluster}/{app}"; "" = written down by somebody
  bool operator==(const App&) const = default;
};

/// Rendered from Git and compared with a cluster; the others are planned by a tool.
inline bool is_rendered(const App& app) { return app.kind == AppKind::Kubernetes && !app.orphans; }

/// `.driftwarden/pins/<app>.yaml`: the revision that is meant to be in force for an App with `track: pin`.
/// `.driftwarden/syncs/<app>.yaml` has the same form and records the last sync that was asked for.
struct Pin {
  std::string revision;
  PersonId by;
  std::string reason;
  std::string at;  ///< RFC 3339
  bool operator==(const Pin&) const = default;
};
std::string pin_path(const std::string& app);
std::string sync_record_path(const std::string& app);
/// `.driftwarden/ignore/<app>.yaml`: ignore rules of the App that were proposed from chat, as a list under `ignore:` (drift.md section 5).
std::string ignore_path(const std::string& app);

/// A message in a Slack conversation; `ts` is Slack's id of it, a string and never a number.
struct MessageRef {
  std::string channel;
  std::string ts;
  auto operator<=>(const MessageRef&) const = default;
};

}  // namespace driftwarden
