#pragma once
// A websocket server's bytes, made by hand, so that the codec is held against the RFC and not against a library.
#include "gitops/base/crypto.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace driftwarden::slack::test {

inline std::string accept_key(const std::string& key) {
  boost::uuids::detail::sha1 hash;
  const auto input = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  hash.process_bytes(input.data(), input.size());
  unsigned int words[5];
  hash.get_digest(words);
  std::string digest;
  for (const auto word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) digest += static_cast<char>((word >> shift) & 0xffU);
  }
  return base64_encode(digest);
}

inline std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find(name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 2;
  return request.substr(from, request.find("\r\n", from) - from);
}

inline std::string accept_handshake(const std::string& request) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         accept_key(header_of(request, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

enum class Opcode : unsigned char { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

inline std::string frame(Opcode opcode, std::string_view payload, bool last = true) {
  std::string out;
  out += static_cast<char>((last ? 0x80U : 0U) | static_cast<unsigned>(opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(126);
    for (int shift = 8; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xffU);
  } else {
    out += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 0xffU);
  }
  return out + std::string(payload);
}

inline std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string out;
  out += static_cast<char>(code >> 8U);
  out += static_cast<char>(code & 0xffU);
  return out + std::string(reason);
}

/// The first frame in `bytes`, unmasked; `bytes` loses it. For frames below 64 KiB.
struct ClientFrame {
  unsigned opcode = 0;
  bool masked = false;
  std::string payload;
};
inline ClientFrame take_client_frame(std::string& bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes.at(at)); };
  ClientFrame out;
  out.opcode = byte(0) & 0x0fU;
  out.masked = (byte(1) & 0x80U) != 0;
  std::size_t length = byte(1) & 0x7fU;
  std::size_t at = 2;
  if (length == 126) {
    length = (static_cast<std::size_t>(byte(2)) << 8U) | byte(3);
    at = 4;
  }
  const auto mask = at;
  at += 4;
  for (std::size_t i = 0; i < length; ++i) out.payload += static_cast<char>(byte(at + i) ^ byte(mask + i % 4));
  bytes.erase(0, at + length);
  return out;
}

}  // namespace driftwarden::slack::test
