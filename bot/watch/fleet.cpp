#include "bot/watch/fleet.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/backoff.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

MirrorOptions mirror_options(const RepositoryConfig& repository, const std::string& cache_directory, const TransportFactory& transport) {
  MirrorOptions options;
  options.directory = cache_directory + "/" + repository.name + ".git";
  options.url = repository.url;
  options.branch = repository.branch;
  options.transport = transport;
  if (repository.credentials) {
    options.credentials.username = repository.credentials->username;
    options.credentials.password = repository.credentials->password;
    if (repository.credentials->ssh_key) options.credentials.ssh_key_file = repository.credentials->ssh_key->file;
    options.credentials.known_hosts_file = repository.credentials->known_hosts;
  }
  return options;
}

/// What an App is rendered from as of `commit`: blocking Git work.
Result<std::string> revision_in_force(Mirror& mirror, const App& app, const std::string& commit) {
  if (app.track == Track::Head) return commit;
  const auto path = pin_path(app.name);
  auto text = mirror.read_file(commit, path);
  if (!text && text.error().kind == ErrorKind::NotFound) return commit;  // not pinned yet: the first sync writes the pin
  if (!text) return text.error();
  TRY(const auto pin, parse_pin(*text, path));
  auto revision = mirror.resolve(pin.revision);
  if (!revision) return wrap(path, revision.error());
  TRY(const auto merged, mirror.is_ancestor(*revision, commit));
  if (!merged) return Error{ErrorKind::InvalidInput, fmt::format("{}: {} was never merged", path, pin.revision)};
  return revision;
}

Result<DesiredState> render_blocking(Mirror& mirror, const App& app, const std::string& revision) {
  DesiredState desired;
  desired.revision = revision;
  TRY(desired.tree, mirror.tree_id(revision, app.path));
  TRY(auto entries, mirror.read_tree(revision, app.path));
  std::vector<SourceFile> files;
  files.reserve(entries.size());
  for (auto& entry : entries) files.push_back({std::move(entry.path), std::move(entry.content)});
  auto rendered = render(files, app.render, app.namespace_);
  if (!rendered) return wrap(fmt::format("rendering {} at {}", app.path, revision.substr(0, 7)), rendered.error());
  desired.manifests = std::move(rendered->manifests);
  return desired;
}

}  // namespace

Fleet::Fleet(Parts parts)
    : parts_(std::move(parts)), index_(*parts_.redactor), changed_(parts_.executor), tasks_(parts_.executor) {
  for (const auto& app : parts_.config->apps) {
    apps_.emplace(app.name, app);
    index_.set_app(app);
  }
  for (const auto& repository : parts_.config->repositories) {
    repositories_.emplace(repository.name, std::make_unique<RepositoryWatcher>(parts_.executor, parts_.pool, *parts_.clock, *parts_.random, repository.poll,
                                                                               mirror_options(repository, parts_.cache_directory, parts_.transport)));
  }
}

Fleet::~Fleet() = default;

void Fleet::start(Listener listener) {
  listener_ = std::move(listener);
  for (const auto& [name, watcher] : repositories_) tasks_.spawn("repository " + name, follow_repository(name));
  tasks_.spawn("drift reports", report_changes());
}

