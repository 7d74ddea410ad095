#include "bot/conversation/ask_facts.hpp"

#include "bot/change/change_steps.hpp"
#include "bot/config/policy.hpp"
#include "bot/cost/cost.hpp"
#include "bot/home/status_row.hpp"
#include "bot/incident/drift_cost.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/money.hpp"
#include "gitops/base/plain_time.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::size_t kFieldsTold = 8;
constexpr std::size_t kEventsTold = 6;
constexpr std::size_t kStepsTold = 3;
constexpr std::size_t kChangesTold = 4;
constexpr std::size_t kIncidentsTold = 3;
constexpr std::size_t kCommitsTold = 5;
constexpr std::size_t kLogLines = 40;
constexpr std::size_t kLogLinesTold = 4;
constexpr std::size_t kAppsTold = 12;
constexpr std::size_t kPricesTold = 3;
constexpr std::size_t kLongestText = 300;

/// Where a fact is from, in the order of the default. Asked is the Change that the question names, Steps are events of what went well, Dropped are Changes
/// that came to nothing.
enum class Source { State, Asked, Cost, Drift, Health, Pods, Events, Logs, Changes, Incidents, Holds, History, Steps, Dropped };

struct Sourced {
  Source source;
  FoundFact found;
};
using Facts = std::vector<Sourced>;

void add(Facts& facts, Source source, std::string_view command, const std::string& text, std::string link = {}) {
  FoundFact found;
  found.fact.source = command;
  found.fact.text = ellipsize(redact_log(hide_secrets(without_control_characters(text))), kLongestText);
  found.link = std::move(link);
  facts.push_back({source, std::move(found)});
}

bool holds_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::array<Source, 14> order_of(Topic topic) {
  using enum Source;
  switch (topic) {
    case Topic::Rollout: return {State, Asked, Health, Pods, Events, Drift, Holds, Steps, Changes, Logs, History, Incidents, Dropped, Cost};
    case Topic::Failure: return {State, Asked, Health, Pods, Logs, Events, Drift, Changes, History, Incidents, Holds, Steps, Dropped, Cost};
    case Topic::Who: return {State, Asked, Drift, Changes, History, Incidents, Holds, Events, Health, Dropped, Pods, Steps, Logs, Cost};
    case Topic::Drift: return {State, Asked, Drift, Incidents, Changes, Holds, History, Health, Pods, Events, Dropped, Steps, Logs, Cost};
    case Topic::Cost: return {State, Asked, Cost, Drift, Changes, History, Holds, Incidents, Health, Pods, Events, Dropped, Steps, Logs};
    case Topic::Any: break;
  }
  return {State, Asked, Drift, Health, Pods, Events, Changes, Incidents, Holds, History, Dropped, Steps, Logs, Cost};
}

std::vector<FoundFact> in_order(Facts facts, Topic topic) {
  const auto order = order_of(topic);
  std::ranges::stable_sort(facts, {}, [&](const Sourced& one) { return std::ranges::find(order, one.source) - order.begin(); });
  std::vector<FoundFact> sorted;
  sorted.reserve(facts.size());
  for (auto& one : facts) sorted.push_back(std::move(one.found));
  return sorted;
}

std::string ago(WallTime then, WallTime now) { return format_age(std::max(Duration{0}, std::chrono::duration_cast<Duration>(now - then))) + " ago"; }

std::string message_url(const Services& services, const std::optional<MessageRef>& message) {
  if (!message || message->ts.empty() || services.workspace_url.empty()) return {};
  auto ts = message->ts;
  std::erase(ts, '.');
  return fmt::format("{}{}archives/{}/p{}", services.workspace_url, services.workspace_url.ends_with('/') ? "" : "/", message->channel, ts);
}

std::string change_url(const Services& services, const Change& change) {
  const auto card = message_url(services, change.card);
  const bool safe = change.pull_request_url.starts_with("https://") || change.pull_request_url.starts_with("http://");
  return card.empty() && safe ? change.pull_request_url : card;
}

std::string state_words(const view::StatusRow& row) {
  const auto& report = row.report;
  auto words = std::string(to_string(report.state));
  if (report.state == AppState::OutOfSync) words += ": " + (row.app.kind == AppKind::Kubernetes ? view::cause_words(report) : view::planned_words(report));
  if (!report.reason.empty()) words += ": " + report.reason;
  if (!report.revision.empty()) words += fmt::format("; rendered from Git commit {}", report.revision.substr(0, 7));
  if (!row.health.empty()) words += "; health: " + row.health;
  return words;
}

