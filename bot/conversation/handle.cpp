// From what was said to the command's handler.
#include "bot/config/policy.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/conversation/run_once.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// The App that it names is there: not yet of create-app, nor of a Change that made it; `promote` may name what several Apps share.
bool needs_its_app(Verb verb) {
  switch (verb) {
    case Verb::CreateApp:
    case Verb::Promote:
    case Verb::Approve:
    case Verb::Reject:
    case Verb::Cancel: return false;
    default: return true;
  }
}

}  // namespace

void Conversation::warn_of_hidden_aliases() const {
  for (const auto& [alias, meaning] : services_.config.chat.aliases) {
    if (find_verb(to_lower(alias))) log_warn("config", fmt::format("chat.aliases: \"{}\" is a command already, so the alias is ignored", alias));
  }
}

Result<Request> Conversation::without_alias(Request request) const {
  if (request.kind == Request::Kind::Modal) return request;
  TRY(request.text, expand_alias(request.text, services_.config.chat.aliases));
  return request;
}

/// Nothing of what is asked is looked up: what it names may not be theirs to know.
Answer Conversation::answer_stranger(Call call) const {
  const auto parsed = parse_command(command_text(call.request), GrammarContext{});
  call.command.verb = Verb::Status;
  if (const auto* command = std::get_if<Command>(&parsed)) call.command = *command;
  const auto refused = refuse_outsider(call.caller.standing, call.command.verb);
  auto answer = refused ? refuse(services_, call, refused->why, refused->rule)
                        : say(":wave: I tell the people of this workspace when what runs differs from Git. For guests from elsewhere there is no command but `help`.");
  answer.keep_private = true;
  return answer;
}

asio::awaitable<Result<Answer>> Conversation::handle(Request request) {
  auto asking = standing_of(request);
  const auto standing = co_await std::move(asking);
  if (!standing && standing.error().kind == ErrorKind::Cancelled) co_return standing.error();
  // What the button says was made out of somebody's own words: whether it counts is looked at below.
  const auto asked = request.kind == Request::Kind::Button ? run_it_from(request.text) : std::nullopt;
  const auto button = asked ? button_digest(request.message, request.text) : std::string();
  Result<bool> ran_before = false;
  if (asked) {
    auto looking = was_run(services_.store, button, asked->until);
    ran_before = co_await std::move(looking);
  }
  if (!ran_before) co_return ran_before.error();
  if (asked) request.text = asked->command;
  auto call = call_of(request);
  if (standing) call.caller.standing = *standing;
  // Whom nobody here knows is nobody here, whatever the config calls them.
  if (call.caller.standing == Standing::Stranger || call.caller.standing == Standing::Gone) {
    call.caller.person.clear();
    co_return answer_stranger(std::move(call));
  }
  // Named as the config does only where that makes a difference. Asked first: what was looked at stays as it is only as long as nothing is waited for.
  std::string channel = request.channel;
  if (!services_.config.teams.empty()) channel = co_await channel_named(services_, channels_, request.channel);
  auto place = co_await look_around(services_, call);
  if (!place) co_return place.error();
  if (request.kind == Request::Kind::Shortcut && request.text == kAct) {
    log_info("command", fmt::format("{} ({}): act", call.caller.person.empty() ? "somebody" : call.caller.person, request.user));
    co_return act_on(services_, call, *place);
  }
  const auto parsed = parse_command(command_text(request), place->context);
  if (asked) {
    if (auto refused = refuse_press(call, *asked, place->context, *ran_before)) co_return std::move(*refused);
  }
  if (const auto* trouble = std::get_if<NotUnderstood>(&parsed)) {
    // Who can't be looked up just now is asked nothing on their account.
    if (!standing) call.caller.standing = Standing::Guest;
    auto making = make_out(std::move(call), *trouble, std::move(place->context), std::move(channel));
    co_return co_await std::move(making);
  }
  call.command = std::get<Command>(parsed);
  fill_from_form(request, call.command);
  // It stands on cards, in commits and in the audit log from now on.
  call.command.reason = hide_secrets(call.command.reason);
  log_info("command", fmt::format("{} ({}): {}", call.caller.person.empty() ? "somebody" : call.caller.person, request.user, to_log_text(call.command)), {{"person", call.caller.person}, {"user", request.user}});
  Result<std::vector<std::string>> meant = std::vector<std::string>{};
  if (!services_.config.teams.empty()) meant = co_await apps_meant(services_, call);
  if (!meant) co_return meant.error();
  if (!standing && info_of(call.command.verb).changes_something) co_return standing.error();
  if (const auto refused = refuse_outsider(call.caller.standing, call.command.verb)) co_return refuse(services_, call, refused->why, refused->rule);
  const bool open = may_be_read_in(services_, call, channel, *meant);
  // What must not be read here doesn't stand here either: a Change's card goes where its App may be spoken of.
  if (!open) call.request.channel = request.user;
  if (!open) call.request.thread_ts.clear();
  std::optional<AuditEntry> ran;
  if (asked) ran = run_entry(call, button);
  auto answer = co_await run_command(std::move(call));
  if (answer && ran) *answer = with_run(std::move(*answer), std::move(*ran), services_.clock.wall_now());
  if (answer && !open) answer->keep_private = true;
  if (answer && request.kind == Request::Kind::Shortcut && !answer->reply.shared) answer->keep_private = true;
  co_return answer;
}

asio::awaitable<Result<Answer>> Conversation::run_command(Call call) {
  if (call.command.change != 0 && call.command.changes.empty()) {
    // One of an App that they may not know of is answered as one that isn't there.
    auto change = co_await services_.changes.load(call.command.change);
    if (!change) co_return change.error();
    if (!may_know_of(services_, call, change->app)) co_return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(call.command.change))};
  }
  // From here to the handler's first wait the App stays where it is.
  const auto* app = call.command.app.empty() ? nullptr : services_.fleet.app(call.command.app);
  if (app != nullptr) {
    if (auto answer = check_orphans(call, *app)) co_return *answer;
    if (auto answer = check_planned(call, *app)) co_return *answer;
  } else if (!call.command.app.empty() && needs_its_app(call.command.verb)) {
    co_return Error{ErrorKind::NotFound, fmt::format("There is no App {} any more", call.command.app)};
  }
  co_return co_await handler_of(call.command.verb)(services_, std::move(call));
}

}  // namespace driftwarden
