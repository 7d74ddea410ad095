#pragma once
// What gates found: what of it is new, what still stands in the way when waivers let some of it pass, and who may waive. Pure.
#include "bot/policy/gate.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/finding.hpp"
#include "gitops/model/waiver_match.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

inline constexpr std::string_view kBuiltInGate = "built-in";
inline constexpr std::size_t kFindingsKept = 60;   ///< of one gate; what is beyond is GateResult::left_out
inline constexpr const char* kTooMany = "too-many";  ///< the rule that blocks where findings that block were left out

/// What `after` has and `before` hasn't (by rule, object, path and message, each as often as it is there); those that block first. `gate_blocks` false: the
/// gate only warns. Texts are cut, links that aren't https are dropped.
GateResult new_findings(std::string gate, bool gate_blocks, std::vector<Finding> after, std::vector<Finding> before);
/// It could not be judged, and why.
GateResult unjudged(std::string gate, bool gate_blocks, std::string trouble);

/// One thing that is in the way.
struct Blocking {
  std::string gate;
  Finding finding;
  bool operator==(const Blocking&) const = default;
};
/// All that gates found and that blocks, waived or not; trouble as the rule "unjudged", left out ones as "too-many".
std::vector<Blocking> blocking_in(const std::vector<GateResult>& gates);

/// Whose what is judged is: nobody waives what they asked for or wrote.
struct Wanting {
  std::vector<PersonId> people{};
  std::string unknown_account{};  ///< the login of an author whom nobody is linked to, on the forge of the App's repository; "" = none
};

/// Why it lets nothing pass, whatever it is said of; "" = it does: its owner has to own the gate, and be linked, for as long as it is to count.
std::string why_idle(const Config& config, const Waiver& waiver, const App& app);

/// Those of the App that are in force. Where an author is unknown, only who has an account of their own on that forge is known to be somebody else.
WaiversHere waivers_here(const Config& config, const std::vector<Waiver>& open, const App& app, const Wanting& by, WallTime now);
/// The same for a Change: its requester, and whose commits it puts in force.
WaiversHere waivers_of(const Config& config, const std::vector<Waiver>& open, const Change& change, const App& app, WallTime now);

/// What is left when `counting` lets the rest pass. Gates that the config has no more, or lets only warn, hold nothing back.
std::vector<Blocking> still_blocking(const Config& config, const std::string& app, const std::vector<GateResult>& gates, const std::vector<Waiver>& counting);

/// What keeps the Change from being merged; nothing under a broken glass, and of an ignore rule.
std::optional<Obstacle> gate_obstacle(const Config& config, const Change& change, const WaiversHere& waivers);
/// Whether gates have a say in it at all, and it isn't past them.
bool is_held_by_gates(const Change& change);

/// "built-in/floating-tag of Deployment shop/web"
std::string to_words(const Blocking& blocking);

/// Whether the config has this gate and lets it block.
bool has_gate(const Config& config, std::string_view gate);
/// Whose waiver counts there: people and groups as written; empty = nobody's.
std::vector<std::string> gate_owners(const Config& config, std::string_view gate);
/// "sre, bob or 2 more"; "nobody"
std::string gate_owner_words(const Config& config, std::string_view gate);
bool is_gate_owner(const Config& config, std::string_view gate, const PersonId& who, const App& app);

}  // namespace driftwarden
