#include "bot/view/alert_view.hpp"

#include "bot/view/alert_buttons.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/cost_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFieldsShown = 5;
constexpr std::size_t kOrphansShown = 15;
constexpr std::size_t kFieldsRemembered = 3;

std::string bold(const std::string& text) { return fmt::format("*{}*", slack::escape(text)); }

std::string resolved_title(const Incident& incident, const App& app, const std::string& where) {
  const auto age = format_age(incident.resolved_at.value_or(incident.updated_at) - incident.opened_at);
  if (app.orphans) return fmt::format(":white_check_mark: All of namespace {} on {} is known to Git again, after {}", bold(app.namespace_), where, age);
  return fmt::format(":white_check_mark: {} is in sync again on {}, after {}", bold(app.name), where, age);
}

/// What a tool plans is on no cluster.
std::string place_of(const App& app) {
  if (app.kind != AppKind::Kubernetes) return app.environment.empty() ? code_span(app.path) : bold(app.environment);
  return bold(app.cluster) + (app.environment.empty() ? "" : " (" + slack::escape(app.environment) + ")");
}

bool is_critical(const Incident& incident) { return incident.severity == Severity::Critical && incident.state != IncidentState::Resolved; }

/// A critical one begins with its own mark, in place of the state's.
std::string marked(const Incident& incident, std::string title) {
  if (is_critical(incident) && title.starts_with(':')) title.replace(0, title.find(' '), ":fire:");
  return title;
}

std::string incident_title(const Incident& incident, const App& app) {
  if (incident.state == IncidentState::Resolved) return resolved_title(incident, app, place_of(app));
  if (incident.calm_since) return fmt::format(":hourglass: {} is in sync on {} for now, it comes and goes", bold(app.name), place_of(app));
  return marked(incident, title_of(incident.report, app));
}

/// For notifications, which show neither emoji nor bold.
std::string plain_title(const Incident& incident, const App& app) {
  auto title = incident_title(incident, app);
  if (title.starts_with(':')) title.erase(0, title.find(' ') + 1);
  std::erase(title, '*');
  return (is_critical(incident) ? "Critical: " : "") + title;
}

std::string flapping_line(const Incident& incident) {
  if (incident.flaps == 0) return {};
  const auto times = counted(static_cast<std::size_t>(incident.flaps), "time");
  const auto span = format_age(incident.resolved_at.value_or(incident.updated_at) - incident.opened_at);
  auto line = fmt::format(":arrows_counterclockwise: Flapping: came back {} in {}", times, span);
  if (incident.calm_since) line += fmt::format("; in sync since {}, over when it stays so", time_span(*incident.calm_since));
  return line;
}

/// What became of it so far, for the blocks and for the fallback.
std::string standing(const Incident& incident) {
  switch (incident.state) {
    case IncidentState::Open: return "";
    case IncidentState::Acknowledged: return fmt::format(":eyes: {} is on it", slack::escape(incident.acknowledged_by));
    case IncidentState::Snoozed: return incident.snoozed_until ? fmt::format(":zzz: snoozed until {}", time_span(*incident.snoozed_until)) : ":zzz: snoozed";
    case IncidentState::Resolved: return incident.resolved_by.empty() ? "" : "how: " + slack::escape(incident.resolved_by);
  }
  return "";
}

std::string commit_words(const Incident& incident, const AlertContext& context) {
  auto commit = fmt::format("Git {}", code_span(short_sha(incident.report.revision)));
  if (!context.commit_summary.empty()) {
    commit += fmt::format(" {} by {}", slack::escape(without_control_characters(ellipsize(context.commit_summary, 60))), name_words(context.commit_author));
  }
  return commit;
}

std::vector<std::string> facts_of(const Incident& incident, const App& app, const AlertContext& context) {
  std::vector<std::string> facts;
  facts.push_back(fmt::format("since {}", time_span(incident.opened_at)));
  if (incident.state != IncidentState::Resolved) facts.push_back(std::string(to_string(incident.severity)));
  if (!app.orphans) {
    if (app.kind == AppKind::Kubernetes) facts.push_back(fmt::format("namespace {}", code_span(app.namespace_)));
    if (const auto by = deployer_words(app); !by.empty()) facts.push_back((app.kind == AppKind::Kubernetes ? "deployed by " : "planned by ") + by);
    facts.push_back(commit_words(incident, context));
  }
  if (!app.owners.empty()) facts.push_back("owners " + slack::escape(join(app.owners, ", ")));
  facts.push_back(fmt::format("incident {}", incident.id));
  facts.push_back(standing(incident));
  return facts;
}

