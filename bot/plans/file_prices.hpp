#pragma once
// What Terraform's files cost, before anything is planned from them: a checkout, and Infracost over it.
#include "bot/plans/checkout.hpp"
#include "bot/plans/plan_watch.hpp"
#include "gitops/base/gate.hpp"
#include "gitops/model/cost.hpp"
#include "integrations/cost/infracost.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace driftwarden {

/// How Infracost is run by this config, which has one. `directory` is ours alone.
infracost::Options pricing_options(const Config& config, std::string directory);

/// Why Infracost may not read these files before somebody merged them, "" = it may: Terragrunt's can run commands, in its own process, beside its key. Pure.
std::string runs_commands(const App& app, std::string_view path, std::string_view text);

class FilePrices {
 public:
  explicit FilePrices(const PlanWatch::Parts& parts) : parts_(parts) {}

  /// From what the App's files cost at `before` ("" = they aren't there yet) to what they cost at `after`. One at a time; a side that is known is not asked
  /// for again within a day. InvalidInput: no Infracost is configured, it isn't Terraform's, or Infracost refuses. Denied: its files may not be read.
  /// Timeout: its turn didn't come within 3 minutes, or Infracost took longer than 90 seconds.
  asio::awaitable<Result<CostChange>> between(App app, std::string before, std::string after);

 private:
  struct Priced {
    CostChange cost{};
    MonoTime at{};
  };
  asio::awaitable<Result<CostChange>> both(App app, std::string before, std::string after);
  asio::awaitable<Result<CostChange>> side(App app, std::string commit);
  /// Ids of all that the price is made from.
  asio::awaitable<Result<std::string>> basis_of(App app, std::string commit);
  /// Whether all of the commit is there: not of a repository that is too large.
  asio::awaitable<Result<bool>> check_out(App app, std::string commit, std::string directory);
  asio::awaitable<Result<void>> clean_up();

  PlanWatch::Parts parts_;
  Gate turns_;
  bool clean_ = false;
  std::uint64_t checkouts_ = 0;
  std::map<std::string, Priced> known_;  ///< by basis
};

}  // namespace driftwarden
