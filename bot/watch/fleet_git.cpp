// The fleet's Git side: a commit costs work for the Apps whose trees it touched.
#include "bot/watch/argo_rules_of.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

namespace driftwarden {
namespace {

constexpr std::size_t kRenderers = 4;
constexpr Duration kWatchEvery{2000};  // while a long batch goes on

bool equal(const ImportedRules& a, const ImportedRules& b) { return a.rules == b.rules && a.warnings == b.warnings; }

}  // namespace

/// The Apps that one head moved.
struct Fleet::Batch {
  explicit Batch(const asio::any_io_executor& executor) : ended(executor) {}
  std::deque<App> waiting;
  std::size_t running = 0;
  MonoTime watch_at{};
  Signal ended;
};

asio::awaitable<Result<DesiredState>> Fleet::render_at(App app, std::string commit) {
  const auto found = repositories_.find(app.repository);
  if (found == repositories_.end()) co_return Error{ErrorKind::NotFound, app.name + " has no repository"};
  std::function<Result<DesiredState>(Mirror&)> work = [app, commit, render = parts_.render](Mirror& mirror) -> Result<DesiredState> {
    TRY(const auto revision, revision_in_force(mirror, app, commit));
    return render_desired(mirror, app, revision, render, false);
  };
  ++renders_;
  auto task = found->second->with_mirror<DesiredState>(std::move(work));
  co_return co_await std::move(task);
}

asio::awaitable<Result<DesiredState>> Fleet::render_revision(App app, std::string revision) {
  auto task = render_counted(std::move(app), std::move(revision), false);
  co_return co_await std::move(task);
}

asio::awaitable<Result<DesiredState>> Fleet::render_counted(App app, std::string revision, bool compare_twice) {
  const auto found = repositories_.find(app.repository);
  if (found == repositories_.end()) co_return Error{ErrorKind::NotFound, app.name + " has no repository"};
  std::function<Result<DesiredState>(Mirror&)> work = [app, revision, compare_twice, render = parts_.render](Mirror& mirror) {
    return render_desired(mirror, app, revision, render, compare_twice);
  };
  ++renders_;
  auto task = found->second->with_mirror<DesiredState>(std::move(work));
  co_return co_await std::move(task);
}

asio::awaitable<void> Fleet::follow_repository(std::string name) {
  RepositoryWatcher::Listener listener;
  listener.on_head = [this, name](std::string head) { return refresh_apps(name, std::move(head)); };
  listener.on_failure = [this, name](const Error& error) { on_repository_failed(name, error); };
  listener.on_recovered = [this, name] {
    failed_repositories_.erase(name);
    listener_.on_repository(name, true, "");
  };
  listener.unfinished = [this, name] {
    if (look_again_.contains(name)) return true;
    return std::ranges::any_of(renderings_, [&](const auto& rendering) {
      const auto* known = app(rendering.first);
      return rendering.second.again && known != nullptr && known->repository == name;
    });
  };
  co_await repository(name).run(std::move(listener));
}

/// What was fetched before goes on being what is desired.
void Fleet::on_repository_failed(const std::string& name, const Error& error) {
  failed_repositories_.insert(name);
  for (const auto& [app_name, app] : apps_) {
    const auto rendering = renderings_.find(app_name);
    const bool never_read = rendering == renderings_.end() || rendering->second.inputs.revision.empty();
    if (app.repository == name && is_rendered(app) && never_read) index_.set_desired_failed(app_name, fmt::format("repository {}: {}", name, error.message));
  }
  watch_kinds();
  changed_.notify();
  listener_.on_repository(name, false, error.message);
}

asio::awaitable<Result<std::vector<LookedUp>>> Fleet::look_up_apps(std::string repository, std::string head, std::vector<LookUp> apps) {
  const auto previous = heads_[repository];
  std::function<Result<std::vector<LookedUp>>(Mirror&)> work = [previous, head, apps](Mirror& mirror) { return look_up(mirror, previous, head, apps); };
  auto task = this->repository(repository).with_mirror<std::vector<LookedUp>>(std::move(work));
  co_return co_await std::move(task);
}

asio::awaitable<void> Fleet::refresh_apps(std::string repository, std::string head) {
  look_again_.erase(repository);
  auto declaring = refresh_declared(repository, head);
  co_await std::move(declaring);
  auto finding = refresh_found(repository, head);
  co_await std::move(finding);
  declared_[repository].read = true;
  std::vector<LookUp> asked;
  for (const auto& [name, app] : apps_) {
    if (app.repository != repository || !is_rendered(app)) continue;
    const auto& rendering = renderings_[name];
    const auto synced = parts_.last_synced.find(name);
    asked.push_back({app, rendering.inputs, synced == parts_.last_synced.end() || rendering.synced_known ? "" : synced->second});
  }
  auto looking = look_up_apps(repository, head, asked);
  auto looked_up = co_await std::move(looking);
  auto batch = std::make_shared<Batch>(parts_.executor);
  batch->watch_at = parts_.clock->mono_now() + kWatchEvery;
  if (!looked_up) {
    for (const auto& one : asked) {
      fail_desired(one.app, looked_up.error());
      renderings_[one.app.name].again = true;
    }
  } else {
    heads_[repository] = head;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (take_looked_up(asked[i].app, std::move((*looked_up)[i]))) batch->waiting.push_back(asked[i].app);
    }
  }
  changed_.notify();
  batch->running = std::min(kRenderers, batch->waiting.size());
  for (std::size_t i = batch->running; i > 0; --i) tasks_.spawn("rendering for " + repository, render_waiting(batch));
  while (batch->running > 0) {
    auto ended = co_await batch->ended.wait();
    if (!ended) co_return;
  }
  spread_argo_rules();
  watch_kinds();
  changed_.notify();
  if (listener_.on_head) listener_.on_head(repository, head);
}

