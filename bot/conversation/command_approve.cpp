// approve, reject, cancel: decisions about a Change.
#include "bot/config/policy.hpp"
#include "bot/conversation/bulk.hpp"
#include "bot/conversation/elsewhere.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/policy/totp.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace driftwarden {
namespace {

constexpr int kWrongCodes = 5;
constexpr Duration kWrongCodesIn = std::chrono::minutes{15};
constexpr std::size_t kRowsLookedAt = 1000;

/// Steps the Change in the answer's transaction; a refusal by the steps is told and audited.
Result<Reply> decide_in(storage::Transaction& tx, Change change, const AuditEntry& refused, const std::function<ChangeStep(Change, WallTime)>& event, WallTime now) {
  Reply reply;
  TRY(const auto step, commit_step(tx, event(std::move(change), now), now));
  if (step.refusal.empty()) {
    reply.silent = true;
    return reply;
  }
  auto entry = with_rule(refused, step.refusal);
  entry.app = step.next.app;
  return refuse_in(tx, entry, step.refusal);
}

Answer decide(const Services& services, const Call& call, std::function<ChangeStep(Change, WallTime)> event) {
  Answer answer;
  answer.deed = [id = call.command.change, event = std::move(event), now = services.clock.wall_now(), refused = refusal_entry(call, "")](storage::Transaction& tx) -> Result<Reply> {
    TRY(auto change, tx.find_change(id));
    if (!change) return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(id))};
    return decide_in(tx, std::move(*change), refused, event, now);
  };
  return answer;
}

