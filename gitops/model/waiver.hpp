#pragma once
// A gate's owner lets something pass, for a while and with a reason.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace driftwarden {

struct Waiver {
  std::int64_t id = 0;
  std::string app;
  std::string gate;
  std::string rule;      ///< exactly one rule of the gate
  std::string object{};  ///< "Deployment shop/web"; "" = every object of the App
  PersonId owner{};
  std::string reason{};  ///< never empty
  WallTime since{};
  WallTime until{};      ///< a waiver always ends
  std::optional<WallTime> ended_at{};
  PersonId ended_by{};
  std::string channel{}; ///< where it was asked
  std::int64_t change = 0;  ///< the Change it was said of; 0 = none
  bool operator==(const Waiver&) const = default;
};

inline bool is_active(const Waiver& waiver, WallTime now) { return !waiver.ended_at && waiver.until > now; }

}  // namespace driftwarden
