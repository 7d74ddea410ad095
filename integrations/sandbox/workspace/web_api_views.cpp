// views.*
#include "integrations/sandbox/workspace/block_kit.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kViewMaxBytes = 250'000;
constexpr std::size_t kStackMax = 3;

JsonResult sent_view(const WebCall& call) {
  if (!call.has("view")) return missing("view");
  const auto& view = call.args["view"];
  if (!view.is_object()) return refusal("invalid_arguments", {"must provide an object [json-pointer:/view]"});
  if (view.dump().size() > kViewMaxBytes) return refusal("view_too_large");
  if (auto mistakes = check_view(view); !mistakes.empty()) return refusal("invalid_arguments", mistakes);
  return view;
}

Result<void> check_external_id(WebCall& call, const Json& view) {
  const auto id = string_of(view, "external_id");
  if (id.empty()) return {};
  for (const auto& [view_id, stored] : call.state.views()) {
    if (string_of(stored.object, "external_id") == id) return refusal("duplicate_external_id");
  }
  return {};
}

Result<std::string> user_of_trigger(WebCall& call) {
  const char* key = call.has("interactivity_pointer") ? "interactivity_pointer" : "trigger_id";
  if (call.text(key).empty()) return missing("trigger_id");
  return call.state.take_trigger(call.text(key), call.now);
}

JsonResult show(WebCall& call, bool push) {
  TRY(const auto sent, sent_view(call));
  if (sent["type"] != "modal") return refusal("invalid_arguments", {"must be of type modal [json-pointer:/view/type]"});
  CHECK_OK(check_external_id(call, sent));
  TRY(const auto user, user_of_trigger(call));
  auto& stack = call.state.view_stack(user);
  if (push && stack.empty()) return refusal("not_found");
  if (push && stack.size() >= kStackMax) return refusal("push_limit_reached");
  if (!push && !stack.empty()) call.state.close_view(stack.front(), true);
  auto view = call.state.make_view(sent, user, nullptr);
  call.state.push_view(user, view);
  return ok(Json{{"view", std::move(view)}});
}

Result<void> check_hash(const WebCall& call, const Json& stored) {
  if (call.has("hash") && !call.text("hash").empty() && call.text("hash") != string_of(stored, "hash")) return refusal("hash_conflict");
  return {};
}

std::string find_view(WebCall& call) {
  if (call.has("view_id")) return call.state.views().count(call.text("view_id")) > 0 ? call.text("view_id") : "";
  const auto external = call.text("external_id");
  for (const auto& [id, stored] : call.state.views()) {
    if (!external.empty() && string_of(stored.object, "external_id") == external) return id;
  }
  return {};
}

}  // namespace

/// Blocks as a message has them, a message, or a view; nothing is shown anywhere.
JsonResult blocks_validate(WebCall& call) {
  if (call.has("view")) {
    TRY(const auto view, sent_view(call));
    return ok();
  }
  if (call.has("message")) {
    const auto& message = call.args["message"];
    if (!message.is_object() || !message.contains("blocks")) return refusal("invalid_arguments", {"missing required field: blocks [json-pointer:/message]"});
    call.args["blocks"] = message["blocks"];
  }
  if (!call.has("blocks")) return missing("blocks");
  TRY(const auto blocks, blocks_of(call));
  return ok();
}

JsonResult views_open(WebCall& call) { return show(call, false); }
JsonResult views_push(WebCall& call) { return show(call, true); }

JsonResult views_update(WebCall& call) {
  TRY(const auto sent, sent_view(call));
  if (!call.has("view_id") && !call.has("external_id")) return missing("view_id");
  const auto id = find_view(call);
  if (id.empty()) return refusal("not_found");
  const auto& stored = call.state.views()[id];
  CHECK_OK(check_hash(call, stored.object));
  auto view = call.state.make_view(sent, stored.user, &stored.object);
  call.state.replace_view(id, view);
  return ok(Json{{"view", std::move(view)}});
}

JsonResult views_publish(WebCall& call) {
  const auto user = call.text("user_id");
  if (user.empty()) return missing("user_id");
  if (call.state.find_person(user) == nullptr) return refusal("user_not_found");
  TRY(const auto sent, sent_view(call));
  if (sent["type"] != "home") return refusal("invalid_arguments", {"must be of type home [json-pointer:/view/type]"});
  auto& homes = call.state.home_views();
  const auto home = homes.find(user);
  const Json* before = home == homes.end() ? nullptr : &call.state.views()[home->second].object;
  if (before != nullptr) CHECK_OK(check_hash(call, *before));
  auto view = call.state.make_view(sent, user, before);
  const auto id = view["id"].get<std::string>();
  homes[user] = id;
  call.state.views()[id].user = user;
  call.state.replace_view(id, view);
  return ok(Json{{"view", std::move(view)}});
}

}  // namespace driftwarden::sandbox::workspace
