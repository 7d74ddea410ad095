#include "bot/web/web.hpp"

#include "bot/web/push_payload.hpp"
#include "gitops/base/crypto.hpp"
#include "integrations/forge/forge.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

net::ServerReply text(unsigned status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

std::string signature_of(const net::Headers& headers) {
  for (const auto* name : {"X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"}) {
    if (auto value = headers.find(name)) return *value;
  }
  return {};
}

bool is_trusted(const std::string& secret, const net::ServerRequest& request) {
  if (secret.empty() || forge::verify_webhook(secret, request.body, signature_of(request.headers))) return true;
  const auto token = request.headers.find("X-Gitlab-Token");
  return token && constant_time_equal(secret, *token);
}

net::ServerReply on_webhook(const WebParts& parts, const net::ServerRequest& request) {
  if (request.method != "POST") return text(405, "POST only\n");
  if (!is_trusted(parts.webhook_secret.reveal(), request)) return text(401, "the signature does not match\n");
  parts.on_git_webhook(pushed_urls(request.body));
  return text(202, "looking\n");
}

std::string prometheus(const std::map<std::string, double>& gauges) {
  std::string out;
  for (const auto& [name, value] : gauges) {
    out += fmt::format("# TYPE driftwarden_{0} {2}\ndriftwarden_{0} {1}\n", name, value, name.ends_with("_total") ? "counter" : "gauge");
  }
  return out;
}

net::ServerReply route(const WebParts& parts, const net::ServerRequest& request) {
  if (request.path == "/webhooks/git") return on_webhook(parts, request);
  if (request.method != "GET" && request.method != "HEAD") return text(405, "GET only\n");
  if (request.path == "/healthz") return text(200, "ok\n");
  if (request.path == "/readyz") {
    const auto missing = parts.not_ready();
    return missing.empty() ? text(200, "ready\n") : text(503, missing + "\n");
  }
  if (request.path == "/metrics") return {200, "text/plain; version=0.0.4", prometheus(parts.gauges())};
  return text(404, "there is nothing here\n");
}

asio::awaitable<net::ServerReply> answer(std::shared_ptr<const WebParts> parts, net::ServerRequest request) { co_return route(*parts, request); }

}  // namespace

net::ServerHandler make_web_handler(WebParts parts) {
  auto shared = std::make_shared<const WebParts>(std::move(parts));
  return [shared](net::ServerRequest request) { return answer(shared, std::move(request)); };
}

}  // namespace driftwarden
