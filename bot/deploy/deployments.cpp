#include "bot/deploy/deployments.hpp"

#include "bot/deploy/deployments_state.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kGather{50};
constexpr Duration kLongestGather{5'000};
constexpr int kShare = 10;  ///< settling takes a tenth of the I/O thread at most
constexpr Duration kTick{60'000};  ///< sync windows open and close without an event

bool is_rule_of_tools(const DiscoverRule& rule) { return rule.kind == DiscoverKind::ArgoCd || rule.kind == DiscoverKind::Flux; }

std::string digest_of(const DiscoverRule& rule) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", rule.id, static_cast<int>(rule.kind), rule.cluster, rule.namespace_, rule.selector, rule.may_sync, rule.app.environment,
                     rule.app.channel, join(rule.app.owners, ","), static_cast<int>(rule.app.track));
}

std::vector<std::string> urls_in(const json& spec) {
  std::vector<std::string> urls;
  const auto take = [&](const json& object, const char* name) {
    if (const auto url = text_at(object, name); !url.empty()) urls.emplace_back(url);
  };
  take(spec, "url");
  take(member_at(spec, "source"), "repoURL");
  take(member_at(member_at(spec, "sourceHydrator"), "drySource"), "repoURL");
  if (const auto& sources = member_at(spec, "sources"); sources.is_array()) {
    for (const auto& source : sources) take(source, "repoURL");
  }
  return urls;
}

}  // namespace

Deployments::State::State(Parts given) : parts(std::move(given)), changed(parts.executor), tasks(parts.executor) { read_rules(); }

std::string Deployments::State::ground_digest() const {
  std::string text;
  for (const auto& rule : parts.config->discover) {
    if (is_rule_of_tools(rule)) text += digest_of(rule) + "\n";
  }
  for (const auto& cluster : parts.config->clusters) text += fmt::format("{}|{}|{}\n", cluster.name, cluster.environment, join(cluster.aliases, ","));
  for (const auto& repository : parts.config->repositories) text += fmt::format("{}|{}|{}\n", repository.name, repository.url, repository.branch);
  return text;
}

DeployGround Deployments::State::ground() const {
  DeployGround ground;
  ground.config = parts.config;
  ground.servers = parts.servers;
  return ground;
}

void Deployments::State::read_rules() {
  ground_seen = ground_digest();
  std::map<std::string, std::unique_ptr<Rule>> before;
  for (auto& rule : rules) before[rule->rule.id] = std::move(rule);
  rules.clear();
  for (const auto& rule : parts.config->discover) {
    if (!is_rule_of_tools(rule)) continue;
    auto kept = std::move(before[rule.id]);
    before.erase(rule.id);
    if (!kept) kept = std::make_unique<Rule>();
    kept->rule = rule;
    kept->tool = rule.kind == DiscoverKind::ArgoCd ? make_argo_tool(rule) : make_flux_tool(rule);
    kept->kinds = kept->tool->kinds();
    kept->group_kinds.clear();
    for (const auto& kind : kept->kinds) kept->group_kinds.insert({kind.group, kind.kind});
    kept->look = true;
    clusters[rule.cluster].applications_moved = true;
    rules.push_back(std::move(kept));
  }
  for (const auto& [id, gone] : before) {
    if (gone && !gone->given.empty()) parts.fleet->set_found_apps(id, {});
  }
  std::erase_if(clusters, [&](auto& cluster) {
    return std::ranges::none_of(rules, [&](const auto& rule) { return rule->rule.cluster == cluster.first; });
  });
}

void Deployments::State::wake() { changed.notify(); }

asio::awaitable<void> Deployments::State::run() {
  Duration gather = kGather;
  while (true) {
    auto woken = co_await changed.wait_until(*parts.clock, parts.clock->mono_now() + kTick);
    if (!woken) co_return;
    if (!*woken) {
      if (!has_windows()) continue;
      for (auto& rule : rules) rule->look = true;
    }
    auto slept = co_await parts.clock->sleep_for(gather);
    if (!slept) co_return;
    const auto began = parts.clock->mono_now();
    settle();
    const auto took = std::chrono::duration_cast<Duration>(parts.clock->mono_now() - began);
    gather = std::clamp(took * kShare, kGather, kLongestGather);
  }
}

Deployments::State::Rule* Deployments::State::rule_of(DeployerKind kind, const std::string& cluster, const ObjectRef& object) {
  Rule* near = nullptr;
  for (auto& rule : rules) {
    const bool same = rule->rule.cluster == cluster && (rule->rule.kind == DiscoverKind::ArgoCd) == (kind == DeployerKind::ArgoCd);
    if (same && rule->by_object.contains(object_id(object))) return rule.get();
    if (same && near == nullptr) near = rule.get();
  }
  return near;
}

void Deployments::State::touch(const std::string& cluster, const ObjectRef& ref, bool spec) {
  for (auto& rule : rules) {
    if (rule->rule.cluster != cluster || !rule->group_kinds.contains(ref.group_kind())) continue;
    if (spec || !is_deploying_kind(ref.group_kind())) {
      rule->look = true;
    } else {
      rule->touched.insert(object_id(ref));
    }
  }
  if (spec && ref.kind == "Application") clusters[cluster].applications_moved = true;
  wake();
}

Deployments::Deployments(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}
Deployments::~Deployments() = default;

void Deployments::start() {
  state_->tasks.spawn("deployments", state_->run());
  state_->wake();
}

