// pending: what waits for whom.
#include "bot/config/policy.hpp"
#include "bot/conversation/waiving.hpp"
#include "bot/policy/findings.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace driftwarden {
namespace {

constexpr std::size_t kShown = 20;
constexpr std::size_t kNamed = 5;
constexpr std::size_t kGatesNamed = 3;

struct Waiting {
  Change change;
  bool for_caller = false;  ///< their yes would count
  bool of_caller = false;   ///< they asked for it
  std::vector<PersonId> whom;
  std::vector<Blocking> held_by;         ///< of what gates found
  std::vector<Blocking> caller_waives{}; ///< of these
};

struct Stored {
  std::vector<Change> changes;
  std::vector<Delegation> delegations;
  std::vector<Waiver> waivers;
};

bool is_theirs(const Waiting& waiting) { return waiting.for_caller || !waiting.caller_waives.empty(); }
int rank_of(const Waiting& waiting) { return is_theirs(waiting) ? 0 : waiting.of_caller ? 1 : 2; }

/// "waits for sre to waive `built-in/floating-tag` and 1 more, and for bob to waive `policy/deny-latest`"; "" where no gate holds it.
std::string gate_words(const Config& config, const std::vector<Blocking>& held_by) {
  std::vector<std::string> gates;
  for (const auto& one : held_by) {
    if (std::ranges::find(gates, one.gate) == gates.end()) gates.push_back(one.gate);
  }
  std::vector<std::string> parts;
  for (const auto& gate : gates) {
    if (parts.size() == kGatesNamed) break;
    const auto first = std::ranges::find(held_by, gate, &Blocking::gate);
    const auto more = std::ranges::count(held_by, gate, &Blocking::gate) - 1;
    const auto rule = view::code_span(ellipsize(fmt::format("{}/{}", gate, first->finding.rule), 150)) + (more > 0 ? fmt::format(" and {} more", more) : "");
    const bool nobodys = gate_owners(config, gate).empty();
    parts.push_back(nobodys ? fmt::format("for {} to be mended, which nobody may waive", rule) : fmt::format("for {} to waive {}", slack::escape(gate_owner_words(config, gate)), rule));
  }
  if (parts.empty()) return {};
  if (gates.size() > parts.size()) parts.push_back(fmt::format("for what {} more gates found", gates.size() - parts.size()));
  return "waits " + join(parts, ", and ");
}

/// What the caller says to let it pass. What nobody judged is waived by its name alone.
std::string waive_command(const Waiting& waiting) {
  const auto& first = waiting.caller_waives.front().finding.rule;
  const bool by_name = first == kUnjudged || first == kTooMany;
  return fmt::format("waive {}{} because ...", change_name(waiting.change.id), by_name ? fmt::format(" {}/{}", waiting.caller_waives.front().gate, first) : "");
}

std::string approval_words(const Waiting& waiting) {
  const auto& change = waiting.change;
  const auto open = open_seats(change, counted_approvers(change));
  std::vector<std::string> names(waiting.whom.begin(), waiting.whom.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, waiting.whom.size())));
  auto words = fmt::format("waits for {} {}", open.all(), open.all() == 1 ? "approval" : "approvals");
  if (!names.empty()) words += " by " + slack::escape(join(names, ", ")) + (waiting.whom.size() > kNamed ? fmt::format(" or {} more", waiting.whom.size() - kNamed) : "");
  if (open.extra > 0) words += fmt::format("{} for its cost ({})", open.extra == open.all() ? "" : fmt::format(", {} of them", open.extra), slack::escape(change.quorum.extra.why));
  return change.expires_at ? words + " until " + view::time_span(*change.expires_at) : words;
}

std::string whom_words(const Waiting& waiting, const Config& config) {
  const auto& change = waiting.change;
  const auto gates = gate_words(config, waiting.held_by);
  if (change.state == ChangeState::Proposed) return approval_words(waiting) + (gates.empty() ? "" : "; then " + gates);
  // What it waits for in the merge's own words is the first of these.
  if (!gates.empty() && (change.waiting_for.empty() || change.waiting_for.starts_with("the gate "))) return gates;
  if (change.waiting_for.empty()) return std::string(to_string(change.state));
  return "waits for " + slack::escape(change.waiting_for) + (gates.empty() ? "" : "; then " + gates);
}

