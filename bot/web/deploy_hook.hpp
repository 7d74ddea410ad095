#pragma once
// Events of Flux's notification-controller and of Argo CD's notifications: which object they speak of. They only ever make us look sooner.
#include "bot/web/web.hpp"
#include "bot/web/webhook.hpp"

#include <optional>
#include <string>

namespace driftwarden {

enum class DeployHook { Flux, ArgoCd };

struct DeployEvent {
  std::string kind{};
  std::string namespace_{};
  std::string name{};
  bool operator==(const DeployEvent&) const = default;
};
/// Flux's `involvedObject`; of Argo CD `{kind?, namespace, name}`. Nothing for what names no object that Kubernetes could have.
std::optional<DeployEvent> read_deploy_event(DeployHook hook, const std::string& body);

/// By HMAC (`X-Signature: sha256=HEX`, Flux's generic-hmac) or by the secret itself (`Authorization: Bearer`), which is all that Argo CD can send.
/// Other digests are refused, and so is everything where no secret is set.
net::ServerReply take_deploy_hook(const WebParts& parts, SeenDeliveries& seen, DeployHook hook, const net::ServerRequest& request);

}  // namespace driftwarden
