#include "bot/view/alert_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFieldsShown = 5;
constexpr std::size_t kValueShown = 80;

std::string value_words(const std::optional<std::string>& value) { return value ? code_span(ellipsize(*value, kValueShown)) : "_nothing_"; }

std::string field_line(const ObjectDrift& drift, const FieldDrift& field) {
  std::string line = fmt::format("\u2022 {} {} ", code_span(to_string(drift.object)), code_span(field.path));
  switch (field.op) {
    case FieldOp::Changed: line += fmt::format("{} \u2192 {}", value_words(field.desired), value_words(field.live)); break;
    case FieldOp::Removed: line += fmt::format("removed, Git says {}", value_words(field.desired)); break;
    case FieldOp::Added: line += fmt::format("added: {}", value_words(field.live)); break;
    case FieldOp::Stale: line += fmt::format("no longer in Git: {}", value_words(field.live)); break;
    case FieldOp::Order: line += "in another order"; break;
  }
  if (field.by) line += fmt::format(" by *{}*", slack::escape(*field.by));
  if (field.time) line += " " + time_span(*field.time);
  return line;
}

std::string object_line(const ObjectDrift& drift) {
  switch (drift.verdict) {
    case Verdict::Missing: return fmt::format("\u2022 {} is in Git but not in the cluster", code_span(to_string(drift.object)));
    case Verdict::Extra: return fmt::format("\u2022 {} is in the cluster but gone from Git", code_span(to_string(drift.object)));
    case Verdict::Unknown: return fmt::format("\u2022 {} can't be judged: {}", code_span(to_string(drift.object)), slack::escape(join(drift.notes, ", ")));
    default: {
      const auto notes = drift.notes.empty() ? "differs" : slack::escape(join(drift.notes, ", "));
      return fmt::format("\u2022 {} {}", code_span(to_string(drift.object)), notes);
    }
  }
}

std::string title_of(const Incident& incident, const App& app) {
  const auto name = fmt::format("*{}*", slack::escape(app.name));
  const auto where = fmt::format("*{}*{}", slack::escape(app.cluster), app.environment.empty() ? "" : " (" + slack::escape(app.environment) + ")");
  if (incident.state == IncidentState::Resolved) {
    return fmt::format(":white_check_mark: {} is in sync again on {}, after {}", name, where, format_age(*incident.resolved_at - incident.opened_at));
  }
  if (incident.report.state == AppState::Unknown) return fmt::format(":grey_question: {} can't be judged on {}", name, where);
  return fmt::format(":rotating_light: {} is OutOfSync on {}: {}", name, where, cause_words(incident.report.cause));
}

std::string plain_title(const Incident& incident, const App& app) {
  if (incident.state == IncidentState::Resolved) return fmt::format("{} is in sync again on {}", app.name, app.cluster);
  if (incident.report.state == AppState::Unknown) return fmt::format("{} can't be judged on {}: {}", app.name, app.cluster, incident.report.reason);
  return fmt::format("{} is OutOfSync on {}: {}", app.name, app.cluster, cause_words(incident.report.cause));
}

std::vector<Button> buttons_of(const Incident& incident, const App& app) {
  if (incident.state == IncidentState::Resolved) return {};
  const auto command = [&](std::string_view verb) { return fmt::format("{} {}", verb, app.name); };
  std::vector<Button> buttons{{"Diff", command("diff"), Button::Style::Plain, ""}};
  if (incident.report.state == AppState::OutOfSync) {
    buttons.push_back({"Sync", command("sync"), Button::Style::Primary, fmt::format("Opens a pull request that puts Git's *{}* back in force. Somebody else approves it.", slack::escape(app.name))});
    const bool live_moved = incident.report.cause == Cause::LiveEdited || incident.report.cause == Cause::Both;
    if (live_moved) buttons.push_back({"Adopt", command("adopt"), Button::Style::Plain, "Opens a pull request that brings what was changed live into Git."});
  }
  if (incident.state != IncidentState::Snoozed) buttons.push_back({"Snooze 2h", command("snooze") + " 2h", Button::Style::Plain, ""});
  if (incident.state == IncidentState::Open) buttons.push_back({"Ack", command("ack"), Button::Style::Plain, ""});
  return buttons;
}

