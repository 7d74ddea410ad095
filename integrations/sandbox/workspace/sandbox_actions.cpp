// The endpoints that speak and click as a person, and wait for what the bot answers.
#include "gitops/base/text.hpp"
#include "integrations/sandbox/workspace/block_kit.hpp"
#include "integrations/sandbox/workspace/events.hpp"
#include "integrations/sandbox/workspace/interactions.hpp"
#include "integrations/sandbox/workspace/typed_text.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"
#include "integrations/sandbox/workspace/workspace_core.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

net::ServerReply done(Json fields = Json::object()) { return json_reply(ok(std::move(fields))); }

/// A line by Slackbot that only `user` sees.
void tell(WorkspaceCore& core, Conversation& conversation, const std::string& user, const std::string& thread_ts, std::string text) {
  Post post;
  post.text = std::move(text);
  post.ephemeral_for = user;
  post.thread_ts = thread_ts;
  post_message(core.state, conversation, kSlackbot, std::move(post), core.clock.wall_now());
  core.flush();
}

void post_command_answer(WorkspaceCore& core, const std::string& channel, const std::string& user, const std::string& typed, const Json& answer) {
  auto* conversation = core.state.find_conversation(channel, "");
  if (conversation == nullptr || answer.is_null()) return;
  const bool in_channel = string_of(answer, "response_type") == "in_channel";
  if (in_channel) {
    Post command;
    command.text = typed;
    post_message(core.state, *conversation, user, std::move(command), core.clock.wall_now());
  }
  Post post;
  post.text = string_of(answer, "text");
  if (answer.contains("blocks") && check_blocks(answer["blocks"], Surface::Message).empty()) {
    post.blocks = answer["blocks"];
    core.state.complete_blocks(post.blocks);
  }
  if (!in_channel) post.ephemeral_for = user;
  post_message(core.state, *conversation, kBotUser, std::move(post), core.clock.wall_now());
  core.flush();
}

void invite(WorkspaceCore& core, Conversation& conversation, const Person& person, const std::string& whom) {
  const auto* invited = core.state.find_person(whom.starts_with('@') ? whom.substr(1) : whom);
  if (invited == nullptr)
    return tell(core, conversation, person.id, "", "There is nobody of that name here. Try `/invite @" + core.state.options().bot_name + "`.");
  if (!conversation.members.insert(invited->id).second) return tell(core, conversation, person.id, "", "<@" + invited->id + "> is already in this channel.");
  Post post;
  post.text = "<@" + invited->id + "> has joined the channel";
  post.extra = Json{{"subtype", "channel_join"}, {"inviter", person.id}};
  post_message(core.state, conversation, invited->id, std::move(post), core.clock.wall_now());
  emit_member_joined(core.state, conversation, invited->id, person.id, core.clock.wall_now());
  core.flush();
}

asio::awaitable<net::ServerReply> run_command(WorkspaceCore& core, std::string user, std::string channel, std::string thread_ts, std::string typed) {
  const auto& person = *core.state.find_person(user);
  auto& conversation = *core.state.find_conversation(channel, "");
  const auto space = typed.find(' ');
  const auto command = typed.substr(0, space);
  const auto text = space == std::string::npos ? std::string{} : std::string{trim(std::string_view{typed}.substr(space))};
  const auto& known = core.state.options().commands;
  if (!thread_ts.empty()) {
    tell(core, conversation, user, thread_ts, "`" + command + "` is not supported in threads. Sorry!");
    co_return sandbox_error("not_in_threads");
  }
  if (command == "/invite") {
    invite(core, conversation, person, text);
    co_return done();
  }
  if (std::find(known.begin(), known.end(), command) == known.end()) {
    tell(core, conversation, user, "", "`" + command + "` is not a valid command. Known here: `" + join(known, "`, `") + "`, `/invite`.");
    co_return sandbox_error("unknown_command");
  }
  auto payload = slash_command_payload(core.state, person, conversation, command, encode_command_text(core.state, text), core.clock.wall_now());
  auto asking = core.hub.interact("slash_commands", std::move(payload));
  auto answer = co_await std::move(asking);
  if (answer.acked) {
    post_command_answer(core, channel, user, typed, answer.payload);
    co_return done();
  }
  tell(core, *core.state.find_conversation(channel, ""), user, "", "`" + command + "` failed with the error `" + answer.error + "`");
  co_return sandbox_error(answer.error);
}

Result<std::string> root_of_thread(Conversation& conversation, const std::string& thread_ts) {
  if (thread_ts.empty()) return std::string{};
  const auto* parent = conversation.find(thread_ts);
  if (parent == nullptr || !parent->ephemeral_for.empty()) return Error{ErrorKind::NotFound, "thread_not_found"};
  const auto root = string_of(parent->body, "thread_ts");
  return root.empty() ? thread_ts : root;
}

