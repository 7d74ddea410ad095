#pragma once
// The bot's own HTTP: liveness, readiness, metrics, and webhooks that nudge.
#include "gitops/base/secret.hpp"
#include "integrations/net/http_server.hpp"

#include <functional>
#include <map>
#include <string>

namespace driftwarden {

struct WebParts {
  Secret<std::string> webhook_secret;  ///< empty: unsigned nudges are taken, since a nudge only makes us look sooner
  std::function<void()> on_git_webhook;
  /// Empty when ready, else what is missing.
  std::function<std::string()> not_ready;
  std::function<std::map<std::string, double>()> gauges;  ///< "apps_out_of_sync" -> 2
};

/// GET /healthz, /readyz, /metrics (Prometheus text); POST /webhooks/git (Gitea's, GitHub's and Forgejo's signature headers).
net::ServerHandler make_web_handler(WebParts parts);

}  // namespace driftwarden