void add_state(Facts& facts, const view::StatusRow& row) {
  add(facts, Source::State, "status", row.app.name + " is " + state_words(row));
  if (!row.report.opinion) return;
  const auto& opinion = *row.report.opinion;
  auto words = fmt::format("{} says {}", opinion.by, to_string(opinion.state));
  for (const auto* part : {&opinion.health, &opinion.operation, &opinion.waits_for, &opinion.message}) {
    if (!part->empty()) words += "; " + *part;
  }
  if (opinion.paused) words += "; it puts nothing in force by itself";
  add(facts, Source::State, "status", words);
}

void add_drift(Facts& facts, const DriftReport& report, WallTime now) {
  std::size_t told = 0;
  for (const auto& object : report.objects) {
    const auto name = fmt::format("{}/{}", object.object.kind, object.object.name);
    if (object.fields.empty() && object.verdict != Verdict::Unknown && told++ < kFieldsTold) add(facts, Source::Drift, "diff", fmt::format("{} is {}", name, to_string(object.verdict)));
    for (const auto& field : object.fields) {
      if (told++ >= kFieldsTold) break;
      auto words = fmt::format("{} {}: Git says {}, live is {}", name, field.path, ellipsize(field.desired.value_or("nothing"), 80), ellipsize(field.live.value_or("nothing"), 80));
      if (field.by) words += ", set by " + *field.by;
      if (field.time) words += ", " + ago(*field.time, now);
      add(facts, Source::Drift, "diff", words);
    }
  }
  if (told > kFieldsTold) add(facts, Source::Drift, "diff", fmt::format("{} more fields differ", told - kFieldsTold));
  for (const auto& fight : report.fights) add(facts, Source::Drift, "diff", fmt::format("{} and others fight over {} of {}/{}", fight.managers.empty() ? "somebody" : fight.managers.front(), fight.path, fight.object.kind, fight.object.name));
}

struct Stored {
  std::vector<Incident> incidents;
  std::vector<Change> changes;
  std::vector<Hold> holds;
};

asio::awaitable<Result<Stored>> load_stored(Services& services, std::string app) {
  std::function<Result<Stored>(storage::Transaction&)> work = [app](storage::Transaction& tx) -> Result<Stored> {
    Stored stored;
    if (app.empty()) {
      TRY(stored.incidents, tx.open_incidents());
    } else {
      TRY(stored.incidents, tx.incidents_of(app, kIncidentsTold));
    }
    storage::ChangeQuery query;
    query.app = app;
    query.open_only = app.empty();
    query.limit = app.empty() ? 50 : kChangesTold;
    TRY(stored.changes, tx.changes(query));
    TRY(stored.holds, tx.open_holds());
    return stored;
  };
  auto working = services.store.query<Stored>(std::move(work));
  co_return co_await std::move(working);
}

std::string change_words(const Change& change, WallTime now) {
  auto words = fmt::format("{} of {}: {} by {}, {} {}", change_name(change.id), change.app, to_string(change.verb), change.requester, to_string(change.state), ago(change.updated_at, now));
  if (change.state == ChangeState::Proposed) {
    const auto open = open_seats(change, counted_approvers(change));
    if (open.all() > 0) words += "; waits for " + view::counted(static_cast<std::size_t>(open.all()), "approval");
    if (open.extra > 0) words += fmt::format(", {} of them for its cost by {}", open.extra, join(change.quorum.extra.from, ", "));
  }
  if (!change.waiting_for.empty()) words += "; waits for " + change.waiting_for;
  if (!change.failure.empty()) words += "; " + change.failure;
  if (!change.reason.empty()) words += "; because " + change.reason;
  return words;
}

std::string incident_words(const Incident& incident, WallTime now) {
  auto words = fmt::format("incident {} of {}: {}, opened {}", incident.id, incident.app, view::cause_words(incident.report), ago(incident.opened_at, now));
  if (!incident.acknowledged_by.empty()) words += ", acknowledged by " + incident.acknowledged_by;
  if (incident.resolved_at) words += fmt::format(", over {}: {}", ago(*incident.resolved_at, now), incident.resolved_by);
  return words;
}

/// "C-12", but not "C-123".
bool names_change(const std::string& question, std::int64_t change) {
  const auto name = to_lower(change_name(change));
  const auto text = to_lower(question);
  const auto at = text.find(name);
  return at != std::string::npos && (at + name.size() == text.size() || std::isdigit(static_cast<unsigned char>(text[at + name.size()])) == 0);
}

Source source_of(const Change& change, const std::string& question) {
  if (names_change(question, change.id)) return Source::Asked;
  return is_final(change.state) && change.state != ChangeState::Done ? Source::Dropped : Source::Changes;
}

