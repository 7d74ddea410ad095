// The endpoints of the chat page that don't wait for the bot: what is there, what changes, and the knobs.
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/workspace/events.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"
#include "integrations/sandbox/workspace/workspace_core.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr Duration kKeepAlive{15'000};

bool is_loopback_authority(const std::string& authority) {
  const auto url = net::parse_url("http://" + authority + "/");
  return url && net::is_loopback(*url);
}

std::vector<WorkspaceTip> tips_of(const WorkspaceState& state) {
  if (!state.options().tips.empty()) return state.options().tips;
  const auto at = "@" + state.options().bot_name;
  return {{at + " help", "everything it understands"},     {at + " status", "which Apps are in sync"},
          {at + " apps", "what is being watched"},         {at + " diff ", "what differs, field by field: add an App's name"},
          {at + " sync ", "ask to put Git back in force"}, {at + " audit", "who did what, and when"}};
}

bool visible(const Message& message, const std::string& user) { return message.ephemeral_for.empty() || message.ephemeral_for == user; }

int unread(const Conversation& conversation, const std::string& user) {
  const auto found = conversation.last_read.find(user);
  const auto since = found == conversation.last_read.end() ? std::string{} : found->second;
  int count = 0;
  for (auto it = conversation.messages.upper_bound(since); it != conversation.messages.end(); ++it) {
    if (visible(it->second, user) && string_of(it->second.body, "user") != user) ++count;
  }
  return count;
}

Json panel_json(const WorkspaceCore& core) {
  Json all = Json::array();
  for (const auto& action : core.panel) all.push_back(Json{{"id", action.id}, {"title", action.title}, {"description", action.description}});
  return all;
}

Json conversation_json(const Conversation& conversation, const std::string& user) {
  Json shown{{"id", conversation.id},
             {"unread", unread(conversation, user)},
             {"has_bot", conversation.has(kBotUser)},
             {"bookmarks", conversation.bookmarks},
             {"latest", conversation.messages.empty() ? "0" : conversation.messages.rbegin()->first}};
  if (!conversation.is_im) {
    shown["name"] = conversation.name;
    shown["is_private"] = conversation.is_private;
    return shown;
  }
  const auto other = std::find_if(conversation.members.begin(), conversation.members.end(), [&](const std::string& id) { return id != user; });
  shown["user"] = other == conversation.members.end() ? user : *other;
  return shown;
}

net::ServerReply get_state(WorkspaceCore& core, const net::ServerRequest& request) {
  auto& state = core.state;
  const auto* person = state.find_person(request.query_or("user", ""));
  const auto user = person != nullptr ? person->id : state.people().front().id;
  Json people = Json::array();
  for (const auto& one : state.people()) people.push_back(Json{{"id", one.id}, {"name", one.name}, {"real_name", one.real_name}, {"is_bot", one.is_bot}});
  Json channels = Json::array();
  Json ims = Json::array();
  for (const auto& channel : state.options().channels) {
    const auto* conversation = state.find_conversation(channel.id, user);
    if (conversation != nullptr && conversation->has(user)) channels.push_back(conversation_json(*conversation, user));
  }
  for (const auto& [id, conversation] : state.conversations()) {
    if (conversation.is_im && conversation.has(user)) ims.push_back(conversation_json(conversation, user));
  }
  Json tips = Json::array();
  for (const auto& tip : tips_of(state)) tips.push_back(Json{{"say", tip.say}, {"explanation", tip.explanation}});
  Json shortcuts = Json::array();
  for (const auto& one : state.options().shortcuts)
    shortcuts.push_back(Json{{"callback_id", one.callback_id}, {"name", one.name}, {"on_message", one.on_message}});
  Json stack = Json::array();
  for (const auto& id : state.view_stack(user)) stack.push_back(state.views()[id].object);
  const auto home = state.home_views().find(user);
  Json usergroups = Json::array();
  for (const auto& group : state.options().usergroups) usergroups.push_back(Json{{"id", group.id}, {"handle", group.handle}, {"users", group.users}});
  return json_reply(Json{{"ok", true},
                         {"team", state.options().team},
                         {"me", user},
                         {"bot", {{"id", kBotUser}, {"name", state.options().bot_name}, {"connected", core.hub.connected()}}},
                         {"people", people},
                         {"channels", channels},
                         {"ims", ims},
                         {"tips", tips},
                         {"shortcuts", shortcuts},
                         {"usergroups", usergroups},
                         {"commands", state.options().commands},
                         {"panel", panel_json(core)},
                         {"views", stack},
                         {"home", home == state.home_views().end() ? Json() : state.views()[home->second].object},
                         {"base_url", state.base_url()},
                         {"seq", state.last_seq()}});
}

