// waive checkout floating-tag: a rule is let pass for an App, whoever asks for what.
#include "bot/config/gate_rules.hpp"
#include "bot/conversation/answers.hpp"
#include "bot/conversation/waiving.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kOpenChanges = 100;

/// Gates that know the rule: of my own rules, or of what was found in open Changes of the App.
std::vector<std::string> gates_with_rule(const Config& config, const std::vector<Change>& changes, std::string& rule) {
  const auto own = std::ranges::find_if(kBuiltInRules, [&](std::string_view name) { return is_word(rule, std::string(name)); });
  if (own != kBuiltInRules.end()) {
    rule = *own;
    return {std::string(kBuiltInGate)};
  }
  std::vector<std::string> gates;
  for (const auto& change : changes) {
    for (const auto& one : blocking_in(change.gates)) {
      const bool new_one = is_word(rule, one.finding.rule) && has_gate(config, one.gate) && std::ranges::find(gates, one.gate) == gates.end();
      if (!new_one) continue;
      gates.push_back(one.gate);
      rule = one.finding.rule;
    }
  }
  return gates;
}

/// The objects of the App that a word means: as desired now, or found in one of its open Changes.
std::vector<std::string> objects_called(const Services& services, const App& app, const std::vector<Change>& changes, const std::string& typed) {
  std::vector<std::string> objects;
  const auto add = [&](const std::string& object) {
    if (!object.empty() && names_object(typed, object) && std::ranges::find(objects, object) == objects.end()) objects.push_back(object);
  };
  for (const auto& manifest : services.fleet.desired(app.name).value_or(std::vector<Manifest>{})) add(to_string(manifest.ref));
  for (const auto& change : changes) {
    for (const auto& one : blocking_in(change.gates)) add(one.finding.object);
  }
  return objects;
}

asio::awaitable<Result<std::vector<Change>>> open_changes(Services& services, std::string app) {
  std::function<Result<std::vector<Change>>(storage::Transaction&)> look = [app](storage::Transaction& tx) { return tx.changes({app, true, kOpenChanges}); };
  auto looking = services.store.query<std::vector<Change>>(std::move(look));
  co_return co_await std::move(looking);
}

/// A rule of a gate that ran nowhere yet is waived with its gate's name; else it is a slip.
Answer no_such_rule(const Config& config, Command command) {
  std::vector<std::string> rules(kBuiltInRules.begin(), kBuiltInRules.end());
  NotUnderstood trouble{fmt::format("No gate has told of a rule \"{}\".", ellipsize(command.rule, 60)), {}};
  if (const auto meant = nearest(to_lower(command.rule), rules)) {
    command.rule = *meant;
    trouble.suggestions.push_back(to_text(command));
    return say(view::not_understood_message(trouble));
  }
  trouble.message += fmt::format(" Those that are built in: {}.", join(rules, ", "));
  std::vector<std::string> tools;
  for (const auto& tool : config.gates.tools) tools.push_back(tool.name);
  if (!tools.empty()) trouble.message += fmt::format(" Of another gate ({}), write GATE/RULE.", ellipsize(join(tools, ", "), 200));
  return say(view::not_understood_message(trouble));
}

/// Which gate, and which of its rules; an answer when that can't be told.
std::optional<Answer> find_rule(const Config& config, const std::vector<Change>& changes, const Command& command, Blocking& blocking) {
  blocking.finding.rule = command.rule;
  blocking.gate = command.gate;
  if (!blocking.gate.empty() && !has_gate(config, blocking.gate)) {
    // No gate, so the slash may be the rule's own.
    auto whole = blocking.gate + "/" + blocking.finding.rule;
    if (!gates_with_rule(config, changes, whole).empty()) {
      blocking.finding.rule = whole;
      blocking.gate.clear();
    }
  }
  if (blocking.gate.empty()) {
    const auto gates = gates_with_rule(config, changes, blocking.finding.rule);
    if (gates.empty()) return no_such_rule(config, command);
    if (gates.size() > 1) {
      auto one = command;
      one.gate = gates.front();
      return not_enough("More than one gate has that rule. Write GATE/RULE.", to_text(one));
    }
    blocking.gate = gates.front();
  }
  if (!has_gate(config, blocking.gate)) return say(fmt::format("There is no gate {} that blocks.", view::code_span(ellipsize(blocking.gate, 100))));
  return std::nullopt;
}

}  // namespace

asio::awaitable<Result<Answer>> waive_of_app(Services& services, Call call) {
  const auto* known = services.fleet.app(call.command.app);
  if (known == nullptr) co_return say(fmt::format("There is no App *{}*.", slack::escape(call.command.app)));
  const App app = *known;
  auto looking = open_changes(services, app.name);
  const auto changes = co_await std::move(looking);
  if (!changes) co_return changes.error();
  Blocking blocking;
  if (auto answer = find_rule(services.config, *changes, call.command, blocking)) co_return std::move(*answer);
  const std::vector<std::string> of_one(1, blocking.gate);
  if (auto refusal = check_gate_owner(services, call, app, of_one)) co_return std::move(*refusal);
  if (!call.command.object.empty()) {
    const auto objects = objects_called(services, app, *changes, call.command.object);
    if (objects.size() != 1) {
      co_return say(objects.empty() ? fmt::format("*{}* has no object {}.", slack::escape(app.name), view::code_span(ellipsize(call.command.object, 100)))
                                    : fmt::format("{} is more than one object: write KIND/NAMESPACE/NAME.", view::code_span(ellipsize(call.command.object, 100))));
    }
    blocking.finding.object = objects.front();
  }
  Waiving waiving;
  waiving.app = app;
  waiving.drafts.push_back(draft_of_waiver(services, call, app, blocking));
  co_return waive(services, std::move(waiving));
}

}  // namespace driftwarden