/// "lgtm" after `approve C-12` is a remark, "9e8d7c6" says what was looked at.
bool is_sha(const std::string& text) { return text.size() >= 7 && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

/// One yes, with all that it is judged by, for the database's thread.
struct Yes {
  std::int64_t id = 0;
  PersonId who;
  App app;
  Content seen;       ///< what the button showed, or the newest
  std::string code;
  std::string typed_name;
  std::optional<SecretValue> totp;
  bool from_modal = false;
  std::shared_ptr<const Config> policy;
  AuditEntry refused;
  WallTime now{};
  WallTime said_at{};  ///< by Slack's clock
};

Result<Reply> refuse_yes(storage::Transaction& tx, const Yes& yes, const std::string& why, const std::string& rule) {
  TRY(auto reply, refuse_in(tx, with_rule(yes.refused, rule), why));
  reply.private_ = yes.from_modal;
  return reply;
}

std::string used_key(const PersonId& who) { return "totp:" + who; }
std::string wrong_key(const PersonId& who) { return "totp-wrong:" + who; }

std::int64_t to_number(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

/// When the last wrong codes were tried, newest last.
Result<std::vector<std::int64_t>> wrong_times(storage::Transaction& tx, const PersonId& who, WallTime now) {
  std::vector<std::int64_t> times;
  TRY(const auto kept, tx.setting(wrong_key(who)));
  for (const auto& word : split(kept.value_or(""), ' ')) {
    const auto at = to_number(word);
    if (at > (now - kWrongCodesIn).time_since_epoch().count()) times.push_back(at);
  }
  return times;
}

/// Nothing when the code is right and unspent (it is spent then); else why not, with the rule.
struct Wrong {
  std::string why;
  std::string rule;
};
Result<std::optional<Wrong>> spend_code(storage::Transaction& tx, const Yes& yes) {
  TRY(auto times, wrong_times(tx, yes.who, yes.now));
  if (times.size() >= kWrongCodes) {
    return std::optional<Wrong>({fmt::format("{} wrong codes in {}: wait a little, or approve on the forge.", times.size(), format_age(kWrongCodesIn)), "totp: too many wrong codes"});
  }
  TRY(const auto used, tx.setting(used_key(yes.who)));
  const auto step = match_totp(yes.totp->value, yes.code, yes.now, to_number(used));
  if (step) {
    CHECK_OK(tx.set_setting(used_key(yes.who), std::to_string(*step)));
    return std::optional<Wrong>{};
  }
  times.push_back(yes.now.time_since_epoch().count());
  std::vector<std::string> words;
  for (const auto at : times) words.push_back(std::to_string(at));
  CHECK_OK(tx.set_setting(wrong_key(yes.who), join(words, " ")));
  return std::optional<Wrong>({"That code is wrong, or was used already. Each is good once; wait for the next one.", "totp: wrong code"});
}

/// Since when it has said what it says now.
Result<WallTime> says_so_since(storage::Transaction& tx, const Change& change) {
  const auto name = change_name(change.id);
  storage::AuditQuery query;
  query.app = change.app;
  query.subject = name;
  query.since = change.requested_at;
  query.limit = kRowsLookedAt;
  TRY(const auto rows, tx.audit(query));
  static const std::set<std::string> kMoves{"change.proposed", "change.content-moved", "change.base-moved"};
  auto since = change.requested_at;
  for (const auto& row : rows) {
    if (row.entry.subject == name && kMoves.contains(row.entry.action)) since = std::max(since, row.at);
  }
  return since;
}

Result<Reply> approve_in(storage::Transaction& tx, const Yes& yes) {
  TRY(auto change, tx.find_change(yes.id));
  if (!change) return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(yes.id))};
  TRY(const auto holds, tx.open_holds());
  TRY(const auto delegations, tx.active_delegations(yes.now));
  // A yes is held up by a halt alone.
  if (const auto obstacle = obstacle_to(*yes.policy, yes.app, *change, holds, GateStage::Approve, yes.now)) return refuse_yes(tx, yes, fmt::format("Everything is {}.", obstacle->why), obstacle->rule);
  if (change->state == ChangeState::Proposed) {
    TRY(const auto since, says_so_since(tx, *change));
    if (yes.said_at < since) {
      return refuse_yes(tx, yes, fmt::format("{} has changed since you said that: look at its card, and say it again if you still mean it.", change_name(yes.id)), "said before the content was shown");
    }
  }
  const auto verdict = may_count(*yes.policy, yes.who, *change, yes.app, delegations, yes.now);
  // The steps say better why one's own request, or a second yes, doesn't count.
  const bool own = is_same_person(*yes.policy, yes.who, change->requester);
  if (!verdict.counts && !own) return refuse_yes(tx, yes, fmt::format("Your approval of {} can't count: {}.", change_name(yes.id), verdict.why_not), "policy.approvals");
  Approval approval;
  approval.by = own ? change->requester : yes.who;
  approval.of = yes.seen;
  approval.at = yes.now;
  approval.via = "chat";
  approval.in_place_of = verdict.in_place_of;
  approval.extra_only = verdict.extra_only;
  // What would be refused anyway must not cost a code.
  auto with_code = approval;
  with_code.stepped_up = true;
  if (const auto tried = on_approval(*change, with_code, yes.now); !tried.refusal.empty()) return refuse_yes(tx, yes, tried.refusal, tried.refusal);
  if (change->quorum.typed_name && trim(yes.typed_name) != yes.app.name) {
    return refuse_yes(tx, yes, fmt::format("{} destroys something: type {} exactly to approve it.", change_name(yes.id), yes.app.name), "typed name");
  }
  if (change->quorum.step_up == StepUp::Totp) {
    TRY(const auto wrong, spend_code(tx, yes));
    if (wrong) return refuse_yes(tx, yes, wrong->why, wrong->rule);
    approval.stepped_up = true;
  }
  TRY(auto reply, decide_in(tx, std::move(*change), yes.refused, [&approval](Change current, WallTime now) { return on_approval(std::move(current), approval, now); }, yes.now));
  reply.private_ = yes.from_modal;
  return reply;
}

struct Judged {
  std::vector<Delegation> delegations;
  std::vector<Hold> holds;
};

