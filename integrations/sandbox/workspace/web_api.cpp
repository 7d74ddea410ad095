#include "integrations/sandbox/workspace/web_api.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <array>
#include <cstdlib>

namespace driftwarden::sandbox::workspace {
namespace {

/// What `driftwarden slack-manifest` asks for.
constexpr std::array kScopes{"app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write",
                             "groups:history",    "groups:read",      "im:history",    "im:write",   "usergroups:read", "users:read"};
constexpr int kTier2 = 20;
constexpr int kTier3 = 50;
constexpr int kTier4 = 100;
constexpr int kSpecial = 600;
constexpr int kPosting = 300;  // "several hundred"
/// Slack's pace is one message a second and channel; a little less, because a client's clock isn't ours.
constexpr Duration kPostingPace{900};

std::string scopes_of(const WorkspaceFaults& faults) {
  std::string scopes = faults.excess_scope;
  for (const auto* scope : kScopes) {
    if (scope != faults.without_scope) scopes += (scopes.empty() ? "" : ",") + std::string(scope);
  }
  return scopes;
}

JsonResult api_test(WebCall& call) {
  if (call.has("error")) return refusal(call.text("error"));
  return ok(Json{{"args", call.args}});
}

JsonResult auth_test(WebCall& call) {
  const auto& state = call.state;
  if (call.caller.kind == Caller::Kind::App) return ok(Json{{"app_name", state.options().bot_name}, {"app_id", kAppId}});
  const auto* person = state.find_person(call.caller.user);
  Json answer{{"url", state.base_url()}, {"team", state.options().team}, {"user", person->name},
              {"team_id", kTeamId},      {"user_id", person->id},        {"is_enterprise_install", false}};
  if (call.caller.kind == Caller::Kind::Bot) answer["bot_id"] = kBotId;
  return ok(std::move(answer));
}

JsonResult apps_connections_open(WebCall& call) {
  auto url = call.state.base_url();
  url.replace(0, url.find(':'), url.starts_with("https") ? "wss" : "ws");
  return ok(Json{{"url", fmt::format("{}link/?ticket={}&app_id={}", url, call.state.new_ticket(call.now), kAppId)}});
}

JsonResult team_info(WebCall& call) {
  return ok(Json{{"team",
                  {{"id", kTeamId},
                   {"name", call.state.options().team},
                   {"domain", "sandbox"},
                   {"url", call.state.base_url()},
                   {"email_domain", "example.com"},
                   {"icon", Json::object()}}}});
}

JsonResult bots_info(WebCall& call) {
  if (call.has("bot") && call.text("bot") != kBotId) return refusal("bot_not_found");
  auto bot = bot_profile(call.state);
  bot["user_id"] = kBotUser;
  return ok(Json{{"bot", std::move(bot)}});
}

Json refused(const Error& error) {
  auto lines = split(error.message, '\n');
  Json body{{"ok", false}, {"error", lines.front()}};
  lines.erase(lines.begin());
  if (lines.empty()) return body;
  body["errors"] = lines;
  for (auto& line : lines) line = "[ERROR] " + line;
  body["response_metadata"] = {{"messages", lines}};
  return body;
}

net::ServerReply too_many(int seconds) {
  auto reply = json_reply(Json{{"ok", false}, {"error", "ratelimited"}}, 429);
  reply.headers.set("Retry-After", std::to_string(seconds));
  return reply;
}

Result<Caller> authenticate(const WorkspaceState& state, const ParsedCall& call) {
  if (call.token.empty()) return refusal("not_authed");
  const auto& options = state.options();
  if (call.token == options.bot_token) return Caller{Caller::Kind::Bot, kBotUser};
  if (call.token == options.app_token) return Caller{Caller::Kind::App, kBotUser};
  if (const auto* person = state.person_by_token(call.token); person != nullptr) return Caller{Caller::Kind::User, person->id};
  return refusal("invalid_auth");
}

Result<Caller> allowed(const WorkspaceState& state, const ParsedCall& parsed, const MethodRule& rule, const std::string& http_method) {
  if (rule.tokens == Tokens::App && !parsed.token_in_header) return refusal("not_authed");
  TRY(auto caller, authenticate(state, parsed));
  const bool is_app = caller.kind == Caller::Kind::App;
  if (rule.tokens == Tokens::App && http_method != "POST") return refusal("insecure_request");
  if (rule.tokens != Tokens::Any && is_app != (rule.tokens == Tokens::App)) return refusal("not_allowed_token_type");
  return caller;
}

std::optional<int> limited(WorkspaceState& state, const std::string& method, const MethodRule& rule, const Json& args, WallTime now) {
  if (const auto wait = state.over_limit(method, rule.per_minute, Duration{60'000}, now)) return wait;
  const bool shares = method == "files.completeUploadExternal";
  const bool posts = method == "chat.postMessage" || method == "chat.postEphemeral" || (shares && args.contains("channel_id"));
  const auto* conversation = posts ? state.find_conversation(string_of(args, shares ? "channel_id" : "channel"), kBotUser) : nullptr;
  return conversation == nullptr ? std::nullopt : state.over_limit("post:" + conversation->id, 1, kPostingPace, now);
}

net::ServerReply injected(const std::string& code) {
  if (code == "ratelimited") return too_many(1);
  if (code.starts_with("http_")) return net::ServerReply{static_cast<unsigned>(std::atoi(code.c_str() + 5)), "text/html", "<html>Service trouble</html>"};
  return json_reply(Json{{"ok", false}, {"error", code}});
}

/// An argument of the wrong type is the caller's mistake, wherever it is noticed.
JsonResult run_checked(const MethodRule& rule, WebCall& call) {
  try {
    return rule.run(call);
  } catch (const Json::exception& mistake) {
    return refusal("invalid_arguments", {mistake.what()});
  }
}

Json run_method(WorkspaceState& state, const MethodRule& rule, const Caller& caller, ParsedCall parsed, WallTime now) {
  WebCall call{.state = state, .caller = caller, .args = std::move(parsed.args), .now = now};
  if (parsed.missing_charset) call.warnings.push_back("missing_charset");
  auto answer = run_checked(rule, call);
  auto body = answer ? std::move(*answer) : refused(answer.error());
  if (call.warnings.empty()) return body;
  body["warning"] = join(call.warnings, ",");
  body["response_metadata"]["warnings"] = call.warnings;
  return body;
}

}  // namespace

const std::map<std::string, MethodRule>& web_methods() {
  static const std::map<std::string, MethodRule> kMethods{{"api.test", {&api_test, kTier4, Tokens::Any}},
                                                          {"auth.test", {&auth_test, kSpecial, Tokens::Any}},
                                                          {"apps.connections.open", {&apps_connections_open, kTier3, Tokens::App}},
                                                          {"team.info", {&team_info, kTier3}},
                                                          {"bots.info", {&bots_info, kTier3}},
                                                          {"chat.postMessage", {&chat_post_message, kPosting}},
                                                          {"chat.postEphemeral", {&chat_post_ephemeral, kTier4}},
                                                          {"chat.update", {&chat_update, kTier3}},
                                                          {"chat.delete", {&chat_delete, kTier3}},
                                                          {"chat.getPermalink", {&chat_get_permalink, kSpecial}},
                                                          {"reactions.add", {&reactions_add, kTier3}},
                                                          {"reactions.remove", {&reactions_remove, kTier2}},
                                                          {"pins.add", {&pins_add, kTier2}},
                                                          {"bookmarks.add", {&bookmarks_add, kTier2}},
                                                          {"conversations.list", {&conversations_list, kTier2}},
                                                          {"conversations.info", {&conversations_info, kTier3}},
                                                          {"conversations.open", {&conversations_open, kTier3}},
                                                          {"conversations.join", {&conversations_join, kTier3}},
                                                          {"conversations.history", {&conversations_history, kTier3}},
                                                          {"conversations.replies", {&conversations_replies, kTier3}},
                                                          {"conversations.members", {&conversations_members, kTier4}},
                                                          {"users.info", {&users_info, kTier4}},
                                                          {"users.list", {&users_list, kTier2}},
                                                          {"users.lookupByEmail", {&users_lookup_by_email, kTier3}},
                                                          {"users.conversations", {&users_conversations, kTier3}},
                                                          {"usergroups.list", {&usergroups_list, kTier2}},
                                                          {"usergroups.users.list", {&usergroups_users_list, kTier2}},
                                                          {"views.open", {&views_open, kTier4}},
                                                          {"views.push", {&views_push, kTier4}},
                                                          {"views.update", {&views_update, kTier4}},
                                                          {"views.publish", {&views_publish, kTier4}},
                                                          {"blocks.validate", {&blocks_validate, kTier3}},
                                                          {"files.getUploadURLExternal", {&files_get_upload_url, kTier4}},
                                                          {"files.completeUploadExternal", {&files_complete_upload, kTier4}},
                                                          {"files.info", {&files_info, kTier4}}};
  return kMethods;
}

net::ServerReply json_reply(const Json& body, unsigned status) {
  net::ServerReply reply{status, "application/json; charset=utf-8", body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  reply.headers.set("Cache-Control", "no-store");
  return reply;
}

net::ServerReply answer_call(WorkspaceState& state, const std::string& method, const net::ServerRequest& request, WorkspaceFaults& faults, WallTime now) {
  const bool fail = faults.fail_next_calls > 0;
  if (fail) --faults.fail_next_calls;
  if (fail && !faults.fail_after_effect) return injected(faults.fail_with);
  auto parsed = parse_call(request);
  const auto found = web_methods().find(method);
  if (found == web_methods().end()) return json_reply(Json{{"ok", false}, {"error", "unknown_method"}, {"req_method", method}});
  const auto caller = allowed(state, parsed, found->second, request.method);
  if (!caller) return json_reply(refused(caller.error()));
  if (!parsed.error.empty()) return json_reply(Json{{"ok", false}, {"error", parsed.error}});
  if (faults.enforce_rate_limits) {
    if (const auto wait = limited(state, method, found->second, parsed.args, now)) return too_many(*wait);
  }
  auto reply = json_reply(run_method(state, found->second, *caller, std::move(parsed), now));
  if (fail) return injected(faults.fail_with);
  if (caller->kind == Caller::Kind::Bot) reply.headers.set("X-OAuth-Scopes", scopes_of(faults));
  return reply;
}

}  // namespace driftwarden::sandbox::workspace
