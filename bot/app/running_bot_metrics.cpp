// What is told of the bot itself: /metrics, /healthz, the heartbeat.
#include "bot/app/running_bot.hpp"

#include "bot/app/version.hpp"
#include "bot/metrics/metric_text.hpp"
#include "bot/metrics/process_figures.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace driftwarden {
namespace {

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;

constexpr std::string_view kReply = "reply:";

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

double age(WallTime now, const std::optional<WallTime>& since) { return since ? std::max(0.0, seconds(std::chrono::duration_cast<Duration>(now - *since))) : 0.0; }

std::string_view to_string(Outbox::Settled how) {
  switch (how) {
    case Outbox::Settled::Done: return "done";
    case Outbox::Settled::Retried: return "retried";
    case Outbox::Settled::PutOff: return "put_off";
    case Outbox::Settled::Failed: return "failed";
  }
  return "?";
}

/// An id that a row's payload names; 0 = none.
std::int64_t id_in(const std::string& payload, const char* key) {
  const auto document = nlohmann::json::parse(payload, nullptr, false);
  if (!document.is_object()) return 0;
  const auto id = document.find(key);
  return id != document.end() && id->is_number_integer() ? id->get<std::int64_t>() : 0;
}

/// With what it was for: an id leads from the log to the audit row and back.
void log_effect(const storage::OutboxRow& row, Outbox::Settled how) {
  const auto incident = id_in(row.payload, "incident");
  const auto change = id_in(row.payload, "change");
  log_debug("outbox", fmt::format("{}: {} (attempt {})", row.key, to_string(how), row.attempts),
            {{"effect", row.key},
             {"kind", row.kind},
             {"outcome", to_string(how)},
             {"incident", incident == 0 ? std::string() : std::to_string(incident)},
             {"change", change == 0 ? std::string() : change_name(change)}});
}

void write_fleet(MetricText& text, const FleetFigures& figures, WallTime now) {
  const auto in_state = [&](AppState state) {
    const auto found = figures.apps.find(state);
    return found == figures.apps.end() ? 0.0 : static_cast<double>(found->second);
  };
  const auto synced = in_state(AppState::Synced);
  const auto out_of_sync = in_state(AppState::OutOfSync);
  const auto unknown = in_state(AppState::Unknown);
  text.one("driftwarden_apps", kGauge, "Apps that are known.", synced + out_of_sync + unknown);
  text.one("driftwarden_apps_synced", kGauge, "Apps that are as Git has them.", synced);
  text.one("driftwarden_apps_out_of_sync", kGauge, "Apps that differ from Git.", out_of_sync);
  text.one("driftwarden_apps_unknown", kGauge, "Apps that can't be judged now.", unknown);
  text.one("driftwarden_renders_total", kCounter, "Renderings that were asked for, whoever answered.", static_cast<double>(figures.renders));
  text.one("driftwarden_renders_by_tool_total", kCounter, "Renderings that a program carried out.", static_cast<double>(figures.tool_runs));
  text.one("driftwarden_dry_runs_total", kCounter, "Verdicts that a server-side dry-run confirmed or overturned.", static_cast<double>(figures.dry_runs));
  text.one("driftwarden_watch_events_total", kCounter, "Objects that watches told of.", static_cast<double>(figures.events_seen));
  text.one("driftwarden_watch_events_gated_total", kCounter, "Of these, not looked into: only status moved, or nobody's object.", static_cast<double>(figures.events_gated));
  text.family("driftwarden_cluster_heard_age_seconds", kGauge, "Since a cluster was last heard of; NaN before its first word.");
  for (const auto& [name, heard] : figures.heard) text.sample(heard == WallTime{} ? std::nan("") : age(now, heard), {{"cluster", name}});
  text.family("driftwarden_repository_answered_age_seconds", kGauge, "Since a repository last answered a poll; NaN before the first time.");
  for (const auto& [name, answered] : figures.answered) text.sample(answered == WallTime{} ? std::nan("") : age(now, answered), {{"repository", name}});
}

void write_queues(MetricText& text, const storage::StoreFigures& figures, WallTime now) {
  text.one("driftwarden_inbox_waiting", kGauge, "Envelopes of Slack that are stored and not worked on to the end.", static_cast<double>(figures.inbox_waiting));
  text.one("driftwarden_inbox_oldest_age_seconds", kGauge, "Since the oldest of them came; 0 = none waits.", age(now, figures.inbox_oldest));
  text.family("driftwarden_outbox_waiting", kGauge, "Effects that wait to be carried out, by kind; those put off until later included.");
  for (const auto& [kind, count] : figures.outbox_waiting) text.sample(static_cast<double>(count), {{"kind", kind}});
  text.one("driftwarden_outbox_oldest_due_age_seconds", kGauge, "Since the effect is due that has been longest; 0 = none is.", age(now, figures.outbox_oldest_due));
  text.one("driftwarden_audit_rows_total", kCounter, "Rows of the audit log ever written.", static_cast<double>(figures.audit_rows));
  text.one("driftwarden_audit_rows_sealed", kGauge, "Rows of the audit log that are in sealed archives and no longer in the database.", static_cast<double>(figures.audit_sealed));
  text.one("driftwarden_database_bytes", kGauge, "Size of the database's pages.", static_cast<double>(figures.bytes));
  text.one("driftwarden_database_free_bytes", kGauge, "Of these, unused: they are filled before the file grows.", static_cast<double>(figures.free_bytes));
}

void write_stages(MetricText& text, const StageClock& stages) {
  text.family("driftwarden_stage_seconds", MetricType::Histogram,
              "How long a stage took. Edits are known to the second, and those by kubectl scale not at all (managedFields); confirmed_to_posted includes alerts.hold_off.");
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    const auto which = static_cast<Stage>(stage);
    text.histogram(stages.of(which), {{"stage", std::string(to_string(which))}});
  }
}

}  // namespace

