#pragma once
// Calls to the outside, counted by whom they went to and what came of them.
#include "bot/metrics/metric_text.hpp"
#include "integrations/net/http_client.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace driftwarden {

class CallCounts {
 public:
  /// `status` 0: there was no answer.
  void add(const std::string& target, unsigned status);
  void write(MetricText& text) const;
  std::uint64_t of(const std::string& target, const std::string& outcome) const;

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

/// "ok", "refused" (4xx), "limited" (429), "failed" (5xx), "unreachable".
std::string_view outcome_of(unsigned status);

/// Who answers where: "slack.com" -> "slack".
class CallTargets {
 public:
  /// By the host (and port) of `url`; the first name of a host stays.
  void add(const std::string& url, const std::string& target);
  /// Git's own requests are "git", whoever the host is; "other" for a host that nobody added.
  std::string of(const std::string& url) const;

 private:
  std::map<std::string, std::string> by_authority_;
};

/// `inner` with its calls counted. `counts` outlives it.
std::unique_ptr<net::HttpClient> counted(std::unique_ptr<net::HttpClient> inner, CallCounts& counts, CallTargets targets);

}  // namespace driftwarden
