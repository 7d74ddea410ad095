// From what was said to the command's handler.
#include "bot/config/policy.hpp"
#include "bot/conversation/conversation.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::string_view kWhichApp = "Which App? `";

/// The verb whose App is missing; null for another trouble.
const VerbInfo* lacks_an_app(const NotUnderstood& trouble) {
  if (!trouble.message.starts_with(kWhichApp) || trouble.suggestions.empty()) return nullptr;
  const auto rest = trouble.message.substr(kWhichApp.size());
  return find_verb(rest.substr(0, rest.find_first_of(" `")));
}

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

Answer Conversation::not_understood(const NotUnderstood& trouble) const {
  if (const auto* info = lacks_an_app(trouble)) return pick_app(*info, "");
  return say(view::not_understood_message(trouble));
}

asio::awaitable<Result<Answer>> Conversation::handle(Request request) {
  if (is_guest(request.team)) co_return say(":no_entry: You are a guest from another workspace: I only answer to my own.");
  auto call = call_of(request);
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
  if (const auto* trouble = std::get_if<NotUnderstood>(&parsed)) {
    auto answer = not_understood(*trouble);
    call.command.verb = Verb::Status;  // names Apps, as that does
    answer.keep_private = request.kind == Request::Kind::Modal || request.kind == Request::Kind::Shortcut || !may_be_read_in(services_, call, channel, {});
    co_return answer;
  }
  call.command = std::get<Command>(parsed);
  fill_from_form(request, call.command);
  log_info("command", fmt::format("{} ({}): {}", call.caller.person.empty() ? "somebody" : call.caller.person, request.user, to_log_text(call.command)));
  Result<std::vector<std::string>> meant = std::vector<std::string>{};
  if (!services_.config.teams.empty()) meant = co_await apps_meant(services_, call);
  if (!meant) co_return meant.error();
  const bool open = may_be_read_in(services_, call, channel, *meant);
  // What must not be read here doesn't stand here either: a Change's card goes where its App may be spoken of.
  if (!open) call.request.channel = request.user;
  if (!open) call.request.thread_ts.clear();
  auto answer = co_await run_command(std::move(call));
  if (answer && !open) answer->keep_private = true;
  if (answer && request.kind == Request::Kind::Shortcut && !answer->reply.shared) answer->keep_private = true;
  co_return answer;
}

asio::awaitable<Result<Answer>> Conversation::run_command(Call call) {
  if (call.command.change != 0 && call.command.changes.empty()) {
    // One of an App that they may not know of is answered as one that isn't there.
    auto change = co_await services_.changes.load(call.command.change);
    if (!change) co_return change.error();
    if (!may_know_of(services_, call, change->app)) co_return Error{ErrorKind::NotFound, fmt::format("There is no Change {}", change_name(call.command.change))};
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