net::ServerReply get_messages(WorkspaceCore& core, const net::ServerRequest& request) {
  const auto* person = core.state.find_person(request.query_or("user", ""));
  if (person == nullptr) return sandbox_error("user_not_found", "say who asks: ?user=alice");
  const auto* conversation = core.state.find_conversation(request.query_or("channel", ""), person->id);
  if (conversation == nullptr || !conversation->has(person->id)) return sandbox_error("channel_not_found");
  Json messages = Json::array();
  for (const auto& [ts, message] : conversation->messages) {
    if (!visible(message, person->id)) continue;
    messages.push_back(message.body);
    if (!message.metadata.is_null()) messages.back()["metadata"] = message.metadata;
    if (!message.ephemeral_for.empty()) messages.back()["is_ephemeral"] = true;
  }
  return json_reply(Json{{"ok", true}, {"channel", conversation->id}, {"messages", std::move(messages)}, {"seq", core.state.last_seq()}});
}

/// The updates after `since` that `user` may see, as Server-Sent Events; `since` moves on.
std::string pending_events(const WorkspaceState& state, const std::string& user, std::uint64_t& since) {
  std::string out;
  const auto& updates = state.updates();
  if (!updates.empty() && since + 1 < updates.front().seq && since < state.last_seq()) {
    since = state.last_seq();
    return fmt::format("id: {}\ndata: {{\"type\":\"reset\"}}\n\n", since);
  }
  for (const auto& update : updates) {
    if (update.seq <= since || (!update.audience.empty() && update.audience.count(user) == 0)) continue;
    out += fmt::format("id: {}\ndata: {}\n\n", update.seq, update.what.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  since = state.last_seq();
  return out;
}

/// Is woken by every change for as long as it lives.
class Watching {
 public:
  explicit Watching(WorkspaceCore& core) : core_(core), woken_(std::make_shared<Signal>(core.executor)) { core_.watchers.push_back(woken_); }
  ~Watching() { core_.watchers.remove(woken_); }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  Signal& woken() { return *woken_; }

 private:
  WorkspaceCore& core_;
  std::shared_ptr<Signal> woken_;
};

asio::awaitable<void> stream_updates(WorkspaceCore& core, std::string user, std::uint64_t since, net::BodyWriter& writer) {
  Watching watching(core);
  std::string next = "retry: 500\n\n";
  while (!core.stopping) {
    next += pending_events(core.state, user, since);
    if (next.empty()) next = ": still here\n\n";
    auto written = co_await writer.write(std::exchange(next, {}));
    if (!written) break;
    if (since < core.state.last_seq()) continue;
    auto notified = co_await watching.woken().wait_until(core.clock, core.clock.mono_now() + kKeepAlive);
    if (!notified) break;
  }
}

net::ServerReply get_events(WorkspaceCore& core, const net::ServerRequest& request) {
  const auto* person = core.state.find_person(request.query_or("user", ""));
  if (person == nullptr) return sandbox_error("user_not_found", "say who listens: ?user=alice");
  const auto last = request.headers.find("Last-Event-ID").value_or(request.query_or("since", ""));
  const auto since = last.empty() ? core.state.last_seq() : std::strtoull(last.c_str(), nullptr, 10);
  net::ServerReply reply{200, "text/event-stream; charset=utf-8", ""};
  reply.headers.set("Cache-Control", "no-store");
  reply.stream = [&core, user = person->id, since](net::BodyWriter& writer) { return stream_updates(core, user, since, writer); };
  return reply;
}

asio::awaitable<net::ServerReply> run_panel(WorkspaceCore& core, Json body) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  const auto id = string_of(body, "id");
  const auto found = std::find_if(core.panel.begin(), core.panel.end(), [&](const PanelAction& action) { return action.id == id; });
  if (found == core.panel.end()) co_return sandbox_error("no_such_action", id);
  auto running = found->run(person == nullptr ? core.state.people().front().id : person->id);
  auto done = co_await std::move(running);
  core.flush();
  if (!done) co_return sandbox_error("failed", done.error().message);
  Json answer{{"ok", true}, {"text", *done}};
  co_return json_reply(answer);
}

/// What a person does to a message or conversation without the bot's part: a Web API method called as that person.
net::ServerReply as_person(WorkspaceCore& core, const Json& body, JsonResult (*method)(WebCall&)) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  if (person == nullptr) return sandbox_error("user_not_found");
  WebCall call{.state = core.state, .caller = {Caller::Kind::User, person->id}, .args = body, .now = core.clock.wall_now()};
  auto done = method(call);
  core.flush();
  if (!done) return sandbox_error(done.error().message);
  return json_reply(*done);
}

