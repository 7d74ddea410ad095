#include "bot/view/alert_buttons.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

std::vector<Act> acts_for(Cause cause) {
  switch (cause) {
    case Cause::LiveEdited: return {Act::Diff, Act::Sync, Act::Adopt, Act::Ignore, Act::Snooze, Act::Ack};
    case Cause::GitAhead: return {Act::Diff, Act::Sync, Act::Rollback, Act::Snooze, Act::Ack};
    case Cause::Both: return {Act::Diff, Act::Sync, Act::Adopt, Act::Snooze, Act::Ack};
    case Cause::Missing:
    case Cause::Extra:
    case Cause::Unknown: return {Act::Diff, Act::Sync, Act::Snooze, Act::Ack};
    case Cause::Fight: return {Act::Diff, Act::Ignore, Act::Snooze, Act::Ack};  // a sync would be a third party
    case Cause::Stuck: return {Act::Diff, Act::Snooze, Act::Ack};               // what failed once fails again
    case Cause::None:
    case Cause::RenderUnstable: break;
  }
  return {Act::Snooze, Act::Ack};
}

/// A tool plans it: nothing is synced or adopted, but planned, and where that is allowed applied.
std::vector<Act> planned_acts(const DriftReport& report, const App& app) {
  if (report.state == AppState::Unknown) return {Act::PlanAgain, Act::Snooze, Act::Ack};
  std::vector<Act> acts{Act::Diff, Act::PlanAgain};
  if (app.kind == AppKind::Terraform && app.plan.apply) acts.push_back(Act::Apply);
  if (report.cause == Cause::GitAhead) acts.push_back(Act::Rollback);
  acts.insert(acts.end(), {Act::Snooze, Act::Ack});
  return acts;
}

std::string sync_words(const App& app, const DriftReport& report) {
  auto words = fmt::format("Opens a pull request that puts Git's *{}* back in force. Somebody else approves it.", slack::escape(app.name));
  const auto extra = std::ranges::count(report.objects, Verdict::Extra, &ObjectDrift::verdict);
  if (extra > 0) words += fmt::format(" It deletes {} that {} gone from Git.", extra == 1 ? "the object" : fmt::format("the {} objects", extra), extra == 1 ? "is" : "are");
  return words;
}

}  // namespace

std::vector<Act> acts_for(const DriftReport& report, const App& app) {
  if (app.orphans) return {Act::Diff, Act::Snooze, Act::Ack};
  if (app.kind != AppKind::Kubernetes) return planned_acts(report, app);
  if (report.state == AppState::Unknown) return {Act::Snooze, Act::Ack};
  auto acts = acts_for(report.cause);
  // What a pinned App shows is an earlier revision: an edit of today's files would not reach it.
  if (app.track == Track::Pin) std::erase(acts, Act::Adopt);
  const bool has_fields = !report.fights.empty() || std::ranges::any_of(report.objects, [](const ObjectDrift& drift) { return !drift.fields.empty(); });
  if (!has_fields) std::erase_if(acts, [](Act act) { return act == Act::Adopt || act == Act::Ignore; });
  return acts;
}

Button button_of(Act act, const App& app, const DriftReport& report) {
  using Style = Button::Style;
  switch (act) {
    case Act::Diff: return {app.kind == AppKind::Kubernetes ? "Diff" : "Plan", "diff " + app.name, Style::Plain, ""};
    case Act::PlanAgain: return {"Plan again", "refresh " + app.name, Style::Plain, ""};
    case Act::Apply: return {"Apply", "apply " + app.name, Style::Primary, "Has it planned once more. Exactly that plan is applied, when somebody else approves it."};
    case Act::Pin: return {"Pin image", "pin-image " + app.name, Style::Plain, "Opens a pull request that names the image by its digest."};
    case Act::Sync: return {"Sync", "sync " + app.name, Style::Primary, sync_words(app, report)};
    case Act::Adopt: return {"Adopt", "adopt " + app.name, Style::Plain, "Opens a pull request that brings what was changed live into Git."};
    case Act::Rollback: return {"Rollback", "rollback " + app.name, Style::Plain, "Opens a pull request that takes Git back to the revision before."};
    case Act::Ignore: return {"Ignore", "ignore " + app.name, Style::Plain, "Opens a pull request with rules that hide the fields that drift now, for 30 days. The cluster stays as it is."};
    case Act::Snooze: return {"Snooze 2h", "snooze " + app.name + " 2h", Style::Plain, ""};
    case Act::Ack: return {"Ack", "ack " + app.name, Style::Plain, ""};
  }
  return {};
}

std::vector<Button> alert_buttons(const Incident& incident, const App& app) {
  std::vector<Button> buttons;
  if (incident.state == IncidentState::Resolved) return buttons;
  for (const auto act : acts_for(incident.report, app)) {
    if (act == Act::Snooze && incident.state == IncidentState::Snoozed) continue;
    if (act == Act::Ack && incident.state != IncidentState::Open) continue;
    buttons.push_back(button_of(act, app, incident.report));
  }
  return buttons;
}

}  // namespace driftwarden::view
