#pragma once
// Reviews on the forge that say yes and don't count: the audit log says why, once each.
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "integrations/forge/forge.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct IdleReview {
  PersonId who;     ///< the person, else the login as "login@forge"
  std::string on;   ///< the commit that was looked at
  std::string why;
  bool operator==(const IdleReview&) const = default;
};

/// By how they were given; whether the person's yes counts at all is for may_count. One that counted until the branch moved is no news.
std::vector<IdleReview> idle_reviews(const std::vector<forge::Review>& reviews, const Change& change, const App& app, const Config& config, const std::string& api_url);

/// Those that aren't in the log yet.
asio::awaitable<Result<void>> audit_reviews(AsyncStore& store, Change change, std::vector<IdleReview> reviews);

}  // namespace driftwarden