Result<Act> act_of(WorkspaceCore& core, const Json& body) {
  Act act;
  act.person = core.state.find_person(string_of(body, "user"));
  if (act.person == nullptr || act.person->is_bot) return Error{ErrorKind::NotFound, "user_not_found: name a person, such as \"alice\""};
  act.action_id = string_of(body, "action_id");
  act.block_id = string_of(body, "block_id");
  for (const auto* key :
       {"value", "selected_option", "selected_options", "selected_user", "selected_date", "selected_time", "selected_conversation", "selected_channel"}) {
    if (body.contains(key)) act.chosen[key] = body[key];
  }
  if (body.contains("state") && body["state"].is_object()) act.state_values = body["state"].value("values", body["state"]);
  if (const auto view = string_of(body, "view"); !view.empty()) {
    const auto found = core.state.views().find(view);
    if (found == core.state.views().end() || found->second.user != act.person->id)
      return Error{ErrorKind::NotFound, "view_not_found: it isn't open for this person"};
    act.view = &found->second;
    return act;
  }
  const auto at = body.value("message", Json::object());
  act.conversation = core.state.find_conversation(string_of(at, "channel"), act.person->id);
  if (act.conversation == nullptr || !act.conversation->has(act.person->id)) return Error{ErrorKind::NotFound, "channel_not_found"};
  act.message = act.conversation->find(string_of(at, "ts"));
  const bool seen = act.message != nullptr && (act.message->ephemeral_for.empty() || act.message->ephemeral_for == act.person->id);
  if (!seen) return Error{ErrorKind::NotFound, "message_not_found"};
  return act;
}

net::ServerReply act_refused(const Error& error) {
  const auto colon = error.message.find(": ");
  return sandbox_error(error.message.substr(0, colon), colon == std::string::npos ? "" : error.message.substr(colon + 2));
}

net::ServerReply not_answered(const Acknowledgement& answer) {
  return sandbox_error(answer.error, answer.error == "dispatch_failed" ? "the app isn't connected" : "the app didn't answer within 3 seconds");
}

/// Follows the response_action of an acknowledged view_submission.
net::ServerReply follow(WorkspaceCore& core, const std::string& user, const std::string& view_id, const Json& answer) {
  auto& state = core.state;
  const auto action = string_of(answer, "response_action");
  if (action == "errors")
    return json_reply(Json{{"ok", false}, {"error", "validation"}, {"response_action", "errors"}, {"errors", answer.value("errors", Json::object())}});
  if (action == "update" || action == "push") {
    const auto& sent = answer.value("view", Json());
    if (auto mistakes = check_view(sent); !mistakes.empty()) return sandbox_error("invalid_view", join(mistakes, "; "));
    const auto found = state.views().find(view_id);
    const bool update = action == "update" && found != state.views().end();
    auto view = state.make_view(sent, user, update ? &found->second.object : nullptr);
    Json shown = view;
    if (update)
      state.replace_view(view_id, std::move(view));
    else
      state.push_view(user, std::move(view));
    return done(Json{{"response_action", action}, {"view", std::move(shown)}});
  }
  const auto found = state.views().find(view_id);
  const bool whole = action == "clear";
  if (found != state.views().end()) state.close_view(view_id, whole);
  return done(Json{{"response_action", whole ? "clear" : "close"}});
}

asio::awaitable<net::ServerReply> submit(WorkspaceCore& core, Act act, Json given) {
  const auto view = act.view->object;
  const auto user = act.person->id;
  auto values = view_values(view, given);
  auto errors = missing_inputs(view, values);
  if (!errors.empty()) co_return json_reply(Json{{"ok", false}, {"error", "validation"}, {"response_action", "errors"}, {"errors", errors}});
  auto payload = view_submission_payload(core.state, *act.person, view, std::move(values), core.clock.wall_now());
  auto asking = core.hub.interact("interactive", std::move(payload));
  auto answer = co_await std::move(asking);
  if (!answer.acked) co_return not_answered(answer);
  auto reply = follow(core, user, string_of(view, "id"), answer.payload);
  core.flush();
  co_return reply;
}

}  // namespace

