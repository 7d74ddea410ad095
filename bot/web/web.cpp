#include "bot/web/web.hpp"

#include "bot/web/deploy_hook.hpp"
#include "bot/web/webhook.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::size_t kDeliveriesKept = 4096;

net::ServerReply text(unsigned status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

std::string prometheus(const std::map<std::string, double>& gauges) {
  std::string out;
  for (const auto& [name, value] : gauges) {
    out += fmt::format("# TYPE driftwarden_{0} {2}\ndriftwarden_{0} {1}\n", name, value, name.ends_with("_total") ? "counter" : "gauge");
  }
  return out;
}

net::ServerReply route(const WebParts& parts, SeenDeliveries& seen, const net::ServerRequest& request) {
  if (request.path == "/webhooks/git") return take_webhook(parts, seen, request);
  if (request.path == "/hooks/flux") return take_deploy_hook(parts, seen, DeployHook::Flux, request);
  if (request.path == "/hooks/argocd") return take_deploy_hook(parts, seen, DeployHook::ArgoCd, request);
  if (request.method != "GET" && request.method != "HEAD") return text(405, "GET only\n");
  if (request.path == "/healthz") {
    const auto trouble = parts.trouble ? parts.trouble() : std::string();
    return trouble.empty() ? text(200, "ok\n") : text(503, trouble + "\n");
  }
  if (request.path == "/readyz") {
    const auto missing = parts.not_ready();
    return missing.empty() ? text(200, "ready\n") : text(503, missing + "\n");
  }
  if (request.path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", prometheus(parts.gauges()) + (parts.more_metrics ? parts.more_metrics() : std::string())};
  return text(404, "there is nothing here\n");
}

struct Site {
  WebParts parts;
  SeenDeliveries seen{kDeliveriesKept};
};

asio::awaitable<net::ServerReply> answer(std::shared_ptr<Site> site, net::ServerRequest request) { co_return route(site->parts, site->seen, request); }

}  // namespace

net::ServerHandler make_web_handler(WebParts parts) {
  auto site = std::make_shared<Site>();
  site->parts = std::move(parts);
  return [site](net::ServerRequest request) { return answer(site, std::move(request)); };
}

}  // namespace driftwarden
