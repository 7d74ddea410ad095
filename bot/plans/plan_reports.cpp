#include "bot/plans/plan_reports.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using State = terraform::PlanOutcome::State;

constexpr std::size_t kMostWarnings = 10;
constexpr std::size_t kLongestReason = 600;

DriftReport begin(const App& app, const PlanMoment& context) {
  DriftReport report;
  report.app = app.name;
  report.revision = context.revision;
  report.as_of = context.now;
  return report;
}

void fail(DriftReport& report, const std::string& why) {
  report.state = AppState::Unknown;
  report.cause = Cause::None;
  report.objects.clear();
  report.reason = ellipsize(why, kLongestReason);
}

void warn(DriftReport& report, std::string warning) {
  if (report.warnings.size() < kMostWarnings) report.warnings.push_back(std::move(warning));
}

Cause cause_of(const terraform::Plan& plan) {
  if (plan.drifted && plan.pending) return Cause::Both;
  return plan.drifted ? Cause::LiveEdited : Cause::GitAhead;
}

/// Outputs are told by name: what they hold may be anything.
void add_outputs(const terraform::Plan& plan, DriftReport& report) {
  for (const auto& output : plan.outputs) {
    ObjectDrift row;
    row.object.group = "terraform";
    row.object.kind = "output";
    row.object.name = output;
    row.verdict = Verdict::OutOfSync;
    report.objects.push_back(std::move(row));
  }
}

}  // namespace

DriftReport report_of(const App& app, const terraform::PlanOutcome& outcome, const PlanMoment& context) {
  auto report = begin(app, context);
  report.objects_total = outcome.plan.resources;
  if (outcome.state == State::Failed) {
    fail(report, fmt::format("plan failed: {}", outcome.error.empty() ? "no reason was given" : outcome.error));
    return report;
  }
  report.state = outcome.state == State::Differs ? AppState::OutOfSync : AppState::Synced;
  if (outcome.state == State::Differs) {
    report.objects = outcome.plan.objects;
    add_outputs(outcome.plan, report);
    report.cause = cause_of(outcome.plan);
    if (report.objects.empty()) warn(report, fmt::format("{} says that something would change, and not what", to_string(app.plan.tool)));
  }
  std::string broken;
  for (const auto& unit : outcome.units) {
    if (unit.state != State::Failed) continue;
    warn(report, fmt::format("unit {} can't be planned: {}", unit.path, unit.error));
    broken += (broken.empty() ? "" : ", ") + unit.path;
  }
  if (broken.empty()) return report;
  if (report.state == AppState::Synced) fail(report, fmt::format("plan failed: {}", outcome.error.empty() ? "unit " + broken : outcome.error));
  return report;
}

DriftReport report_of(const App& app, const ansible::Check& check, const PlanMoment& context) {
  auto report = begin(app, context);
  report.objects_total = check.tasks;
  for (const auto& host : check.unreachable) warn(report, fmt::format("host {} can't be reached", host));
  for (const auto& failure : check.failed) warn(report, failure);
  if (!check.objects.empty()) {
    report.state = AppState::OutOfSync;
    report.cause = Cause::Unknown;
    if (context.git_moved) report.cause = *context.git_moved ? Cause::GitAhead : Cause::LiveEdited;
    report.objects = check.objects;
    return report;
  }
  report.state = AppState::Synced;
  if (check.tasks == 0) fail(report, "check failed: not one task was run, the inventory may name no host");
  // A host that nobody could look at is no host in sync.
  if (!check.failed.empty()) fail(report, "check failed: " + join(check.failed, "; "));
  if (!check.unreachable.empty()) fail(report, "check failed: no way to reach " + join(check.unreachable, ", "));
  return report;
}

DriftReport failed_report(const App& app, const Error& error, const PlanMoment& context) {
  auto report = begin(app, context);
  fail(report, fmt::format("{} failed: {}", app.kind == AppKind::Ansible ? "check" : "plan", error.message));
  return report;
}

std::string text_of(const terraform::PlanOutcome& outcome) {
  if (outcome.state == State::Failed) return outcome.error;
  auto text = terraform::plan_text(outcome.plan);
  for (const auto& unit : outcome.units) {
    if (unit.state == State::Failed) text += fmt::format("! {}: {}\n", unit.path, unit.error);
  }
  return text;
}

std::string text_of(const ansible::Check& check) {
  if (check.objects.empty()) return fmt::format("No changes: {} tasks on all hosts are as they should be.\n", check.tasks);
  std::string text;
  for (const auto& object : check.objects) {
    text += fmt::format("~ {}: {} ({})\n", object.object.namespace_, object.object.name, object.object.kind);
    for (const auto& field : object.fields) text += fmt::format("    {}: {} -> {}\n", field.path, field.live.value_or("(none)"), field.desired.value_or("(none)"));
  }
  for (const auto& failure : check.failed) text += fmt::format("! {}\n", failure);
  for (const auto& host : check.unreachable) text += fmt::format("! {} can't be reached\n", host);
  return text;
}

}  // namespace driftwarden
