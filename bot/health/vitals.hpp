#pragma once
// Whether all is well, from figures alone. Pure: what it is told is a snapshot, and it has no clock.
#include "gitops/base/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// Times are since when something holds, or when it last went well; the epoch stands for never.
struct Vitals {
  struct Repository {
    WallTime answered{};
    Duration poll{};
  };
  struct Database {
    std::optional<WallTime> waiting_since{};  ///< a question that it hasn't answered yet
    std::string failure{};                    ///< of the last one; "" = it went well
    std::optional<WallTime> failing_since{};
    bool damaged = false;
  };
  WallTime now{};
  WallTime started{};
  std::optional<WallTime> socket_closed_since{};   ///< nothing while it is open, and on a standby that has none
  std::map<std::string, WallTime> clusters{};      ///< when last heard of
  std::map<std::string, Repository> repositories{};
  std::optional<WallTime> inbox_oldest{};
  std::optional<WallTime> outbox_oldest_due{};
  Database database{};
};

/// How long something may last before it is an ailment.
struct VitalLimits {
  Duration socket = std::chrono::minutes{2};
  Duration cluster = std::chrono::minutes{2};
  Duration repository = std::chrono::minutes{5};  ///< or five polls, where that is longer
  Duration inbox = std::chrono::minutes{2};
  Duration outbox = std::chrono::minutes{5};
  Duration database = std::chrono::seconds{30};
};

struct Ailment {
  std::string about;             ///< "socket", "cluster:prod-eu", "outbox": the same thing has the same name
  std::string words;             ///< for people: "the cluster prod-eu wasn't heard of for 5 min"
  bool restart_helps = false;
  bool operator==(const Ailment&) const = default;
};

/// Sorted by `about`; none when all is well.
std::vector<Ailment> ailments_of(const Vitals& vitals, const VitalLimits& limits = {});

/// Why somebody should restart the process, "" when nobody should: what /healthz says.
std::string reason_to_restart(const std::vector<Ailment>& ailments);

}  // namespace driftwarden