asio::awaitable<Result<Judged>> load_judged(Services& services) {
  std::function<Result<Judged>(storage::Transaction&)> work = [now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Judged> {
    Judged judged;
    TRY(judged.delegations, tx.active_delegations(now));
    TRY(judged.holds, tx.open_holds());
    return judged;
  };
  auto working = services.store.query<Judged>(std::move(work));
  co_return co_await std::move(working);
}

/// Whether more than a click is asked for, that a dialog can take.
bool wants_dialog(const Change& change) { return change.state == ChangeState::Proposed && (change.quorum.step_up == StepUp::Totp || change.quorum.typed_name); }

asio::awaitable<Result<Answer>> ask_for_more(Services& services, Call call, Change change, App app, std::string seen) {
  const auto name = change_name(change.id);
  if (change.quorum.step_up == StepUp::Totp) {
    const auto* person = find_person(services.config, call.caller.person);
    if (person == nullptr || !person->totp || person->totp->empty()) {
      const auto where = change.pull_request_url.empty() ? std::string() : " Or approve it on the forge: " + change.pull_request_url;
      co_return refuse(services, call, fmt::format("{} needs a one-time code, and none is set up for you: ask an admin for `totp` in your entry of `people`.{}", name, where), "totp: not set up");
    }
  }
  const auto words = change.quorum.step_up == StepUp::Totp ? fmt::format("*{}* needs a one-time code{}.", name, change.quorum.typed_name ? " and the App's name" : "")
                                                            : fmt::format("*{}* destroys something: it needs the App's name typed.", name);
  const auto command = fmt::format("approve {} {}", name, view::short_sha(seen.empty() ? change.content.head_sha : seen));
  auto view = view::approve_modal(change, app, seen, call.request.channel, call.request.thread_ts);
  co_return co_await open_modal(services, std::move(call), std::move(view), "Approve " + name, command, words);
}

Yes yes_of(const Services& services, const Call& call, const Change& change, const App& app, Content seen, std::shared_ptr<const Config> policy) {
  Yes yes;
  yes.id = change.id;
  yes.who = call.caller.person;
  yes.app = app;
  yes.seen = std::move(seen);
  yes.code = call.command.code;
  yes.typed_name = call.command.typed_name;
  const auto* person = find_person(services.config, yes.who);
  if (person != nullptr) yes.totp = person->totp;
  if (!yes.totp) yes.totp = SecretValue{};
  yes.from_modal = call.request.kind == Request::Kind::Modal;
  yes.policy = std::move(policy);
  yes.refused = refusal_entry(call, "");
  yes.now = services.clock.wall_now();
  yes.said_at = call.request.said_at;
  return yes;
}

/// One of several: what is to be done about it, or why nothing is.
struct Decision {
  std::int64_t id = 0;
  std::string app;
  std::string left_out;  ///< mrkdwn
  std::function<Result<Reply>(storage::Transaction&)> deed;
};

Result<Reply> decide_all(storage::Transaction& tx, const std::vector<Decision>& decisions, std::string_view done) {
  BulkLines said;
  std::size_t good = 0;
  for (const auto& decision : decisions) {
    auto words = decision.left_out;
    if (decision.deed) {
      TRY(const auto reply, decision.deed(tx));
      if (reply.silent) ++good;
      words = reply.silent ? fmt::format(":white_check_mark: {}", done) : one_line(reply);
    }
    said.lines.push_back(fmt::format("\u2022 *{}*{}: {}", change_name(decision.id), decision.app.empty() ? "" : " " + slack::escape(decision.app), words));
  }
  said.headline = fmt::format("{} of {} Changes {}.", good, decisions.size(), done);
  return bulk_reply(said);
}

Answer answer_of(std::vector<Decision> decisions, std::string done) {
  Answer answer;
  answer.deed = [decisions = std::move(decisions), done = std::move(done)](storage::Transaction& tx) { return decide_all(tx, decisions, done); };
  return answer;
}

/// Whether it says something else than when it was first proposed: whoever approves it together with others may have looked at what it said before.
Result<bool> has_moved(storage::Transaction& tx, const Change& change) {
  storage::AuditQuery query;
  query.app = change.app;
  query.since = change.requested_at;
  query.limit = kRowsLookedAt;
  TRY(const auto rows, tx.audit(query));
  const auto name = change_name(change.id);
  const bool moved = std::ranges::any_of(rows, [&](const AuditRow& row) {
    return row.entry.subject == name && (row.entry.action == "change.content-moved" || row.entry.action == "change.base-moved");
  });
  return moved || rows.size() >= kRowsLookedAt;
}

/// As one of several: what its card shows, and showed from the first.
Result<Reply> approve_with_others(storage::Transaction& tx, const Yes& yes) {
  TRY(const auto change, tx.find_change(yes.id));
  if (change && change->state == ChangeState::Proposed) {
    TRY(const auto moved, has_moved(tx, *change));
    if (moved) {
      Reply reply;
      reply.message = view::text_message(":eyes: it has moved since it was proposed: look at its card, and approve it by itself");
      return reply;
    }
  }
  return approve_in(tx, yes);
}

std::optional<Answer> too_many(const Call& call) {
  const auto count = call.command.changes.size();
  if (count <= kMostChangesAtOnce) return std::nullopt;
  return say(fmt::format(":information_source: That are {} Changes: {} at once are the most. Nothing was done; say it of fewer.", count, kMostChangesAtOnce));
}

asio::awaitable<Result<Decision>> ready(Decision decision) { co_return decision; }

/// What one of several comes to, for its own call: `change` and `app` are known to the caller.
using DecideOne = std::function<asio::awaitable<Result<Decision>>(Call call, Change change, std::optional<App> app, Decision decision)>;

/// Each by itself, in one answer; one that they may not know of isn't there.
asio::awaitable<Result<Answer>> decide_several(Services& services, Call call, DecideOne one, std::string done) {
  if (auto answer = too_many(call)) co_return std::move(*answer);
  std::vector<Decision> decisions;
  for (const auto id : call.command.changes) {
    Decision decision;
    decision.id = id;
    auto change = co_await services.changes.load(id);
    if (!change && change.error().kind != ErrorKind::NotFound) co_return change.error();
    if (!change || !may_know_of(services, call, change->app)) {
      decision.left_out = "there is no such Change";
      decisions.push_back(std::move(decision));
      continue;
    }
    auto app = app_of_change(services, *change);
    decision.app = change->app;
    auto of_one = call;
    of_one.command.change = id;
    of_one.command.changes.clear();
    of_one.command.app = change->app;
    of_one.request.trigger_id.clear();
    auto deciding = one(std::move(of_one), std::move(*change), std::move(app), std::move(decision));
    auto decided = co_await std::move(deciding);
    if (!decided) co_return decided.error();
    decisions.push_back(std::move(*decided));
  }
  co_return answer_of(std::move(decisions), std::move(done));
}

/// What needs more than a click is named, for a click of its own.
Decision approve_one_of(const Services& services, const Call& call, const Change& change, const std::optional<App>& app, Decision decision, const std::shared_ptr<const Config>& policy) {
  if (!app) {
    decision.left_out = "there is no such Change";
  } else if (change.state == ChangeState::Proposed && change.quorum.step_up == StepUp::Forge) {
    decision.left_out = ":key: counts only reviews on the forge";
  } else if (change.state == ChangeState::Requested || !change.card) {
    decision.left_out = ":hourglass: is still being worked out: wait for its card";
  } else if (wants_dialog(change)) {
    decision.left_out = fmt::format(":key: needs {}: approve it by itself", change.quorum.typed_name ? "the App's name typed" : "a one-time code");
  } else {
    decision.deed = [yes = yes_of(services, call, change, *app, change.content, policy)](storage::Transaction& tx) { return approve_with_others(tx, yes); };
  }
  return decision;
}

asio::awaitable<Result<Answer>> approve_several(Services& services, Call call) {
  if (call.caller.person.empty()) co_return refuse(services, call, "I don't know who you are, so your approval can't count. `link LOGIN` proves it.", "unknown person");
  DecideOne one = [&services, policy = policy_snapshot(services.config)](Call of_one, Change change, std::optional<App> app, Decision decision) {
    return ready(approve_one_of(services, of_one, change, app, std::move(decision), policy));
  };
  auto deciding = decide_several(services, std::move(call), std::move(one), "approved");
  co_return co_await std::move(deciding);
}

}  // namespace

