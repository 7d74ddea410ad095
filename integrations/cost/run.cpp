#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/text.hpp"
#include "integrations/cost/infracost.hpp"
#include "integrations/cost/parse.hpp"
#include "integrations/process/process.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

namespace driftwarden::infracost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOutput = 32U << 20U;
constexpr std::size_t kLongestComplaint = 400;

process::Command command_for(const Options& options, const std::string& home, const std::string& file) {
  process::Command command;
  command.argv = {options.program, "breakdown", "--path", file, "--format", "json", "--no-color"};
  command.environment = {{"HOME", home},
                         {"TMPDIR", home},
                         {"XDG_CONFIG_HOME", home},
                         {"LC_ALL", "C.UTF-8"},
                         {"INFRACOST_NO_COLOR", "true"},
                         {"INFRACOST_SKIP_UPDATE_CHECK", "true"},
                         {"INFRACOST_DISABLE_ENVFILE", "true"},
                         {"INFRACOST_ENABLE_CLOUD", "false"},
                         {"INFRACOST_ENABLE_CLOUD_UPLOAD", "false"},
                         {"INFRACOST_ENABLE_DASHBOARD", "false"},
                         {"INFRACOST_SELF_HOSTED_TELEMETRY", "false"}};
  if (!options.key.empty()) command.environment["INFRACOST_API_KEY"] = options.key.reveal();
  if (!options.api_url.empty()) command.environment["INFRACOST_PRICING_API_ENDPOINT"] = options.api_url;
  if (!options.currency.empty()) command.environment["INFRACOST_CURRENCY"] = options.currency;
  command.inherit = {"PATH", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"};
  command.directory = home;
  command.timeout = options.timeout;
  command.max_output_bytes = kMostOutput;
  process::Fence fence;
  fence.network = true;
  fence.required = options.fence_required;
  fence.readable = {file};
  std::error_code failed;
  if (fs::exists("/run/systemd/resolve", failed)) fence.readable.emplace_back("/run/systemd/resolve");
  fence.writable = {home};
  command.fence = std::move(fence);
  return command;
}

/// The last that it said, without its key.
std::string complaint_of(const process::Outcome& done, const Options& options) {
  auto said = std::string(trim(done.err.empty() ? done.out : done.err));
  if (const auto& key = options.key.reveal(); !key.empty()) {
    for (auto found = said.find(key); found != std::string::npos; found = said.find(key, found)) said.replace(found, key.size(), "***");
  }
  if (said.size() > kLongestComplaint) said = said.substr(said.size() - kLongestComplaint);
  return ellipsize(without_control_characters(said), kLongestComplaint + 4);
}

asio::awaitable<Result<CostChange>> price_one(Clock& clock, const Options& options, std::string file) {
  CO_TRY(const auto home, TemporaryDirectory::make("infracost", options.directory));
  auto command = command_for(options, home->path(), file);
  auto done = co_await process::run(clock, std::move(command));
  if (!done && done.error().kind == ErrorKind::NotFound) co_return Error{ErrorKind::NotFound, fmt::format("{} isn't installed where Driftwarden runs", options.program)};
  if (!done) co_return wrap("running Infracost", done.error());
  if (done->exit_code != 0) co_return Error{ErrorKind::InvalidInput, fmt::format("Infracost ended with {}: {}", done->exit_code, complaint_of(*done, options))};
  auto read = parse(done->out);
  if (read && !options.currency.empty() && read->currency != options.currency) {
    co_return Error{ErrorKind::Corrupt, fmt::format("Infracost answers in {}, not in {}", read->currency, options.currency)};
  }
  co_return std::move(read);
}

}  // namespace

asio::awaitable<Result<CostChange>> price(Clock& clock, Options options, std::vector<std::string> plan_files) {
  if (plan_files.empty()) co_return Error{ErrorKind::InvalidInput, "there is no plan to price"};
  if (plan_files.size() == 1) co_return co_await price_one(clock, options, plan_files.front());
  CostChange sum;
  sum.currency = options.currency;
  sum.source = "Infracost";
  for (const auto& file : plan_files) {
    CO_TRY(auto part, co_await price_one(clock, options, file));
    if (sum.currency.empty()) sum.currency = part.currency;
    CO_CHECK_OK(add_to(sum, std::move(part), fs::path(file).stem().string()));
  }
  co_return sum;
}

}  // namespace driftwarden::infracost
