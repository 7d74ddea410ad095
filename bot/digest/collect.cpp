// What the digest says: the store, the fleet and Git, put together.
#include "bot/config/alert_routes.hpp"
#include "bot/digest/digest.hpp"
#include "bot/policy/findings.hpp"
#include "bot/policy/gate.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/post.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kDay = std::chrono::hours{24};
constexpr Duration kWeek = 7 * kDay;
constexpr std::size_t kChangesLookedAt = 1000;
constexpr std::size_t kResolvedCounted = 5000;
constexpr std::size_t kAuditLookedAt = 5000;
constexpr std::size_t kCommitsLookedAt = 50;
constexpr std::size_t kAppsAtOnce = 20;  // their Desired is unpacked on the I/O thread

struct Snooze {
  PersonId who;
  WallTime at{};
};

struct Stored {
  std::vector<Incident> open;
  std::vector<std::string> resolved;  ///< the App of each that was over within the last day
  std::vector<Change> pending;
  std::vector<Hold> holds;
  std::vector<Hold> broken_glass;
  std::vector<Silence> silences;
  std::vector<Waiver> waivers;
  std::map<std::string, Snooze> snoozed;  ///< by App: who said so last
};

std::string text_in(const json& detail, const char* key) {
  const auto found = detail.is_object() ? detail.find(key) : detail.end();
  return detail.is_object() && found != detail.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// A glass that is whole again stands in the audit only.
Hold hold_of(const AuditRow& row) {
  Hold hold;
  const auto detail = json::parse(row.entry.detail, nullptr, false);
  hold.kind = HoldKind::BreakGlass;
  hold.scope = {HoldScope::Kind::App, row.entry.app};
  hold.owner = row.entry.actor;
  hold.reason = text_in(detail, "reason");
  hold.since = row.at;
  if (auto until = parse_time(text_in(detail, "until"))) hold.until = *until;
  return hold;
}

/// `rows` oldest first.
std::vector<Hold> broken_glass_in(const std::vector<AuditRow>& rows) {
  std::vector<std::pair<std::string, Hold>> broken;
  for (const auto& row : rows) {
    const auto& entry = row.entry;
    if (entry.action == "hold.break-glass") broken.emplace_back(entry.subject, hold_of(row));
    if (entry.action != "hold.break-glass-end" && entry.action != "hold.break-glass-ended") continue;
    for (auto& [subject, hold] : broken) {
      if (subject != entry.subject || hold.ended_at) continue;
      hold.ended_at = row.at;
      hold.ended_by = entry.actor;
    }
  }
  std::vector<Hold> holds;
  for (auto& [subject, hold] : broken) holds.push_back(std::move(hold));
  return holds;
}

Result<std::vector<Hold>> broken_glass(storage::Transaction& tx, const std::vector<Hold>& open, WallTime now) {
  TRY(auto rows, tx.audit({"", now - kDay, kAuditLookedAt, true}));
  std::ranges::reverse(rows);
  auto holds = broken_glass_in(rows);
  // Broken before yesterday and open still.
  for (const auto& hold : open) {
    if (hold.kind == HoldKind::BreakGlass && is_active(hold, now) && hold.since < now - kDay) holds.insert(holds.begin(), hold);
  }
  return holds;
}

Result<Stored> read_stored(storage::Transaction& tx, WallTime now) {
  Stored stored;
  TRY(auto open, tx.open_incidents());
  stored.open = std::move(open);
  // The open ones are among them, and newer ones hide none of those.
  TRY(const auto recent, tx.incidents_since(now - kDay, kResolvedCounted + stored.open.size()));
  for (const auto& incident : recent) {
    if (incident.state == IncidentState::Resolved) stored.resolved.push_back(incident.app);
  }
  TRY(auto changes, tx.changes({"", true, kChangesLookedAt}));
  std::erase_if(changes, [](const Change& change) { return change.state != ChangeState::Proposed; });
  std::ranges::reverse(changes);
  stored.pending = std::move(changes);
  TRY(auto holds, tx.open_holds());
  TRY(auto glass, broken_glass(tx, holds, now));
  stored.broken_glass = std::move(glass);
  std::erase_if(holds, [&](const Hold& hold) { return hold.kind == HoldKind::BreakGlass || !is_active(hold, now); });
  stored.holds = std::move(holds);
  TRY(auto silences, tx.open_silences());
  std::erase_if(silences, [&](const Silence& silence) { return !is_active(silence, now); });
  stored.silences = std::move(silences);
  TRY(auto waivers, tx.open_waivers());
  std::erase_if(waivers, [&](const Waiver& waiver) { return !is_active(waiver, now) || waiver.until - now >= kWeek; });
  std::ranges::stable_sort(waivers, {}, &Waiver::until);
  stored.waivers = std::move(waivers);
  for (const auto& incident : stored.open) {
    if (incident.state != IncidentState::Snoozed) continue;
    TRY(const auto rows, tx.audit({incident.app, incident.opened_at, 100, true}));
    const auto found = std::ranges::find(rows, "incident.snoozed", [](const AuditRow& row) { return row.entry.action; });
    if (found != rows.end()) stored.snoozed[incident.app] = {found->entry.actor, found->at};
  }
  return stored;
}

/// Whether somebody should hear of the rule now: it runs out within a week, ran out, or never does.
bool is_worth_a_line(const RuleUse& rule, WallTime now) { return rule.expired || !rule.until || *rule.until - now < kWeek; }

void add_report(view::DigestContent& content, const App& app, const DriftReport& report, const std::vector<Manifest>& desired, Duration forgotten, WallTime now) {
  ++content.apps;
  if (report.state == AppState::Synced) ++content.in_sync;
  for (const auto& rule : report.rules) {
    if (is_worth_a_line(rule, now)) content.rules.push_back({app.name, rule.rule, rule.owner, rule.until, rule.expired});
  }
  for (auto& pause : pauses_in(app, report, desired)) {
    if (!pause.since || now - *pause.since >= forgotten) content.pauses.push_back(std::move(pause));
  }
}

void add_stored(view::DigestContent& content, const Stored& stored, const Config& config, const std::vector<App>& apps, bool all, WallTime now) {
  std::set<std::string> names;
  for (const auto& app : apps) names.insert(app.name);
  const auto concerns_us = [&](const std::string& app) { return all || names.contains(app); };
  content.resolved_since = static_cast<std::size_t>(std::ranges::count_if(stored.resolved, concerns_us));
  for (const auto& incident : stored.open) {
    if (!concerns_us(incident.app)) continue;
    const auto snoozed = stored.snoozed.find(incident.app);
    if (incident.state == IncidentState::Snoozed && snoozed != stored.snoozed.end() && now - snoozed->second.at >= config.alerts.forgotten) {
      content.pauses.push_back({incident.app, "its alert is snoozed", snoozed->second.who, "", snoozed->second.at, "ack " + incident.app});
    }
    content.open.push_back(incident);
  }
  std::ranges::stable_sort(content.open, {}, &Incident::opened_at);
  std::ranges::copy_if(stored.pending, std::back_inserter(content.pending), [&](const Change& change) { return concerns_us(change.app); });
  const auto covers_us = [&](const Hold& hold) { return all || std::ranges::any_of(apps, [&](const App& app) { return covers(hold.scope, app); }); };
  std::ranges::copy_if(stored.holds, std::back_inserter(content.holds), covers_us);
  std::ranges::copy_if(stored.broken_glass, std::back_inserter(content.broken_glass), covers_us);
  // What lets nothing pass any more is no news when it ends.
  std::ranges::copy_if(stored.waivers, std::back_inserter(content.waivers), [&](const Waiver& waiver) {
    const auto app = std::ranges::find(apps, waiver.app, &App::name);
    return concerns_us(waiver.app) && (app == apps.end() || why_idle(config, waiver, *app).empty());
  });
  std::ranges::copy_if(stored.silences, std::back_inserter(content.silences),
                       [&](const Silence& silence) { return all || std::ranges::any_of(apps, [&](const App& app) { return may_be_meant(config, silence.match, app); }); });
}

/// Nothing when what the pin names is what the branch has for the App.
Result<std::optional<view::Pause>> left_behind(Mirror& mirror, const App& app) {
  TRY(const auto head, mirror.head());
  const auto text = mirror.read_file(head, pin_path(app.name));
  if (!text) return std::optional<view::Pause>{};
  TRY(const auto pin, parse_pin(*text, pin_path(app.name)));
  TRY(const auto commits, mirror.history(head, app.path, kCommitsLookedAt));
  const CommitInfo* oldest = nullptr;
  std::size_t behind = 0;
  for (const auto& commit : commits) {
    TRY(const auto contained, mirror.is_ancestor(commit.sha, pin.revision));
    if (contained) break;
    oldest = &commit;
    ++behind;
  }
  if (oldest == nullptr) return std::optional<view::Pause>{};
  view::Pause pause;
  pause.app = app.name;
  pause.what = fmt::format("it is pinned to {}, {}{} {} behind", pin.revision.substr(0, 7), behind, behind == kCommitsLookedAt ? " or more" : "", behind == 1 ? "commit" : "commits");
  pause.who = pin.by;
  pause.why = pin.reason;
  pause.since = oldest->time;
  pause.command = "sync " + app.name;
  return std::optional{std::move(pause)};
}

asio::awaitable<std::optional<view::Pause>> look_at_pin(Fleet& fleet, App app) {
  std::function<Result<std::optional<view::Pause>>(Mirror&)> look = [app](Mirror& mirror) { return left_behind(mirror, app); };
  auto looking = fleet.repository(app.repository).with_mirror<std::optional<view::Pause>>(std::move(look));
  auto found = co_await std::move(looking);
  if (found) co_return std::move(*found);
  log_debug("digest", fmt::format("{}: how far its pin is behind: {}", app.name, found.error().message));
  co_return std::nullopt;
}

}  // namespace

