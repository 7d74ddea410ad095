// lock, unlock, freeze, unfreeze, halt, resume: what keeps Changes back for a while.
#include "bot/change/hold_notices.hpp"
#include "bot/command/when.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kDefaultLock = std::chrono::hours{2};
constexpr Duration kLongestLock = std::chrono::hours{24 * 7};
constexpr Duration kLongestFreeze = std::chrono::hours{24 * 90};

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + slack::escape(ellipsize(reason, 300)); }

AuditEntry audit_of(const Hold& hold, const PersonId& actor, const std::string& action, const std::string& reason) {
  AuditEntry entry;
  entry.actor = actor;
  entry.action = action;
  entry.app = hold.scope.kind == HoldScope::Kind::App ? hold.scope.name : "";
  entry.subject = fmt::format("hold {}", hold.id);
  entry.where = hold.channel;
  entry.detail = fmt::format(R"({{"scope":{},"owner":{},"until":{},"reason":{}}})", json_quoted(to_words(hold.scope)), json_quoted(hold.owner),
                             json_quoted(hold.until ? format_time(*hold.until) : ""), json_quoted(reason));
  return entry;
}

Reply answer_with(std::string mrkdwn) {
  Reply reply;
  reply.message = view::text_message(std::move(mrkdwn));
  return reply;
}

/// What begins or ends for everybody is said to everybody.
Reply announce(std::string mrkdwn) {
  auto reply = answer_with(std::move(mrkdwn));
  reply.shared = true;
  return reply;
}

Result<Hold> begin_hold(storage::Transaction& tx, Hold draft, const std::string& action) {
  TRY(auto hold, tx.add_hold(std::move(draft)));
  auto row = tx.append_audit(audit_of(hold, hold.owner, action, hold.reason));
  if (!row) return row.error();
  return hold;
}

Result<void> end_hold(storage::Transaction& tx, Hold hold, const PersonId& who, const std::string& action, const std::string& reason, WallTime now) {
  hold.ended_at = now;
  hold.ended_by = who;
  CHECK_OK(tx.save_hold(hold));
  auto row = tx.append_audit(audit_of(hold, who, action, reason));
  if (!row) return row.error();
  return Result<void>{};
}

std::optional<Answer> check_scope(const Services& services, const Call& call, const HoldScope& scope) {
  if (call.caller.person.empty()) return refuse(services, call, "I don't know who you are: ask an admin to add you to `people` in my configuration, or prove it with `link LOGIN`.", "unknown person");
  const auto verb = to_string(call.command.verb);
  const auto decision = may_in(services.config, call.caller.person, verb, scope, services.fleet.apps());
  if (decision.allowed) return std::nullopt;
  return refuse(services, call, fmt::format("You may not {} {}: {}.", verb, to_words(scope), decision.rule), decision.rule);
}

std::optional<HoldScope> scope_of(const Services& services, const Call& call) {
  const auto& text = call.command.scope;
  const auto& config = services.config;
  const auto apps = visible_apps(services, call);
  const auto space = text.find(' ');
  if (space == std::string::npos) return hold_scope_from(config, apps, text);
  const auto kind = text.substr(0, space);
  const auto name = text.substr(space + 1);
  if (kind == "cluster") return find_cluster(config, name) == nullptr ? std::nullopt : std::optional(HoldScope{HoldScope::Kind::Cluster, name});
  if (kind == "app") {
    const bool known = services.fleet.app(name) != nullptr && may_know_of(services, call, name);
    return known ? std::optional(HoldScope{HoldScope::Kind::App, name}) : std::nullopt;
  }
  const bool exists = std::ranges::any_of(apps, [&](const App& app) { return app.environment == name; });
  return exists ? std::optional(HoldScope{HoldScope::Kind::Environment, name}) : std::nullopt;
}