void add_stored(Facts& facts, const Services& services, const Stored& stored, const App* app, const std::string& question, WallTime now) {
  for (const auto& change : stored.changes) add(facts, source_of(change, question), "history", change_words(change, now), change_url(services, change));
  for (const auto& incident : stored.incidents) add(facts, Source::Incidents, "history", incident_words(incident, now), message_url(services, incident.message));
  for (const auto& hold : stored.holds) {
    if (!is_active(hold, now) || (app != nullptr && !covers(hold.scope, *app))) continue;
    auto words = fmt::format("{} on {} by {}, since {}", to_string(hold.kind), to_words(hold.scope), hold.owner, plain_time(hold.since));
    if (hold.until) words += " until " + plain_time(*hold.until);
    if (!hold.reason.empty()) words += ": " + hold.reason;
    add(facts, Source::Holds, "status", words);
  }
}

void add_history(Facts& facts, const std::vector<view::HistoryRow>& rows, WallTime now) {
  for (const auto& row : rows) {
    auto words = fmt::format("commit {} by {}, {}: {}", row.sha.substr(0, 7), row.author, ago(row.time, now), row.summary);
    if (row.in_force) words += " (in force)";
    if (!row.health.empty()) words += "; it was " + row.health;
    add(facts, Source::History, "history", words);
  }
}

void add_cost(Facts& facts, const Services& services, const App& app, const DriftReport& report) {
  const auto* prices = is_rendered(app) ? prices_of(services.config, app.cluster) : nullptr;
  const auto desired = prices == nullptr ? std::nullopt : services.fleet.desired(app.name);
  if (!desired) return;
  const auto& currency = services.config.cost.currency;
  const auto costed = cost_of(*desired, *prices, currency);
  add(facts, Source::Cost, "cost", fmt::format("{} costs {} a month by its requests, at the prices of {}", app.name, money_words(costed.cost.micros, currency), app.cluster));
  const auto told = std::min(costed.lines.size(), kPricesTold);
  for (std::size_t at = 0; told > 1 && at < told; ++at) add(facts, Source::Cost, "cost", fmt::format("{} costs {} of it", costed.lines[at].what, money_words(costed.lines[at].after_micros, currency)));
  if (const auto drift = drift_cost(services.config.cost, services.fleet, app, report)) {
    add(facts, Source::Cost, "cost", fmt::format("what is live costs {} a month against what Git says", money_difference(drift->rise_micros(), currency)));
  }
  if (!costed.cost.uncounted.empty()) add(facts, Source::Cost, "cost", "not counted: " + join(costed.cost.uncounted, "; "));
}

void add_pods(Facts& facts, const std::vector<PodRow>& rows, WallTime now) {
  const auto ready = std::ranges::count_if(rows, [](const PodRow& row) { return row.ready; });
  auto words = fmt::format("{} of {} ready", ready, view::counted(rows.size(), "pod"));
  if (rows.empty()) words = "no pod of it runs";
  std::size_t told = 0;
  for (const auto& row : rows) {
    if (row.ready || told++ == 3) continue;
    words += fmt::format("; {} {}", row.name, row.phase);
    if (row.created) words += ", made " + ago(*row.created, now);
    if (!row.why.empty()) words += ", " + row.why;
  }
  add(facts, Source::Pods, "pods", words);
}

/// Warnings first. What went well is told once per reason and object, and least of all.
void add_events(Facts& facts, const std::vector<EventRow>& rows, WallTime now) {
  const auto is_told = [&](const std::string& message) {
    return std::ranges::any_of(facts, [&](const Sourced& one) { return one.found.fact.text.find(message) != std::string::npos; });
  };
  std::size_t troubles = 0;
  std::set<std::pair<std::string, std::string>> steps;
  for (const auto& row : rows) {
    const bool step = row.type == "Normal";
    if (is_told(row.message) || (!step && troubles == kEventsTold)) continue;
    if (step && (steps.size() == kStepsTold || !steps.emplace(row.reason, row.object).second)) continue;
    if (!step) ++troubles;
    auto words = fmt::format("{} {}{} on {}: {}", row.type, row.reason, row.count > 1 ? fmt::format(" x{}", row.count) : "", row.object, row.message);
    if (row.last) words += ", " + ago(*row.last, now);
    add(facts, step ? Source::Steps : Source::Events, "events", words);
  }
}

