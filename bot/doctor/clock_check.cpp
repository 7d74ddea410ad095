#include "bot/doctor/clock_check.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr Duration kFine = std::chrono::seconds{5};
constexpr Duration kBearable = std::chrono::minutes{1};

}  // namespace

DoctorFinding judge_clock(const std::string& about, const std::optional<Duration>& ahead) {
  if (!ahead) return {about, "clock", FindingState::Skipped, "its answers name no time"};
  const auto off = std::chrono::abs(*ahead);
  if (off <= kFine) return {about, "clock", FindingState::Ok, "ours is the same, within 5 s"};
  const auto what = fmt::format("our clock is {} {} theirs", format_age(off), *ahead > Duration{0} ? "ahead of" : "behind");
  return {about, "clock", off <= kBearable ? FindingState::Warning : FindingState::Problem, what, "let the machine's time be kept by NTP (timedatectl, chronyc tracking)"};
}

}  // namespace driftwarden
