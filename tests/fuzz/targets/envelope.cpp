// What Slack says over the socket, from a message's text to what a person asked for.
#include "bot/conversation/outsiders.hpp"
#include "bot/conversation/request.hpp"
#include "integrations/slack/envelope.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  const auto message = slack::parse_socket_message(std::string(input));
  const auto* envelope = std::get_if<slack::Envelope>(&message);
  if (envelope == nullptr) return;
  check(!slack::dedupe_key(*envelope).empty(), "every envelope has a key");
  check(!slack::ack_text(envelope->envelope_id, nullptr).empty(), "every envelope can be acknowledged");
  const auto& payload = *envelope->payload;
  const auto request = request_from(envelope->type, payload, "UBOT");
  (void)home_opened_from(envelope->type, payload);
  (void)suggestion_from(envelope->type, payload);
  (void)input_blocks(payload);
  (void)foreign_envelope(envelope->type, payload, OwnAddress{"T1", "E1", "A1X"});
  if (!request || envelope->type != "events_api") return;
  check(!request->user.empty(), "somebody said it");
  const auto& event = payload.at("event");
  check(!event.contains("bot_id") && !event.contains("bot_profile"), "no bot gives commands");
}

const Target target("envelope", &run);

}  // namespace
}  // namespace driftwarden::fuzz
