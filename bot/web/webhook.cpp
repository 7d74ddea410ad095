#include "bot/web/webhook.hpp"

#include "bot/web/hook_event.hpp"
#include "gitops/base/crypto.hpp"
#include "integrations/forge/forge.hpp"

#include <algorithm>

namespace driftwarden {

namespace {

constexpr std::size_t kBodyMax = 25U << 20U;  // GitHub's own limit
constexpr std::size_t kKeyMax = 200;

net::ServerReply text(unsigned status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

std::string hmac_of(const net::Headers& headers) {
  for (const auto* name : {"X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"}) {
    if (auto value = headers.find(name)) return *value;
  }
  return {};
}

bool is_trusted_gitlab(const std::string& secret, const net::ServerRequest& request, WallTime now) {
  if (secret.starts_with("whsec_")) {
    const auto id = request.headers.find("webhook-id").value_or("");
    const auto timestamp = request.headers.find("webhook-timestamp").value_or("");
    const auto signatures = request.headers.find("webhook-signature").value_or("");
    return forge::verify_standard_webhook(secret, request.body, {id, timestamp, signatures}, now);
  }
  const auto token = request.headers.find("X-Gitlab-Token");
  return token && forge::verify_webhook_token(secret, *token);
}

/// False for a delivery that was heard before. The HMAC doesn't cover the delivery's id, so what was signed counts as well.
bool is_new(SeenDeliveries& seen, const net::ServerRequest& request) {
  bool fresh = true;
  for (const auto* name : {"X-Forgejo-Delivery", "X-Gitea-Delivery", "X-GitHub-Delivery", "webhook-id", "Idempotency-Key"}) {
    const auto id = request.headers.find(name);
    if (!id || id->empty()) continue;
    fresh = seen.add("id " + id->substr(0, kKeyMax));
    break;
  }
  const auto signature = hmac_of(request.headers);
  return (signature.empty() || seen.add("hmac " + sha256_hex(request.body))) && fresh;
}

}  // namespace

bool SeenDeliveries::add(const std::string& key) {
  if (!known_.insert(key).second) return false;
  order_.push_back(key);
  if (order_.size() > most_) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

bool is_trusted_webhook(const std::string& secret, const net::ServerRequest& request, WallTime now) {
  if (secret.empty()) return true;
  const auto hmac = hmac_of(request.headers);
  if (!hmac.empty()) return forge::verify_webhook(secret, request.body, hmac);
  return is_trusted_gitlab(secret, request, now);
}

net::ServerReply take_webhook(const WebParts& parts, SeenDeliveries& seen, const net::ServerRequest& request) {
  if (request.method != "POST") return text(405, "POST only\n");
  if (request.body.size() > kBodyMax) return text(413, "no forge sends that much\n");
  const auto now = parts.clock == nullptr ? WallTime{} : parts.clock->wall_now();
  if (!is_trusted_webhook(parts.webhook_secret.reveal(), request, now)) return text(401, "the signature does not match\n");
  if (!is_new(seen, request)) return text(200, "heard already\n");
  const auto event = read_hook_event(request.headers, request.body);
  if (parts.webhook_secret.reveal().empty() && event.kind != HookEvent::Kind::Push) return text(200, "without a webhook secret only pushes are taken\n");
  switch (event.kind) {
    case HookEvent::Kind::Push:
      if (parts.on_git_webhook) parts.on_git_webhook(event.urls);
      break;
    case HookEvent::Kind::PullRequest:
      if (parts.on_pull_request) parts.on_pull_request(event.urls, event.number);
      break;
    case HookEvent::Kind::Around:
      if (parts.on_activity) parts.on_activity(event.urls, event.number);
      break;
    case HookEvent::Kind::Other: return text(200, "nothing to look at\n");
  }
  return text(202, "looking\n");
}

}  // namespace driftwarden
