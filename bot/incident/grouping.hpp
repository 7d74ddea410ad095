#pragma once
// Which alerts share a message. Pure.
//
//   fresh incident --same root cause open in its channel--> that one's group
//                  --a storm goes on in the channel-------> the storm
//                  --too many messages lately-------------> leads a storm
//                  --else---------------------------------> alone
#include "gitops/model/incident.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct StormRules {
  int limit = 5;                             ///< messages of a channel within the window; the next new one begins a storm
  Duration window = std::chrono::minutes{1};
};
inline constexpr Duration kStormGoesOn = std::chrono::minutes{10};  ///< since its last member came
inline constexpr Duration kCauseGoesOn = std::chrono::hours{1};     ///< the same of a group with one cause
inline constexpr Duration kGroupEditedEvery{2000};
inline constexpr std::size_t kToldOneByOne = 5;  ///< the thread of a larger group has no line per App

/// Digest of the story, where the whole drift is one that other Apps may share: the same fields, values and manager; of what Git is ahead by also the
/// same revision. "" where it is nobody else's.
std::string root_cause_of(const DriftReport& report);

/// When somebody last joined it, or it was told itself.
WallTime last_joined(const Incident& leader);
/// Who joins only edits the message, which notifies nobody: so it may where people were called lately, nobody took it yet, and no less was at stake.
/// `members`: of the leader's group, needed only where the leader itself doesn't decide it.
bool may_join(const Incident& leader, const std::vector<Incident>& members, Severity fresh, WallTime now);

struct JoinFacts {
  std::optional<Incident> same_cause;  ///< leads or stands alone in the channel, and may be joined
  std::optional<Incident> storm;       ///< the channel's last storm, if it isn't over
  std::size_t told_lately = 0;         ///< messages of the channel within the window
};
struct Join {
  std::int64_t leader = 0;               ///< 0 = joins nobody
  Grouping grouping = Grouping::Alone;   ///< of the leader; Storm without a leader: it leads one itself
  bool operator==(const Join&) const = default;
};
Join join_of(const JoinFacts& facts, const StormRules& rules, WallTime now);
/// A member came: what becomes of its leader.
Incident with_member(Incident leader, Grouping grouping, WallTime now);

}  // namespace driftwarden
