// From a verb to a Change: what stands in its way is looked at in the very transaction that makes it.
#include "bot/change/move.hpp"
#include "bot/change/set_out.hpp"
#include "bot/conversation/bulk.hpp"
#include "bot/command/ignore_request.hpp"
#include "bot/command/intents.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// How long a Change's end is waited for (Changes::Parts::verify_for, unless the bot was told otherwise).
constexpr Duration kLongestVerify = std::chrono::minutes{10};

/// What the deed needs to know, by value: it runs on the database's thread.
struct Wish {
  Change draft;
  App app;
  std::vector<App> places;  ///< it, and of a move what it is to be there
  std::shared_ptr<const Config> policy;
  AuditEntry refused;
  std::string workspace_url;
  std::string remark;
  bool in_private = false;
  bool say_where = false;
  WallTime now{};
};

bool awaits_decision(const Change& change) { return change.state == ChangeState::Requested || change.state == ChangeState::Proposed; }

bool asks_for_the_same(const Change& change, const Change& draft) {
  if (change.verb != draft.verb || change.target_revision != draft.target_revision) return false;
  // An ignore rule's end moves with the clock.
  if (draft.verb == ChangeVerb::Ignore) return ignore_request_from(change.argument).fields == ignore_request_from(draft.argument).fields;
  if (draft.verb == ChangeVerb::Propose) return propose_request_from(change.argument).sentence == propose_request_from(draft.argument).sentence;
  return change.argument == draft.argument;
}

/// It is merged and not in force yet: what goes back or breaks the glass needn't wait for the end of it.
bool gives_way(const Change& change, const Change& draft) {
  const bool under_way = change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying;
  return under_way && (draft.verb == ChangeVerb::Rollback || !draft.break_glass.empty());
}

std::string what_to_do(const Change& change) {
  if (awaits_decision(change)) return fmt::format("decide that one first, or `cancel {}`", change_name(change.id));
  if (change.state == ChangeState::Approved) return fmt::format("wait until it is merged, or `cancel {}`", change_name(change.id));
  const auto until = change.state == ChangeState::Verifying ? fmt::format("wait until it is done or failed, {} at the latest", view::time_span(change.updated_at + kLongestVerify))
                                                            : fmt::format("wait until it is applied and done or failed, which takes {} at most from then on", format_duration(kLongestVerify));
  return until + "; a `rollback` needn't wait";
}

/// Same intent while one is open: the same Change. Another intent: wait for the first. mrkdwn.
std::optional<std::string> in_the_way(const std::vector<Change>& open, const Change& draft, const std::string& workspace_url) {
  for (const auto& change : open) {
    const auto name = change_link(change, workspace_url);
    // An ignore touches a file of its own: it neither waits for a sync nor holds one up.
    if (is_git_only(change.verb) != is_git_only(draft.verb)) continue;
    // What still waits for somebody's yes must not keep a broken glass waiting.
    if (!draft.break_glass.empty() && awaits_decision(change) && change.break_glass.empty()) continue;
    const bool same = asks_for_the_same(change, draft);
    if (gives_way(change, draft) && (!same || !draft.break_glass.empty())) continue;
    if (same) return fmt::format("{} asks for the same and is {}.", name, to_string(change.state));
    return fmt::format("{} ({} by {}) is open for {}: {}.", name, to_string(change.verb), slack::escape(change.requester), slack::escape(change.app), what_to_do(change));
  }
  return std::nullopt;
}

/// Those that the new one goes before are over; their names.
Result<std::vector<std::string>> supersede(storage::Transaction& tx, const std::vector<Change>& open, const Change& by, WallTime now) {
  std::vector<std::string> names;
  for (const auto& change : open) {
    if (is_git_only(change.verb) != is_git_only(by.verb) || !gives_way(change, by)) continue;
    TRY(const auto step, commit_step(tx, on_superseded(change, by.id, now), now));
    if (step.refusal.empty()) names.push_back(change_name(change.id));
  }
  return names;
}

/// Whose broken glass it passes through, "" = nobody's.
PersonId broken_glass_of(const Wish& wish, const std::vector<Hold>& holds) {
  const auto found = std::ranges::find_if(holds, [&](const Hold& hold) {
    return hold.kind == HoldKind::BreakGlass && is_active(hold, wish.now) && covers(hold.scope, wish.app) && is_same_person(*wish.policy, hold.owner, wish.draft.requester);
  });
  return found == holds.end() ? PersonId{} : found->owner;
}

