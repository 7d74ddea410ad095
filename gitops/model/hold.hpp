#pragma once
// What keeps Changes back, or lets them pass, for a while: said in chat, audited, and over by itself.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// Lock: one App is its owner's for a while. Freeze: no mutation in the scope. Halt: the kill switch, everywhere, at once.
/// BreakGlass: its owner acts on one App without approvals and freezes.
enum class HoldKind { Lock, Freeze, Halt, BreakGlass };
std::string_view to_string(HoldKind kind);
std::optional<HoldKind> hold_kind_from(std::string_view text);

/// What a hold is about. "*" is everything.
struct HoldScope {
  enum class Kind { Everything, Environment, Cluster, App };
  Kind kind = Kind::Everything;
  std::string name;
  bool operator==(const HoldScope&) const = default;
};

struct Hold {
  std::int64_t id = 0;
  HoldKind kind = HoldKind::Lock;
  HoldScope scope;
  PersonId owner;
  std::string reason;
  WallTime since{};
  std::optional<WallTime> until;     ///< nothing: until somebody ends it
  std::optional<WallTime> ended_at;
  PersonId ended_by;                 ///< "driftwarden" when its time was up
  std::string channel;               ///< where it was asked
  bool operator==(const Hold&) const = default;
};

/// Neither ended nor past its time.
inline bool is_active(const Hold& hold, WallTime now) { return !hold.ended_at && (!hold.until || *hold.until > now); }

/// While one is away another may approve in their place.
struct Delegation {
  std::int64_t id = 0;
  PersonId from;
  PersonId to;
  WallTime since{};
  WallTime until{};
  std::optional<WallTime> ended_at;
  bool operator==(const Delegation&) const = default;
};

/// A chat user's proof of being a forge user. Keyed on workspace and user id, never on a display name. `code` is what was asked to be
/// posted there; proven once `proven_at` is set.
struct Identity {
  std::string team;
  std::string user;     ///< Slack id
  PersonId person;      ///< the config's name where it has one, else the forge login
  std::string forge;    ///< login on the forge
  std::string repository;  ///< where the proof is posted
  std::string code_hash;   ///< SHA-256 hex of the code
  WallTime asked_at{};
  std::optional<WallTime> proven_at;
  bool operator==(const Identity&) const = default;
};

}  // namespace driftwarden
