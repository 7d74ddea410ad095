#pragma once
// A method's arguments as an HTTP request, and the response as an answer. Pure.
#include "integrations/net/http_client.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::slack {

/// JSON where the method takes it, else a form whose structured arguments are JSON text. Null arguments are left out.
net::HttpRequest make_request(const WebApiOptions& options, const std::string& method, const JsonPtr& arguments);

/// What one exchange came to.
struct Exchange {
  Result<JsonPtr> answer;
  std::optional<Duration> retry_after;  ///< rate limited: come back then
  bool no_effect = false;               ///< a failure after which any method may be repeated
  std::optional<std::vector<std::string>> scopes{};  ///< of the token, where the answer says so
  std::optional<Duration> clock_ahead{};
};
Exchange read_response(const std::string& method, const net::HttpResponse& response, WallTime now);

}  // namespace driftwarden::slack
