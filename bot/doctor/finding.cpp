#include "bot/doctor/finding.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

std::size_t count(const DoctorFindings& findings, FindingState state) { return static_cast<std::size_t>(std::ranges::count(findings, state, &DoctorFinding::state)); }

void add_finding(std::string& out, const DoctorFinding& finding) {
  out += fmt::format("  {:<8} {}: {}\n", to_string(finding.state), without_control_characters(finding.check), without_control_characters(finding.what));
  if (!finding.fix.empty()) out += fmt::format("           -> {}\n", without_control_characters(finding.fix));
}

std::string summary(const DoctorFindings& findings) {
  auto text = fmt::format("{} checks: {} ok", findings.size(), count(findings, FindingState::Ok));
  const auto add = [&](FindingState state, std::string_view one, std::string_view many) {
    if (const auto number = count(findings, state); number > 0) text += fmt::format(", {} {}", number, number == 1 ? one : many);
  };
  add(FindingState::Warning, "warning", "warnings");
  add(FindingState::Problem, "problem", "problems");
  add(FindingState::Skipped, "skipped", "skipped");
  return text;
}

}  // namespace

std::string_view to_string(FindingState state) {
  switch (state) {
    case FindingState::Ok: return "ok";
    case FindingState::Warning: return "warning";
    case FindingState::Problem: return "problem";
    case FindingState::Skipped: return "skipped";
  }
  return "?";
}

std::string findings_text(const DoctorFindings& findings) {
  std::string out;
  std::string about;
  for (const auto& finding : findings) {
    if (finding.about != about) out += (out.empty() ? "" : "\n") + without_control_characters(finding.about) + "\n";
    about = finding.about;
    add_finding(out, finding);
  }
  return out + (out.empty() ? "" : "\n") + summary(findings) + "\n";
}

std::string findings_json(const DoctorFindings& findings) {
  auto list = json::array();
  for (const auto& finding : findings) {
    json one{{"about", finding.about}, {"check", finding.check}, {"state", std::string(to_string(finding.state))}, {"what", finding.what}};
    if (!finding.fix.empty()) one["fix"] = finding.fix;
    list.push_back(std::move(one));
  }
  return json{{"ok", exit_code_of(findings) == 0}, {"findings", std::move(list)}}.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

int exit_code_of(const DoctorFindings& findings) { return count(findings, FindingState::Problem) == 0 ? 0 : 1; }

}  // namespace driftwarden
