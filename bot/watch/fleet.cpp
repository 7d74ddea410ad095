#include "bot/watch/fleet.hpp"

#include "bot/watch/mirror_options.hpp"
#include "bot/watch/repository_url.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// Those that kubernetes::health_of knows more of than that they exist.
bool has_health(const ObjectRef& ref) {
  static const std::set<GroupKind> kinds{{"apps", "Deployment"}, {"apps", "StatefulSet"}, {"apps", "DaemonSet"},         {"apps", "ReplicaSet"},
                                         {"batch", "Job"},       {"", "Pod"},             {"", "PersistentVolumeClaim"}, {"", "Service"}};
  return kinds.contains(ref.group_kind());
}

}  // namespace

IndexOptions index_options(const DriftConfig& drift) {
  IndexOptions options;
  auto& managers = options.managers;
  managers.appliers.insert(managers.appliers.end(), drift.appliers.begin(), drift.appliers.end());
  managers.people.insert(managers.people.end(), drift.people.begin(), drift.people.end());
  options.disabled_rules = drift.disable_rules;
  return options;
}

std::string orphans_name(const std::string& cluster, const std::string& namespace_) { return fmt::format("orphans-{}-{}", cluster, namespace_); }

Fleet::Fleet(Parts parts)
    : parts_(std::move(parts)), index_(*parts_.redactor, index_options(parts_.config->drift)), changed_(parts_.executor), tasks_(parts_.executor) {
  put_config_apps();
  add_orphans();
  for (const auto& repository : parts_.config->repositories) {
    repositories_.emplace(repository.name, std::make_unique<RepositoryWatcher>(parts_.executor, parts_.pool, *parts_.clock, *parts_.random, repository.poll,
                                                                               mirror_options(repository, parts_.cache_directory, parts_.transport)));
  }
  for (const auto& cluster : parts_.clusters) {
    const auto* config = find_cluster(*parts_.config, cluster->name());
    index_.set_confirmation(cluster->name(), config == nullptr || config->confirm == ConfirmMode::DryRun);
    errands_.emplace(cluster->name(), std::make_unique<ClusterErrands>(parts_.executor, *parts_.clock, *cluster, index_, [this] { changed_.notify(); }));
    schemas_wanted_.emplace(cluster->name(), std::make_unique<Signal>(parts_.executor));
  }
}

Fleet::~Fleet() = default;

void Fleet::add_orphans() {
  for (const auto& cluster : parts_.config->clusters) {
    for (const auto& namespace_ : cluster.orphans) {
      App app;
      app.name = orphans_name(cluster.name, namespace_);
      app.cluster = cluster.name;
      app.namespace_ = namespace_;
      app.environment = cluster.environment;
      app.orphans = true;
      if (apps_.emplace(app.name, app).second) index_.set_app(app);
    }
  }
}

void Fleet::start(Listener listener) {
  listener_ = std::move(listener);
  started_ = true;
  for (const auto& [name, errands] : errands_) errands->start();
  for (const auto& [name, watcher] : repositories_) tasks_.spawn("repository " + name, follow_repository(name));
  for (const auto& cluster : parts_.clusters) tasks_.spawn("schemas of " + cluster->name(), follow_schemas(*cluster, *schemas_wanted_.at(cluster->name())));
  tasks_.spawn("drift reports", report_changes());
  tasks_.spawn("first watches", watch_anyway());
  watch_kinds();
}

asio::awaitable<void> Fleet::stop() {
  co_await tasks_.join();
  for (const auto& [name, errands] : errands_) co_await errands->stop();
  for (const auto& cluster : parts_.clusters) co_await cluster->close();
}

const App* Fleet::app(const std::string& name) const {
  const auto found = apps_.find(name);
  return found == apps_.end() ? nullptr : &found->second;
}

std::vector<App> Fleet::apps() const {
  std::vector<App> all;
  for (const auto& [name, app] : apps_) all.push_back(app);
  return all;
}

kubernetes::Cluster* Fleet::cluster(const std::string& name) {
  for (const auto& cluster : parts_.clusters) {
    if (cluster->name() == name) return cluster.get();
  }
  return nullptr;
}

RepositoryWatcher& Fleet::repository(const std::string& name) { return *repositories_.at(name); }

const RepositoryConfig& Fleet::repository_config(const std::string& name) const {
  static const RepositoryConfig none;  // what orphans have
  const auto* repository = find_repository(*parts_.config, name);
  return repository == nullptr ? none : *repository;
}

