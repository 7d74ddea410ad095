#include "integrations/forge/rate_limit.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace driftwarden::forge {

namespace {

constexpr Duration kUnknownWait{60'000};

std::optional<std::int64_t> number_in(const net::Headers& headers, const char* name) {
  const auto text = headers.find(name);
  std::int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

/// GitHub's and GitLab's spelling.
std::optional<std::int64_t> number_in(const net::Headers& headers, const char* github, const char* gitlab) {
  const auto value = number_in(headers, github);
  return value ? value : number_in(headers, gitlab);
}

}  // namespace

std::optional<Duration> limit_of(const net::HttpResponse& response, WallTime now) {
  if (response.status != 429 && response.status != 403) return std::nullopt;
  const auto retry_after = net::parse_retry_after(response.headers.find("Retry-After").value_or(""), now);
  const bool used_up = number_in(response.headers, "X-RateLimit-Remaining", "RateLimit-Remaining") == 0;
  const auto words = to_lower(response.body);
  const bool secondary = words.find("secondary rate limit") != std::string::npos || words.find("abuse detection") != std::string::npos;
  if (response.status == 403 && !retry_after && !used_up && !secondary) return std::nullopt;
  if (retry_after) return *retry_after;
  if (used_up) {
    if (const auto reset = number_in(response.headers, "X-RateLimit-Reset", "RateLimit-Reset")) {
      const WallTime at{std::chrono::seconds(*reset)};
      return std::max(Duration{1'000}, std::chrono::duration_cast<Duration>(at - now));
    }
  }
  // A 429 without any header (Gitea behind a proxy) is worth a try soon; GitHub's secondary limit asks for a minute.
  return secondary || used_up ? kUnknownWait : Duration{1'000};
}

Duration WritePace::take(MonoTime now) {
  next_ = std::max(next_, now);
  const auto ahead = std::chrono::duration_cast<Duration>(next_ - now);
  next_ += limits_.gap;
  return std::max(Duration{0}, ahead - limits_.burst);
}

}  // namespace driftwarden::forge
