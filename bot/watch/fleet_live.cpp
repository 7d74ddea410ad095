// The fleet's cluster side: what is watched, and what is heard.
#include "bot/watch/fleet.hpp"
#include "gitops/base/log.hpp"
#include "integrations/net/backoff.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// A new version of a custom kind; the documents themselves are read again only where they changed.
constexpr Duration kSchemasEvery = std::chrono::minutes{10};

/// What is listed before an App wants it has to be read once more, object by object; so the first lists wait for Git, but not for long.
constexpr Duration kWaitForGit{2000};

}  // namespace

bool Fleet::git_is_read(const std::string& cluster) const {
  return std::ranges::all_of(apps_, [&](const auto& entry) {
    const auto& [name, app] = entry;
    return app.cluster != cluster || !is_rendered(app) || desired_failed(name) || !desired_tree(name).empty() || failed_repositories_.contains(app.repository);
  });
}

asio::awaitable<void> Fleet::watch_anyway() {
  auto slept = co_await parts_.clock->sleep_for(kWaitForGit);
  if (!slept) co_return;
  waited_for_git_ = true;
  watch_kinds();
}

/// Of the kinds that are watched, those that nobody observed until now.
std::set<WatchedKind> Fleet::newly_observed(const std::string& cluster) {
  std::set<WatchedKind> unheard;
  if (observer_ == nullptr) return unheard;
  auto before = std::exchange(observed_[cluster], {});
  for (const auto& kind : observer_->kinds(cluster)) {
    observed_[cluster].insert({kind.group, kind.kind});
    if (!before.contains({kind.group, kind.kind}) && surveys_[cluster].watched.contains(kind)) unheard.insert(kind);
  }
  return unheard;
}

void Fleet::watch_kinds() {
  for (const auto& cluster : parts_.clusters) {
    const bool first = surveys_[cluster->name()].watched.empty();
    if (first && !waited_for_git_ && !git_is_read(cluster->name())) continue;
    auto kinds = kinds_to_watch(cluster->name());
    auto& survey = surveys_[cluster->name()];
    const auto unheard = newly_observed(cluster->name());
    if (kinds == survey.watched && unheard.empty()) continue;
    // Whoever begins to observe what is watched already hears of it from the start.
    if (!unheard.empty()) {
      auto others = survey.watched;
      for (const auto& kind : unheard) others.erase(kind);
      cluster->watch(std::move(others), *this);
    }
    for (const auto& old : survey.watched) {
      if (kinds.contains(old)) continue;
      survey.answered.erase(old);
      survey.told.erase(old);
      index_.on_unwatched(cluster->name(), old);
    }
    survey.watched = kinds;
    cluster->watch(std::move(kinds), *this);
    schemas_wanted_.at(cluster->name())->notify();
  }
}

/// Until the cluster's own schemas are known the built-in table serves the built-in kinds.
asio::awaitable<void> Fleet::follow_schemas(kubernetes::Cluster& cluster, Signal& wanted) {
  net::Backoff backoff(*parts_.random, {Duration{1000}, Duration{60'000}});
  std::shared_ptr<const Schemas> known;
  std::string told;
  auto first = co_await wanted.wait();
  if (!first) co_return;
  while (true) {
    auto schemas = co_await cluster.schemas();
    auto wait = kSchemasEvery;
    if (schemas) {
      backoff.reset();
      told.clear();
      if (*schemas != known) index_.set_schemas(cluster.name(), *schemas);
      known = *schemas;
    } else {
      if (schemas.error().kind == ErrorKind::Cancelled) co_return;
      const bool passing = is_transient(schemas.error());
      if (passing) wait = backoff.next();
      if (!passing && std::exchange(told, schemas.error().message) != schemas.error().message) {
        log_warn("kubernetes", fmt::format("{}: no schemas, so custom kinds can't be judged: {}", cluster.name(), schemas.error().message));
      }
    }
    if (schemas || !is_transient(schemas.error())) surveys_[cluster.name()].schemas = true;
    changed_.notify();
    auto woken = co_await wanted.wait_until(*parts_.clock, parts_.clock->mono_now() + wait);
    if (!woken) co_return;
  }
}

bool Fleet::wants(const std::string& cluster, const LiveGlimpse& glimpse) {
  ++events_seen_;
  if (index_.wants(cluster, glimpse) || is_observed(cluster, glimpse.ref.group_kind())) return true;
  ++events_gated_;
  return false;
}

void Fleet::on_object(const std::string& cluster, LiveObject object) {
  if (is_observed(cluster, object.ref.group_kind())) observer_->on_object(cluster, object);
  index_.on_object(cluster, std::move(object));
  changed_.notify();
}

void Fleet::on_deleted(const std::string& cluster, const ObjectRef& ref) {
  if (is_observed(cluster, ref.group_kind())) observer_->on_deleted(cluster, ref);
  index_.on_deleted(cluster, ref);
  changed_.notify();
}

void Fleet::on_listed(const std::string& cluster, const WatchedKind& kind) {
  surveys_[cluster].answered.insert(kind);
  index_.on_listed(cluster, kind);
  if (is_observed(cluster, {kind.group, kind.kind})) observer_->on_listed(cluster, kind);
  changed_.notify();
  tell_kind(cluster, kind, true, "");
}

void Fleet::on_relist(const std::string& cluster, const WatchedKind& kind) {
  if (is_observed(cluster, {kind.group, kind.kind})) observer_->on_relist(cluster, kind);
  index_.on_relist(cluster, kind);
}

void Fleet::on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) {
  surveys_[cluster].answered.insert(kind);
  index_.on_kind_failed(cluster, kind, why);
  changed_.notify();
  const bool observed = is_observed(cluster, {kind.group, kind.kind});
  if (observed) observer_->on_kind_failed(cluster, kind, why);
  // Who observes it says so in its own words.
  if (!observed || index_.kinds_of(cluster).contains(kind)) tell_kind(cluster, kind, false, why.message);
}

void Fleet::tell_kind(const std::string& cluster, const WatchedKind& kind, bool watched, const std::string& why) {
  const auto [told, first] = surveys_[cluster].told.try_emplace(kind, watched);
  if (!first && told->second == watched) return;
  told->second = watched;
  if (listener_.on_kind) listener_.on_kind(cluster, kind, watched, why);
}

void Fleet::on_reachable(const std::string& cluster, bool reachable, const std::string& why) {
  surveys_[cluster].unreachable = !reachable;
  index_.on_reachable(cluster, reachable, why);
  changed_.notify();
  listener_.on_cluster(cluster, reachable, why);
}

}  // namespace driftwarden
