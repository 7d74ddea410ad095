#pragma once
// Infracost: what a Terraform plan, or Terraform's files alone, cost a month. Sources: https://www.infracost.io/docs/features/cli_commands/ (breakdown --format json),
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

/// Terraform's files on disk.
struct Folder {
  Folder() = default;
  std::string root{};                    ///< a checkout that is ours alone: modules are fetched into it
  std::string directory{};               ///< where in it; "" = the root
  std::vector<std::string> var_files{};  ///< relative to that
  std::string workspace{};
};
/// What they cost as Infracost itself reads them, as `after`: no Terraform is run, and nothing is asked of a cloud. Its lines are all that cost anything. It sees
/// the checkout, its home and the network. Errors as above; what it can't evaluate wholly is among the uncounted.
asio::awaitable<Result<CostChange>> price_folder(Clock& clock, Options options, Folder folder);
/// From what the one costs to what the other does, both as price_folder says it. Corrupt where they are in two currencies.
Result<CostChange> difference(CostChange before, CostChange after);

}  // namespace driftwarden::infracost
