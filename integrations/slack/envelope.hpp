#pragma once
// What Slack says over a socket, read into values. Facts: reference slack.md 1.2.
#include "integrations/slack/slack.hpp"

#include <string>
#include <variant>

namespace driftwarden::slack {

struct Hello {
  std::string host;
};
struct Disconnect {
  std::string reason;
};
/// Not for us: an unknown type, or no JSON of the known shape. `why` holds no content.
struct Ignored {
  std::string why;
};
using SocketMessage = std::variant<Hello, Disconnect, Envelope, Ignored>;

SocketMessage parse_socket_message(const std::string& text);
/// The text frame that acknowledges; `payload` may be null.
std::string ack_text(const std::string& envelope_id, const JsonPtr& payload);

}  // namespace driftwarden::slack