asio::awaitable<void> Deployments::stop() { co_await state_->tasks.join(); }

void Deployments::look_again() {
  state_->assign_again = true;
  state_->wake();
}

asio::awaitable<Result<DeployProgress>> Deployments::deploy(App app, std::string revision, std::string id, std::string requested_by) {
  DeployTool::Wanted wanted;
  wanted.revision = std::move(revision);
  wanted.id = std::move(id);
  wanted.requested_by = std::move(requested_by);
  auto deploying = state_->deploy(std::move(app), std::move(wanted));
  co_return co_await std::move(deploying);
}

asio::awaitable<Result<void>> Deployments::refresh(App app) {
  auto refreshing = state_->refresh(std::move(app));
  co_return co_await std::move(refreshing);
}

std::vector<DeployPause> Deployments::pauses() const {
  std::vector<DeployPause> pauses;
  for (const auto& rule : state_->rules) {
    for (const auto& entry : rule->entries) {
      if (!entry.found.pause) continue;
      auto pause = *entry.found.pause;
      pause.app = entry.app.empty() ? entry.found.name : entry.app;
      pauses.push_back(std::move(pause));
    }
  }
  std::ranges::stable_sort(pauses, {}, &DeployPause::app);
  return pauses;
}

void Deployments::on_event(const std::string& kind, const std::string& namespace_, const std::string& name) {
  std::vector<std::string> urls;
  for (const auto& [cluster, watched] : state_->clusters) {
    for (const auto& [of, objects] : watched.objects) {
      if (of.kind != kind) continue;
      for (const auto& [id, kept] : objects) {
        const auto& ref = kept.object.ref;
        if (ref.namespace_ == namespace_ && ref.name == name) urls = urls_in(member_at(*kept.object.body, "spec"));
      }
    }
  }
  if (!urls.empty()) return state_->parts.fleet->nudge_urls(urls);
  for (const auto& rule : state_->rules) {
    for (const auto& entry : rule->entries) {
      const auto& ref = entry.found.object;
      if (ref.kind != kind || ref.namespace_ != namespace_ || ref.name != name) continue;
      if (const auto* app = state_->parts.fleet->app(entry.app); app != nullptr && !app->repository.empty()) state_->parts.fleet->nudge(app->repository);
    }
  }
}

std::set<WatchedKind> Deployments::kinds(const std::string& cluster) const {
  std::set<WatchedKind> kinds;
  for (const auto& rule : state_->rules) {
    if (rule->rule.cluster == cluster) kinds.insert(rule->kinds.begin(), rule->kinds.end());
  }
  return kinds;
}

void Deployments::on_object(const std::string& cluster, const LiveObject& object) {
  const auto watched = state_->clusters.find(cluster);
  if (watched == state_->clusters.end() || !object.body) return;
  auto kept = keep_object(object);
  auto [at, is_new] = watched->second.objects[object.ref.group_kind()].try_emplace(object_id(object.ref));
  const bool spec = is_new || at->second.spec != kept.spec;
  const bool status = at->second.status != kept.status;
  at->second = std::move(kept);
  if (spec || status) state_->touch(cluster, object.ref, spec);
}

void Deployments::on_deleted(const std::string& cluster, const ObjectRef& ref) {
  const auto watched = state_->clusters.find(cluster);
  if (watched != state_->clusters.end() && watched->second.objects[ref.group_kind()].erase(object_id(ref)) > 0) state_->touch(cluster, ref, true);
}

void Deployments::on_relist(const std::string& cluster, const WatchedKind& kind) {
  const auto watched = state_->clusters.find(cluster);
  if (watched == state_->clusters.end()) return;
  for (auto& [id, kept] : watched->second.objects[{kind.group, kind.kind}]) kept.gone = true;
}

void Deployments::on_listed(const std::string& cluster, const WatchedKind& kind) {
  const auto watched = state_->clusters.find(cluster);
  if (watched == state_->clusters.end()) return;
  const GroupKind listed{kind.group, kind.kind};
  std::vector<ObjectRef> gone;
  for (const auto& [id, kept] : watched->second.objects[listed]) {
    if (kept.gone) gone.push_back(kept.object.ref);
  }
  for (const auto& ref : gone) on_deleted(cluster, ref);
  const bool failed = watched->second.failed.erase(listed) > 0;
  if (!watched->second.answered.insert(listed).second && !failed) return;
  for (auto& rule : state_->rules) {
    if (rule->rule.cluster == cluster && rule->group_kinds.contains(listed)) rule->look = true;
  }
  state_->wake();
}

void Deployments::on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) {
  const auto watched = state_->clusters.find(cluster);
  if (watched == state_->clusters.end()) return;
  const GroupKind failed{kind.group, kind.kind};
  watched->second.answered.insert(failed);
  watched->second.failed.insert_or_assign(failed, why);
  // A kind that isn't served any more has no objects; one that we mayn't read now still has those that we know.
  if (why.kind == ErrorKind::NotFound) {
    std::vector<ObjectRef> gone;
    for (const auto& [id, kept] : watched->second.objects[failed]) gone.push_back(kept.object.ref);
    for (const auto& ref : gone) on_deleted(cluster, ref);
  }
  for (auto& rule : state_->rules) {
    if (rule->rule.cluster == cluster && rule->group_kinds.contains(failed)) rule->look = true;
  }
  state_->wake();
}

}  // namespace driftwarden
