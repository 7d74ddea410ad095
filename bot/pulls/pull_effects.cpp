// What a pull request would do to one App: rendered before and after, and against live.
#include "bot/change/judge_gates.hpp"
#include "bot/change/plan.hpp"
#include "bot/config/policy.hpp"
#include "bot/cost/cost.hpp"
#include "bot/policy/findings.hpp"
#include "bot/policy/gate.hpp"
#include "bot/policy/risk.hpp"
#include "bot/pulls/pull_costs.hpp"
#include "bot/pulls/pull_watch.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/diff/compare.hpp"
#include "gitops/drift/cause.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kPricing{75'000};  ///< of one pull request, all in all: the rest of it is said in any case

/// All that a comparison needs, as values: it runs on the pool.
struct Comparison {
  App app;
  std::vector<Manifest> before;
  std::vector<Manifest> after;
  std::vector<Manifest> now;    ///< Desired as it is in force
  std::vector<JsonPtr> live;    ///< of `after`, then of `now`
  bool live_known = false;
  IndexOptions options;
  int share_percent = 30;
  CostConfig prices;            ///< without what isn't a price
  WallTime at{};
  std::size_t longest_diff = 0;
  const Redactor* redactor = nullptr;
};

bool holds(const std::vector<Manifest>& manifests, const ObjectRef& ref) {
  return std::ranges::any_of(manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
}

/// Live against the head, as if the head were in force.
std::string live_text(const Comparison& given) {
  CompareContext context;
  context.redactor = given.redactor;
  context.managers = &given.options.managers;
  context.disabled_rules = given.options.disabled_rules;
  context.app = given.app.name;
  context.ignore = given.app.ignore;
  context.now = given.at;
  DriftReport report;
  std::map<std::string, JsonPtr> live;
  for (std::size_t i = 0; i < given.after.size(); ++i) {
    const auto& manifest = given.after[i];
    const auto& object = given.live[i];
    live[object_id(manifest.ref)] = object;
    auto drift = compare(manifest.body.get(), object.get(), nullptr, nullptr, context);
    drift.object = manifest.ref;
    if (drift.verdict == Verdict::OutOfSync || drift.verdict == Verdict::Missing) report.objects.push_back(std::move(drift));
  }
  for (std::size_t i = 0; i < given.now.size(); ++i) {
    const auto& object = given.live[given.after.size() + i];
    if (object == nullptr || holds(given.after, given.now[i].ref)) continue;
    live[object_id(given.now[i].ref)] = object;
    report.objects.push_back({given.now[i].ref, Verdict::Extra, {}, {}});
  }
  const std::function<JsonPtr(const ObjectRef&)> find = [&](const ObjectRef& ref) {
    const auto found = live.find(object_id(ref));
    return found == live.end() ? nullptr : found->second;
  };
  return undo_text(report, given.after, find, *given.redactor);
}

std::string without_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

view::PullEffect compared(const Comparison& given) {
  view::PullEffect effect;
  effect.app = given.app;
  effect.rendered_diff = without_end(effect_text(given.before, given.after, *given.redactor));
  if (!effect.rendered_diff.empty()) effect.risk = assess_risk(given.before, given.after, given.share_percent);
  if (!effect.rendered_diff.empty()) effect.cost = cost_change(given.prices, given.app.cluster, given.before, given.after);
  effect.live_known = given.live_known;
  if (given.live_known) effect.live_diff = without_end(live_text(given));
  std::vector<view::PullEffect> alone{std::move(effect)};
  fit_diffs(alone, given.longest_diff);
  return std::move(alone.front());
}

}  // namespace

std::vector<KnownApp> PullWatch::apps_of(const std::string& repository) const {
  std::vector<KnownApp> known;
  for (auto& app : parts_.fleet->apps()) {
    if (app.orphans || app.repository != repository) continue;
    auto sources = parts_.fleet->sources(app.name);
    known.push_back({std::move(app), std::move(sources)});
  }
  return known;
}

std::string PullWatch::state_of(const std::string& app) const {
  const auto report = parts_.fleet->report(app);
  const auto written = [&](const char* key) {
    const auto found = parts_.config->digests.find(key);
    return found == parts_.config->digests.end() ? std::string() : found->second;
  };
  // A plan says nothing of a branch that isn't merged.
  if (const auto* known = parts_.fleet->app(app); known != nullptr && !is_rendered(*known)) return fmt::format("{}\n{}", app, written("cost"));
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", app, to_string(report.state), fingerprint(report), parts_.fleet->desired_tree(app), written("cost"), written("gates"));
}

