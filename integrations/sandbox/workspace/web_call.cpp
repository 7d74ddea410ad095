#include "integrations/sandbox/workspace/web_call.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/workspace/block_kit.hpp"
#include "integrations/sandbox/workspace/events.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr const char* kStructured[] = {"blocks", "view", "attachments", "files", "metadata", "message"};

struct Part {
  std::string name;
  std::string content;
};

std::string parameter(const std::string& header, const std::string& key) {
  auto at = header.find(key + "=");
  if (at == std::string::npos) return {};
  at += key.size() + 1;
  if (at < header.size() && header[at] == '"') return header.substr(at + 1, header.find('"', at + 1) - at - 1);
  return header.substr(at, header.find_first_of("; \r\n", at) - at);
}

std::vector<Part> parts_of(const std::string& content_type, const std::string& body) {
  std::vector<Part> parts;
  const auto boundary = "--" + parameter(content_type, "boundary");
  if (boundary.size() == 2) return parts;
  auto at = body.find(boundary);
  while (at != std::string::npos) {
    at += boundary.size();
    if (body.compare(at, 2, "--") == 0) break;
    const auto headers_end = body.find("\r\n\r\n", at);
    const auto next = body.find("\r\n" + boundary, at);
    if (headers_end == std::string::npos || next == std::string::npos || headers_end > next) break;
    const auto headers = body.substr(at, headers_end - at);
    const auto content = next >= headers_end + 4 ? body.substr(headers_end + 4, next - headers_end - 4) : std::string{};
    parts.push_back(Part{parameter(headers, "; name"), content});
    at = next + 2;
  }
  return parts;
}

/// In a form, structured arguments are JSON text.
void read_structures(Json& args) {
  for (const auto* key : kStructured) {
    if (!args.contains(key) || !args[key].is_string()) continue;
    auto value = Json::parse(args[key].get<std::string>(), nullptr, false);
    if (value.is_structured()) args[key] = std::move(value);
  }
}

void read_json(const std::string& body, const std::string& type, ParsedCall& call) {
  call.missing_charset = type.find("charset") == std::string::npos;
  if (trim(body).empty()) return;
  auto value = Json::parse(body, nullptr, false);
  if (value.is_discarded())
    call.error = "invalid_json";
  else if (!value.is_object())
    call.error = "json_not_object";
  else
    call.args = std::move(value);
  if (call.args.erase("token") > 0) call.error = call.token.empty() ? "not_authed" : "";
}

}  // namespace

ParsedCall parse_call(const net::ServerRequest& request) {
  ParsedCall call;
  if (const auto header = request.headers.find("Authorization"); header && header->starts_with("Bearer ")) {
    call.token = std::string{trim(std::string_view{*header}.substr(7))};
    call.token_in_header = true;
  }
  const auto type = to_lower(request.headers.find("Content-Type").value_or(""));
  const auto raw_type = request.headers.find("Content-Type").value_or("");
  if (type.starts_with("application/json"))
    read_json(request.body, type, call);
  else if (type.starts_with("multipart/form-data")) {
    for (auto& part : parts_of(raw_type, request.body)) call.args[part.name] = std::move(part.content);
  } else if (type.empty() || type.starts_with("application/x-www-form-urlencoded")) {
    for (auto& [key, value] : net::parse_query(request.body)) call.args[key] = value;
  } else if (!request.body.empty())
    call.error = "invalid_post_type";
  for (const auto& [key, value] : request.query) {
    if (key != "token" && !call.args.contains(key)) call.args[key] = value;
  }
  if (call.token.empty() && request.query.count("token") == 0) call.token = string_of(call.args, "token");
  call.args.erase("token");
  read_structures(call.args);
  return call;
}

std::string uploaded_bytes(const net::ServerRequest& request) {
  const auto type = request.headers.find("Content-Type").value_or("");
  if (!to_lower(type).starts_with("multipart/form-data")) return request.body;
  auto parts = parts_of(type, request.body);
  return parts.empty() ? std::string{} : std::move(parts.front().content);
}

