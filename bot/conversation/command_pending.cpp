// pending: what waits for whom.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kShown = 20;
constexpr std::size_t kNamed = 5;

struct Waiting {
  Change change;
  bool for_caller = false;  ///< their yes would count
  bool of_caller = false;   ///< they asked for it
  std::vector<PersonId> whom;
};

struct Stored {
  std::vector<Change> changes;
  std::vector<Delegation> delegations;
};

int rank_of(const Waiting& waiting) { return waiting.for_caller ? 0 : waiting.of_caller ? 1 : 2; }

std::string whom_words(const Waiting& waiting) {
  const auto& change = waiting.change;
  if (change.state != ChangeState::Proposed) return change.waiting_for.empty() ? std::string(to_string(change.state)) : "waits for " + slack::escape(change.waiting_for);
  const auto open = open_seats(change, counted_approvers(change));
  std::vector<std::string> names(waiting.whom.begin(), waiting.whom.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, waiting.whom.size())));
  auto words = fmt::format("waits for {} {}", open.all(), open.all() == 1 ? "approval" : "approvals");
  if (!names.empty()) words += " by " + slack::escape(join(names, ", ")) + (waiting.whom.size() > kNamed ? fmt::format(" or {} more", waiting.whom.size() - kNamed) : "");
  if (open.extra > 0) words += fmt::format(", {} of them for its cost ({})", open.extra, slack::escape(change.quorum.extra.why));
  return words;
}

std::string line_of(const Waiting& waiting, const Services& services) {
  const auto& change = waiting.change;
  auto line = fmt::format("{} *{}* {}: {} asked by {} {} ago, {}", waiting.for_caller ? ":point_right:" : "\u2022", change_link(change, services.workspace_url), slack::escape(change.app),
                          view::intent_words(change), slack::escape(change.requester), format_age(std::chrono::duration_cast<Duration>(services.clock.wall_now() - change.requested_at)),
                          whom_words(waiting));
  if (change.expires_at && change.state == ChangeState::Proposed) line += " until " + view::time_span(*change.expires_at);
  if (!change.pull_request_url.empty()) line += " \u00b7 " + view::link(change.pull_request_url, fmt::format("#{}", change.pull_request));
  return line;
}

Waiting waiting_of(const Services& services, const Caller& caller, const Change& change, const std::vector<Delegation>& delegations) {
  Waiting waiting;
  waiting.change = change;
  waiting.of_caller = is_same_person(services.config, caller.person, change.requester);
  const auto app = app_of_change(services, change);
  if (!app || change.state != ChangeState::Proposed) return waiting;
  const auto counted = counted_approvers(change);
  const auto approved = [&](const PersonId& who) { return std::ranges::find(counted, who) != counted.end(); };
  waiting.whom = approvers_left(services.config, change, *app, counted);
  const auto verdict = may_count(services.config, caller.person, change, *app, delegations, services.clock.wall_now());
  waiting.for_caller = !approved(caller.person) && verdict.counts && verdict.open_seat;
  return waiting;
}

std::string headline(const std::vector<Waiting>& all) {
  const auto mine = std::ranges::count_if(all, &Waiting::for_caller);
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
    return stored;
  };
  auto working = services.store.query<Stored>(std::move(work));
  const auto stored = co_await std::move(working);
  if (!stored) co_return stored.error();
  std::vector<Waiting> all;
  for (const auto& change : stored->changes) {
    if (may_know_of(services, call, change.app)) all.push_back(waiting_of(services, call.caller, change, stored->delegations));
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