asio::awaitable<Result<view::DigestContent>> Digest::content(std::vector<std::string> apps) {
  std::vector<std::vector<std::string>> sets;
  sets.push_back(std::move(apps));
  auto collecting = contents(std::move(sets));
  auto collected = co_await std::move(collecting);
  if (!collected) co_return collected.error();
  co_return std::move(collected->front());
}

asio::awaitable<Result<std::vector<view::DigestContent>>> Digest::contents(std::vector<std::vector<std::string>> sets) {
  const auto now = clock_.wall_now();
  std::function<Result<Stored>(storage::Transaction&)> read = [now](storage::Transaction& tx) { return read_stored(tx, now); };
  auto reading = store_.query<Stored>(std::move(read));
  const auto stored = co_await std::move(reading);
  if (!stored) co_return stored.error();
  std::vector<view::DigestContent> all;
  for (const auto& names : sets) {
    auto looking = look_at(names, now);
    auto content = co_await std::move(looking);
    const std::set<std::string> wanted{names.begin(), names.end()};
    auto apps = fleet_.apps();
    std::erase_if(apps, [&](const App& app) { return !wanted.empty() && !wanted.contains(app.name); });
    add_stored(content, *stored, config_, apps, names.empty(), now);
    std::ranges::stable_sort(content.pauses, {}, [](const view::Pause& pause) { return pause.since.value_or(WallTime::max()); });
    std::ranges::stable_sort(content.rules, {}, [](const view::ExpiringRule& rule) { return rule.until.value_or(WallTime::max()); });
    all.push_back(std::move(content));
  }
  co_return all;
}