std::string WebCall::text(const char* key) const {
  const auto found = args.find(key);
  if (found == args.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool WebCall::flag(const char* key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const auto value = text(key);
  return value == "true" || value == "1" || value == "True";
}

int WebCall::number(const char* key, int otherwise) const {
  const auto value = text(key);
  if (value.empty() || value.size() > 9 || !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) return otherwise;
  return std::stoi(value);
}

Error refusal(std::string code, const std::vector<std::string>& lines) {
  for (const auto& line : lines) code += "\n" + line;
  return Error{ErrorKind::InvalidInput, std::move(code)};
}

Error missing(const char* field) { return refusal("invalid_arguments", {fmt::format("missing required field: {}", field)}); }

Json ok(Json fields) {
  fields["ok"] = true;
  return fields;
}

Result<Conversation*> conversation_of(WebCall& call, const char* key) {
  if (call.text(key).empty()) return missing(key);
  auto* found = call.state.find_conversation(call.text(key), call.caller.user);
  if (found == nullptr || (found->is_private && !found->has(call.caller.user))) return refusal("channel_not_found");
  return found;
}

Result<Conversation*> joined_conversation(WebCall& call, const char* key) {
  TRY(auto* found, conversation_of(call, key));
  if (!found->has(call.caller.user)) return refusal("not_in_channel");
  return found;
}

Result<Message*> message_of(WebCall& call, Conversation& conversation, const char* key) {
  if (call.text(key).empty()) return missing(key);
  auto* found = conversation.find(call.text(key));
  if (found == nullptr || !found->ephemeral_for.empty()) return refusal("message_not_found");
  return found;
}

JsonResult blocks_of(WebCall& call, const Json& before) {
  if (!call.has("blocks") || call.text("blocks").empty()) return Json();
  auto blocks = call.args["blocks"];
  if (!blocks.is_array()) return refusal("invalid_blocks_format");
  auto mistakes = check_blocks(blocks, Surface::Message);
  if (!mistakes.empty()) {
    const bool tables = std::any_of(mistakes.begin(), mistakes.end(), [](const std::string& line) { return line.starts_with("only_one_table_allowed"); });
    return refusal(tables ? "invalid_attachments" : "invalid_blocks", mistakes);
  }
  call.state.complete_blocks(blocks, before);
  return blocks;
}

Result<Page> page_of(const WebCall& call, const Json& items, int default_limit) {
  std::size_t from = 0;
  if (const auto cursor = call.text("cursor"); !cursor.empty()) {
    const auto decoded = base64_decode(cursor);
    if (!decoded || !decoded->starts_with("next:")) return refusal("invalid_cursor");
    from = static_cast<std::size_t>(std::atoll(decoded->c_str() + 5));
  }
  const auto limit = static_cast<std::size_t>(std::clamp(call.number("limit", default_limit), 1, 1000));
  Page page;
  for (std::size_t i = from; i < items.size() && i < from + limit; ++i) page.items.push_back(items[i]);
  if (from + limit < items.size()) page.next_cursor = base64_encode(fmt::format("next:{}", from + limit));
  return page;
}

Json channel_object(const Conversation& conversation, const std::string& viewer) {
  Json channel{{"id", conversation.id}, {"is_im", conversation.is_im}, {"is_archived", false}, {"created", 1'700'000'000}, {"is_org_shared", false}};
  if (conversation.is_im) {
    const auto other = std::find_if(conversation.members.begin(), conversation.members.end(), [&](const std::string& id) { return id != viewer; });
    channel["user"] = other == conversation.members.end() ? viewer : *other;
    channel["is_user_deleted"] = false;
    return channel;
  }
  channel.update(Json{{"name", conversation.name},
                      {"name_normalized", conversation.name},
                      {"is_channel", !conversation.is_private},
                      {"is_group", conversation.is_private},
                      {"is_mpim", false},
                      {"is_private", conversation.is_private},
                      {"is_general", false},
                      {"is_shared", false},
                      {"is_member", conversation.has(viewer)},
                      {"creator", kSlackbot},
                      {"num_members", conversation.members.size()},
                      {"topic", {{"value", ""}, {"creator", ""}, {"last_set", 0}}},
                      {"purpose", {{"value", ""}, {"creator", ""}, {"last_set", 0}}}});
  return channel;
}

Json user_object(const Person& person) {
  Json profile{{"real_name", person.real_name},
               {"display_name", person.name},
               {"real_name_normalized", person.real_name},
               {"display_name_normalized", person.name},
               {"team", kTeamId}};
  if (!person.email.empty()) profile["email"] = person.email;
  Json user{{"id", person.id},
            {"team_id", person.team.empty() ? kTeamId : person.team},
            {"name", person.name},
            {"real_name", person.real_name},
            {"deleted", false},
            {"is_bot", person.is_bot},
            {"is_app_user", false},
            {"is_admin", false},
            {"is_owner", false},
            {"is_restricted", person.is_guest},
            {"is_ultra_restricted", false},
            {"tz", "Etc/UTC"},
            {"tz_label", "Coordinated Universal Time"},
            {"tz_offset", 0},
            {"updated", 1'700'000'000}};
  if (!person.team.empty()) user["is_stranger"] = true;
  if (person.is_bot) {
    profile["bot_id"] = kBotId;
    profile["api_app_id"] = kAppId;
  }
  user["profile"] = std::move(profile);
  return user;
}

Json bot_profile(const WorkspaceState& state) {
  return Json{{"id", kBotId},       {"app_id", kAppId},       {"name", state.options().bot_name}, {"deleted", false}, {"updated", 1'700'000'000},
              {"team_id", kTeamId}, {"icons", Json::object()}};
}

std::string permalink(const WorkspaceState& state, const Conversation& conversation, const Json& body) {
  auto ts = string_of(body, "ts");
  const auto thread = string_of(body, "thread_ts");
  auto link = fmt::format("{}archives/{}/p", state.base_url(), conversation.id);
  for (const char c : ts) {
    if (c != '.') link += c;
  }
  if (!thread.empty() && thread != ts) link += fmt::format("?thread_ts={}&cid={}", thread, conversation.id);
  return link;
}

Message& post_message(WorkspaceState& state, Conversation& conversation, const std::string& author, Post post, WallTime now) {
  Json body = std::move(post.extra);
  body["type"] = "message";
  body["text"] = std::move(post.text);
  body["team"] = kTeamId;
  if (!author.empty()) body["user"] = author;
  if (author == kBotUser)
    body.update(Json{{"bot_id", kBotId}, {"app_id", kAppId}, {"bot_profile", bot_profile(state)}});
  else if (author != kSlackbot && !author.empty()) {
    auto id = state.random_hex(32);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
    body["client_msg_id"] = std::move(id);
  }
  if (!post.blocks.is_null()) body["blocks"] = std::move(post.blocks);
  if (!post.thread_ts.empty()) body["thread_ts"] = post.thread_ts;
  if (post.broadcast) body["subtype"] = "thread_broadcast";
  Message message{.body = std::move(body), .metadata = std::move(post.metadata), .ephemeral_for = std::move(post.ephemeral_for)};
  auto& stored = state.append(conversation, std::move(message), now);
  if (!author.empty()) conversation.last_read[author] = string_of(stored.body, "ts");
  emit_message(state, conversation, stored);
  return stored;
}

}  // namespace driftwarden::sandbox::workspace