/// The lines that speak of trouble; without any, the last ones of what ails.
void add_logs(Facts& facts, const LogText& log, bool ailing) {
  auto lines = split(log.text, '\n');
  std::erase_if(lines, [](const std::string& line) { return trim(line).empty(); });
  const auto in_trouble = [](const std::string& line) { return holds_any(to_lower(line), {"error", "fail", "panic", "exception", "fatal", "timeout", "timed out", "refused", "denied", "killed"}); };
  std::vector<std::string> told;
  std::ranges::copy_if(lines, std::back_inserter(told), in_trouble);
  if (told.empty() && !ailing) {
    if (!lines.empty()) add(facts, Source::Logs, "logs", fmt::format("no trouble in the last {} of its logs", view::counted(lines.size(), "line")));
    return;
  }
  if (told.empty()) told = lines;
  const auto first = told.size() > kLogLinesTold ? told.size() - kLogLinesTold : 0;
  for (auto at = first; at < told.size(); ++at) add(facts, Source::Logs, "logs", "log line: " + told[at]);
}

struct LiveLook {
  std::vector<PodRow> pods;
  std::vector<EventRow> events;
};

asio::awaitable<Result<LiveLook>> look_at_live(Services& services, App app, bool pods, bool events) {
  LiveLook look;
  if (pods) {
    auto rows = co_await find_pods(services.fleet, app);
    if (!rows) co_return rows.error();
    look.pods = std::move(*rows);
  }
  if (events) {
    auto rows = co_await find_events(services.fleet, app, 3 * kEventsTold);
    if (!rows) co_return rows.error();
    look.events = std::move(*rows);
  }
  co_return look;
}

/// What the cluster says, as far as the caller may look.
asio::awaitable<void> add_live(Services& services, Call call, App app, Topic topic, Facts& facts, Evidence& evidence) {
  const auto who = caller_id(call);
  const auto may_see = [&](Verb verb) { return may(services.config, who, to_string(verb), app).allowed; };
  const bool sees_pods = may_see(Verb::Pods);
  const bool sees_events = may_see(Verb::Events);
  const bool reads_logs = may_see(Verb::Logs);
  const bool sees_why = sees_pods && sees_events && may_see(Verb::Why);
  const auto now = services.clock.wall_now();
  bool ailing = false;
  if (sees_why) {
    auto looking = explain_health(services.fleet, app, now, reads_logs);
    auto timed = in_time(services.clock, app.cluster, std::move(looking));
    auto health = co_await std::move(timed);
    if (health) {
      ailing = !health->lines.empty();
      for (const auto& line : health->lines) add(facts, Source::Health, "why", line);
      evidence.logs_read = std::move(health->logs_read);
    } else {
      evidence.notes.push_back("its health can't be told: " + health.error().message);
      co_return;
    }
  }
  auto looking = look_at_live(services, app, sees_pods, sees_events);
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  auto look = co_await std::move(timed);
  if (look) {
    if (sees_pods) add_pods(facts, look->pods, now);
    add_events(facts, look->events, now);
  } else {
    evidence.notes.push_back("pods and events can't be told: " + look.error().message);
  }
  if (!reads_logs || (!ailing && topic != Topic::Failure)) co_return;
  LogsAsked asked;
  asked.tail = kLogLines;
  auto reading = read_logs(services.fleet, app, std::move(asked));
  auto timed_reading = in_time(services.clock, app.cluster, std::move(reading));
  auto log = co_await std::move(timed_reading);
  if (!log) co_return;  // why there is none is told by the pods
  add_logs(facts, *log, ailing);
  evidence.logs_read.insert(evidence.logs_read.end(), log->sources.begin(), log->sources.end());
}

}  // namespace

Topic topic_of(std::string_view question) {
  const auto text = " " + to_lower(question) + " ";
  if (holds_any(text, {" who ", " when ", "changed", "commit", "deployed", "approved", " whom ", "last release"})) return Topic::Who;
  if (holds_any(text, {" cost", "price", "expensive", "money", "cheap", " spend", " bill"})) return Topic::Cost;
  if (holds_any(text, {"slow", "roll", "stuck", "progress", "pending", "start", "schedul", "ready", "hang", "wait", "long"})) return Topic::Rollout;
  if (holds_any(text, {"crash", "error", "fail", " log", "oom", "restart", "broken", "down", "unhealthy", "degraded", "500", "timeout"})) return Topic::Failure;
  if (holds_any(text, {"drift", "sync", "differ", " git", "live", "manual", "by hand"})) return Topic::Drift;
  return Topic::Any;
}