/// True when the App is to be rendered.
bool Fleet::take_looked_up(const App& app, LookedUp looked_up) {
  auto& rendering = renderings_[app.name];
  const auto failed_before = rendering.failed ? rendering.inputs.error : std::nullopt;
  rendering.inputs = std::move(looked_up.inputs);
  if (looked_up.rules && !equal(rules_[app.name].git, *looked_up.rules)) {
    rules_[app.name].git = std::move(*looked_up.rules);
    tell_rules(app.name);
  }
  if (rendering.inputs.error) {
    rendering.tree.clear();  // the next head may well be what it was before
    const auto& error = *rendering.inputs.error;
    // Looked up again with every poll: what stays wrong is logged once.
    if (failed_before && failed_before->message == error.message) {
      rendering.again = error.kind != ErrorKind::InvalidInput;
      index_.set_desired_failed(app.name, error.message);
    } else {
      fail_desired(app, error);
    }
    return false;
  }
  return rendering.inputs.tree != rendering.tree || rendering.again;
}

asio::awaitable<void> Fleet::render_waiting(std::shared_ptr<Batch> batch) {
  struct AtEnd {
    Batch& of;
    ~AtEnd() {
      if (--of.running == 0) of.ended.notify();
    }
  };
  const AtEnd at_end{*batch};
  while (!batch->waiting.empty()) {
    auto app = std::move(batch->waiting.front());
    batch->waiting.pop_front();
    auto refreshing = refresh_app(std::move(app));
    co_await std::move(refreshing);
    changed_.notify();
    if (parts_.clock->mono_now() < batch->watch_at) continue;
    batch->watch_at = parts_.clock->mono_now() + kWatchEvery;
    watch_kinds();
  }
}

asio::awaitable<void> Fleet::refresh_app(App app) {
  const auto inputs = renderings_[app.name].inputs;
  auto rendering_now = render_counted(app, inputs.revision, true);
  auto desired = co_await std::move(rendering_now);
  if (!desired) {
    if (desired.error().kind == ErrorKind::Cancelled) co_return;
    renderings_[app.name].tree = inputs.tree;
    fail_desired(app, desired.error());
    co_return;
  }
  auto& rendering = renderings_[app.name];
  rendering.tree = desired->tree;
  rendering.revision = desired->revision;
  rendering.failed = false;
  rendering.again = false;
  const auto known = parts_.last_synced.find(app.name);
  const bool first = !std::exchange(rendering.synced_known, true) && known != parts_.last_synced.end();
  const bool as_synced = first && inputs.synced_tree == desired->tree;
  if (first && !as_synced) {
    auto loading = load_last_synced(app, known->second);
    co_await std::move(loading);
  }
  keep_applications(app, desired->manifests);
  index_.set_desired(app.name, desired->revision, std::move(desired->manifests), std::move(desired->unstable));
  if (as_synced) index_.mark_synced(app.name);
}

asio::awaitable<void> Fleet::load_last_synced(App app, std::string revision) {
  auto rendering = render_counted(app, revision, false);
  auto before = co_await std::move(rendering);
  if (before) {
    index_.set_last_synced(app.name, std::move(before->manifests));
  } else {
    log_info("render", fmt::format("{}: the last synced revision {} can't be rendered any more: {}", app.name, revision, before.error().message));
  }
}

void Fleet::fail_desired(const App& app, const Error& error) {
  auto& rendering = renderings_[app.name];
  rendering.failed = true;
  // What the files themselves say wrong stays so until they change.
  rendering.again = is_transient(error) || (rendering.inputs.error && error.kind != ErrorKind::InvalidInput);
  log_warn("render", fmt::format("{}: {}", app.name, error.message), {{"app", app.name}});
  index_.set_desired_failed(app.name, error.message);
}

void Fleet::keep_applications(const App& app, const std::vector<Manifest>& manifests) {
  std::vector<Manifest> found;
  std::ranges::copy_if(manifests, std::back_inserter(found), [](const Manifest& manifest) { return is_argo_application(manifest.ref); });
  if (found.empty() && !applications_.contains(app.name)) return;
  applications_moved_ = true;
  applications_[app.name] = std::move(found);
}

void Fleet::spread_argo_rules() {
  if (!std::exchange(applications_moved_, false)) return;
  std::vector<Manifest> applications;
  for (const auto& [name, some] : applications_) applications.insert(applications.end(), some.begin(), some.end());
  // As live they count where Git doesn't say anything of them.
  std::set<std::string> in_git;
  for (const auto& application : applications) in_git.insert(object_id(application.ref));
  for (const auto& [cluster, some] : live_applications_) {
    std::ranges::copy_if(some, std::back_inserter(applications), [&](const Manifest& live) { return !in_git.contains(object_id(live.ref)); });
  }
  std::map<std::string, std::string> urls;
  for (const auto& repository : parts_.config->repositories) urls.emplace(repository.name, repository.url);
  auto rules = argo_rules_of(applications, apps(), urls);
  for (const auto& [name, app] : apps_) {
    auto now = std::move(rules[name]);
    if (equal(rules_[name].argo, now)) continue;
    rules_[name].argo = std::move(now);
    tell_rules(name);
  }
}

void Fleet::tell_rules(const std::string& app) {
  const auto& [git, argo] = rules_[app];
  auto all = git;
  all.rules.insert(all.rules.end(), argo.rules.begin(), argo.rules.end());
  all.warnings.insert(all.warnings.end(), argo.warnings.begin(), argo.warnings.end());
  index_.set_rules(app, std::move(all.rules), std::move(all.warnings));
}

}  // namespace driftwarden
