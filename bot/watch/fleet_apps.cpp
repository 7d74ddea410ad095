// The fleet's Apps that are declared in Git: taken over from each head, beside those of the config.
#include "bot/watch/fleet.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// Without who it belongs to, where it is told and who deploys it: that changes nothing of what it is rendered from and compared with.
App work_of(App app) {
  app.environment.clear();
  app.channel.clear();
  app.owners.clear();
  app.ignore.clear();
  app.deployer = {};
  app.found_by.clear();
  return app;
}

bool is_same_work(const App& a, const App& b) { return work_of(a) == work_of(b); }

}  // namespace

asio::awaitable<void> Fleet::refresh_declared(std::string repository, std::string head) {
  // The pool reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<DeclaredApps>(Mirror&)> work = [repository, head, known = declared_[repository].id, config](Mirror& mirror) {
    return read_declared_apps(mirror, head, known, repository, *config);
  };
  auto reading = this->repository(repository).with_mirror<DeclaredApps>(std::move(work));
  auto read = co_await std::move(reading);
  auto& declared = declared_[repository];
  if (!read) {
    if (read.error().kind != ErrorKind::Cancelled) notice(repository, "the Apps declared in it can't be read: " + read.error().message);
    co_return;
  }
  if (read->id != declared.id) take_declared(repository, std::move(*read));
}

void Fleet::take_declared(const std::string& repository, DeclaredApps read) {
  auto& declared = declared_[repository];
  declared.id = read.id;
  for (const auto& warning : read.warnings) notice(repository, warning + "; the file is left out");
  std::set<std::string> names;
  for (auto& app : read.apps) {
    for (auto& [source, found] : found_) {
      if (found.erase(app.name) > 0) drop_app(app.name);
    }
    const auto known = apps_.find(app.name);
    if (known != apps_.end() && !declared.names.contains(app.name)) {
      const auto* from = find_app(*parts_.config, app.name) != nullptr ? "the configuration" : "another repository, or orphans,";
      notice(repository, fmt::format("{}: {} has an App of that name already; the file is left out", app_file_path(app.name), from));
      continue;
    }
    names.insert(app.name);
    put_app(std::move(app));
  }
  for (const auto& name : declared.names) {
    if (names.contains(name)) continue;
    if (read.broken.contains(name)) {
      names.insert(name);
    } else {
      drop_app(name);
    }
  }
  if (declared.names != names) found_ids_.clear();
  declared.names = std::move(names);
  apps_changed();
}

bool Fleet::put_app(App app) {
  const auto name = app.name;
  if (const auto deployer = deployers_.find(name); deployer != deployers_.end()) app.deployer = deployer->second;
  const auto known = apps_.find(name);
  if (known != apps_.end() && known->second == app) return false;
  if (known != apps_.end() && is_same_work(known->second, app)) {
    known->second = app;  // in place: others may hold its address
    if (app.kind == AppKind::Kubernetes) index_.set_app(app);
    return true;
  }
  const bool is_new = known == apps_.end();
  const auto opinion = opinions_.extract(name);
  if (!is_new) drop_app(name);
  if (opinion) opinions_[name] = opinion.mapped();
  if (app.kind == AppKind::Kubernetes) index_.set_app(app);
  if (is_rendered(app)) renderings_[name].again = true;
  const auto& kept = apps_[name] = std::move(app);
  if (started_) log_info("fleet", fmt::format("{}: {}{}", name, is_new ? "taken over" : "replaced", kept.found_by.empty() ? "" : ", found by " + kept.found_by));
  return true;
}

void Fleet::drop_app(const std::string& name) {
  index_.remove_app(name);
  auto node = apps_.extract(name);
  if (!node) return;
  dropped_.push_back(std::move(node));  // somebody may hold its address across a wait
  renderings_.erase(name);
  rules_.erase(name);
  told_.erase(name);
  held_.erase(name);
  planned_.erase(name);
  opinions_.erase(name);
  if (applications_.erase(name) > 0) applications_moved_ = true;
  if (listener_.on_app_dropped) listener_.on_app_dropped(name);
}

void Fleet::notice(const std::string& repository, const std::string& what) {
  log_warn("fleet", fmt::format("repository {}: {}", repository, what));
  if (listener_.on_notice) listener_.on_notice(repository, what);
}

bool Fleet::repositories_are_read() const {
  return std::ranges::all_of(parts_.config->repositories, [&](const RepositoryConfig& repository) {
    const auto found = declared_.find(repository.name);
    return (found != declared_.end() && found->second.read) || failed_repositories_.contains(repository.name);
  });
}

bool Fleet::apps_are_known() const {
  if (!repositories_are_read()) return false;
  return std::ranges::all_of(parts_.config->discover, [&](const DiscoverRule& rule) { return rule.kind == DiscoverKind::Paths || found_.contains(rule.id); });
}

bool Fleet::apps_are_known_as_far_as_can_be() const {
  if (!repositories_are_read()) return false;
  return std::ranges::all_of(parts_.config->discover, [&](const DiscoverRule& rule) {
    const auto survey = surveys_.find(rule.cluster);
    return rule.kind == DiscoverKind::Paths || found_.contains(rule.id) || (survey != surveys_.end() && survey->second.unreachable);
  });
}

}  // namespace driftwarden
