#pragma once
// How a plan's or a check's outcome is told as drift of its App. Pure.
#include "gitops/model/app.hpp"
#include "integrations/ansible/check.hpp"
#include "integrations/terraform/tool.hpp"

#include <optional>
#include <string>

namespace driftwarden {

struct PlanMoment {
  std::string revision{};
  WallTime now{};
  std::optional<bool> git_moved{};  ///< since it was last in sync: for tools that can't tell who is ahead
};

/// A broken unit makes the App Unknown, unless another one differs: then it is OutOfSync and a warning names the broken one.
DriftReport report_of(const App& app, const terraform::PlanOutcome& outcome, const PlanMoment& context);
DriftReport report_of(const App& app, const ansible::Check& check, const PlanMoment& context);
/// An error is an error and never drift.
DriftReport failed_report(const App& app, const Error& error, const PlanMoment& context);

std::string text_of(const terraform::PlanOutcome& outcome);
std::string text_of(const ansible::Check& check);

}  // namespace driftwarden
