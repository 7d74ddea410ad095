#include "bot/view/alert_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFieldsShown = 5;
constexpr std::size_t kFieldsRemembered = 3;
constexpr std::size_t kValueShown = 80;
constexpr std::size_t kPathShown = 200;

/// A name from outside (a field manager) inside `*bold*`.
std::string name_words(const std::string& name) {
  auto words = slack::escape(without_control_characters(ellipsize(name, 80)));
  std::ranges::replace(words, '*', '\'');
  std::ranges::replace(words, '`', '\'');
  return words;
}

std::string value_words(const std::optional<std::string>& value) { return value ? code_span(ellipsize(*value, kValueShown)) : "_nothing_"; }

std::string change_words(const FieldDrift& field) {
  switch (field.op) {
    case FieldOp::Changed:
      // An arrow from Git to live would read backwards where it was Git that moved.
      if (field.cause == FieldCause::Git) return fmt::format("{}, Git now says {}", value_words(field.live), value_words(field.desired));
      return fmt::format("{} \u2192 {}", value_words(field.desired), value_words(field.live));
    case FieldOp::Removed: return fmt::format("{}, Git says {}", field.cause == FieldCause::Git ? "not there yet" : "removed", value_words(field.desired));
    case FieldOp::Added: return fmt::format("added: {}", value_words(field.live));
    case FieldOp::Stale: return fmt::format("no longer in Git: {}", value_words(field.live));
    case FieldOp::Order: return "in another order";
  }
  return "";
}

std::string field_line(const FieldDrift& field) {
  auto line = fmt::format("\u2022 {} {}", code_span(ellipsize(field.path, kPathShown)), change_words(field));
  if (field.by) line += fmt::format(" by *{}*", name_words(*field.by));
  if (field.time) line += " " + time_span(*field.time);
  return line;
}

std::string object_line(const ObjectDrift& drift) {
  const auto name = code_span(ellipsize(to_string(drift.object), kPathShown));
  const auto notes = slack::escape(without_control_characters(ellipsize(join(drift.notes, ", "), 300)));
  switch (drift.verdict) {
    case Verdict::Missing: return name + " is in Git but not in the cluster";
    case Verdict::Extra: return name + " is in the cluster but gone from Git";
    case Verdict::Unknown: return fmt::format("{} can't be judged{}{}", name, notes.empty() ? "" : ": ", notes);
    default: return fmt::format("{} {}", name, notes.empty() ? "differs" : notes);
  }
}

int rank(const ObjectDrift& drift) {
  if (!drift.fields.empty()) return 0;
  return drift.verdict == Verdict::Unknown ? 2 : 1;
}

std::string title_of(const Incident& incident, const App& app) {
  const auto name = fmt::format("*{}*", slack::escape(app.name));
  const auto where = fmt::format("*{}*{}", slack::escape(app.cluster), app.environment.empty() ? "" : " (" + slack::escape(app.environment) + ")");
  if (incident.state == IncidentState::Resolved) {
    return fmt::format(":white_check_mark: {} is in sync again on {}, after {}", name, where, format_age(incident.resolved_at.value_or(incident.updated_at) - incident.opened_at));
  }
  if (incident.report.state == AppState::Unknown) return fmt::format(":grey_question: {} can't be judged on {}", name, where);
  return fmt::format(":rotating_light: {} is OutOfSync on {}: {}", name, where, cause_words(incident.report.cause));
}

std::string plain_title(const Incident& incident, const App& app) {
  if (incident.state == IncidentState::Resolved) {
    return fmt::format("{} is in sync again on {}, after {}", app.name, app.cluster, format_age(incident.resolved_at.value_or(incident.updated_at) - incident.opened_at));
  }
  if (incident.report.state == AppState::Unknown) return fmt::format("{} can't be judged on {}", app.name, app.cluster);
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

std::vector<std::string> facts_of(const Incident& incident, const App& app, const AlertContext& context) {
  std::vector<std::string> facts;
  facts.push_back(fmt::format("since {}", time_span(incident.opened_at)));
  facts.push_back(fmt::format("namespace {}", code_span(app.namespace_)));
  auto commit = fmt::format("Git {}", code_span(short_sha(incident.report.revision)));
  if (!context.commit_summary.empty()) {
    commit += fmt::format(" {} by {}", slack::escape(without_control_characters(ellipsize(context.commit_summary, 60))), name_words(context.commit_author));
  }
  facts.push_back(commit);
  if (!app.owners.empty()) facts.push_back("owners " + slack::escape(join(app.owners, ", ")));
  facts.push_back(fmt::format("incident {}", incident.id));
  facts.push_back(standing(incident));
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
  std::vector<const ObjectDrift*> drifts;
  for (const auto& drift : report.objects) drifts.push_back(&drift);
  std::ranges::stable_sort(drifts, {}, [](const ObjectDrift* drift) { return rank(*drift); });
  for (const auto* drift : drifts) {
    if (drift->fields.empty()) add([&] { return object_line(*drift); });
    if (!drift->fields.empty() && total < limit) lines.push_back(code_span(ellipsize(to_string(drift->object), kPathShown)));
    for (const auto& field : drift->fields) add([&] { return field_line(field); });
  }
  if (total > limit) lines.push_back(fmt::format("\u2026 and {} more", total - limit));
  return lines;
}

slack::Message alert_message(const Incident& incident, const App& app, const AlertContext& context) {
  const bool resolved = incident.state == IncidentState::Resolved;
  std::vector<std::string> fallback{slack::escape(plain_title(incident, app))};
  Blocks blocks;
  blocks.section(title_of(incident, app));
  const auto paragraph = [&](const std::string& text) {
    if (text.empty()) return;
    blocks.section(text);
    fallback.push_back(text);
  };
  if (!resolved) paragraph(slack::escape(ellipsize(incident.report.reason, 1000)));
  const auto lines = join(drift_lines(incident.report, resolved ? kFieldsRemembered : kFieldsShown), "\n");
  paragraph(resolved && !lines.empty() ? "It was:\n" + lines : lines);
  if (!resolved && context.open_change) paragraph(change_line(*context.open_change));
  if (const auto words = standing(incident); !words.empty()) fallback.push_back(words);
  blocks.context(facts_of(incident, app, context));
  blocks.actions(buttons_of(incident, app));
  return message_of(blocks, join(fallback, "\n"));
}

}  // namespace driftwarden::view
