// approve, reject, cancel: decisions about a Change.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

/// Steps the Change in the answer's transaction; a refusal by the steps is told and audited.
Answer decide(const Services& services, const Call& call, std::function<ChangeStep(Change, WallTime)> event) {
  Answer answer;
  const auto now = services.clock.wall_now();
  AuditEntry refused;
  refused.actor = call.caller.person;
  refused.action = "command.refused";
  refused.subject = change_name(call.command.change);
  answer.deed = [id = call.command.change, event = std::move(event), now, refused](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    TRY(auto change, tx.find_change(id));
    if (!change) return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(id))};
    TRY(const auto step, commit_step(tx, event(std::move(*change), now), now));
    if (step.refusal.empty()) {
      reply.silent = true;
      return reply;
    }
    auto entry = refused;
    entry.app = step.next.app;
    entry.detail = fmt::format(R"({{"rule":{}}})", json_quoted(step.refusal));
    auto appended = tx.append_audit(entry);
    if (!appended) return appended.error();
    reply.message = view::text_message(":no_entry: " + slack::escape(step.refusal));
    return reply;
  };
  return answer;
}

/// "lgtm" after `approve C-12` is a remark, "9e8d7c6" says what was looked at.
bool is_sha(const std::string& text) { return text.size() >= 7 && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

}  // namespace

asio::awaitable<Result<Answer>> handle_approve(Services& services, Call call) {
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  const auto* app = services.fleet.app(change->app);
  if (app == nullptr) co_return say(fmt::format("*{}* is not configured any more.", slack::escape(change->app)));
  call.command.app = change->app;
  if (call.caller.person.empty()) co_return refuse(services, call, "I don't know who you are, so your approval can't count.", "unknown person");
  // An ignore alters no cluster.
  if (change->verb != ChangeVerb::Ignore) {
    if (auto refusal = check_freeze(services, call, *app)) co_return *refusal;
  }
  const bool own = call.caller.person == change->requester;
  if (!own && !may_approve(services.config, call.caller.person, change->quorum, *app)) {
    co_return refuse(services, call, fmt::format("You may not approve {}: it needs {} of {}.", change_name(change->id), change->quorum.need, join(change->quorum.from, ", ")),
                     "policy.approvals");
  }
  // A card's button says which head it showed; typed without one, the newest is meant.
  const auto seen = is_sha(call.command.reason) ? call.command.reason : std::string{};
  Approval approval{call.caller.person, change->content, services.clock.wall_now(), "chat"};
  if (!seen.empty() && !change->content.head_sha.starts_with(seen)) approval.of = {seen, ""};
  co_return decide(services, call, [approval](Change current, WallTime now) { return on_approval(std::move(current), approval, now); });
}

asio::awaitable<Result<Answer>> handle_reject(Services& services, Call call) {
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  const auto* app = services.fleet.app(change->app);
  call.command.app = change->app;
  if (call.caller.person.empty() || app == nullptr) co_return refuse(services, call, "I don't know who you are, so your decision can't count.", "unknown person");
  const auto who = call.caller.person;
  if (who == change->requester) {
    co_return decide(services, call, [who, reason = call.command.reason](Change current, WallTime now) { return on_cancelled(std::move(current), who, reason, now); });
  }
  if (!may_approve(services.config, who, change->quorum, *app)) co_return refuse(services, call, fmt::format("You may not reject {}.", change_name(change->id)), "policy.approvals");
  co_return decide(services, call, [who, reason = call.command.reason](Change current, WallTime now) { return on_rejected(std::move(current), who, reason, now); });
}

asio::awaitable<Result<Answer>> handle_cancel(Services& services, Call call) {
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  call.command.app = change->app;
  const auto who = call.caller.person;
  if (who.empty() || who != change->requester) co_return refuse(services, call, fmt::format("Only {} may cancel {}; others `reject` it.", change->requester, change_name(change->id)), "not the requester");
  co_return decide(services, call, [who, reason = call.command.reason](Change current, WallTime now) { return on_cancelled(std::move(current), who, reason, now); });
}

}  // namespace driftwarden
