#pragma once
// What `doctor` found: one finding for each check, with what to do about it.
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// Warning: it works, but not as it should. Skipped: it couldn't be looked at, or there is nothing to look at.
enum class FindingState { Ok, Warning, Problem, Skipped };
std::string_view to_string(FindingState state);

struct DoctorFinding {
  std::string about;  ///< "slack", "cluster prod-eu", "repository config": findings of one are printed together
  std::string check;  ///< "scopes", "channel #shop-prod"
  FindingState state = FindingState::Ok;
  std::string what;
  std::string fix{};  ///< of a warning or a problem
  bool operator==(const DoctorFinding&) const = default;
};

using DoctorFindings = std::vector<DoctorFinding>;

/// For people; control characters are gone.
std::string findings_text(const DoctorFindings& findings);
/// {"ok", "findings": [{"about", "check", "state", "what", "fix"}]}
std::string findings_json(const DoctorFindings& findings);
/// 0: no problem, 1: at least one.
int exit_code_of(const DoctorFindings& findings);

}  // namespace driftwarden