asio::awaitable<void> Fleet::stop() {
  co_await tasks_.join();
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

const RepositoryConfig& Fleet::repository_config(const std::string& name) const { return *find_repository(*parts_.config, name); }

DriftReport Fleet::report(const std::string& app) { return index_.report(app, parts_.clock->wall_now()); }

JsonPtr Fleet::live(const App& app, const ObjectRef& ref) const { return index_.live(app.cluster, ref); }

const std::vector<Manifest>* Fleet::desired(const std::string& app) const { return index_.desired(app); }

std::string Fleet::desired_tree(const std::string& app) const {
  const auto found = renderings_.find(app);
  return found == renderings_.end() || found->second.failed ? "" : found->second.tree;
}

bool Fleet::desired_failed(const std::string& app) const {
  const auto found = renderings_.find(app);
  return found != renderings_.end() && found->second.failed;
}

kubernetes::HealthReport Fleet::health(const std::string& name) {
  kubernetes::HealthReport worst;
  const auto* app = this->app(name);
  const auto* manifests = index_.desired(name);
  if (app == nullptr || manifests == nullptr) return {kubernetes::Health::Unknown, "not rendered yet"};
  for (const auto& manifest : *manifests) {
    const auto object = index_.live(app->cluster, manifest.ref);
    if (!object) continue;
    auto health = kubernetes::health_of(*object);
    if (health.health <= worst.health) continue;
    worst = {health.health, fmt::format("{}: {}", to_string(manifest.ref), health.why)};
  }
  return worst;
}

asio::awaitable<Result<DesiredState>> Fleet::render_at(App app, std::string commit) {
  std::function<Result<DesiredState>(Mirror&)> work = [app, commit](Mirror& mirror) -> Result<DesiredState> {
    TRY(const auto revision, revision_in_force(mirror, app, commit));
    return render_blocking(mirror, app, revision);
  };
  auto task = repository(app.repository).with_mirror<DesiredState>(std::move(work));
  co_return co_await std::move(task);
}

asio::awaitable<Result<DesiredState>> Fleet::render_revision(App app, std::string revision) {
  std::function<Result<DesiredState>(Mirror&)> work = [app, revision](Mirror& mirror) { return render_blocking(mirror, app, revision); };
  auto task = repository(app.repository).with_mirror<DesiredState>(std::move(work));
  co_return co_await std::move(task);
}

void Fleet::nudge() {
  for (const auto& [name, watcher] : repositories_) watcher->nudge();
}

void Fleet::nudge(const std::string& repository) { repositories_.at(repository)->nudge(); }

bool Fleet::ready() const { return told_.size() == apps_.size(); }

asio::awaitable<void> Fleet::follow_repository(std::string name) {
  RepositoryWatcher::Listener listener;
  listener.on_head = [this, name](std::string head) { return refresh_apps(name, std::move(head)); };
  listener.on_failure = [this, name](const Error& error) {
    for (const auto& [app_name, app] : apps_) {
      // What was fetched before goes on being what is desired.
      if (app.repository == name && !renderings_.contains(app_name)) index_.set_desired_failed(app_name, fmt::format("repository {}: {}", name, error.message));
    }
    changed_.notify();
    listener_.on_repository(name, false, error.message);
  };
  listener.on_recovered = [this, name] { listener_.on_repository(name, true, ""); };
  co_await repository(name).run(std::move(listener));
}

asio::awaitable<void> Fleet::refresh_apps(std::string repository, std::string head) {
  for (const auto& [name, app] : apps_) {
    if (app.repository == repository) co_await refresh_app(app, head);
  }
  watch_kinds();
  changed_.notify();
}

asio::awaitable<void> Fleet::refresh_app(App app, std::string head) {
  auto& rendering = renderings_[app.name];
  struct Inputs {
    std::string revision;
    std::string tree;
  };
  std::function<Result<Inputs>(Mirror&)> look = [app, head](Mirror& mirror) -> Result<Inputs> {
    TRY(auto revision, revision_in_force(mirror, app, head));
    TRY(auto tree, mirror.tree_id(revision, app.path));
    return Inputs{revision, tree};
  };
  auto looking = repository(app.repository).with_mirror<Inputs>(std::move(look));
  const auto inputs = co_await std::move(looking);
  if (inputs && inputs->tree == rendering.tree && !rendering.failed) co_return;
  Result<DesiredState> desired = Error{ErrorKind::NotFound, ""};
  if (inputs) {
    desired = co_await render_revision(app, inputs->revision);
  } else {
    desired = inputs.error();
  }
  if (!desired) {
    rendering.failed = true;
    log_warn("render", fmt::format("{}: {}", app.name, desired.error().message));
    index_.set_desired_failed(app.name, desired.error().message);
    co_return;
  }
  const bool first = rendering.tree.empty();
  rendering = {desired->tree, desired->revision, false};
  if (first) {
    if (const auto known = parts_.last_synced.find(app.name); known != parts_.last_synced.end()) co_await load_last_synced(app, known->second);
  }
  index_.set_desired(app.name, desired->revision, std::move(desired->manifests));
}

asio::awaitable<void> Fleet::load_last_synced(App app, std::string revision) {
  auto before = co_await render_revision(app, revision);
  if (before) {
    index_.set_last_synced(app.name, std::move(before->manifests));
  } else {
    log_info("render", fmt::format("{}: the last synced revision {} can't be rendered any more: {}", app.name, revision, before.error().message));
  }
}

void Fleet::watch_kinds() {
  for (const auto& cluster : parts_.clusters) {
    auto kinds = index_.kinds_of(cluster->name());
    auto& watched = watched_[cluster->name()];
    if (kinds == watched) continue;
    watched = kinds;
    cluster->watch(std::move(kinds), *this);
    tasks_.spawn("schemas of " + cluster->name(), learn_schemas(*cluster));
  }
}

/// Until the cluster's own schemas are known the built-in table serves the built-in kinds.
asio::awaitable<void> Fleet::learn_schemas(kubernetes::Cluster& cluster) {
  net::Backoff backoff(*parts_.random, {Duration{1000}, Duration{60'000}});
  while (true) {
    auto schemas = co_await cluster.schemas();
    if (schemas) {
      index_.set_schemas(cluster.name(), *schemas);
      changed_.notify();
      co_return;
    }
    if (!is_transient(schemas.error())) {
      log_warn("kubernetes", fmt::format("{}: no schemas, so custom kinds can't be judged: {}", cluster.name(), schemas.error().message));
      co_return;
    }
    auto slept = co_await parts_.clock->sleep_for(backoff.next());
    if (!slept) co_return;
  }
}

asio::awaitable<void> Fleet::report_changes() {
  while (true) {
    auto woken = co_await changed_.wait();
    if (!woken) co_return;
    for (const auto& name : index_.take_changed()) {
      auto report = index_.report(name, parts_.clock->wall_now());
      told_[name] = report.state;
      if (report.state == AppState::Synced && parts_.last_synced[name] != report.revision) {
        parts_.last_synced[name] = report.revision;
        if (const auto* manifests = index_.desired(name)) index_.set_last_synced(name, *manifests);
        listener_.on_synced(name, report.revision);
      }
      listener_.on_report(std::move(report));
    }
  }
}

void Fleet::on_object(const std::string& cluster, LiveObject object) {
  index_.on_object(cluster, std::move(object));
  changed_.notify();
}

void Fleet::on_deleted(const std::string& cluster, const ObjectRef& ref) {
  index_.on_deleted(cluster, ref);
  changed_.notify();
}

void Fleet::on_listed(const std::string& cluster, const WatchedKind& kind) {
  index_.on_listed(cluster, kind);
  changed_.notify();
}

void Fleet::on_relist(const std::string& cluster, const WatchedKind& kind) { index_.on_relist(cluster, kind); }

void Fleet::on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) {
  index_.on_kind_failed(cluster, kind, why);
  changed_.notify();
}

void Fleet::on_reachable(const std::string& cluster, bool reachable, const std::string& why) {
  index_.on_reachable(cluster, reachable, why);
  changed_.notify();
  listener_.on_cluster(cluster, reachable, why);
}

}  // namespace driftwarden
