// The fleet's Apps that nobody wrote down: found in Git by their place, by Argo CD and Flux in a cluster, and what a tool plans.
#include "bot/watch/fleet.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

struct RuleAsked {
  DiscoverRule rule;
  std::string known;
};

struct RuleFound {
  std::string rule;
  Result<FoundPaths> found;
};

}  // namespace

bool Fleet::is_planned(const std::string& name) const {
  const auto found = apps_.find(name);
  return found != apps_.end() && found->second.kind != AppKind::Kubernetes;
}

DriftReport Fleet::planned_report(const std::string& name) const {
  if (const auto found = planned_.find(name); found != planned_.end()) return found->second;
  DriftReport report;
  report.app = name;
  report.reason = "it was not planned yet";
  report.as_of = parts_.clock->wall_now();
  return report;
}

void Fleet::put_report(DriftReport report) {
  if (!is_planned(report.app)) return;
  const auto name = report.app;
  const auto& kept = planned_[name] = std::move(report);
  told_[name] = kept.state;
  if (kept.state == AppState::Synced && parts_.last_synced[name] != kept.revision) {
    parts_.last_synced[name] = kept.revision;
    listener_.on_synced(name, kept.revision);
  }
  listener_.on_report(kept);
}

void Fleet::set_opinion(const std::string& app, std::optional<Opinion> opinion) {
  const auto known = opinions_.find(app);
  if (known == opinions_.end() ? !opinion : opinion == known->second) return;
  if (opinion) {
    opinions_[app] = std::move(*opinion);
  } else {
    opinions_.erase(known);
  }
  // An alert that stands is to say it, too.
  if (!told_.contains(app)) return;
  retell_.insert(app);
  changed_.notify();
}

void Fleet::set_deployer(const std::string& name, const std::optional<Deployer>& deployer) {
  if (deployer) {
    deployers_[name] = *deployer;
  } else {
    deployers_.erase(name);
  }
  const auto found = apps_.find(name);
  if (found == apps_.end() || found->second.deployer == deployer.value_or(Deployer{})) return;
  found->second.deployer = deployer.value_or(Deployer{});
  if (found->second.kind == AppKind::Kubernetes) index_.set_app(found->second);
  changed_.notify();
}

void Fleet::set_live_applications(const std::string& cluster, std::vector<Manifest> applications) {
  live_applications_[cluster] = std::move(applications);
  applications_moved_ = true;
  spread_argo_rules();
  changed_.notify();
}

void Fleet::set_found_apps(const std::string& source, std::vector<App> apps) {
  auto& before = found_[source];
  std::set<std::string> names;
  std::set<std::string> repositories;
  bool any = false;
  for (auto& app : apps) {
    if (apps_.contains(app.name) && !before.contains(app.name)) {
      auto what = fmt::format("{} finds an App called {}, and there is another of that name: it is left out; give one of them another name", source, app.name);
      if (found_conflicts_.insert(what).second) notice(app.repository, what);
      found_ids_.erase(source);  // the name may be free at the next look
      continue;
    }
    names.insert(app.name);
    auto repository = app.repository;
    if (!put_app(std::move(app))) continue;
    any = true;
    repositories.insert(std::move(repository));
  }
  for (const auto& name : before) {
    if (names.contains(name)) continue;
    drop_app(name);
    any = true;
  }
  before = std::move(names);
  if (!any) return;
  for (const auto& repository : repositories) nudge(repository);
  apps_changed();
}

void Fleet::drop_found(const std::string& source) {
  const auto found = found_.find(source);
  if (found == found_.end()) return;
  for (const auto& name : found->second) drop_app(name);
  found_.erase(found);
  found_ids_.erase(source);
}

asio::awaitable<void> Fleet::refresh_found(std::string repository, std::string head) {
  std::vector<RuleAsked> asked;
  for (const auto& rule : parts_.config->discover) {
    if (rule.kind == DiscoverKind::Paths && rule.repository == repository) asked.push_back({rule, found_ids_[rule.id]});
  }
  if (asked.empty()) co_return;
  const auto as_of = config_changes_;
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<std::vector<RuleFound>>(Mirror&)> work = [asked, head, config](Mirror& mirror) -> Result<std::vector<RuleFound>> {
    std::vector<RuleFound> found;
    for (const auto& [rule, known] : asked) found.push_back({rule.id, find_paths(mirror, head, known, rule, *config)});
    return found;
  };
  auto working = this->repository(repository).with_mirror<std::vector<RuleFound>>(std::move(work));
  auto looked = co_await std::move(working);
  if (!looked) {
    if (looked.error().kind != ErrorKind::Cancelled) notice(repository, "Apps can't be looked for in it: " + looked.error().message);
    co_return;
  }
  if (as_of != config_changes_) co_return;  // the rules may be others; the head is looked at again
  for (auto& [id, found] : *looked) {
    if (!found) {
      notice(repository, fmt::format("{}: {}", id, found.error().message));
      continue;
    }
    if (found->id == found_ids_[id] && !found->id.empty()) continue;
    found_ids_[id] = found->id;
    for (const auto& warning : found->warnings) {
      if (found_conflicts_.insert(warning).second) notice(repository, warning);
    }
    set_found_apps(id, std::move(found->apps));
  }
}

void Fleet::put_config_apps() {
  std::set<std::string> names;
  for (const auto& app : parts_.config->apps) {
    names.insert(app.name);
    (void)put_app(app);
  }
  for (const auto& name : configured_) {
    if (!names.contains(name)) drop_app(name);
  }
  configured_ = std::move(names);
}

void Fleet::config_changed() {
  // What somebody writes down goes before what is found.
  for (auto& [source, names] : found_) {
    for (const auto& app : parts_.config->apps) names.erase(app.name);
  }
  for (auto& [repository, declared] : declared_) {
    for (const auto& app : parts_.config->apps) declared.names.erase(app.name);
    declared.id.clear();
  }
  ++config_changes_;
  put_config_apps();
  std::set<std::string> rules;
  for (const auto& rule : parts_.config->discover) rules.insert(rule.id);
  std::vector<std::string> gone;
  for (const auto& [source, names] : found_) {
    if (!rules.contains(source)) gone.push_back(source);
  }
  for (const auto& source : gone) drop_found(source);
  // What was looked at may now come to something else.
  found_ids_.clear();
  for (const auto& repository : parts_.config->repositories) look_again_.insert(repository.name);
  nudge();
  apps_changed();
}

void Fleet::kinds_changed() { watch_kinds(); }

std::set<WatchedKind> Fleet::kinds_to_watch(const std::string& cluster) const {
  auto kinds = index_.kinds_of(cluster);
  if (observer_ != nullptr) kinds.merge(observer_->kinds(cluster));
  return kinds;
}

bool Fleet::is_observed(const std::string& cluster, const GroupKind& kind) const {
  const auto found = observed_.find(cluster);
  return found != observed_.end() && found->second.contains(kind);
}

void Fleet::apps_changed() {
  changed_.notify();
  if (started_ && listener_.on_apps_changed) listener_.on_apps_changed();
}

}  // namespace driftwarden
