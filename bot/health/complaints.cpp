#include "bot/health/complaints.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

std::string name_of(const std::string& about) {
  const auto colon = about.find(':');
  if (colon == std::string::npos) return about == "socket" ? "Slack's socket" : "the " + about;
  return fmt::format("the {} {}", about.substr(0, colon), about.substr(colon + 1));
}

}  // namespace

std::vector<Complaint> Complaints::step(const std::vector<Ailment>& ailments, WallTime now) {
  std::vector<Complaint> said;
  for (const auto& ailment : ailments) {
    const auto [known, is_new] = known_.try_emplace(ailment.about, Known{now, false});
    if (known->second.told || now - known->second.since < patience_) continue;
    known->second.told = true;
    said.push_back({ailment.about, ailment.words, false});
  }
  for (auto at = known_.begin(); at != known_.end();) {
    const auto& about = at->first;
    if (std::ranges::find(ailments, about, &Ailment::about) != ailments.end()) {
      ++at;
      continue;
    }
    if (at->second.told) {
      said.push_back({about, fmt::format("{} is well again, after more than {}", name_of(about), format_age(std::chrono::duration_cast<Duration>(now - at->second.since))), true});
    }
    at = known_.erase(at);
  }
  return said;
}

}  // namespace driftwarden