Pulse::Parts RunningBot::pulse_parts() {
  Pulse::Parts parts;
  parts.executor = executor_;
  parts.clock = &clock_;
  parts.config = &config_;
  parts.store = &async_store_;
  parts.outbox = &outbox_;
  parts.http = http_.get();
  parts.look = [this](Vitals& vitals) { look_at_vitals(vitals); };
  return parts;
}

void RunningBot::look_at_vitals(Vitals& vitals) {
  const bool open = socket_->state() == slack::SocketState::Connected;
  if (open) socket_closed_since_.reset();
  if (!open && !socket_closed_since_) socket_closed_since_ = vitals.now;
  vitals.socket_closed_since = socket_closed_since_;
  if (const auto damage = store_->damage(); !damage.empty()) vitals.database = {.waiting_since = {}, .failure = damage, .failing_since = {}, .damaged = true};
  const auto figures = fleet_.figures();
  vitals.clusters = figures.heard;
  for (const auto& [name, answered] : figures.answered) vitals.repositories[name] = {answered, fleet_.repository_config(name).poll};
}

void RunningBot::observe_outbox() {
  outbox_.on_settled([this](const storage::OutboxRow& row, Outbox::Settled how) {
    ++effects_[{row.kind, std::string(to_string(how))}];
    log_effect(row, how);
    if (how != Outbox::Settled::Done) return;
    if (row.kind == "slack.reply" && row.key.starts_with(kReply)) stages_.on_answered(row.key.substr(kReply.size()), clock_.wall_now());
    if (row.kind == "slack.alert" && stages_.awaits_posts()) tasks_.spawn("figures of an alert", observe_alert(id_in(row.payload, "incident")));
    if (row.kind == "change.merge" || row.kind == "change.verify") tasks_.spawn("figures of a Change", observe_change(id_in(row.payload, "change")));
  });
}

asio::awaitable<void> RunningBot::observe_alert(std::int64_t incident) {
  const auto posted_at = clock_.wall_now();
  std::function<Result<std::vector<std::string>>(storage::Transaction&)> work = [incident](storage::Transaction& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> apps;
    TRY(const auto shown, tx.find_incident(incident));
    if (!shown || !shown->message) return apps;
    apps.push_back(shown->app);
    if (shown->group != incident) return apps;
    TRY(const auto members, tx.group_heads(incident));
    for (const auto& member : members) {
      if (member.muted_by.empty()) apps.push_back(member.app);
    }
    return apps;
  };
  auto working = async_store_.query<std::vector<std::string>>(std::move(work));
  const auto apps = co_await std::move(working);
  if (!apps) co_return;
  for (const auto& app : *apps) stages_.on_posted(app, posted_at);
}

asio::awaitable<void> RunningBot::observe_change(std::int64_t change) {
  std::function<Result<std::optional<Change>>(storage::Transaction&)> work = [change](storage::Transaction& tx) { return tx.find_change(change); };
  auto working = async_store_.query<std::optional<Change>>(std::move(work));
  const auto found = co_await std::move(working);
  if (found && *found) stages_.on_change(**found);
}

std::string RunningBot::metrics() const {
  const auto now = clock_.wall_now();
  MetricText text;
  text.one("driftwarden_build_info", kGauge, "Which build this is.", 1, {{"version", kProgramVersion}});
  write_fleet(text, fleet_.figures(), now);
  write_stages(text, stages_);
  if (const auto& figures = pulse_.figures()) write_queues(text, *figures, now);
  text.one("driftwarden_outbox_lanes_busy", kGauge, "Effects that are under way.", static_cast<double>(outbox_.in_flight()));
  text.family("driftwarden_outbox_attempts_total", kCounter, "Attempts at effects, by kind and by what came of them; retried and put_off come again.");
  for (const auto& [key, count] : effects_) text.sample(static_cast<double>(count), {{"kind", key.first}, {"outcome", key.second}});
  text.one("driftwarden_slack_connected", kGauge, "1 while Slack's socket is open.", socket_->state() == slack::SocketState::Connected ? 1 : 0);
  text.one("driftwarden_slack_connections_total", kCounter, "Sockets to Slack that came up; all but the first are reconnects.", static_cast<double>(socket_->connections()));
  text.one("driftwarden_slack_messages_waiting", kGauge, "Messages that wait for Slack's pace.", static_cast<double>(sender_->waiting()));
  calls_->write(text);
  if (model_) model_figures_.write(text);
  gate_figures_.write(text);
  text.one("driftwarden_waivers_open", kGauge, "Waivers that let pass what a gate found.", static_cast<double>(pulse_.open_waivers()));
  text.family("driftwarden_ailments", kGauge, "What is wrong now, by what it is about; nothing when all is well.");
  for (const auto& ailment : pulse_.ailments()) text.sample(1, {{"about", ailment.about}});
  text.family("driftwarden_heartbeats_total", kCounter, "Heartbeats to heartbeat.url, and those that were not heard.");
  text.sample(static_cast<double>(pulse_.heartbeats()), {{"outcome", "heard"}});
  text.sample(static_cast<double>(pulse_.failed_heartbeats()), {{"outcome", "failed"}});
  if (const auto figures = read_process_figures()) write(text, *figures);
  return text.text();
}

}  // namespace driftwarden