std::string line_of(const Waiting& waiting, const Services& services) {
  const auto& change = waiting.change;
  auto line = fmt::format("{} *{}* {}: {} asked by {} {} ago, {}", is_theirs(waiting) ? ":point_right:" : "\u2022", change_link(change, services.workspace_url), slack::escape(change.app),
                          view::intent_words(change), slack::escape(change.requester), format_age(std::chrono::duration_cast<Duration>(services.clock.wall_now() - change.requested_at)),
                          whom_words(waiting, services.config));
  if (!change.pull_request_url.empty()) line += " \u00b7 " + view::link(change.pull_request_url, fmt::format("#{}", change.pull_request));
  if (!waiting.caller_waives.empty()) line += " \u00b7 " + view::code_span(waive_command(waiting));
  return line;
}

void add_gates(const Services& services, const Call& call, const App& app, const std::vector<Waiver>& open, Waiting& waiting) {
  const auto& change = waiting.change;
  const bool waits = change.state == ChangeState::Proposed || (change.state == ChangeState::Approved && !is_being_merged(change));
  if (!waits || !is_held_by_gates(change)) return;
  const auto here = waivers_of(services.config, open, change, app, services.clock.wall_now());
  waiting.held_by = still_blocking(services.config, change.app, change.gates, here.counting);
  if (is_of_caller(services, call, change)) return;
  std::ranges::copy_if(waiting.held_by, std::back_inserter(waiting.caller_waives), [&](const Blocking& one) { return is_gate_owner(services.config, one.gate, call.caller.person, app); });
}

Waiting waiting_of(const Services& services, const Call& call, const Change& change, const Stored& stored) {
  const auto& caller = call.caller;
  Waiting waiting;
  waiting.change = change;
  waiting.of_caller = is_same_person(services.config, caller.person, change.requester);
  const auto app = app_of_change(services, change);
  if (!app) return waiting;
  add_gates(services, call, *app, stored.waivers, waiting);
  if (change.state != ChangeState::Proposed) return waiting;
  const auto counted = counted_approvers(change);
  const auto approved = [&](const PersonId& who) { return std::ranges::find(counted, who) != counted.end(); };
  waiting.whom = approvers_left(services.config, change, *app, counted);
  const auto verdict = may_count(services.config, caller.person, change, *app, stored.delegations, services.clock.wall_now());
  waiting.for_caller = !approved(caller.person) && verdict.counts && verdict.open_seat;
  return waiting;
}

std::string headline(const std::vector<Waiting>& all) {
  const auto mine = std::ranges::count_if(all, is_theirs);
  if (all.empty()) return "Nothing waits for anybody.";
  const auto total = fmt::format("{} {} open", all.size(), all.size() == 1 ? "Change is" : "Changes are");
  return mine == 0 ? total + "; none waits for you." : fmt::format("{}; *{} {} for you*.", total, mine, mine == 1 ? "waits" : "wait");
}

}  // namespace

asio::awaitable<Result<Answer>> handle_pending(Services& services, Call call) {
  std::function<Result<Stored>(storage::Transaction&)> work = [now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Stored> {
    Stored stored;
    TRY(stored.changes, tx.changes({"", true, 1000}));
    TRY(stored.delegations, tx.active_delegations(now));
    TRY(stored.waivers, tx.open_waivers());
    return stored;
  };
  auto working = services.store.query<Stored>(std::move(work));
  const auto stored = co_await std::move(working);
  if (!stored) co_return stored.error();
  std::vector<Waiting> all;
  for (const auto& change : stored->changes) {
    if (may_know_of(services, call, change.app)) all.push_back(waiting_of(services, call, change, *stored));
  }
  std::ranges::stable_sort(all, [](const Waiting& a, const Waiting& b) { return std::pair(rank_of(a), a.change.id) < std::pair(rank_of(b), b.change.id); });
  view::Blocks blocks;
  std::string text = headline(all);
  blocks.section(text);
  const auto page = view::page_of(all.size(), kShown, call.command.page);
  for (auto i = page.first; i < page.last; ++i) {
    const auto line = line_of(all[i], services);
    blocks.section(line);
    text += "\n" + line;
  }
  if (const auto where = view::page_words(page, all.size()); !where.empty()) {
    blocks.context({where});
    text += fmt::format("\n_{}_", where);
  }
  blocks.actions(view::page_buttons(page, "pending"));
  co_return say(view::message_of(blocks, std::move(text)));
}

}  // namespace driftwarden