std::string change_line(const Change& change) {
  return fmt::format(":hourglass_flowing_sand: *{}* {} by {} is {}", change_name(change.id), to_string(change.verb), slack::escape(change.requester),
                     change.state == ChangeState::Proposed ? "waiting for approval" : std::string(to_string(change.state)));
}

std::string planned_title(const DriftReport& report, const App& app) {
  const auto where = place_of(app);
  if (report.state == AppState::Unknown) return fmt::format(":grey_question: {} can't be planned in {}", bold(app.name), where);
  if (report.state == AppState::Synced) return fmt::format("{} {} is in sync in {}", state_emoji(report.state), bold(app.name), where);
  const auto* const why = report.cause == Cause::GitAhead ? "Git is ahead, " : report.cause == Cause::LiveEdited ? "changed outside of Git, " : report.cause == Cause::Both ? "changed outside of Git, and Git is ahead, " : "";
  return fmt::format("{} {} is OutOfSync in {}: {}{}", state_emoji(report.state), bold(app.name), where, why, planned_words(report));
}

std::string earlier_line(const AlertContext& context) {
  if (!context.rolled_back_to) return {};
  const auto& earlier = *context.rolled_back_to;
  return fmt::format(":rewind: It runs what Git said in {} ({} ago)", code_span(short_sha(earlier.sha)), format_age(context.now - earlier.time));
}

}  // namespace

std::string title_of(const DriftReport& report, const App& app) {
  if (app.orphans && report.state != AppState::Unknown) {
    return fmt::format(":ghost: {} in namespace {} on {} that no Git knows", counted(report.objects.size(), "object"), bold(app.namespace_), place_of(app));
  }
  if (app.kind != AppKind::Kubernetes) return planned_title(report, app);
  if (report.state == AppState::Unknown) return fmt::format(":grey_question: {} can't be judged on {}", bold(app.name), place_of(app));
  return fmt::format("{} {} is {} on {}{}{}", state_emoji(report.state), bold(app.name), report.state == AppState::Synced ? "in sync" : "OutOfSync", place_of(app),
                     report.state == AppState::Synced ? "" : ": ", report.state == AppState::Synced ? "" : cause_words(report));
}

slack::Message alert_message(const Incident& incident, const App& app, const AlertContext& context) {
  const bool resolved = incident.state == IncidentState::Resolved;
  std::vector<std::string> fallback{plain_title(incident, app)};
  Blocks blocks;
  blocks.section(incident_title(incident, app));
  const auto paragraph = [&](const std::string& text) {
    if (text.empty()) return;
    blocks.section(text);
    fallback.push_back(text);
  };
  if (!resolved) paragraph(slack::escape(ellipsize(incident.report.reason, 1000)));
  paragraph(flapping_line(incident));
  const auto shown = app.orphans ? kOrphansShown : kFieldsShown;
  const auto lines = join(drift_lines(incident.report, resolved ? kFieldsRemembered : shown), "\n");
  paragraph((resolved || incident.calm_since) && !lines.empty() ? "It was:\n" + lines : lines);
  if (!resolved) {
    paragraph(context.mentions);
    paragraph(earlier_line(context));
    if (context.drift_cost && !incident.calm_since) paragraph(drift_cost_line(incident.report, *context.drift_cost, slack_dialect()));
    if (const auto& opinion = context.opinion ? context.opinion : incident.report.opinion) paragraph(opinion_line(*opinion));
    paragraph(join(concern_lines(incident.report), "\n"));
    if (context.open_change) paragraph(change_line(*context.open_change));
  }
  if (const auto words = standing(incident); !words.empty()) fallback.push_back(words);
  blocks.context(facts_of(incident, app, context));
  if (!resolved) {
    auto print = small_print(incident.report);
    if (auto age = age_words(incident.report, context.now); !age.empty()) print.push_back(std::move(age));
    blocks.context(print);
    fallback.insert(fallback.end(), print.begin(), print.end());
  }
  blocks.actions(alert_buttons(incident, app));
  return message_of(blocks, join(fallback, "\n"));
}

}  // namespace driftwarden::view