Answer unknown_scope(const Services& services, const Call& call) {
  NotUnderstood trouble{fmt::format("\"{}\" is no environment, cluster or App that I know.", ellipsize(call.command.scope, 60)), {}};
  std::vector<std::string> names{"all"};
  for (const auto& cluster : services.config.clusters) {
    names.push_back(cluster.name);
    names.push_back(cluster.environment);
  }
  for (const auto& app : visible_apps(services, call)) names.push_back(app.name);
  if (const auto guess = nearest(call.command.scope, names)) trouble.suggestions.push_back(fmt::format("{} {}", to_string(call.command.verb), *guess));
  return say(view::not_understood_message(trouble));
}

std::string until_words(const std::optional<WallTime>& until) { return until ? " until " + view::time_span(*until) : ""; }

Hold draft_of(const Services& services, const Call& call, HoldKind kind, HoldScope scope) {
  Hold draft;
  draft.kind = kind;
  draft.scope = std::move(scope);
  draft.owner = call.caller.person;
  draft.reason = ellipsize(without_control_characters(call.command.reason), 1000);
  draft.since = services.clock.wall_now();
  draft.channel = call.request.channel;
  return draft;
}

Result<Reply> lock(storage::Transaction& tx, const App& app, Hold draft, const AuditEntry& refused, std::shared_ptr<const Config> policy) {
  TRY(const auto holds, tx.open_holds());
  const auto now = draft.since;
  for (auto hold : holds) {
    if (hold.kind != HoldKind::Lock || !is_active(hold, now) || !covers(hold.scope, app)) continue;
    if (!is_same_person(*policy, hold.owner, draft.owner)) {
      return refuse_in(tx, refused, fmt::format("{} is locked by {} already{}.", app.name, hold.owner, hold.reason.empty() ? "" : ": " + hold.reason));
    }
    // One's own lock is prolonged.
    hold.until = draft.until;
    if (!draft.reason.empty()) hold.reason = draft.reason;
    CHECK_OK(tx.save_hold(hold));
    auto row = tx.append_audit(audit_of(hold, draft.owner, "hold.lock", hold.reason));
    if (!row) return row.error();
    return answer_with(fmt::format(":lock: *{}* stays yours{}{}.", slack::escape(app.name), until_words(hold.until), because(hold.reason)));
  }
  TRY(const auto hold, begin_hold(tx, std::move(draft), "hold.lock"));
  return answer_with(fmt::format(":lock: *{}* is locked by *{}*{}{}. Others' Changes wait; `unlock {}` ends it.", slack::escape(app.name), slack::escape(hold.owner), until_words(hold.until),
                                 because(hold.reason), slack::escape(app.name)));
}

/// Those holds of the kind and scope that are in force, ended; how many.
Result<std::size_t> end_all(storage::Transaction& tx, HoldKind kind, const HoldScope& scope, const PersonId& who, const std::string& action, const std::string& reason, WallTime now) {
  std::size_t ended = 0;
  TRY(const auto holds, tx.open_holds());
  for (const auto& hold : holds) {
    if (hold.kind != kind || hold.scope != scope) continue;
    CHECK_OK(end_hold(tx, hold, who, action, reason, now));
    ++ended;
  }
  return ended;
}

}  // namespace

std::vector<std::string> hold_lines(const std::vector<Hold>& holds, const App* app, WallTime now) {
  std::vector<std::string> lines;
  for (const auto& hold : holds) {
    if (!is_active(hold, now) || (app != nullptr && !covers(hold.scope, *app))) continue;
    const auto tail = fmt::format(" by *{}*{}{}", slack::escape(hold.owner), until_words(hold.until), because(hold.reason));
    const auto scope = slack::escape(to_words(hold.scope));
    switch (hold.kind) {
      case HoldKind::Halt: lines.insert(lines.begin(), ":octagonal_sign: *Halted*" + tail); break;
      case HoldKind::Freeze: lines.push_back(fmt::format(":snowflake: *{}* frozen{}", scope, tail)); break;
      case HoldKind::Lock: lines.push_back(fmt::format(":lock: *{}* locked{}", scope, tail)); break;
      case HoldKind::BreakGlass: lines.push_back(fmt::format(":rotating_light: glass broken on *{}*{}", scope, tail)); break;
    }
  }
  return lines;
}

