// delegate: somebody approves in one's place for a while.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kUsual = std::chrono::hours{8};
constexpr Duration kLongest = std::chrono::hours{24 * 14};

AuditEntry audit_of(const Delegation& delegation, const std::string& action) {
  AuditEntry entry;
  entry.actor = delegation.from;
  entry.action = action;
  entry.subject = fmt::format("delegation {}", delegation.id);
  entry.detail = fmt::format(R"({{"to":{},"until":{}}})", json_quoted(delegation.to), json_quoted(format_time(delegation.until)));
  return entry;
}

/// One's own, ended; how many.
Result<std::size_t> end_own(storage::Transaction& tx, const PersonId& who, WallTime now) {
  std::size_t ended = 0;
  TRY(const auto active, tx.active_delegations(now));
  for (auto delegation : active) {
    if (delegation.from != who) continue;
    delegation.ended_at = now;
    CHECK_OK(tx.save_delegation(delegation));
    auto row = tx.append_audit(audit_of(delegation, "delegation.ended"));
    if (!row) return row.error();
    ++ended;
  }
  return ended;
}

Answer end_delegation(const Services& services, const Call& call) {
  Answer answer;
  answer.deed = [who = call.caller.person, now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto ended, end_own(tx, who, now));
    Reply reply;
    reply.message = view::text_message(ended == 0 ? "You delegated to nobody." : ":bust_in_silhouette: You approve for yourself again.");
    return reply;
  };
  return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_delegate(Services& services, Call call) {
  const auto who = call.caller.person;
  if (who.empty()) co_return refuse(services, call, "I don't know who you are, so there is nothing of yours to delegate.", "unknown person");
  if (call.command.ends) co_return end_delegation(services, call);
  const auto* to = person_called(services.config, call.command.person);
  if (to == nullptr) {
    NotUnderstood trouble{fmt::format("I know nobody called \"{}\".", ellipsize(call.command.person, 60)), {}};
    std::vector<std::string> names;
    for (const auto& person : services.config.people) names.push_back(person.name);
    if (const auto guess = nearest(call.command.person, names)) trouble.suggestions.push_back(fmt::format("delegate to {} for 8h", *guess));
    co_return say(view::not_understood_message(trouble));
  }
  if (is_same_person(services.config, to->name, who)) co_return say("You approve in your own place anyway.");
  Delegation draft;
  draft.from = who;
  draft.to = to->name;
  draft.since = services.clock.wall_now();
  draft.until = draft.since + std::clamp(call.command.duration.value_or(kUsual), Duration{60'000}, kLongest);
  Answer answer;
  answer.deed = [draft](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto ended, end_own(tx, draft.from, draft.since));
    TRY(const auto delegation, tx.add_delegation(draft));
    auto row = tx.append_audit(audit_of(delegation, "delegation.added"));
    if (!row) return row.error();
    Reply reply;
    reply.message = view::text_message(fmt::format(":busts_in_silhouette: *{}* approves in place of *{}* until {}{}. What *{}* asked for, they still can't approve. `delegate end` ends it.", slack::escape(draft.to),
                                                   slack::escape(draft.from), view::time_span(draft.until), ended == 0 ? "" : ", and nobody else any more", slack::escape(draft.to)));
    return reply;
  };
  co_return answer;
}

}  // namespace driftwarden
