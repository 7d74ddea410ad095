#include "integrations/slack/envelope.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::slack {
namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) { return std::string(driftwarden::text_at(object, key)); }

bool is_envelope_type(const std::string& type) { return type == "events_api" || type == "slash_commands" || type == "interactive"; }

SocketMessage parse_envelope(const json& message, std::string type) {
  Envelope envelope;
  envelope.type = std::move(type);
  envelope.envelope_id = text_at(message, "envelope_id");
  if (envelope.envelope_id.empty()) return Ignored{"an envelope without envelope_id"};
  if (!member_at(message, "payload").is_object()) return Ignored{"an envelope without payload"};
  envelope.payload = std::make_shared<const json>(message["payload"]);
  const auto& attempt = member_at(message, "retry_attempt");
  if (attempt.is_number_integer()) envelope.retry_attempt = attempt.get<int>();
  envelope.accepts_response_payload = member_at(message, "accepts_response_payload") == true;
  return envelope;
}

/// When the action happened and who did it: for interactions without a trigger.
std::string action_key(const json& payload) {
  auto when = text_at(payload, "action_ts");
  const auto& actions = member_at(payload, "actions");
  if (when.empty() && actions.is_array() && !actions.empty()) when = text_at(actions.front(), "action_ts");
  return when.empty() ? when : when + ":" + text_at(member_at(payload, "user"), "id");
}

}  // namespace

SocketMessage parse_socket_message(const std::string& text) {
  const auto message = json::parse(text, nullptr, false);
  if (message.is_discarded()) return Ignored{"a message that is no JSON"};
  if (!message.is_object()) return Ignored{"a message that is no JSON object"};
  auto type = text_at(message, "type");
  if (type == "hello") return Hello{text_at(member_at(message, "debug_info"), "host")};
  if (type == "disconnect") return Disconnect{text_at(message, "reason")};
  if (is_envelope_type(type)) return parse_envelope(message, std::move(type));
  return Ignored{"a message of unknown type '" + ellipsize(without_control_characters(type), 40) + "'"};
}

std::string ack_text(const std::string& envelope_id, const JsonPtr& payload) {
  json ack = {{"envelope_id", envelope_id}};
  if (payload && !payload->is_null()) ack["payload"] = *payload;
  return ack.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string dedupe_key(const Envelope& envelope) {
  static const json kNothing;
  const json& payload = envelope.payload ? *envelope.payload : kNothing;
  if (const auto id = text_at(payload, "event_id"); !id.empty()) return "event:" + id;
  if (const auto id = text_at(payload, "trigger_id"); !id.empty()) return "trigger:" + id;
  if (const auto key = action_key(payload); !key.empty()) return "action:" + key;
  return "envelope:" + envelope.envelope_id;
}

}  // namespace driftwarden::slack