std::string PullWatch::states_of(const std::vector<std::string>& apps, const InForce& in_force) const {
  const auto now = parts_.clock->wall_now();
  std::string all;
  for (const auto& name : apps) {
    const auto* app = parts_.fleet->app(name);
    if (app == nullptr) continue;
    Change change;
    change.app = name;
    const auto obstacle = obstacle_to(*parts_.config, *app, change, in_force.holds, GateStage::Apply, now);
    all += fmt::format("{}\n{}\n", state_of(name), obstacle ? obstacle->why : "");
    for (const auto& waiver : in_force.waivers) {
      if (waiver.app == name && is_active(waiver, now)) all += fmt::format("waiver {} {}\n", waiver.id, why_idle(*parts_.config, waiver, *app));
    }
  }
  return sha256_hex(all);
}

asio::awaitable<Result<PullCommits>> PullWatch::commits_of(std::string repository, PullLook look, std::string same_head, std::string same_base) {
  std::function<Result<PullCommits>(Mirror&)> work = [look, same_head, same_base, apps = apps_of(repository)](Mirror& mirror) -> Result<PullCommits> {
    TRY(auto commits, find_commits(mirror, look));
    if (commits.head == same_head && commits.base == same_base) return commits;
    CHECK_OK(find_touched(mirror, apps, look, commits));
    return commits;
  };
  auto working = parts_.fleet->repository(repository).with_mirror<PullCommits>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<std::vector<Manifest>>> PullWatch::rendered(App app, std::string revision) {
  if (revision.empty()) co_return std::vector<Manifest>{};
  auto rendering = parts_.fleet->render_revision(std::move(app), std::move(revision));
  auto desired = co_await std::move(rendering);
  if (!desired) co_return desired.error();
  co_return std::move(desired->manifests);
}

asio::awaitable<std::vector<view::PullEffect>> PullWatch::effects_of(PullKey key, PullCommits commits) {
  std::vector<view::PullEffect> effects;
  std::map<std::string, Finished> kept;
  std::optional<MonoTime> priced_until;
  for (auto& touched : commits.touched) {
    const auto app = touched.app;
    auto basis = sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", commits.head, commits.base, touched.before, touched.after, touched.trouble, touched.remark, state_of(app.name)));
    const auto& known = finished_[key][app.name];
    if (known.basis != basis || known.effect.app != app) {
      if (!is_rendered(app) && !priced_until) priced_until = parts_.clock->mono_now() + kPricing;
      auto working = effect_of(std::move(touched), priced_until.value_or(MonoTime{}));
      auto effect = co_await std::move(working);
      // At once: when the time for this pull request is over, the next look goes on from here.
      finished_[key][app.name] = {std::move(basis), std::move(effect)};
    }
    kept[app.name] = finished_[key][app.name];
    effects.push_back(kept[app.name].effect);
  }
  fit_diffs(effects, comment_limit(key.first));
  for (auto& effect : effects) {
    auto& one = kept[effect.app.name];
    one.effect = effect;
    if (!effect.failure.empty() || gave_no_answer(effect)) one.basis.clear();  // it may have been a passing trouble
  }
  finished_[key] = std::move(kept);
  co_return effects;
}

asio::awaitable<view::PullEffect> PullWatch::effect_of(TouchedApp touched, MonoTime priced_until) {
  view::PullEffect effect;
  effect.app = touched.app;
  effect.failure = without_values(touched.trouble);
  if (!is_rendered(effect.app)) co_return co_await planned_effect(std::move(touched), priced_until);
  if (is_gated(parts_.gates, *parts_.config)) effect.gates = not_judged(*parts_.config, effect.app);
  if (!effect.failure.empty()) co_return effect;
  auto rendering = rendered(touched.app, touched.after);
  auto after = co_await std::move(rendering);
  if (!after) {
    effect.failure = "the head can't be rendered: " + without_values(after.error().message);
    co_return effect;
  }
  auto rendering_base = rendered(touched.app, touched.before);
  auto before = co_await std::move(rendering_base);
  if (!before) {
    effect.failure = "the base can't be rendered, the head can: there is nothing to compare it with. " + without_values(before.error().message);
    co_return effect;
  }
  const auto app = touched.app;
  auto was = *before;
  auto is = *after;
  auto looking = looked_at(std::move(touched), std::move(*before), std::move(*after));
  effect = co_await std::move(looking);
  if (!is_gated(parts_.gates, *parts_.config)) co_return effect;
  auto judging = judge_gates(*parts_.gates, app, app, std::move(was), std::move(is));
  effect.gates = co_await std::move(judging);
  co_return effect;
}

/// What comes of it is planned after the merge; what it costs its files say already.
asio::awaitable<view::PullEffect> PullWatch::planned_effect(TouchedApp touched, MonoTime priced_until) {
  view::PullEffect effect;
  effect.app = touched.app;
  effect.failure = without_values(touched.trouble);
  effect.files = std::move(touched.files);
  effect.more_files = touched.more_files;
  if (!effect.failure.empty()) co_return effect;
  effect.risk = risk_of_planned(touched.app);
  const bool priced = touched.app.kind == AppKind::Terraform && parts_.config->cost.infracost && parts_.price_files;
  if (!priced) co_return effect;
  if (touched.by_stranger) {
    effect.cost_trouble = "it comes from a fork, and nothing runs on what strangers wrote";
    co_return effect;
  }
  auto pricing = with_deadline(*parts_.clock, priced_until, price_of(std::move(touched)));
  auto cost = co_await std::move(pricing);
  if (!cost && cost.error().kind == ErrorKind::Timeout) cost = Error{ErrorKind::Timeout, "Infracost took too long; it is asked again in a while"};
  if (cost) {
    effect.cost = std::move(*cost);
    co_return effect;
  }
  effect.cost_trouble = without_values(cost.error().message);
  effect.cost_may_come = cost.error().kind != ErrorKind::Denied;
  co_return effect;
}

/// One of ours at a time: a Change that waits for its price waits for one pull request at most.
asio::awaitable<Result<CostChange>> PullWatch::price_of(TouchedApp touched) {
  CO_TRY(const auto turn, co_await pricing_turns_.enter());
  auto pricing = parts_.price_files(std::move(touched.app), std::move(touched.before), std::move(touched.after));
  co_return co_await std::move(pricing);
}

std::vector<App> PullWatch::risen_apps(const std::string& repository) const {
  std::map<std::string, App> apps;
  if (parts_.config->cost.thresholds.empty()) return {};
  for (const auto& [key, by_app] : finished_) {
    if (key.first != repository) continue;
    for (const auto& [name, finished] : by_app) {
      if (raises_cost(finished.effect)) apps.emplace(name, finished.effect.app);
    }
  }
  std::vector<App> all;
  for (auto& [name, app] : apps) all.push_back(std::move(app));
  return all;
}

asio::awaitable<Result<RisenLately>> PullWatch::add_risen(std::vector<view::PullEffect>& effects, RisenLately known) {
  RisenLately risen;
  if (parts_.config->cost.thresholds.empty()) co_return risen;
  std::vector<App> unknown;
  for (const auto& effect : effects) {
    if (raises_cost(effect) && !known.contains(effect.app.name)) unknown.push_back(effect.app);
  }
  if (!unknown.empty()) {
    std::function<Result<RisenLately>(storage::Transaction&)> work = [unknown = std::move(unknown), now = parts_.clock->wall_now()](storage::Transaction& tx) { return load_risen(tx, unknown, now); };
    auto loading = parts_.store->query<RisenLately>(std::move(work));
    CO_TRY(const auto loaded, co_await std::move(loading));
    known.insert(loaded.begin(), loaded.end());
  }
  for (auto& effect : effects) {
    if (!raises_cost(effect)) continue;
    effect.risen_lately = known[effect.app.name];
    risen[effect.app.name] = effect.risen_lately;
  }
  co_return risen;
}

/// Both sides are rendered: what differs, and what live says to that.
asio::awaitable<view::PullEffect> PullWatch::looked_at(TouchedApp touched, std::vector<Manifest> before, std::vector<Manifest> after) {
  view::PullEffect effect;
  effect.app = touched.app;
  Comparison comparison;
  comparison.app = touched.app;
  comparison.before = std::move(before);
  comparison.after = std::move(after);
  comparison.options = index_options(parts_.config->drift);
  comparison.share_percent = parts_.config->policy.destructive.share_percent;
  comparison.prices.currency = parts_.config->cost.currency;
  comparison.prices.prices = parts_.config->cost.prices;
  comparison.at = parts_.clock->wall_now();
  comparison.longest_diff = comment_limit(touched.app.repository);
  comparison.redactor = parts_.redactor;
  if (auto now = parts_.fleet->desired(touched.app.name)) comparison.now = std::move(*now);
  const bool judged = parts_.fleet->report(touched.app.name).state != AppState::Unknown;
  comparison.live_known = judged && touched.remark.empty();
  if (comparison.live_known) {
    for (const auto& manifest : comparison.after) comparison.live.push_back(parts_.fleet->live(touched.app, manifest.ref));
    for (const auto& manifest : comparison.now) comparison.live.push_back(parts_.fleet->live(touched.app, manifest.ref));
  }
  // Big Apps take a while: on the pool, like all that works on whole Apps.
  std::function<Result<view::PullEffect>(Mirror&)> work = [comparison = std::move(comparison)](Mirror&) -> Result<view::PullEffect> { return compared(comparison); };
  auto working = parts_.fleet->repository(touched.app.repository).with_mirror<view::PullEffect>(std::move(work));
  auto done = co_await std::move(working);
  if (!done) {
    effect.failure = without_values(done.error().message);
    co_return effect;
  }
  effect = std::move(*done);
  if (!touched.remark.empty()) effect.obstacles.push_back(touched.remark);
  co_return effect;
}

}  // namespace driftwarden