net::ServerReply mark_read(WorkspaceCore& core, const Json& body) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  auto* conversation = person == nullptr ? nullptr : core.state.find_conversation(string_of(body, "channel"), person->id);
  if (conversation == nullptr) return sandbox_error("channel_not_found");
  if (!conversation->messages.empty()) conversation->last_read[person->id] = conversation->messages.rbegin()->first;
  Json what{{"type", "read"}, {"channel", conversation->id}};
  core.state.announce(std::move(what), {person->id});
  core.flush();
  return json_reply(ok());
}

/// Takes a message away that only this person sees.
net::ServerReply dismiss(WorkspaceCore& core, const Json& body) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  auto* conversation = person == nullptr ? nullptr : core.state.find_conversation(string_of(body, "channel"), person->id);
  const auto* message = conversation == nullptr ? nullptr : conversation->find(string_of(body, "ts"));
  if (message == nullptr || message->ephemeral_for != person->id) return sandbox_error("message_not_found");
  core.state.remove_message(*conversation, string_of(body, "ts"));
  core.flush();
  return json_reply(ok());
}

net::ServerReply open_home(WorkspaceCore& core, const Json& body) {
  const auto* person = core.state.find_person(string_of(body, "user"));
  if (person == nullptr) return sandbox_error("user_not_found");
  emit_home_opened(core.state, person->id, body.value("tab", "home"), core.clock.wall_now());
  core.flush();
  return json_reply(ok());
}

/// Makes somebody a guest of the workspace, or one of another.
net::ServerReply set_standing(WorkspaceCore& core, const Json& body) {
  if (!core.state.set_standing(string_of(body, "user"), string_of(body, "standing"))) return sandbox_error("invalid_standing", "a user, and member, guest or stranger");
  return json_reply(ok());
}

/// An envelope as it comes, for what no person can bring about: one for another workspace or another app.
net::ServerReply send_event(WorkspaceCore& core, const Json& body) {
  auto envelope = event_callback(core.state, body.value("event", Json::object()), core.clock.wall_now());
  const auto with = body.value("with", Json::object());
  for (const auto& [key, value] : with.items()) envelope[key] = value;
  core.hub.deliver_event(std::move(envelope));
  return json_reply(ok());
}

