#include "integrations/kubernetes/status_error.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

/// A merge that fails on the object's own content is answered with 500 and without a reason: nothing is wrong with the server.
bool is_typed_patch_failure(const std::string& body) { return body.find("failed to create typed patch object") != std::string::npos; }

ErrorKind kind_of(unsigned status, const std::string& body) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::Denied;
    case 404: return ErrorKind::NotFound;
    case 409: return ErrorKind::Conflict;
    case 408:
    case 504: return ErrorKind::Timeout;
    case 429: return ErrorKind::RateLimited;
    default: break;
  }
  if (status >= 400 && status < 500) return ErrorKind::InvalidInput;
  if (status == 500 && is_typed_patch_failure(body)) return ErrorKind::InvalidInput;
  if (status >= 500) return ErrorKind::Unavailable;
  return ErrorKind::Corrupt;
}

}  // namespace

std::string status_message(unsigned status, const std::string& body) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (parsed.is_object()) {
    if (const auto message = parsed.find("message"); message != parsed.end() && message->is_string() && !message->get_ref<const std::string&>().empty()) {
      return message->get<std::string>();
    }
    if (const auto reason = parsed.find("reason"); reason != parsed.end() && reason->is_string()) return reason->get<std::string>();
  }
  const auto text = ellipsize(without_control_characters(trim(body)), 300);
  return text.empty() ? fmt::format("HTTP {}", status) : text;
}

Error status_error(const std::string& step, unsigned status, const std::string& body) {
  auto message = status_message(status, body);
  if (status == 401) message += " (the server doesn't accept our credentials)";
  return {kind_of(status, body), fmt::format("{}: {} ({})", step, message, status)};
}

std::string without_quoted_values(const std::string& message) {
  std::string out;
  std::size_t at = 0;
  const std::string invalid = "value: \"";
  while (at < message.size()) {
    const auto found = message.find(invalid, at);
    if (found == std::string::npos) break;
    auto end = found + invalid.size();
    while (end < message.size() && message[end] != '"') end += message[end] == '\\' ? 2 : 1;
    out.append(message, at, found + invalid.size() - 1 - at).append("(hidden)");
    at = std::min(message.size(), end + 1);
  }
  out.append(message, std::min(at, message.size()));
  if (const auto got = out.find(", got "); got != std::string::npos) out.resize(got);
  return out;
}

bool is_worth_repeating(unsigned status, const std::string& body) {
  if (status == 429) return true;
  return status >= 500 && status != 501 && !is_typed_patch_failure(body);
}

}  // namespace driftwarden::kubernetes