asio::awaitable<net::ServerReply> answer_say(WorkspaceCore& core, Json body) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  if (person == nullptr || person->is_bot) co_return sandbox_error("user_not_found", "name a person, such as \"alice\"");
  auto* conversation = core.state.find_conversation(string_of(body, "channel"), person->id);
  if (conversation == nullptr) co_return sandbox_error("channel_not_found");
  if (!conversation->has(person->id)) co_return sandbox_error("not_in_channel");
  const auto typed = std::string{trim(string_of(body, "text"))};
  if (typed.empty()) co_return sandbox_error("no_text");
  const auto thread = root_of_thread(*conversation, string_of(body, "thread_ts"));
  if (!thread) co_return sandbox_error(thread.error().message);
  const bool is_command = typed.size() > 1 && typed[0] == '/' && typed.find('/', 1) > typed.find(' ');
  if (is_command || (typed[0] == '/' && typed.find_first_of("/ ", 1) == std::string::npos && typed.size() > 1)) {
    co_return co_await run_command(core, person->id, conversation->id, *thread, typed);
  }
  auto encoded = encode_typed(core.state, typed);
  const bool in_vain = mentions_bot(encoded.text) && !conversation->has(kBotUser);
  Post post;
  post.text = std::move(encoded.text);
  post.blocks = std::move(encoded.blocks);
  post.thread_ts = *thread;
  post.broadcast = body.value("reply_broadcast", false) && !thread->empty();
  core.state.complete_blocks(post.blocks);
  const auto& message = post_message(core.state, *conversation, person->id, std::move(post), core.clock.wall_now());
  Json fields{{"channel", conversation->id}, {"ts", message.body["ts"]}};
  core.flush();
  if (in_vain)
    tell(core, *conversation, person->id, "",
         "<@" + std::string{kBotUser} + "> isn't in this channel. Type `/invite @" + core.state.options().bot_name + "` to add it.");
  co_return done(std::move(fields));
}

asio::awaitable<net::ServerReply> answer_act(WorkspaceCore& core, Json body) {
  auto act = act_of(core, body);
  if (!act) co_return act_refused(act.error());
  if (act->action_id.empty() && act->view != nullptr) {
    auto values = body.value("values", Json::object());
    auto submitting = submit(core, std::move(*act), std::move(values));
    co_return co_await std::move(submitting);
  }
  auto payload = block_actions_payload(core.state, *act, core.clock.wall_now());
  if (!payload) co_return act_refused(payload.error());
  Json trigger{{"trigger_id", (*payload)["trigger_id"]}};
  auto asking = core.hub.interact("interactive", std::move(payload).value());
  auto answer = co_await std::move(asking);
  if (!answer.acked) co_return not_answered(answer);
  co_return done(std::move(trigger));
}

asio::awaitable<net::ServerReply> answer_close(WorkspaceCore& core, Json body) {
  auto act = act_of(core, body);
  if (!act || act->view == nullptr) co_return sandbox_error("view_not_found");
  const auto view = act->view->object;
  const auto id = string_of(view, "id");
  const bool whole = body.value("all", false) || view.value("clear_on_close", false);
  std::vector<Json> told;
  const auto& stack = core.state.view_stack(act->person->id);
  for (auto it = stack.rbegin(); it != stack.rend(); ++it) {
    const auto& one = core.state.views()[*it].object;
    if ((whole || *it == id) && one.value("notify_on_close", false)) told.push_back(view_closed_payload(*act->person, one, whole));
  }
  core.state.close_view(id, whole);
  core.flush();
  for (auto& payload : told) {
    auto asking = core.hub.interact("interactive", std::move(payload));
    auto answer = co_await std::move(asking);
    if (!answer.acked) co_return not_answered(answer);
  }
  co_return done();
}

asio::awaitable<net::ServerReply> answer_suggest(WorkspaceCore& core, Json body) {
  auto act = act_of(core, body);
  if (!act) co_return act_refused(act.error());
  auto payload = block_suggestion_payload(core.state, *act, string_of(body, "value"));
  if (!payload) co_return act_refused(payload.error());
  auto asking = core.hub.interact("interactive", std::move(payload).value());
  auto answer = co_await std::move(asking);
  if (!answer.acked) co_return not_answered(answer);
  Json fields = Json::object();
  for (const auto* key : {"options", "option_groups"}) {
    if (answer.payload.is_object() && answer.payload.contains(key)) fields[key] = answer.payload[key];
  }
  co_return done(std::move(fields));
}

asio::awaitable<net::ServerReply> answer_shortcut(WorkspaceCore& core, Json body) {
  const auto callback = string_of(body, "callback_id");
  const auto now = core.clock.wall_now();
  Json payload;
  if (body.contains("message")) {
    auto act = act_of(core, body);
    if (!act) co_return act_refused(act.error());
    payload = message_action_payload(core.state, *act->person, callback, *act->conversation, *act->message, now);
  } else {
    const auto* person = core.state.find_person(string_of(body, "user"));
    if (person == nullptr) co_return sandbox_error("user_not_found");
    payload = shortcut_payload(core.state, *person, callback, now);
  }
  auto asking = core.hub.interact("interactive", std::move(payload));
  auto answer = co_await std::move(asking);
  if (!answer.acked) co_return not_answered(answer);
  co_return done();
}

}  // namespace driftwarden::sandbox::workspace