asio::awaitable<net::ServerReply> post(WorkspaceCore& core, std::string what, Json body) {
  if (what == "say") co_return co_await answer_say(core, std::move(body));
  if (what == "act") co_return co_await answer_act(core, std::move(body));
  if (what == "close") co_return co_await answer_close(core, std::move(body));
  if (what == "suggest") co_return co_await answer_suggest(core, std::move(body));
  if (what == "shortcut") co_return co_await answer_shortcut(core, std::move(body));
  if (what == "panel") co_return co_await run_panel(core, std::move(body));
  if (what == "react") co_return as_person(core, body, body.value("remove", false) ? &reactions_remove : &reactions_add);
  if (what == "read") co_return mark_read(core, body);
  if (what == "dismiss") co_return dismiss(core, body);
  if (what == "home") co_return open_home(core, body);
  if (what == "standing") co_return set_standing(core, body);
  if (what == "event") co_return send_event(core, body);
  if (what == "faults") co_return set_faults(core, body);
  if (what == "disconnect") co_return disconnect_sockets(core, body);
  co_return json_reply(Json{{"ok", false}, {"error", "not_found"}}, 404);
}

}  // namespace

net::ServerReply sandbox_error(const std::string& code, const std::string& detail) {
  Json body{{"ok", false}, {"error", code.substr(0, code.find('\n'))}};
  if (!detail.empty()) body["detail"] = detail;
  return json_reply(body);
}

std::optional<net::ServerReply> refuse_foreign(const net::ServerRequest& request) {
  const auto host = request.headers.find("Host").value_or("");
  const auto origin = request.headers.find("Origin");
  const auto site = request.headers.find("Sec-Fetch-Site").value_or("same-origin");
  const bool foreign_origin = origin && *origin != "http://" + host && *origin != "https://" + host;
  // A link from elsewhere may open the page (navigate); it may not call anything.
  const bool navigates = request.method == "GET" && request.headers.find("Sec-Fetch-Mode").value_or("") == "navigate";
  const bool foreign_site = site != "same-origin" && site != "none" && !navigates;
  if (is_loopback_authority(host) && !foreign_origin && !foreign_site) return std::nullopt;
  return json_reply(Json{{"ok", false}, {"error", "forbidden"}, {"detail", "the sandbox answers only its own page, on the loopback address"}}, 403);
}

asio::awaitable<net::ServerReply> answer_sandbox(WorkspaceCore& core, net::ServerRequest request) {
  if (auto refused = refuse_foreign(request)) co_return std::move(*refused);
  const auto what = request.path.substr(std::string_view{"/sandbox/"}.size());
  if (request.method == "GET") {
    if (what == "state") co_return get_state(core, request);
    if (what == "messages") co_return get_messages(core, request);
    if (what == "events") co_return get_events(core, request);
    if (what == "panel") co_return json_reply(panel_json(core));
    if (what == "faults") co_return get_faults(core);
    if (what == "deliveries") co_return get_deliveries(core);
    co_return json_reply(Json{{"ok", false}, {"error", "not_found"}}, 404);
  }
  if (request.method != "POST") co_return json_reply(Json{{"ok", false}, {"error", "method_not_allowed"}}, 405);
  // A page of another site can't send this type without asking first.
  if (!to_lower(request.headers.find("Content-Type").value_or("")).starts_with("application/json"))
    co_return json_reply(Json{{"ok", false}, {"error", "json_expected"}}, 415);
  auto body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) co_return json_reply(Json{{"ok", false}, {"error", "invalid_json"}}, 400);
  std::string mistake;
  try {
    auto doing = post(core, what, std::move(body));
    co_return co_await std::move(doing);
  } catch (const Json::exception& wrong_type) {
    mistake = wrong_type.what();
  }
  co_return sandbox_error("invalid_arguments", mistake);
}

}  // namespace driftwarden::sandbox::workspace
