#include "bot/web/deploy_hook.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/forge/forge.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

namespace {

using nlohmann::json;

constexpr std::size_t kBodyMax = 1U << 20U;  // an event is a few kilobytes
constexpr std::size_t kNameMax = 253;        // Kubernetes' own limit
constexpr std::size_t kKindMax = 63;
constexpr std::string_view kBearer = "bearer ";

net::ServerReply text(unsigned status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_name(const std::string& name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, fits);
}

bool is_kind(const std::string& kind) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !kind.empty() && kind.size() <= kKindMax && std::ranges::all_of(kind, fits);
}

enum class Trust { None, Bearer, Signed };

Trust trust_of(const std::string& secret, const net::ServerRequest& request) {
  if (const auto signature = request.headers.find("X-Signature")) {
    return signature->starts_with("sha256=") && forge::verify_webhook(secret, request.body, *signature) ? Trust::Signed : Trust::None;
  }
  const auto given = request.headers.find("Authorization").value_or("");
  if (to_lower(std::string_view(given).substr(0, kBearer.size())) != kBearer) return Trust::None;
  return forge::verify_webhook_token(secret, trim(std::string_view(given).substr(kBearer.size()))) ? Trust::Bearer : Trust::None;
}

}  // namespace

std::optional<DeployEvent> read_deploy_event(DeployHook hook, const std::string& body) {
  const auto payload = json::parse(body, nullptr, false);
  if (!payload.is_object()) return std::nullopt;
  const auto involved = payload.find("involvedObject");
  const bool nested = hook == DeployHook::Flux;
  if (nested && (involved == payload.end() || !involved->is_object())) return std::nullopt;
  const auto& object = nested ? *involved : payload;
  DeployEvent event;
  event.kind = text_at(object, "kind");
  if (event.kind.empty() && hook == DeployHook::ArgoCd) event.kind = "Application";
  event.namespace_ = text_at(object, "namespace");
  event.name = text_at(object, "name");
  if (!is_kind(event.kind) || !is_name(event.namespace_) || !is_name(event.name)) return std::nullopt;
  return event;
}

net::ServerReply take_deploy_hook(const WebParts& parts, SeenDeliveries& seen, DeployHook hook, const net::ServerRequest& request) {
  if (request.method != "POST") return text(405, "POST only\n");
  if (request.body.size() > kBodyMax) return text(413, "no event is that long\n");
  if (parts.webhook_secret.reveal().empty()) return text(403, "events are taken only where http.webhook_secret is set\n");
  const auto trust = trust_of(parts.webhook_secret.reveal(), request);
  if (trust == Trust::None) return text(401, "neither a signature (X-Signature: sha256=...) nor a token that matches\n");
  // Whoever could replay what came with the secret itself has the secret; such an event needn't differ from the one before.
  if (trust == Trust::Signed && !seen.add("event " + sha256_hex(request.path + "\n" + request.body))) return text(200, "heard already\n");
  const auto event = read_deploy_event(hook, request.body);
  if (!event) return text(200, "nothing to look at\n");
  if (parts.on_deploy_event) parts.on_deploy_event(event->kind, event->namespace_, event->name);
  return text(202, "looking\n");
}

}  // namespace driftwarden