asio::awaitable<Result<Answer>> handle_approve(Services& services, Call call) {
  if (call.command.changes.size() > 1) co_return co_await approve_several(services, std::move(call));
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  const auto app = app_of_change(services, *change);
  if (!app) co_return say(fmt::format("*{}* is not configured any more.", slack::escape(change->app)));
  call.command.app = change->app;
  if (call.caller.person.empty()) co_return refuse(services, call, "I don't know who you are, so your approval can't count. `link LOGIN` proves it.", "unknown person");
  // A card's button says which head it showed; typed without one, the newest is meant.
  const auto seen = is_sha(call.command.reason) ? call.command.reason : std::string{};
  const bool moved = !seen.empty() && !change->content.head_sha.starts_with(seen);
  if (change->quorum.step_up == StepUp::Forge && change->state == ChangeState::Proposed) {
    co_return refuse(services, call, fmt::format("{} counts only reviews on the forge: {}", change_name(change->id), change->pull_request_url), "step-up: forge");
  }
  if (wants_dialog(*change) && call.request.kind != Request::Kind::Modal && !moved) {
    const auto judged = co_await load_judged(services);
    if (!judged) co_return judged.error();
    const auto now = services.clock.wall_now();
    const bool halted = obstacle_to(services.config, *app, *change, judged->holds, GateStage::Approve, now).has_value();
    // Whose yes can't count isn't asked for a code.
    if (!halted && may_count(services.config, call.caller.person, *change, *app, judged->delegations, now).counts) {
      auto current = *change;
      auto place = *app;
      auto head = seen;
      co_return co_await ask_for_more(services, std::move(call), std::move(current), std::move(place), std::move(head));
    }
  }
  Answer answer;
  answer.deed = [yes = yes_of(services, call, *change, *app, moved ? Content{seen, ""} : change->content, policy_snapshot(services.config))](storage::Transaction& tx) { return approve_in(tx, yes); };
  co_return told_elsewhere(services, call, std::move(answer));
}