Result<AskedFor> make_change(storage::Transaction& tx, Wish wish) {
  AskedFor asked;
  auto& reply = asked.reply;
  TRY(const auto holds, tx.open_holds());
  auto& draft = wish.draft;
  // A broken glass is for what a person has thought out: a draft waits for somebody's yes in any case.
  if (draft.verb != ChangeVerb::Propose) draft.break_glass = broken_glass_of(wish, holds);
  const bool bound = draft.break_glass.empty() && !is_git_only(draft.verb);
  const FreezeConfig* overridden = nullptr;
  std::optional<Quorum> quorum;
  for (const auto& place : wish.places) {
    QuorumFacts facts;
    facts.verb = draft.verb;
    facts.requester = draft.requester;
    facts.overridden = bound ? freeze_to_override(*wish.policy, place, wish.now) : nullptr;
    facts.break_glass = !draft.break_glass.empty();
    if (facts.overridden != nullptr) overridden = facts.overridden;
    auto of_place = quorum_of(*wish.policy, place, facts);
    quorum = quorum ? stricter(*wish.policy, *quorum, wish.places.front(), of_place, place) : std::move(of_place);
  }
  draft.quorum = std::move(*quorum);
  std::optional<Obstacle> obstacle;
  for (const auto& place : wish.places) {
    if (!obstacle) obstacle = obstacle_to(*wish.policy, place, draft, holds, GateStage::Request, wish.now);
  }
  if (obstacle) {
    wish.refused = with_rule(std::move(wish.refused), obstacle->rule);
    TRY(reply, refuse_in(tx, wish.refused, fmt::format("{}{}.", obstacle->rule == "halt" ? "Everything is " : "", obstacle->why)));
    return asked;
  }
  TRY(const auto open, tx.changes({draft.app, true, 20}));
  if (const auto why = in_the_way(open, draft, wish.workspace_url)) {
    reply.message = view::text_message(":information_source: " + *why);
    return asked;
  }
  TRY(const auto times, tx.change_times(draft.app, wish.now - wish.policy->policy.rate_limit.per));
  if (const auto why = over_rate(wish.policy->policy, wish.app, times, wish.now); why && draft.break_glass.empty()) {
    wish.refused = with_rule(std::move(wish.refused), "rate limit");
    TRY(reply, refuse_in(tx, wish.refused, *why + "."));
    return asked;
  }
  auto change = draft;
  TRY(change, tx.add_change(std::move(change)));
  TRY(const auto superseded, supersede(tx, open, change, wish.now));
  TRY(const auto committed, set_out(tx, std::move(change), wish.now));
  std::vector<std::string> lines;
  const auto name = change_name(committed.next.id);
  const auto where = wish.in_private ? slack::escape(draft.channel) : "this channel";
  if (wish.say_where) lines.push_back(fmt::format("Asked for as *{}*: the card is in {}, where others can approve it.", name, where));
  if (!wish.remark.empty()) lines.push_back(wish.remark);
  if (!superseded.empty()) lines.push_back(fmt::format(":fast_forward: *{}* goes before {}, which is over now.", name, join(superseded, ", ")));
  if (overridden != nullptr) {
    lines.push_back(fmt::format(":snowflake: *{}* is frozen ({}, until {}): {} needs {} approvals to break that.", slack::escape(wish.app.name), slack::escape(overridden->name),
                                slack::escape(end_words(*overridden)), name, committed.next.quorum.need));
  }
  if (!draft.break_glass.empty()) lines.push_back(fmt::format(":rotating_light: *{}* goes ahead behind the broken glass of *{}*, without approvals.", name, slack::escape(draft.break_glass)));
  reply.silent = lines.empty();
  if (!lines.empty()) reply.message = view::text_message(join(lines, "\n"));
  asked.change = committed.next.id;
  return asked;
}

}  // namespace

ChangeDeed change_deed(const Services& services, const Call& call, const App& app, const ChangeWish& wanted) {
  const auto verb = wanted.verb;
  Wish wish;
  auto& draft = wish.draft;
  draft.app = app.name;
  draft.verb = verb;
  draft.requester = call.caller.person;
  draft.reason = call.command.reason;
  draft.target_revision = wanted.target_revision;
  draft.argument = wanted.argument;
  const bool has_forge = services.fleet.repository_config(app.repository).forge.kind != ForgeKind::None;
  // Review in chat is for putting the cluster back; what changes the manifests is always a pull request where there is a forge.
  const bool in_chat = !has_forge || is_live(verb) || (services.config.policy.review == ReviewMode::Chat && verb == ChangeVerb::Sync);
  draft.review = in_chat ? ReviewMode::Chat : ReviewMode::PullRequest;
  // The card stands in the channel itself: a reply in a thread notifies nobody who could approve, and a direct message reaches nobody else.
  wish.in_private = is_personal(call.request.channel) || call.request.channel.empty();
  draft.channel = wish.in_private ? channel_of(services.config, app) : call.request.channel;
  const bool in_a_thread = call.request.kind == Request::Kind::Mention && call.request.message && call.request.message->ts != call.request.thread_ts;
  wish.say_where = wish.in_private || in_a_thread;
  if (wanted.place) {
    draft.channel = wanted.place->channel;
    draft.thread_ts = wanted.place->ts;
    wish.say_where = false;
  }
  wish.now = services.clock.wall_now();
  if (const auto expiry = approval_expiry(services.config, app, to_string(verb))) draft.expires_at = wish.now + *expiry;
  wish.app = app;
  wish.places.push_back(app);
  if (verb == ChangeVerb::Move) {
    if (auto there = moved_app(app, move_request_from(wanted.argument), services.config)) wish.places.push_back(std::move(*there));
  }
  wish.policy = policy_snapshot(services.config);
  wish.refused = refusal_entry(call, "");
  wish.refused.app = app.name;
  wish.workspace_url = services.workspace_url;
  wish.remark = wanted.remark;
  return [wish = std::move(wish)](storage::Transaction& tx) { return make_change(tx, wish); };
}

Answer request_change(const Services& services, const Call& call, const App& app, ChangeVerb verb, const std::string& target_revision, const std::string& argument, const std::string& remark) {
  Answer answer;
  answer.deed = [deed = change_deed(services, call, app, {verb, target_revision, argument, remark, {}})](storage::Transaction& tx) -> Result<Reply> {
    TRY(auto asked, deed(tx));
    return std::move(asked.reply);
  };
  return answer;
}

}  // namespace driftwarden
