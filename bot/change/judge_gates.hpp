#pragma once
// What the gates say of a Change, and what the forge is told of it.
#include "bot/change/change_steps.hpp"
#include "bot/config/config.hpp"
#include "bot/gates/gates.hpp"
#include "bot/policy/gate.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/waiver.hpp"
#include "integrations/forge/forge.hpp"

#include <string>
#include <vector>

namespace driftwarden {

inline constexpr const char* kGatesStatus = "driftwarden/gates";

/// Whether anything is judged now: the config may have come to say so, or to say so no more.
bool is_gated(const Gates* gates, const Config& config);

/// For as long as nobody looked, and where nothing could be rendered to look at: each gate that concerns the App, and those that block do.
std::vector<GateResult> not_judged(const Config& config, const App& app);
/// A gate of today's config that blocks hasn't said anything that would: it came, or came to block, after those of the Change were asked.
bool lacks_a_gate(const Config& config, const App& app, const std::vector<GateResult>& gates);

/// Where the App will be: elsewhere after a move.
App place_after(const Change& change, const App& app, const Config& config);

/// A gate gave no answer when it was asked, a while ago, and nothing else is known to hold the Change: it is worth another try.
bool wants_judging_again(const Change& change, WallTime now);
/// What the gates say of the same content now.
ChangeStep judged_again(Change change, const Content& content, std::vector<GateResult> gates, WallTime now);
/// Somebody merged it on the forge although `obstacle` held it: like one without its approvals it isn't applied.
ChangeStep merged_past_gate(Change change, const std::string& merged_sha, const Obstacle& obstacle, WallTime now);

/// `there` is where it will be: elsewhere of a move, whose objects then count as those that they were here.
asio::awaitable<std::vector<GateResult>> judge_gates(Gates& gates, App here, App there, std::vector<Manifest> before, std::vector<Manifest> after);

/// The commit status: failed as long as something blocks that no waiver of `counting` lets pass. `what` names what is judged: "C-12".
forge::CommitStatus gates_status(const std::string& what, const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& counting);

}  // namespace driftwarden