JsonPtr Fleet::live(const App& app, const ObjectRef& ref) const { return index_.live(app.cluster, ref); }

std::optional<std::vector<Manifest>> Fleet::desired(const std::string& app) const { return index_.desired(app); }

std::optional<Manifest> Fleet::desired(const std::string& app, const ObjectRef& ref) const { return index_.desired(app, ref); }

std::string Fleet::desired_tree(const std::string& app) const {
  const auto found = renderings_.find(app);
  return found == renderings_.end() || found->second.failed ? "" : found->second.tree;
}

AppSources Fleet::sources(const std::string& app) const {
  const auto found = renderings_.find(app);
  return found == renderings_.end() ? AppSources{} : found->second.inputs.sources;
}

bool Fleet::desired_failed(const std::string& app) const {
  const auto found = renderings_.find(app);
  return found != renderings_.end() && found->second.failed;
}

kubernetes::HealthReport Fleet::health(const std::string& name) {
  kubernetes::HealthReport worst;
  const auto* app = this->app(name);
  if (app != nullptr && !is_rendered(*app)) return worst;
  if (app == nullptr || desired_tree(name).empty()) return {kubernetes::Health::Unknown, "not rendered yet"};
  for (const auto& ref : index_.objects(name)) {
    if (!has_health(ref)) continue;
    const auto object = index_.live(app->cluster, ref);
    if (!object) continue;
    auto health = kubernetes::health_of(*object);
    if (health.health <= worst.health) continue;
    worst = {health.health, fmt::format("{}: {}", to_string(ref), health.why)};
  }
  return worst;
}

void Fleet::nudge() {
  for (const auto& [name, watcher] : repositories_) watcher->nudge();
}

void Fleet::nudge(const std::string& repository) {
  if (const auto found = repositories_.find(repository); found != repositories_.end()) found->second->nudge();
}

void Fleet::nudge_urls(const std::vector<std::string>& urls) {
  std::set<std::string> named;
  for (const auto& url : urls) named.insert(normal_repository_url(url));
  named.erase("");
  bool any = false;
  for (const auto& repository : parts_.config->repositories) {
    if (!named.contains(normal_repository_url(repository.url))) continue;
    any = true;
    nudge(repository.name);
  }
  if (!any) nudge();
}

bool Fleet::ready() const {
  return apps_are_known_as_far_as_can_be() && std::ranges::all_of(apps_, [&](const auto& entry) {
    if (!is_rendered(entry.second)) return true;
    const auto told = told_.find(entry.first);
    // Unknown because a list is still under way is no judgement yet.
    return told != told_.end() && (told->second != AppState::Unknown || is_final(entry.first));
  });
}

bool Fleet::is_final(const std::string& name) const {
  const auto* app = this->app(name);
  if (app == nullptr || desired_failed(name)) return true;
  if (is_planned(name)) return planned_.contains(name);
  const bool rendered = app->orphans || !desired_tree(name).empty();
  if (!rendered) return failed_repositories_.contains(app->repository);
  const auto survey = surveys_.find(app->cluster);
  if (survey == surveys_.end()) return false;
  const auto& seen = survey->second;
  if (seen.unreachable) return true;
  // What it holds may not be watched yet.
  if (seen.watched != kinds_to_watch(app->cluster)) return false;
  if (!seen.watched.empty() && !seen.schemas) return false;
  if (!std::ranges::includes(seen.answered, seen.watched)) return false;
  return told_.contains(name) && !held_.contains(name) && !index_.is_settling(name);
}

FleetFigures Fleet::figures() const {
  FleetFigures figures;
  figures.renders = renders_;
  figures.tool_runs = parts_.render.tool_runs();
  for (const auto& [name, errands] : errands_) figures.dry_runs += errands->dry_runs();
  figures.events_seen = events_seen_;
  figures.events_gated = events_gated_;
  for (const auto& [name, app] : apps_) {
    if (app.orphans) continue;
    const auto told = told_.find(name);
    ++figures.apps[told == told_.end() ? AppState::Unknown : told->second];
  }
  for (const auto& cluster : parts_.clusters) figures.heard[cluster->name()] = cluster->last_heard();
  for (const auto& [name, repository] : repositories_) figures.answered[name] = repository->answered_at();
  return figures;
}

}  // namespace driftwarden
