#pragma once
// Money: what is requested of a cluster, at the prices that the configuration gives, or what Infracost says of a plan. An estimate for people.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What something costs a month (730 hours), in millionths of the currency's unit.
struct Cost {
  std::int64_t micros = 0;
  std::vector<std::string> uncounted{};  ///< what has no price, for people: "DaemonSet agents/log: nobody says how many nodes prod-eu has"
  bool operator==(const Cost&) const = default;
};

/// One thing whose cost differs: "Deployment shop/web".
struct CostLine {
  std::string what;
  std::int64_t before_micros = 0;
  std::int64_t after_micros = 0;
  bool operator==(const CostLine&) const = default;
};

struct CostChange {
  std::string currency{};       ///< "EUR"
  Cost before{};
  Cost after{};
  std::vector<CostLine> lines{};  ///< what differs, the largest difference first
  std::string source{};         ///< "the prices of prod-eu", "Infracost"
  bool operator==(const CostChange&) const = default;
  std::int64_t rise_micros() const { return after.micros - before.micros; }
};

}  // namespace driftwarden