asio::awaitable<Evidence> find_facts(Services& services, Call call, App app) {
  Evidence evidence;
  Facts facts;
  const auto topic = topic_of(call.command.sentence);
  const auto who = caller_id(call);
  evidence.row = status_row(services.fleet, app);
  auto stored = co_await load_stored(services, app.name);
  const auto now = services.clock.wall_now();
  if (stored) {
    const auto open = std::ranges::find_if(stored->incidents, [](const Incident& incident) { return incident.state != IncidentState::Resolved; });
    if (open != stored->incidents.end()) evidence.row.incident = *open;
    const auto waits = std::ranges::find_if(stored->changes, [](const Change& change) { return !is_final(change.state); });
    if (waits != stored->changes.end()) evidence.row.open_change = *waits;
  } else {
    evidence.notes.push_back(stored.error().message);
  }
  evidence.headline = view::status_line(evidence.row, now);
  add_state(facts, evidence.row);
  if (may(services.config, who, to_string(Verb::Diff), app).allowed) add_drift(facts, evidence.row.report, now);
  if (topic == Topic::Cost && may(services.config, who, to_string(Verb::Cost), app).allowed) add_cost(facts, services, app, evidence.row.report);
  if (is_rendered(app) && !app.orphans) {
    auto looking = add_live(services, call, app, topic, facts, evidence);
    co_await std::move(looking);
  }
  const bool sees_history = may(services.config, who, to_string(Verb::History), app).allowed;
  if (stored) {
    if (!sees_history) stored->incidents.clear();
    if (!sees_history) stored->changes.clear();
    add_stored(facts, services, *stored, &app, call.command.sentence, now);
  }
  if (sees_history) {
    auto rows = co_await history_rows(services, app, kCommitsTold);
    if (rows) {
      add_history(facts, *rows, now);
    } else {
      evidence.notes.push_back("its history can't be told: " + rows.error().message);
    }
  }
  evidence.facts = in_order(std::move(facts), topic);
  co_return evidence;
}

asio::awaitable<Evidence> find_facts_of_all(Services& services, Call call) {
  Evidence evidence;
  Facts facts;
  const auto who = caller_id(call);
  auto apps = visible_apps(services, call);
  std::erase_if(apps, [&](const App& app) { return !may(services.config, who, to_string(Verb::Ask), app).allowed; });
  auto stored = co_await load_stored(services, {});
  if (!stored) evidence.notes.push_back(stored.error().message);
  const auto now = services.clock.wall_now();
  std::vector<view::StatusRow> rows;
  for (const auto& app : apps) {
    // It may have gone while the database was asked.
    if (services.fleet.app(app.name) == nullptr) continue;
    auto row = status_row(services.fleet, app);
    if (stored) {
      const auto open = std::ranges::find(stored->incidents, app.name, &Incident::app);
      if (open != stored->incidents.end()) row.incident = *open;
    }
    if (view::badness_of(row) != view::kFine) rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, {}, view::badness_of);
  evidence.headline = rows.empty() ? fmt::format(":white_check_mark: All {} that you see are in sync and healthy.", view::counted(apps.size(), "App"))
                                   : fmt::format(":mag: {} of {} that you see {} a look.", rows.size(), view::counted(apps.size(), "App"), rows.size() == 1 ? "needs" : "need");
  add(facts, Source::State, "status", fmt::format("not in sync or not healthy: {} of {}", rows.size(), view::counted(apps.size(), "App")));
  for (std::size_t at = 0; at < rows.size() && at < kAppsTold; ++at) {
    const auto since = rows[at].incident ? ", since " + plain_time(rows[at].incident->opened_at) : std::string();
    const auto url = rows[at].incident ? message_url(services, rows[at].incident->message) : std::string();
    add(facts, Source::State, "status", fmt::format("{} ({}): {}{}", rows[at].app.name, view::place_name(rows[at].app), state_words(rows[at]), since), url);
  }
  if (stored) {
    stored->incidents.clear();  // told with their Apps
    const auto is_theirs = [&](const std::string& name) { return std::ranges::find(apps, name, &App::name) != apps.end(); };
    const auto sees_history = [&](const std::string& name) {
      const auto found = std::ranges::find(apps, name, &App::name);
      return found != apps.end() && may(services.config, who, to_string(Verb::History), *found).allowed;
    };
    std::erase_if(stored->changes, [&](const Change& change) { return !sees_history(change.app); });
    if (stored->changes.size() > kAppsTold) stored->changes.resize(kAppsTold);
    std::erase_if(stored->holds, [&](const Hold& hold) { return hold.scope.kind == HoldScope::Kind::App && !is_theirs(hold.scope.name); });
    add_stored(facts, services, *stored, nullptr, call.command.sentence, now);
  }
  evidence.facts = in_order(std::move(facts), Topic::Any);
  co_return evidence;
}

}  // namespace driftwarden
