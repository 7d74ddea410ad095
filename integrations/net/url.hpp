#pragma once
#include "gitops/base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace driftwarden::net {

struct Url {
  std::string scheme;  ///< lower case: http https ws wss
  std::string host;    ///< without brackets for IPv6
  std::uint16_t port = 0;
  std::string target = "/";  ///< path and query, at least "/"
  bool secure() const { return scheme == "https" || scheme == "wss"; }
  /// Host header's value: with the port unless it is the scheme's own.
  std::string authority() const;
};

/// InvalidInput for another scheme, an empty host, user information in the URL, or control characters.
Result<Url> parse_url(std::string_view text);
/// 127.0.0.0/8, ::1 or "localhost": where plain http is allowed.
bool is_loopback(const Url& url);
std::string percent_encode(std::string_view text);         ///< everything but unreserved characters
Result<std::string> percent_decode(std::string_view text);  ///< "%2F" -> "/"; '+' stays
std::map<std::string, std::string> parse_query(std::string_view query);  ///< form decoding: '+' is a space
std::string make_query(const std::map<std::string, std::string>& values);

}  // namespace driftwarden::net
