#include "bot/deploy/flux_app.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

namespace {

constexpr std::string_view kBy = "Flux";
constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kTags = "refs/tags/";

/// What the GitRepository follows: a branch's name, a tag, a commit. "" = it can't be told.
std::string followed(const flux::GitRepository& source) {
  if (!source.commit.empty()) return source.commit;
  if (source.ref_name.starts_with(kBranches)) return source.ref_name.substr(kBranches.size());
  if (source.ref_name.starts_with(kTags)) return source.ref_name.substr(kTags.size());
  if (!source.ref_name.empty()) return source.revision;
  // Which tag the range came to is Flux's own word.
  if (!source.semver.empty()) return source.resolved.empty() ? source.revision : source.resolved;
  if (!source.tag.empty()) return source.tag;
  return source.branch.empty() ? "master" : source.branch;
}

/// What both kinds have in common.
struct Subject {
  const Manifest& object;
  ObjectRef ref;
  flux::SourceRef source;
  flux::Condition condition;
  std::string applied;  ///< commit, "" where Flux doesn't say
  std::string kube_config;
  std::vector<std::string> unsupported;
  bool suspended = false;
};

Opinion opinion_of(const Subject& subject, const flux::GitRepository* source) {
  Opinion opinion;
  opinion.by = kBy;
  opinion.revision = subject.applied;
  const auto& condition = subject.condition;
  opinion.paused = subject.suspended || (source != nullptr && source->suspended);
  const bool behind = source != nullptr && !source->revision.empty() && !subject.applied.empty() && source->revision != subject.applied;
  if (condition.reconciling) opinion.operation = "reconciling";
  opinion.health = condition.stalled ? "Stalled" : condition.ready ? "Ready" : condition.failed ? "NotReady" : subject.suspended ? "" : "Progressing";
  if (!condition.ready) opinion.message = condition.message;
  if (!condition.ready && condition.reason == "DependencyNotReady") opinion.waits_for = condition.message;
  if (source != nullptr && source->failed) opinion.message = fmt::format("{}: {}", flux_words(source->ref), source->message);
  // What is suspended looks at nothing, so its old word says nothing of now.
  if (opinion.paused) return opinion;
  if (condition.failed || condition.stalled || behind) opinion.state = AppState::OutOfSync;
  if (condition.ready && !behind && !condition.reconciling) opinion.state = AppState::Synced;
  return opinion;
}

DeployPause pause_at(const Manifest& object, const std::string& what) {
  DeployPause pause;
  pause.what = what;
  const auto suspender = object.body ? flux::suspender_of(*object.body) : std::nullopt;
  if (!suspender) return pause;
  pause.who = suspender->manager;
  if (const auto since = parse_time(suspender->time)) pause.since = *since;
  return pause;
}

std::optional<DeployPause> pause_of(const FluxLook& look, const Subject& subject) {
  if (subject.suspended) return pause_at(subject.object, fmt::format("Flux's {} is suspended", flux_words(subject.ref)));
  const auto* source = look.sources.repository(subject.source);
  if (source == nullptr || !source->suspended) return std::nullopt;
  return pause_at(*look.sources.manifest(subject.source),
                  fmt::format("Flux's {} is suspended, and {} follows it", flux_words(source->ref), flux_words(subject.ref)));
}

/// The cluster that it deploys into; "" with a notice when nobody configured that.
std::string cluster_of(const FluxLook& look, const Subject& subject, std::vector<std::string>& notices) {
  if (subject.kube_config.empty()) return look.rule.cluster;
  auto cluster = look.ground.cluster_of("", subject.kube_config, look.rule.cluster);
  if (cluster.empty()) {
    notices.push_back(fmt::format("deploys into another cluster, by the kubeconfig \"{}\": add that as an alias of a cluster in the config",
                                  without_control_characters(subject.kube_config)));
  }
  return cluster;
}

const flux::GitRepository* source_of(const FluxLook& look, const Subject& subject, std::vector<std::string>& notices) {
  const auto& ref = subject.source;
  if (ref.kind != "GitRepository") {
    const auto kind = without_control_characters(ref.kind.empty() ? "source" : ref.kind);
    notices.push_back(fmt::format("is made from the {} {}, not from Git: what it should be isn't known here", kind, without_control_characters(ref.name)));
    return nullptr;
  }
  const auto* source = look.sources.repository(ref);
  if (source == nullptr) {
    const auto name = without_control_characters(ref.namespace_ + "/" + ref.name);
    notices.push_back(fmt::format("follows the GitRepository {}, which isn't there", name));
    return nullptr;
  }
  for (const auto& what : source->unsupported) notices.push_back(fmt::format("{} uses \"{}\", which can't be rendered here", flux_words(source->ref), what));
  return source;
}

/// What a Kustomization's and a HelmRelease's App share; it has no place without a repository and a cluster of the config.
std::optional<App> app_of(const FluxLook& look, const Subject& subject, std::vector<std::string>& notices) {
  for (const auto& what : subject.unsupported) notices.push_back(fmt::format("uses \"{}\", which can't be rendered here", what));
  const auto cluster = cluster_of(look, subject, notices);
  const auto* source = source_of(look, subject, notices);
  if (source == nullptr || cluster.empty()) return std::nullopt;
  const auto follows = followed(*source);
  const auto* repository = look.ground.repository_of(source->url, follows);
  if (repository == nullptr) {
    notices.push_back(fmt::format("is made from {}, which is no repository of the config", without_control_characters(source->url)));
    return std::nullopt;
  }
  if (follows.empty()) notices.push_back(fmt::format("follows {}, which hasn't settled on a revision yet", flux_words(source->ref)));
  App app = look.rule.app;
  app.repository = repository->name;
  if (follows != repository->branch) app.revision = follows;
  app.cluster = cluster;
  const auto* configured = look.ground.config == nullptr ? nullptr : find_cluster(*look.ground.config, cluster);
  if (app.environment.empty() && configured != nullptr) app.environment = configured->environment;
  app.deployer.kind = DeployerKind::Flux;
  app.deployer.cluster = look.rule.cluster;
  app.deployer.object = subject.ref;
  app.deployer.may_sync = look.rule.may_sync;
  app.found_by = fmt::format("flux {} in {}", flux_words(subject.ref), look.rule.cluster);
  return app;
}

/// What the App is when nothing speaks against it; else only where it would be.
void settle(FoundApp& found, std::optional<App> app) { (found.notices.empty() ? found.app : found.place) = std::move(app); }

FoundApp unreadable(const Manifest& object, const Error& error) {
  FoundApp found;
  found.name = object.ref.name;
  found.object = object.ref;
  found.opinion.by = kBy;
  found.notices.push_back("can't be read: " + error.message);
  return found;
}

/// Flux takes no namespace for what has none; most often they are in one all the same.
std::string common_namespace(const flux::Kustomization& kustomization) {
  std::map<std::string, int> counts;
  for (const auto& ref : kustomization.inventory) {
    if (!ref.namespace_.empty()) ++counts[ref.namespace_];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? kustomization.ref.namespace_ : most->first;
}

KustomizeOverlay overlay_of(const flux::Kustomization& kustomization) {
  KustomizeOverlay overlay;
  overlay.name_prefix = kustomization.name_prefix;
  overlay.name_suffix = kustomization.name_suffix;
  overlay.namespace_ = kustomization.target_namespace;
  overlay.labels = kustomization.common_labels;
  overlay.annotations = kustomization.common_annotations;
  overlay.images = kustomization.images;
  overlay.components = kustomization.components;
  overlay.patches = kustomization.patches;
  overlay.substitute = kustomization.substitute;
  return overlay;
}

std::string relative_to(const std::string& directory, const std::string& path) {
  if (directory.empty()) return path;
  if (path.starts_with(directory + "/")) return path.substr(directory.size() + 1);
  std::string up;
  for (std::size_t at = 0; at < split(directory, '/').size(); ++at) up += "../";
  return up + path;
}

/// In Flux a list of files takes the place of the chart's own values.yaml; with helm that is always the first. A notice where both can't be the same.
std::vector<std::string> value_files_of(const flux::HelmRelease& release, const std::string& chart, std::vector<std::string>& notices) {
  std::vector<std::string> files;
  for (const auto& file : release.value_files) {
    auto relative = relative_to(chart, file.starts_with("./") ? file.substr(2) : file);
    if (!relative.empty()) files.push_back(std::move(relative));
  }
  if (files.empty()) return files;
  if (files.front() != "values.yaml") {
    notices.emplace_back("leaves out the chart's own values.yaml: name that as the first of valuesFiles, else what it should be isn't known here");
    return {};
  }
  files.erase(files.begin());
  return files;
}

/// The chart's directory, as Flux takes it: from the repository's top.
std::optional<std::string> chart_path(const std::string& chart) {
  std::vector<std::string> parts;
  for (auto& part : split(chart, '/')) {
    if (part == "..") return std::nullopt;
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return join(parts, "/");
}

}  // namespace

FluxSources::FluxSources(const std::vector<Manifest>& objects) {
  for (const auto& object : objects) {
    if (object.ref.kind != "GitRepository" || !object.body) continue;
    auto read = flux::parse_git_repository(*object.body);
    if (!read) continue;
    flux::SourceRef key;
    key.kind = "GitRepository";
    key.namespace_ = read->ref.namespace_;
    key.name = read->ref.name;
    known_[key] = Known{.repository = std::move(*read), .manifest = &object};
  }
}

const flux::GitRepository* FluxSources::repository(const flux::SourceRef& ref) const {
  const auto found = known_.find(ref);
  return found == known_.end() ? nullptr : &found->second.repository;
}

const Manifest* FluxSources::manifest(const flux::SourceRef& ref) const {
  const auto found = known_.find(ref);
  return found == known_.end() ? nullptr : found->second.manifest;
}

std::string flux_words(const ObjectRef& ref) { return without_control_characters(to_string(ref)); }

std::string flux_suspended_words(const Manifest& object) {
  auto words = fmt::format("Flux's {} is suspended", flux_words(object.ref));
  const auto suspender = object.body ? flux::suspender_of(*object.body) : std::nullopt;
  if (suspender && !suspender->manager.empty()) words += " by " + without_control_characters(suspender->manager);
  if (suspender && !suspender->time.empty()) words += " since " + without_control_characters(suspender->time);
  const std::map<std::string, std::string> commands{{"Kustomization", "kustomization"}, {"HelmRelease", "helmrelease"}, {"GitRepository", "source git"}};
  const auto command = commands.find(object.ref.kind);
  if (command == commands.end()) return words;
  return fmt::format("{}; it goes on after: flux resume {} {} -n {}", words, command->second, without_control_characters(object.ref.name),
                     without_control_characters(object.ref.namespace_));
}

FoundApp found_kustomization(const FluxLook& look, const Manifest& object) {
  const auto read = flux::parse_kustomization(*object.body);
  if (!read) return unreadable(object, read.error());
  FoundApp found;
  found.name = read->ref.name;
  found.object = object.ref;
  const Subject subject{object, object.ref, read->source, read->condition, read->applied_revision, read->kube_config, read->unsupported, read->suspended};
  found.opinion = opinion_of(subject, look.sources.repository(read->source));
  found.pause = pause_of(look, subject);
  auto app = app_of(look, subject, found.notices);
  if (!app) return found;
  app->path = read->path;
  app->namespace_ = read->target_namespace.empty() ? common_namespace(*read) : read->target_namespace;
  app->kustomize = overlay_of(*read);
  app->render = RenderKind::Auto;
  settle(found, std::move(app));
  return found;
}

FoundApp found_release(const FluxLook& look, const Manifest& object) {
  const auto read = flux::parse_helm_release(*object.body);
  if (!read) return unreadable(object, read.error());
  FoundApp found;
  found.name = read->ref.name;
  found.object = object.ref;
  const Subject subject{object, object.ref, read->chart_source, read->condition, "", read->kube_config, read->unsupported, read->suspended};
  found.opinion = opinion_of(subject, look.sources.repository(read->chart_source));
  found.pause = pause_of(look, subject);
  auto app = app_of(look, subject, found.notices);
  if (!app) return found;
  const auto path = chart_path(read->chart);
  if (!path) found.notices.emplace_back("names a chart outside of its repository");
  app->path = path.value_or("");
  app->namespace_ = read->target_namespace.empty() ? read->ref.namespace_ : read->target_namespace;
  app->render = RenderKind::Helm;
  app->helm.release = read->release_name;
  app->helm.values = value_files_of(*read, app->path, found.notices);
  app->helm.inline_values = read->values;
  app->helm.skip_crds = read->skip_crds;
  app->kustomize.labels = read->common_labels;
  app->kustomize.annotations = read->common_annotations;
  settle(found, std::move(app));
  // Said of what is an App all the same.
  if (found.app && !read->chart.empty() && !read->by_revision) {
    found.notices.emplace_back("takes up a change of its chart only when `version` in Chart.yaml moves: bump it with each change, or set reconcileStrategy: Revision");
  }
  return found;
}

}  // namespace driftwarden