namespace {

asio::awaitable<Result<Answer>> reject_one(Services& services, Call call) {
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  const auto app = app_of_change(services, *change);
  call.command.app = change->app;
  if (call.caller.person.empty() || !app) co_return refuse(services, call, "I don't know who you are, so your decision can't count.", "unknown person");
  const auto who = call.caller.person;
  const bool own = is_same_person(services.config, who, change->requester);
  const auto judged = co_await load_judged(services);
  if (!judged) co_return judged.error();
  // Authors of its commits can't say yes, but a no of theirs is worth hearing.
  const bool excluded = std::ranges::any_of(change->quorum.excluded, [&](const PersonId& out) { return is_same_person(services.config, out, who); });
  const auto verdict = may_count(services.config, who, *change, *app, judged->delegations, services.clock.wall_now());
  if (!own && !verdict.counts && !excluded) co_return refuse(services, call, fmt::format("You may not reject {}: {}.", change_name(change->id), verdict.why_not), "policy.approvals");
  const bool pressed = call.request.kind == Request::Kind::Button && call.command.reason.empty() && services.api != nullptr && !call.request.trigger_id.empty();
  const bool undecided = change->state == ChangeState::Requested || change->state == ChangeState::Proposed;
  if (pressed && undecided && !own) {
    const auto name = change_name(change->id);
    auto view = view::reject_modal(*change, call.request.channel, call.request.thread_ts);
    co_return co_await open_modal(services, std::move(call), std::move(view), "Reject " + name, "reject " + name, fmt::format("Why not? `reject {} REASON` says it, too.", name));
  }
  if (own) co_return decide(services, call, [who = change->requester, reason = call.command.reason](Change current, WallTime now) { return on_cancelled(std::move(current), who, reason, now); });
  co_return decide(services, call, [who, reason = call.command.reason](Change current, WallTime now) { return on_rejected(std::move(current), who, reason, now); });
}

asio::awaitable<Result<Decision>> reject_one_of(Services& services, Call call, Decision decision) {
  auto answer = co_await reject_one(services, std::move(call));
  if (!answer) co_return answer.error();
  decision.deed = answer->deed;
  if (!decision.deed) decision.left_out = one_line(answer->reply);
  co_return decision;
}

asio::awaitable<Result<Answer>> reject_several(Services& services, Call call) {
  DecideOne one = [&services](Call of_one, Change, std::optional<App>, Decision decision) { return reject_one_of(services, std::move(of_one), std::move(decision)); };
  auto deciding = decide_several(services, std::move(call), std::move(one), "rejected");
  co_return co_await std::move(deciding);
}

}  // namespace

asio::awaitable<Result<Answer>> handle_reject(Services& services, Call call) {
  if (call.command.changes.size() > 1) co_return co_await reject_several(services, std::move(call));
  auto decided = co_await reject_one(services, call);
  if (!decided) co_return decided.error();
  co_return told_elsewhere(services, call, std::move(*decided));
}

asio::awaitable<Result<Answer>> handle_cancel(Services& services, Call call) {
  auto change = co_await services.changes.load(call.command.change);
  if (!change) co_return change.error();
  call.command.app = change->app;
  const auto who = call.caller.person;
  if (!is_same_person(services.config, who, change->requester)) co_return refuse(services, call, fmt::format("Only {} may cancel {}; others `reject` it.", change->requester, change_name(change->id)), "not the requester");
  auto decision = decide(services, call, [who = change->requester, reason = call.command.reason](Change current, WallTime now) { return on_cancelled(std::move(current), who, reason, now); });
  co_return told_elsewhere(services, call, std::move(decision));
}

}  // namespace driftwarden
