#pragma once
// Webhooks: who may speak, and what was heard already. A webhook only ever makes us look sooner.
#include "bot/web/web.hpp"

#include <deque>
#include <set>
#include <string>

namespace driftwarden {

/// Deliveries that were seen lately. Not for threads.
class SeenDeliveries {
 public:
  explicit SeenDeliveries(std::size_t most) : most_(most) {}
  /// False when it was there already.
  bool add(const std::string& key);

 private:
  std::size_t most_;
  std::set<std::string> known_;
  std::deque<std::string> order_;
};

/// Gitea's, Forgejo's and GitHub's HMAC over the raw body; GitLab's signature (Standard Webhooks) when the secret is a "whsec_...", else its
/// token. Headers that don't belong to the secret's kind are never enough.
bool is_trusted_webhook(const std::string& secret, const net::ServerRequest& request, WallTime now);

/// 401 for a wrong signature, 413 for more than a forge sends, and 2xx for whatever was signed: forges switch hooks off that fail.
net::ServerReply take_webhook(const WebParts& parts, SeenDeliveries& seen, const net::ServerRequest& request);

}  // namespace driftwarden
