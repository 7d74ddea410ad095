// sync, rollback and adopt (and ignore, in its own file): each makes a Change, which the Change's own steps carry on.
#include "bot/command/ignore_request.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

asio::awaitable<Result<std::string>> resolve_revision(Services& services, App app, std::string text) {
  std::function<Result<std::string>(Mirror&)> work = [text](Mirror& mirror) -> Result<std::string> {
    TRY(const auto revision, mirror.resolve(text));
    TRY(const auto head, mirror.head());
    TRY(const auto merged, mirror.is_ancestor(revision, head));
    if (!merged) return Error{ErrorKind::NotFound, "it was never merged"};
    return revision;
  };
  auto working = services.fleet.repository(app.repository).with_mirror<std::string>(std::move(work));
  co_return co_await std::move(working);
}

/// Before everything that is like now, so that a second rollback goes on back instead of returning; "" when there is none.
std::string earlier_revision(const std::vector<view::HistoryRow>& rows) {
  const auto last_same = std::ranges::find(rows.rbegin(), rows.rend(), true, &view::HistoryRow::same);
  if (last_same == rows.rend() || last_same == rows.rbegin()) return {};
  return std::prev(last_same)->sha;
}

/// Same intent while one is open: the same Change. Another intent: wait for the first.
std::optional<std::string> in_the_way(const std::vector<Change>& open, const Change& draft) {
  for (const auto& change : open) {
    const auto name = change_name(change.id);
    // An ignore touches a file of its own: it neither waits for a sync nor holds one up.
    if ((change.verb == ChangeVerb::Ignore) != (draft.verb == ChangeVerb::Ignore)) continue;
    const bool same_fields = ignore_request_from(change.argument).fields == ignore_request_from(draft.argument).fields;
    if (change.verb == draft.verb && change.target_revision == draft.target_revision && same_fields) return fmt::format("{} asks for the same and is {}.", name, to_string(change.state));
    return fmt::format("{} ({} by {}) is open for {}: decide that one first, or `cancel {}`.", name, to_string(change.verb), change.requester, change.app, name);
  }
  return std::nullopt;
}

}  // namespace

Answer request_change(const Services& services, const Call& call, const App& app, ChangeVerb verb, const std::string& target_revision, const std::string& argument) {
  Change draft;
  draft.app = app.name;
  draft.verb = verb;
  draft.requester = call.caller.person;
  draft.reason = call.command.reason;
  draft.target_revision = target_revision;
  draft.argument = argument;
  draft.quorum = quorum_for(services.config, app, to_string(verb));
  const bool has_forge = services.fleet.repository_config(app.repository).forge.kind != ForgeKind::None;
  // Review in chat is for putting the cluster back; what changes the manifests is always a pull request where there is a forge.
  const bool in_chat = !has_forge || (services.config.policy.review == ReviewMode::Chat && verb == ChangeVerb::Sync);
  draft.review = in_chat ? ReviewMode::Chat : ReviewMode::PullRequest;
  // The card stands in the channel itself: a reply in a thread notifies nobody who could approve, and a direct message reaches nobody else.
  const bool in_private = call.request.channel.starts_with('D');
  draft.channel = in_private ? channel_of(services.config, app) : call.request.channel;
  const bool in_a_thread = call.request.kind == Request::Kind::Mention && call.request.message && call.request.message->ts != call.request.thread_ts;
  const bool say_where = in_private || in_a_thread;
  const auto now = services.clock.wall_now();
  if (const auto expiry = approval_expiry(services.config, app, to_string(verb))) draft.expires_at = now + *expiry;
  Answer answer;
  answer.deed = [draft, now, say_where, in_private](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    TRY(const auto open, tx.changes({draft.app, true, 10}));
    if (const auto why = in_the_way(open, draft)) {
      reply.message = view::text_message(":information_source: " + slack::escape(*why));
      return reply;
    }
    auto change = draft;
    TRY(change, tx.add_change(std::move(change)));
    auto step = on_requested(std::move(change), now);
    step.effects.insert(step.effects.begin(), ChangeEffect::ShowCard);
    auto committed = commit_step(tx, std::move(step), now);
    if (!committed) return committed.error();
    reply.silent = !say_where;
    const auto where = in_private ? slack::escape(draft.channel) : "this channel";
    if (say_where) reply.message = view::text_message(fmt::format("Asked for as *{}*: the card is in {}, where others can approve it.", change_name(committed->next.id), where));
    return reply;
  };
  return answer;
}

asio::awaitable<Result<Answer>> handle_sync(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  if (auto refusal = check_freeze(services, call, app)) co_return *refusal;
  const auto report = services.fleet.report(app.name);
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) co_return head.error();
  auto at_head = co_await services.fleet.render_revision(app, *head);
  const bool pinned_behind = app.track == Track::Pin && at_head && at_head->tree != services.fleet.desired_tree(app.name);
  if (report.state == AppState::Synced && !pinned_behind) co_return say(fmt::format(":white_check_mark: *{}* is in sync with `{}`: there is nothing to do.", slack::escape(app.name), view::short_sha(report.revision)));
  co_return request_change(services, call, app, ChangeVerb::Sync, *head);
}

asio::awaitable<Result<Answer>> handle_rollback(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  if (auto refusal = check_freeze(services, call, app)) co_return *refusal;
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) co_return head.error();
  auto target = call.command.revision;
  if (target.empty()) {
    const auto rows = co_await history_rows(services, app, 30);
    if (!rows) co_return rows.error();
    target = earlier_revision(*rows);
    if (target.empty()) co_return say(fmt::format("I see no earlier commit of *{}* to go back to; `history {}` lists them.", slack::escape(app.name), app.name));
  }
  auto revision = co_await resolve_revision(services, app, target);
  if (!revision) {
    NotUnderstood trouble{fmt::format("There is no revision \"{}\" of {}: {}", ellipsize(target, 60), app.name, revision.error().message), {"history " + app.name}};
    co_return say(view::not_understood_message(trouble));
  }
  auto now = co_await services.fleet.render_at(app, *head);
  auto then = co_await services.fleet.render_revision(app, *revision);
  if (!then) co_return say(fmt::format(":no_entry: *{}* can't be rolled back to `{}`: {}", slack::escape(app.name), view::short_sha(*revision), slack::escape(then.error().message)));
  if (now && now->tree == then->tree) co_return say(fmt::format("*{}* is what it was at `{}` already.", slack::escape(app.name), view::short_sha(*revision)));
  co_return request_change(services, call, app, ChangeVerb::Rollback, *revision);
}

asio::awaitable<Result<Answer>> handle_adopt(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  if (auto refusal = check_freeze(services, call, app)) co_return *refusal;
  const auto report = services.fleet.report(app.name);
  if (report.state != AppState::OutOfSync) co_return say(fmt::format("*{}* is {}: there is nothing to adopt.", slack::escape(app.name), to_string(report.state)));
  if (app.track == Track::Pin) co_return say(fmt::format("*{}* is pinned to a revision: sync it first, or change Git and move the pin.", slack::escape(app.name)));
  auto head = co_await services.fleet.repository(app.repository).fetch();
  if (!head) co_return head.error();
  co_return request_change(services, call, app, ChangeVerb::Adopt, *head);
}

}  // namespace driftwarden
