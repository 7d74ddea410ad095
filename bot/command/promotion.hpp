#pragma once
// Which App is promoted to which: "checkout from dev to prod" among checkout-dev, checkout-prod and the others. Pure.
#include "gitops/model/app.hpp"

#include <string>
#include <variant>
#include <vector>

namespace driftwarden {

struct PromotionWords {
  std::string app;   ///< an App, or the name that the Apps of several environments share
  std::string from;  ///< an App, an environment or a cluster; "" = the one before
  std::string to;    ///< the same; "" = the next one
};
struct PromotionPair {
  std::string from;  ///< Apps
  std::string to;
  bool operator==(const PromotionPair&) const = default;
};
/// Why it isn't clear, and whole commands that are.
struct PromotionTrouble {
  std::string message;
  std::vector<std::string> suggestions;
  bool operator==(const PromotionTrouble&) const = default;
};
std::variant<PromotionPair, PromotionTrouble> find_promotion(const std::vector<App>& apps, const PromotionWords& words);

/// What is the same in all environments: "checkout" of checkout-prod and prod-checkout.
std::string base_name(const App& app);
/// dev before test before staging before prod; nothing for names of other kinds.
int environment_rank(const std::string& environment);

}  // namespace driftwarden
