// waive C-12: what the gates found in a Change and its caller's gates may let pass.
#include "bot/config/policy.hpp"
#include "bot/conversation/waiving.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kMostAtOnce = 20;
constexpr std::size_t kNamed = 5;

/// "policy/deny-latest" is the gate's, or a rule that is called so.
bool is_meant(const Command& command, const Blocking& blocking) {
  const bool gate = command.gate.empty() || is_word(command.gate, blocking.gate);
  const bool rule = command.rule.empty() || is_word(command.rule, blocking.finding.rule);
  const bool as_one_word = !command.gate.empty() && is_word(command.gate + "/" + command.rule, blocking.finding.rule);
  return ((gate && rule) || as_one_word) && names_object(command.object, blocking.finding.object);
}

/// Each thing once: what a rule finds in two places of one object is waived as one.
std::vector<Blocking> each_once(std::vector<Blocking> blocking) {
  std::set<std::string> seen;
  std::erase_if(blocking, [&](const Blocking& one) { return !seen.insert(to_words(one)).second; });
  return blocking;
}

std::string listed(const std::vector<Blocking>& blocking) {
  std::vector<std::string> words;
  for (const auto& one : blocking) {
    if (words.size() < kNamed) words.push_back(view::code_span(ellipsize(to_words(one), 200)));
  }
  if (blocking.size() > words.size()) words.push_back(fmt::format("{} more", blocking.size() - words.size()));
  return join(words, ", ");
}

/// "nothing blocks" in its several ways; nothing when there is something to waive.
std::optional<std::string> nothing_to_waive(const Change& change, const std::vector<Blocking>& left, const std::vector<Blocking>& meant) {
  const auto name = change_name(change.id);
  if (is_final(change.state)) return fmt::format("*{}* is over: {}.", name, to_string(change.state));
  if (change.state == ChangeState::Requested) return fmt::format(":hourglass: *{}* is still being worked out: wait for its card.", name);
  if (!change.break_glass.empty()) return fmt::format("*{}* goes ahead under a broken glass: nothing of the gates holds it.", name);
  if (left.empty()) return fmt::format("No gate holds *{}* back{}.", name, view::blocking_words(change.gates, change.app, {}).empty() ? "" : ": what was found is let pass, `waivers` says by whom");
  if (meant.empty()) return fmt::format("That isn't what holds *{}* back: it is {}.", name, listed(left));
  return std::nullopt;
}

/// Takes those that the caller's gates found, and says what is left to others.
void take_own_gates(const Services& services, const Call& call, const App& app, std::vector<Blocking> meant, Waiving& waiving) {
  const bool by_name = !call.command.rule.empty();
  std::vector<Blocking> others;
  for (const auto& one : each_once(std::move(meant))) {
    if (one.finding.rule == kUnjudged && !by_name) {
      // For as long as it lasts the gate would be as good as off for the App.
      waiving.remarks.push_back(fmt::format("nobody knows what it would have found: {} is waived by its name alone", view::code_span(to_words(one))));
    } else if (one.finding.rule == kTooMany && !by_name) {
      waiving.remarks.push_back(fmt::format("there are more findings than I keep: {} is waived by its name alone", view::code_span(to_words(one))));
    } else if (is_gate_owner(services.config, one.gate, call.caller.person, app)) {
      waiving.drafts.push_back(draft_of_waiver(services, call, app, one));
    } else {
      others.push_back(one);
    }
  }
  if (!others.empty()) waiving.remarks.push_back(fmt::format("still held back by {}: that is for {}", listed(others), slack::escape(who_may_waive(services.config, others.front().gate))));
}

}  // namespace

asio::awaitable<Result<Answer>> waive_of_change(Services& services, Call call) {
  const auto name = change_name(call.command.change);
  auto change = co_await services.changes.load(call.command.change);
  const bool unknown = !change && change.error().kind == ErrorKind::NotFound;
  if (!change && !unknown) co_return change.error();
  if (unknown || !may_know_of(services, call, change->app)) co_return say(fmt::format("There is no Change {}.", name));
  const auto app = app_of_change(services, *change);
  if (!app) co_return say(fmt::format("*{}* is not configured any more.", slack::escape(change->app)));
  call.command.app = change->app;
  auto looking = waivers_in_force(services);
  const auto open = co_await std::move(looking);
  if (!open) co_return open.error();
  const auto here = waivers_of(services.config, *open, *change, *app, services.clock.wall_now());
  const auto left = still_blocking(services.config, change->app, change->gates, here.counting);
  auto meant = left;
  std::erase_if(meant, [&](const Blocking& one) { return !is_meant(call.command, one); });
  if (const auto words = nothing_to_waive(*change, left, meant)) co_return say(*words);
  std::vector<std::string> gates;
  for (const auto& one : meant) gates.push_back(one.gate);
  if (auto refusal = check_gate_owner(services, call, *app, gates)) co_return std::move(*refusal);
  if (is_of_caller(services, call, *change)) {
    co_return refuse(services, call, fmt::format("{} is your own: somebody else of the gate's owners has to let it pass ({}).", name, slack::escape(who_may_waive(services.config, gates.front()))), "waiver for one's own Change");
  }
  Waiving waiving;
  waiving.app = *app;
  waiving.change = change->id;
  waiving.content = change->content;
  take_own_gates(services, call, *app, std::move(meant), waiving);
  if (waiving.drafts.empty()) co_return say(join(waiving.remarks, "\n"));
  if (waiving.drafts.size() > kMostAtOnce) co_return say(fmt::format("That are {} waivers, and {} at once are the most: name a rule or an object.", waiving.drafts.size(), kMostAtOnce));
  co_return waive(services, std::move(waiving));
}

}  // namespace driftwarden
