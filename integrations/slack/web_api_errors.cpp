#include "integrations/slack/web_api_errors.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace driftwarden::slack {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 21> kDenied{
    "invalid_auth",      "not_authed",           "account_inactive",      "token_revoked",          "token_expired",  "not_allowed_token_type",
    "missing_scope",     "no_permission",        "forbidden_team",        "user_removed_from_team", "team_disabled",  "access_denied",
    "ekm_access_denied", "accesslimited",        "not_in_channel",        "restricted_action",      "cant_update_message",
    "cant_delete_message", "user_not_in_channel", "messages_tab_disabled", "edit_window_closed"};
constexpr std::array<std::string_view, 5> kUnavailable{"internal_error", "service_unavailable", "fatal_error", "request_timeout", "team_added_to_org"};
constexpr std::array<std::string_view, 3> kConflict{"hash_conflict", "duplicate_external_id", "streaming_state_conflict"};

constexpr std::array<std::string_view, 16> kRepeatable{
    "auth.test",          "chat.update",           "chat.getPermalink", "reactions.add",      "reactions.remove",       "views.update",
    "views.publish",      "conversations.open",    "conversations.join", "conversations.replies", "conversations.history", "conversations.members",
    "users.lookupByEmail", "files.getUploadURLExternal", "blocks.validate", "pins.add"};

constexpr std::array<std::string_view, 20> kJson{
    "auth.test",       "reactions.add",     "reactions.remove", "views.open",       "views.push",     "views.update",
    "views.publish",   "conversations.join", "conversations.open", "pins.add",       "pins.remove",    "bookmarks.add",
    "bookmarks.edit",  "bookmarks.remove",  "canvases.create",  "canvases.edit",    "blocks.validate", "conversations.canvases.create",
    "files.completeUploadExternal",         "chat.unfurl"};

template <std::size_t N>
bool among(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The `[ERROR] ...` lines, short.
std::string details(const json& answer) {
  std::string out;
  const auto metadata = answer.find("response_metadata");
  if (metadata == answer.end() || !metadata->is_object()) return out;
  const auto messages = metadata->find("messages");
  if (messages == metadata->end() || !messages->is_array()) return out;
  for (const auto& line : *messages) {
    if (line.is_string() && out.size() < 300) out += (out.empty() ? "" : "; ") + ellipsize(without_control_characters(line.get<std::string>()), 200);
  }
  return out;
}

std::string advice(const std::string& code, const json& answer) {
  if (code == "not_in_channel" || code == "channel_not_found") return "invite the bot into the channel (/invite)";
  if (code == "missing_scope") return fmt::format("add the scope {} to the Slack app and reinstall it", text_at(answer, "needed"));
  if (code == "not_allowed_token_type") return "the bot token starts with xoxb-, the app-level token with xapp-";
  if (code == "invalid_auth" || code == "not_authed" || code == "token_revoked" || code == "token_expired" || code == "account_inactive")
    return "check the token";
  return {};
}

}  // namespace

ErrorKind kind_of(const std::string& code) {
  if (code == "ratelimited" || code == "rate_limited") return ErrorKind::RateLimited;
  if (among(code, kDenied) || code.starts_with("restricted_action")) return ErrorKind::Denied;
  if (code == "not_found" || code.ends_with("_not_found")) return ErrorKind::NotFound;
  if (among(code, kUnavailable)) return ErrorKind::Unavailable;
  if (among(code, kConflict)) return ErrorKind::Conflict;
  return ErrorKind::InvalidInput;
}

Error api_error(const std::string& method, const json& answer) {
  auto code = without_control_characters(ellipsize(text_at(answer, "error"), 80));
  if (code.empty()) return Error{ErrorKind::Unavailable, fmt::format("Slack's {}: an answer without ok and without error", method)};
  auto message = fmt::format("Slack's {}: {}", method, code);
  if (const auto lines = details(answer); !lines.empty()) message += " (" + lines + ")";
  if (const auto hint = advice(code, answer); !hint.empty()) message += ": " + hint;
  return Error{kind_of(code), std::move(message)};
}

bool had_no_effect(const std::string& code) { return code == "service_unavailable" || code == "request_timeout"; }

bool is_repeatable(const std::string& method) {
  return among(method, kRepeatable) || method.ends_with(".list") || method.ends_with(".info");
}

bool takes_json(const std::string& method) {
  if (method == "chat.getPermalink" || method == "chat.scheduledMessages.list") return false;
  return method.starts_with("chat.") || among(method, kJson);
}

bool needs_app_token(const std::string& method) { return method.starts_with("apps.connections.") || method.starts_with("apps.event."); }

}  // namespace driftwarden::slack