asio::awaitable<Result<Answer>> handle_lock(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto draft = draft_of(services, call, HoldKind::Lock, {HoldScope::Kind::App, app.name});
  draft.until = draft.since + std::clamp(call.command.duration.value_or(kDefaultLock), Duration{60'000}, kLongestLock);
  Answer answer;
  answer.deed = [app, draft, refused = refusal_entry(call, "lock of somebody else"), policy = policy_snapshot(services.config)](storage::Transaction& tx) { return lock(tx, app, draft, refused, policy); };
  co_return answer;
}

asio::awaitable<Result<Answer>> handle_unlock(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  Answer answer;
  answer.deed = [app, who = call.caller.person, reason = call.command.reason, now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto holds, tx.open_holds());
    const auto* held = find_hold(holds, HoldKind::Lock, app, now);
    if (held == nullptr) return answer_with(fmt::format("*{}* is not locked.", slack::escape(app.name)));
    const auto owner = held->owner;
    TRY(const auto ended, end_all(tx, HoldKind::Lock, held->scope, who, "hold.unlock", reason, now));
    (void)ended;
    const auto whose = owner == who ? std::string("is unlocked") : fmt::format("is unlocked; the lock was *{}*'s", slack::escape(owner));
    return answer_with(fmt::format(":unlock: *{}* {}.", slack::escape(app.name), whose));
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  co_return answer;
}

asio::awaitable<Result<Answer>> handle_freeze(Services& services, Call call) {
  const auto scope = scope_of(services, call);
  if (!scope) co_return unknown_scope(services, call);
  if (auto refusal = check_scope(services, call, *scope)) co_return *refusal;
  auto draft = draft_of(services, call, HoldKind::Freeze, *scope);
  if (call.command.duration) draft.until = draft.since + std::min(*call.command.duration, kLongestFreeze);
  if (!call.command.time.empty()) {
    draft.until = moment_after(call.command.time, draft.since);
    if (!draft.until) {
      const NotUnderstood trouble{fmt::format("\"{}\" is no moment to come. I read `Mon 08:00`, `18:00`, `tomorrow 9:00`, `2026-11-23 08:00`, all in UTC.", ellipsize(call.command.time, 60)),
                                  {fmt::format("freeze {} for 2h", call.command.scope)}};
      co_return say(view::not_understood_message(trouble));
    }
  }
  Answer answer;
  answer.deed = [draft, admin = services.config.slack.admin_channel](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto holds, tx.open_holds());
    for (const auto& hold : holds) {
      if (hold.kind == HoldKind::Freeze && hold.scope == draft.scope) CHECK_OK(end_hold(tx, hold, draft.owner, "hold.freeze-replaced", draft.reason, draft.since));
    }
    TRY(const auto hold, begin_hold(tx, draft, "hold.freeze"));
    const auto scope_words = slack::escape(to_words(hold.scope));
    const auto words = fmt::format(":snowflake: *{}* is frozen by *{}*{}{}.", scope_words, slack::escape(hold.owner), until_words(hold.until), because(hold.reason));
    CHECK_OK(enqueue_notice(tx, fmt::format("hold:{}:begin", hold.id), admin, words, hold.since));
    return announce(words + fmt::format(" Alerts go on; Changes wait. `unfreeze {}` ends it.", scope_words));
  };
  co_return answer;
}

asio::awaitable<Result<Answer>> handle_unfreeze(Services& services, Call call) {
  const auto scope = scope_of(services, call);
  if (!scope) co_return unknown_scope(services, call);
  if (auto refusal = check_scope(services, call, *scope)) co_return *refusal;
  Answer answer;
  answer.deed = [scope = *scope, who = call.caller.person, reason = call.command.reason, now = services.clock.wall_now(), admin = services.config.slack.admin_channel](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto ended, end_all(tx, HoldKind::Freeze, scope, who, "hold.unfreeze", reason, now));
    const auto words = slack::escape(to_words(scope));
    if (ended == 0) return answer_with(fmt::format("*{}* is not frozen from chat. What the configuration freezes, its `policy.freezes` ends.", words));
    const auto said = fmt::format(":sun_with_face: The freeze of *{}* is ended by *{}*{}.", words, slack::escape(who), because(reason));
    CHECK_OK(enqueue_notice(tx, fmt::format("unfreeze:{}:{}", words, format_time(now)), admin, said, now));
    return announce(said);
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  co_return answer;
}

asio::awaitable<Result<Answer>> handle_halt(Services& services, Call call) {
  if (auto refusal = check_scope(services, call, HoldScope{})) co_return *refusal;
  auto draft = draft_of(services, call, HoldKind::Halt, HoldScope{});
  Answer answer;
  answer.deed = [draft, admin = services.config.slack.admin_channel](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto holds, tx.open_holds());
    const auto found = std::ranges::find(holds, HoldKind::Halt, &Hold::kind);
    if (found != holds.end()) return answer_with(fmt::format(":octagonal_sign: Everything is halted already, by *{}*{}.", slack::escape(found->owner), because(found->reason)));
    TRY(const auto hold, begin_hold(tx, draft, "hold.halt"));
    const auto words = fmt::format(":octagonal_sign: *{}* halted everything{}. Nothing is merged or applied anywhere until somebody says `resume`.", slack::escape(hold.owner), because(hold.reason));
    CHECK_OK(enqueue_notice(tx, fmt::format("hold:{}:begin", hold.id), admin, words, hold.since));
    return announce(words);
  };
  co_return answer;
}

