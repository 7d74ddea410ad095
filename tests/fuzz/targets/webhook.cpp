// A webhook's headers and body. What isn't signed with the secret is never trusted. Lines of headers, an empty line, the body.
#include "bot/web/deploy_hook.hpp"
#include "bot/web/hook_event.hpp"
#include "bot/web/webhook.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

constexpr const char* kSecret = "a-secret-that-no-input-holds";

net::ServerRequest request_from(std::string_view input) {
  net::ServerRequest request;
  request.method = "POST";
  const auto blank = input.find("\n\n");
  for (const auto& line : split(input.substr(0, blank), '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string::npos) request.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
  }
  if (blank != std::string_view::npos) request.body = std::string(input.substr(blank + 2));
  return request;
}

void run(std::string_view input) {
  auto request = request_from(input);
  const WallTime now{std::chrono::hours{24 * 365 * 55}};
  const bool holds_secret = input.find(kSecret) != std::string_view::npos;
  check(!is_trusted_webhook(kSecret, request, now) || holds_secret, "nobody is trusted without the secret");
  (void)is_trusted_webhook("whsec_c2VjcmV0", request, now);
  (void)read_hook_event(request.headers, request.body);
  (void)read_deploy_event(DeployHook::Flux, request.body);
  (void)read_deploy_event(DeployHook::ArgoCd, request.body);
  WebParts parts;
  parts.webhook_secret = Secret<std::string>(kSecret);
  bool nudged = false;
  parts.on_git_webhook = [&](const std::vector<std::string>&) { nudged = true; };
  SeenDeliveries seen(4);
  (void)take_webhook(parts, seen, request);
  check(!nudged || holds_secret, "nobody nudges without the secret");
  request.headers.set("X-Gitea-Signature", hmac_sha256_hex(kSecret, request.body));
  const bool other_kind = std::ranges::any_of(request.headers.all(), [](const auto& header) { return to_lower(header.first) != "x-gitea-signature"; });
  check(other_kind || is_trusted_webhook(kSecret, request, now), "who has the secret is trusted");
}

const Target target("webhook", &run);

}  // namespace
}  // namespace driftwarden::fuzz
