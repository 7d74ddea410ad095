// Frames, in pieces of any size, behind a good handshake.
#include "gitops/base/crypto.hpp"
#include "integrations/slack/websocket_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

constexpr std::size_t kMostBytes = 1U << 16U;

/// The server's answer to the client's handshake (RFC 6455, 4.2.2).
std::string welcome(const std::string& handshake) {
  const std::string name = "Sec-WebSocket-Key: ";
  const auto begin = handshake.find(name) + name.size();
  const auto accepted = handshake.substr(begin, handshake.find("\r\n", begin) - begin) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(accepted.data()), accepted.size(), digest);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         base64_encode({reinterpret_cast<const char*>(digest), sizeof(digest)}) + "\r\n\r\n";
}

void run(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const auto codec = slack::WebsocketCodec::create_client("wss://slack.example/link", kMostBytes);
  auto events = codec->receive(welcome(codec->take_output()));
  check(!events.empty() && events.front().kind == slack::WebsocketEvent::Kind::Opened, "a good handshake opens it");
  for (; !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
    for (const auto& event : codec->receive(input.substr(0, piece))) check(event.data.size() <= kMostBytes, "no message is longer than is allowed");
    check(codec->take_output().size() <= kMostBytes + 64, "what is answered is a pong or a close");
  }
  codec->send_close(1000, "");
  (void)codec->take_output();
}

const Target target("websocket", &run);

}  // namespace
}  // namespace driftwarden::fuzz