std::vector<std::string> facts_of(const Incident& incident, const App& app, const AlertContext& context) {
  std::vector<std::string> facts;
  facts.push_back(fmt::format("since {}", time_span(incident.opened_at)));
  facts.push_back(fmt::format("namespace {}", code_span(app.namespace_)));
  auto commit = fmt::format("Git {}", code_span(short_sha(incident.report.revision)));
  if (!context.commit_summary.empty()) commit += fmt::format(" {} by {}", slack::escape(ellipsize(context.commit_summary, 60)), slack::escape(context.commit_author));
  facts.push_back(commit);
  if (!app.owners.empty()) facts.push_back("owners " + slack::escape(join(app.owners, ", ")));
  facts.push_back(fmt::format("incident {}", incident.id));
  if (incident.state == IncidentState::Acknowledged) facts.push_back(fmt::format(":eyes: {} is on it", slack::escape(incident.acknowledged_by)));
  if (incident.state == IncidentState::Snoozed) facts.push_back(fmt::format(":zzz: snoozed until {}", time_span(*incident.snoozed_until)));
  if (incident.state == IncidentState::Resolved) facts.push_back("closed by " + slack::escape(incident.resolved_by));
  return facts;
}

std::string change_line(const Change& change) {
  return fmt::format(":hourglass_flowing_sand: *{}* {} by {} is {}", change_name(change.id), to_string(change.verb), slack::escape(change.requester),
                     change.state == ChangeState::Proposed ? "waiting for approval" : std::string(to_string(change.state)));
}

}  // namespace

std::string state_emoji(AppState state) {
  switch (state) {
    case AppState::Synced: return ":white_check_mark:";
    case AppState::OutOfSync: return ":rotating_light:";
    case AppState::Unknown: return ":grey_question:";
  }
  return "";
}

std::string cause_words(Cause cause) {
  switch (cause) {
    case Cause::None: return "in sync";
    case Cause::LiveEdited: return "edited live";
    case Cause::GitAhead: return "Git is ahead";
    case Cause::Both: return "edited live, and Git is ahead";
    case Cause::Missing: return "deleted live";
    case Cause::Extra: return "objects that Git does not know";
    case Cause::Fight: return "two managers fight over it";
    case Cause::Stuck: return "stuck";
    case Cause::RenderUnstable: return "renders differently each time";
    case Cause::Unknown: return "cause unknown";
  }
  return "";
}

std::vector<std::string> drift_lines(const DriftReport& report, std::size_t limit) {
  std::vector<std::string> lines;
  std::size_t total = 0;
  const auto add = [&](auto&& make) {
    if (++total <= limit) lines.push_back(make());
  };
  for (const auto& drift : report.objects) {
    if (drift.fields.empty()) add([&] { return object_line(drift); });
    for (const auto& field : drift.fields) add([&] { return field_line(drift, field); });
  }
  if (total > limit) lines.push_back(fmt::format("\u2026 and {} more", total - limit));
  return lines;
}

slack::Message alert_message(const Incident& incident, const App& app, const AlertContext& context) {
  Blocks blocks;
  blocks.section(title_of(incident, app));
  const auto lines = drift_lines(incident.report, kFieldsShown);
  if (incident.state != IncidentState::Resolved) {
    if (!incident.report.reason.empty()) blocks.section(slack::escape(ellipsize(incident.report.reason, 1000)));
    blocks.section(join(lines, "\n"));
    if (context.open_change) blocks.section(change_line(*context.open_change));
  }
  blocks.context(facts_of(incident, app, context));
  blocks.actions(buttons_of(incident, app));
  slack::Message message;
  message.text = slack::escape(plain_title(incident, app));
  if (incident.state != IncidentState::Resolved && !lines.empty()) message.text += "\n" + join(lines, "\n");
  message.blocks = blocks.finish();
  return message;
}

}  // namespace driftwarden::view