asio::awaitable<view::DigestContent> Digest::look_at(std::vector<std::string> names, WallTime now) {
  const auto forgotten = config_.alerts.forgotten;
  const std::set<std::string> wanted{names.begin(), names.end()};
  view::DigestContent content;
  const auto executor = co_await asio::this_coro::executor;
  std::size_t looked_at = 0;
  const auto apps = fleet_.apps();
  for (const auto& app : apps) {
    if (!wanted.empty() && !wanted.contains(app.name)) continue;
    if (++looked_at % kAppsAtOnce == 0) co_await asio::post(executor, asio::use_awaitable);
    if (fleet_.app(app.name) == nullptr) continue;
    const auto desired = fleet_.desired(app.name);
    add_report(content, app, fleet_.report(app.name), desired.value_or(std::vector<Manifest>{}), forgotten, now);
    if (app.track != Track::Pin || app.repository.empty()) continue;
    auto looking = look_at_pin(fleet_, app);
    auto behind = co_await std::move(looking);
    if (behind && now - *behind->since >= forgotten) content.pauses.push_back(std::move(*behind));
  }
  std::vector<App> looked;
  std::ranges::copy_if(apps, std::back_inserter(looked), [&](const App& app) { return wanted.empty() || wanted.contains(app.name); });
  add_deployers_pauses(content, looked, now);
  co_return content;
}

void Digest::add_deployers_pauses(view::DigestContent& content, const std::vector<App>& apps, WallTime now) const {
  if (!pauses_) return;
  for (const auto& pause : pauses_()) {
    const auto app = std::ranges::find(apps, pause.app, &App::name);
    if (app == apps.end() || (pause.since && now - *pause.since < config_.alerts.forgotten)) continue;
    // Where the object itself is an App's, that App's pause says it already.
    const auto object = to_string(app->deployer.object);
    const bool told = std::ranges::any_of(content.pauses, [&](const view::Pause& one) { return !app->deployer.object.name.empty() && one.what.find(object) != std::string::npos; });
    if (told) continue;
    std::optional<App> holder;
    std::optional<Manifest> held;
    for (const auto& other : fleet_.apps()) {
      if (holder || other.name == app->name || !is_rendered(other)) continue;
      held = fleet_.desired(other.name, app->deployer.object);
      if (held) holder = other;
    }
    content.pauses.push_back(pause_of(pause, *app, holder ? &*holder : nullptr, held ? &*held : nullptr));
  }
}

}  // namespace driftwarden
