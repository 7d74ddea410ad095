#include "bot/change/judge_gates.hpp"

#include "bot/change/move.hpp"
#include "bot/gates/built_in.hpp"
#include "bot/gates/tool_gates.hpp"
#include "bot/policy/findings.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kAskAgain = std::chrono::minutes{2};
constexpr std::size_t kDescription = 140;  // what GitHub takes

/// What was in force in one namespace counts as known in the other.
std::vector<Manifest> as_if_in(std::vector<Manifest> manifests, const std::string& from, const std::string& to) {
  for (auto& manifest : manifests) {
    if (manifest.body == nullptr || manifest.ref.namespace_.empty() || manifest.ref.namespace_ != from) continue;
    manifest.ref.namespace_ = to;
    auto body = *manifest.body;
    const json::json_pointer place("/metadata/namespace");
    if (body.contains(place)) body[place] = to;
    manifest.body = std::make_shared<const json>(std::move(body));
  }
  return manifests;
}

}  // namespace

bool is_gated(const Gates* gates, const Config& config) { return gates != nullptr && judges_anything(config.gates); }

std::vector<GateResult> not_judged(const Config& config, const App& app) {
  constexpr auto why = "what it makes of the App could not be rendered";
  std::vector<GateResult> gates{unjudged(std::string(kBuiltInGate), has_gate(config, kBuiltInGate), why)};
  for (const auto& tool : config.gates.tools) {
    if (concerns(tool, app)) gates.push_back(unjudged(tool.name, tool.effect == GateEffect::Block, why));
  }
  return gates;
}

bool lacks_a_gate(const Config& config, const App& app, const std::vector<GateResult>& gates) {
  const auto spoke = [&](std::string_view name) {
    return std::ranges::any_of(gates, [&](const GateResult& gate) { return gate.gate == name && gate.blocks; });
  };
  const auto blocks_now = [&](const Finding& finding) { return !finding.blocks && effect_of_rule(config.gates, finding.rule) == GateEffect::Block; };
  const bool stricter = std::ranges::any_of(gates, [&](const GateResult& gate) { return gate.gate == kBuiltInGate && std::ranges::any_of(gate.findings, blocks_now); });
  const bool built_in = has_gate(config, kBuiltInGate) && !spoke(kBuiltInGate);
  return stricter || built_in || std::ranges::any_of(config.gates.tools, [&](const GateConfig& tool) { return tool.effect == GateEffect::Block && concerns(tool, app) && !spoke(tool.name); });
}

App place_after(const Change& change, const App& app, const Config& config) {
  if (change.verb != ChangeVerb::Move) return app;
  auto there = moved_app(app, move_record_from(change.argument).to, config);
  return there ? std::move(*there) : app;
}

bool wants_judging_again(const Change& change, WallTime now) {
  const bool silent = std::ranges::any_of(change.gates, [](const GateResult& gate) { return gate.blocks && !gate.trouble.empty(); });
  return silent && change.break_glass.empty() && change.state == ChangeState::Approved && !is_being_merged(change) && now - change.updated_at >= kAskAgain;
}

ChangeStep judged_again(Change change, const Content& content, std::vector<GateResult> gates, WallTime now) {
  ChangeStep step;
  const bool same = change.state == ChangeState::Approved && change.content == content;
  if (!same) step.refusal = "it moved on";
  if (same) {
    if (change.gates != gates) step.effects = {ChangeEffect::ShowCard, ChangeEffect::ShowOnForge};
    change.gates = std::move(gates);
    change.updated_at = now;
  }
  step.next = std::move(change);
  return step;
}

ChangeStep merged_past_gate(Change change, const std::string& merged_sha, const Obstacle& obstacle, WallTime now) {
  if (is_final(change.state)) {
    ChangeStep step;
    step.next = std::move(change);
    step.refusal = "it ended already";
    return step;
  }
  change.merged_sha = merged_sha;
  return on_failed(std::move(change), fmt::format("it was merged on the forge past the {}, so it is not applied; ask for a sync to have it reviewed", obstacle.rule), now);
}

asio::awaitable<std::vector<GateResult>> judge_gates(Gates& gates, App here, App there, std::vector<Manifest> before, std::vector<Manifest> after) {
  ManifestsToJudge judged;
  judged.before = here.namespace_ == there.namespace_ ? std::move(before) : as_if_in(std::move(before), here.namespace_, there.namespace_);
  judged.after = std::move(after);
  judged.app = std::move(there);
  auto judging = gates.judge(std::move(judged));
  co_return co_await std::move(judging);
}

forge::CommitStatus gates_status(const std::string& what, const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& counting) {
  forge::CommitStatus status;
  status.context = kGatesStatus;
  const auto blocks = view::blocking_words(gates, app, counting);
  status.state = blocks.empty() ? forge::StatusState::Success : forge::StatusState::Failure;
  const auto all = blocking_in(gates).size();
  std::string words = blocks;
  if (blocks.empty()) words = all == 0 ? "nothing new blocks" : fmt::format("{} let pass by a gate's owner", all == 1 ? "one finding is" : fmt::format("{} findings are", all));
  status.description = ellipsize(fmt::format("{}: {}", what, without_control_characters(words)), kDescription);
  return status;
}

}  // namespace driftwarden
