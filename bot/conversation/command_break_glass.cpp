// break-glass: one App, one person, a short while, everybody told.
#include "bot/change/hold_notices.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kUsual = std::chrono::minutes{30};
constexpr Duration kShortest = std::chrono::minutes{1};

AuditEntry audit_of(const Hold& hold, const std::string& action) {
  AuditEntry entry;
  entry.actor = hold.owner;
  entry.action = action;
  entry.app = hold.scope.name;
  entry.subject = fmt::format("hold {}", hold.id);
  entry.where = hold.channel;
  entry.detail = fmt::format(R"({{"scope":{},"until":{},"reason":{}}})", json_quoted(hold.scope.name), json_quoted(hold.until ? format_time(*hold.until) : ""), json_quoted(hold.reason));
  return entry;
}

const Hold* own_glass(const std::vector<Hold>& holds, const Config& policy, const App& app, const PersonId& who, WallTime now) {
  const auto found = std::ranges::find_if(holds, [&](const Hold& hold) {
    return hold.kind == HoldKind::BreakGlass && is_active(hold, now) && covers(hold.scope, app) && is_same_person(policy, hold.owner, who);
  });
  return found == holds.end() ? nullptr : &*found;
}

/// From now on its time is up: what ends holds does the rest, and proposes what was done by hand.
Answer end_glass(Services& services, const Call& call, const App& app) {
  Answer answer;
  answer.deed = [app, who = call.caller.person, now = services.clock.wall_now(), policy = policy_snapshot(services.config)](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    TRY(const auto holds, tx.open_holds());
    const auto* held = own_glass(holds, *policy, app, who, now);
    if (held == nullptr) {
      reply.message = view::text_message(fmt::format("You broke no glass on *{}*.", slack::escape(app.name)));
      return reply;
    }
    auto hold = *held;
    hold.until = now;
    hold.ended_by = who;
    CHECK_OK(tx.save_hold(hold));
    auto row = tx.append_audit(audit_of(hold, "hold.break-glass-end"));
    if (!row) return row.error();
    reply.message = view::text_message(fmt::format(":closed_lock_with_key: The glass on *{}* is whole again: approvals and freezes count.", slack::escape(app.name)));
    return reply;
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  return answer;
}

struct Breaking {
  App app;
  Hold draft;
  bool capped = false;
  std::shared_ptr<const Config> policy;
};

Result<Reply> break_it(storage::Transaction& tx, const Breaking& breaking) {
  Reply reply;
  const auto name = slack::escape(breaking.app.name);
  TRY(const auto holds, tx.open_holds());
  if (const auto* held = own_glass(holds, *breaking.policy, breaking.app, breaking.draft.owner, breaking.draft.since)) {
    reply.message = view::text_message(fmt::format("You broke the glass on *{}* already, until {}. End it first: `break-glass end {}`.", name, view::time_span(*held->until), name));
    return reply;
  }
  TRY(const auto hold, tx.add_hold(breaking.draft));
  auto row = tx.append_audit(audit_of(hold, "hold.break-glass"));
  if (!row) return row.error();
  CHECK_OK(announce_break_glass(tx, *breaking.policy, breaking.app, hold, hold.since));
  auto words = fmt::format(":rotating_light: You broke the glass on *{}* until {}: your Changes on it need no approval and pass freezes. Its owners are told, and what you do is audited. "
                           "`break-glass end {}` when you are done.",
                           name, view::time_span(*hold.until), name);
  if (breaking.capped) words += fmt::format("\nThe policy allows {} at most.", format_duration(breaking.policy->policy.break_glass.longest));
  reply.message = view::text_message(std::move(words));
  return reply;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_break_glass(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  // Whoever broke it may mend it, whatever the policy says by now.
  if (call.command.ends && !call.caller.person.empty()) co_return end_glass(services, call, app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto longest = services.config.policy.break_glass.longest;
  const auto asked = call.command.duration.value_or(std::min(kUsual, longest));
  Breaking breaking;
  breaking.app = app;
  breaking.capped = asked > longest;
  breaking.policy = policy_snapshot(services.config);
  auto& draft = breaking.draft;
  draft.kind = HoldKind::BreakGlass;
  draft.scope = {HoldScope::Kind::App, app.name};
  draft.owner = call.caller.person;
  draft.reason = ellipsize(without_control_characters(call.command.reason), 1000);
  draft.since = services.clock.wall_now();
  draft.until = draft.since + std::max(std::min(asked, longest), std::min(kShortest, longest));
  draft.channel = call.request.channel;
  Answer answer;
  answer.deed = [breaking = std::move(breaking)](storage::Transaction& tx) { return break_it(tx, breaking); };
  co_return answer;
}

}  // namespace driftwarden
