#pragma once
// Infracost: what a Terraform plan costs a month. Sources: https://www.infracost.io/docs/features/cli_commands/ (breakdown --format json),
// https://www.infracost.io/docs/integrations/environment_variables/.
#include "gitops/base/clock.hpp"
#include "gitops/base/result.hpp"
#include "gitops/base/secret.hpp"
#include "gitops/model/cost.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::infracost {

/// The totals and lines of `infracost breakdown --format json` over a plan: `pastBreakdown` is before, `breakdown` after. Without a past there is no before,
/// and all of it is new. Corrupt with the reason for another text. Bounded: so many lines, the dearest first.
Result<CostChange> parse(std::string_view json);

/// How the program is run.
struct Options {
  Options() = default;
  std::string program = "infracost";
  Secret<std::string> key{};    ///< given by the environment alone
  std::string api_url{};        ///< of the pricing API; "" = Infracost's own
  std::string currency{};       ///< prices are asked for in it
  std::string directory{};      ///< exists and is ours alone: a home for one run is made in it, and gone afterwards
  Duration timeout = std::chrono::seconds{60};
  bool fence_required = false;  ///< Denied where the kernel can't fence it
};

/// Runs it over plans as `terraform show -json` prints them, one file each, and adds them up. It sees these files, its home and the network, and nothing else.
/// NotFound: it isn't installed. InvalidInput: it refuses, with its words. Corrupt: its answer can't be read, or is in another currency.
asio::awaitable<Result<CostChange>> price(Clock& clock, Options options, std::vector<std::string> plan_files);

}  // namespace driftwarden::infracost
