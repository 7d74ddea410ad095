#pragma once
// When a forge says "slow down", and how to stay below that.
#include "gitops/base/clock.hpp"
#include "integrations/net/http_client.hpp"

#include <optional>

namespace driftwarden::forge {

/// How long to wait before anything else is sent; nothing where the answer is no rate limit.
/// 429, and GitHub's 403 (primary: nothing remaining; secondary: retry-after, or only words). Without a time: a minute.
std::optional<Duration> limit_of(const net::HttpResponse& response, WallTime now);

/// Lets a burst of writes through, then one a second: what forges ask of programs that create content.
class WritePace {
 public:
  struct Limits {
    Duration gap{1'000};
    Duration burst{20'000};
  };
  WritePace() = default;
  explicit WritePace(Limits limits) : limits_(limits) {}
  /// How long the write that comes now has to wait.
  Duration take(MonoTime now);

 private:
  Limits limits_{};
  MonoTime next_{};
};

}  // namespace driftwarden::forge