namespace {

/// Somebody else who could end the halt: known to the config, and allowed to.
bool others_may_resume(const Services& services, const PersonId& owner) {
  const auto apps = services.fleet.apps();
  return std::ranges::any_of(services.config.people, [&](const Person& person) {
    return !is_same_person(services.config, person.name, owner) && may_in(services.config, person.name, "resume", HoldScope{}, apps).allowed;
  });
}

}  // namespace

asio::awaitable<Result<Answer>> handle_resume(Services& services, Call call) {
  if (auto refusal = check_scope(services, call, HoldScope{})) co_return *refusal;
  Answer answer;
  // Who called the halt may be who is in trouble: where there is a second person, that one ends it.
  const bool needs_another = others_may_resume(services, call.caller.person);
  answer.deed = [who = call.caller.person, needs_another, reason = call.command.reason, now = services.clock.wall_now(), admin = services.config.slack.admin_channel,
                 policy = policy_snapshot(services.config), refused = refusal_entry(call, "resume needs somebody else")](storage::Transaction& tx) -> Result<Reply> {
    TRY(const auto holds, tx.open_holds());
    const auto found = std::ranges::find(holds, HoldKind::Halt, &Hold::kind);
    if (found == holds.end()) return answer_with("Nothing is halted.");
    if (needs_another && is_same_person(*policy, found->owner, who)) return refuse_in(tx, refused, "You called the halt: somebody else who may `resume` has to end it.");
    TRY(const auto ended, end_all(tx, HoldKind::Halt, HoldScope{}, who, "hold.resume", reason, now));
    (void)ended;
    const auto words = fmt::format(":arrow_forward: *{}* ended the halt{}. Changes go on.", slack::escape(who), because(reason));
    CHECK_OK(enqueue_notice(tx, fmt::format("hold:{}:end", found->id), admin, words, now));
    return announce(words);
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  co_return answer;
}

}  // namespace driftwarden
