#include "bot/command/promotion.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

App app(const std::string& name, const std::string& environment, const std::string& path) {
  App made;
  made.name = name;
  made.environment = environment;
  made.cluster = environment + "-eu";
  made.repository = "config";
  made.path = path;
  return made;
}

const std::vector<App> kApps{app("checkout-dev", "dev", "apps/checkout/dev"),
                             app("checkout-staging", "staging", "apps/checkout/staging"),
                             app("checkout-prod", "production", "apps/checkout/prod"),
                             app("dev-cart", "dev", "cart"),
                             app("prod-cart", "prod", "cart-p"),
                             app("alpha", "dev", "teams/x/dev"),
                             app("beta", "prod", "teams/x/prod"),
                             app("search", "prod", "search"),
                             app("multi-prod-eu", "prod", "m/eu"),
                             app("multi-prod", "prod", "m/us"),
                             app("multi-dev", "dev", "m/dev")};

struct Row {
  std::string name;
  PromotionWords words;
  PromotionPair pair;      ///< empty names: it isn't clear
  std::string suggestion;  ///< the first one
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class Promotion : public testing::TestWithParam<Row> {};
TEST_P(Promotion, FindsBothSides) {
  const auto found = find_promotion(kApps, GetParam().words);
  if (!GetParam().pair.to.empty()) {
    ASSERT_TRUE(std::holds_alternative<PromotionPair>(found)) << std::get<PromotionTrouble>(found).message;
    EXPECT_EQ(std::get<PromotionPair>(found).from + " -> " + std::get<PromotionPair>(found).to, GetParam().pair.from + " -> " + GetParam().pair.to);
    return;
  }
  ASSERT_TRUE(std::holds_alternative<PromotionTrouble>(found));
  const auto& trouble = std::get<PromotionTrouble>(found);
  EXPECT_FALSE(trouble.message.empty());
  EXPECT_EQ(trouble.suggestions.empty() ? "" : trouble.suggestions.front(), GetParam().suggestion);
}
INSTANTIATE_TEST_SUITE_P(
    Words, Promotion,
    testing::Values(Row{"BaseAndBothSides", {"checkout", "dev", "prod"}, {"checkout-dev", "checkout-prod"}, ""}, Row{"BaseToOne", {"checkout", "", "prod"}, {"checkout-staging", "checkout-prod"}, ""},
                    Row{"BaseFromOne", {"checkout", "dev", ""}, {"checkout-dev", "checkout-staging"}, ""}, Row{"AnAppFromAnother", {"checkout-prod", "checkout-dev", ""}, {"checkout-dev", "checkout-prod"}, ""},
                    Row{"AnAppFromAnEnvironment", {"checkout-prod", "dev", ""}, {"checkout-dev", "checkout-prod"}, ""}, Row{"AnAppOn", {"checkout-dev", "", "staging"}, {"checkout-dev", "checkout-staging"}, ""},
                    Row{"ByTheNameOfTheCluster", {"checkout-dev", "", "staging-eu"}, {"checkout-dev", "checkout-staging"}, ""},
                    Row{"TheFirstGoesOn", {"checkout-dev", "", ""}, {"checkout-dev", "checkout-staging"}, ""}, Row{"TheLastIsGoneTo", {"checkout-prod", "", ""}, {"checkout-staging", "checkout-prod"}, ""},
                    Row{"BothSidesOfAnApp", {"checkout-dev", "dev", "prod"}, {"checkout-dev", "checkout-prod"}, ""}, Row{"Prefixed", {"cart", "dev", "prod"}, {"dev-cart", "prod-cart"}, ""},
                    Row{"OfOnePath", {"alpha", "", "prod"}, {"alpha", "beta"}, ""}, Row{"ToAnUnrelatedApp", {"search", "alpha", ""}, {"alpha", "search"}, ""},
                    Row{"TheMiddleIsNotClear", {"checkout-staging", "", ""}, {}, "promote checkout-staging from checkout-dev"}, Row{"ABaseAlone", {"checkout", "", ""}, {}, "promote checkout-staging from checkout-dev"},
                    Row{"NoSuchEnvironment", {"checkout", "dev", "moon"}, {}, "promote checkout-staging from checkout-dev"}, Row{"NoSuchApp", {"nobody", "dev", "prod"}, {}, ""},
                    Row{"AloneInTheWorld", {"search", "", ""}, {}, ""}, Row{"ToItself", {"checkout-dev", "", "dev"}, {}, "promote checkout-staging from checkout-dev"},
                    Row{"TwoOfOneEnvironment", {"multi", "dev", "prod"}, {}, "promote multi-prod-eu from multi-dev"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
