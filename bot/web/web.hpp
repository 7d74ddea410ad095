#pragma once
// The bot's own HTTP: liveness, readiness, metrics, and webhooks that nudge.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/net/http_server.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwarden {

struct WebParts {
  Secret<std::string> webhook_secret;  ///< empty: pushes alone are taken, from anybody, since a nudge only makes us look sooner
  /// With the URLs of the repository that was pushed to, as the forge names it; none where the payload doesn't say.
  std::function<void(const std::vector<std::string>& urls)> on_git_webhook;
  /// Something happened to a pull request of the repository.
  std::function<void(const std::vector<std::string>& urls, std::int64_t number)> on_pull_request{};
  /// A check, a status or a comment, of a pull request where the payload says which, else 0.
  std::function<void(const std::vector<std::string>& urls, std::int64_t number)> on_activity{};
  /// Flux or Argo CD spoke of one of its objects.
  std::function<void(const std::string& kind, const std::string& namespace_, const std::string& name)> on_deploy_event{};
  const Clock* clock = nullptr;  ///< for signatures that age (Standard Webhooks); without one those are refused
  /// Empty when ready, else what is missing.
  std::function<std::string()> not_ready;
  std::function<std::map<std::string, double>()> gauges;  ///< "apps_out_of_sync" -> 2; "..._total" is a counter
  std::function<std::string()> more_metrics{};            ///< Prometheus text after the gauges: histograms, labelled values
  std::function<std::string()> trouble{};                 ///< for /healthz: "" when alive, else why a restart would help
};

/// GET /healthz, /readyz, /metrics (Prometheus text); POST /webhooks/git (Gitea's, Forgejo's and GitHub's signatures, GitLab's signature or token),
/// /hooks/flux and /hooks/argocd (deploy_hook.hpp).
net::ServerHandler make_web_handler(WebParts parts);

}  // namespace driftwarden
