#include "gitops/base/replace.hpp"
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

/// To read what lies at `path`.
process::Command command_for(const Options& options, const std::string& home, const std::string& path) {
  process::Command command;
  command.argv = {options.program, "breakdown", "--path", path, "--format", "json", "--no-color"};
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
  std::error_code failed;
  if (fs::exists("/run/systemd/resolve", failed)) fence.readable.emplace_back("/run/systemd/resolve");
  fence.writable = {home};
  command.fence = std::move(fence);
  return command;
}

/// The last that it said, without its key.
std::string complaint_of(const process::Outcome& done, const Options& options) {
  auto said = std::string(trim(done.err.empty() ? done.out : done.err));
  replace_all(said, options.key.reveal(), "***");
  if (said.size() > kLongestComplaint) said = said.substr(said.size() - kLongestComplaint);
  return ellipsize(without_control_characters(said), kLongestComplaint + 4);
}

/// What it prints.
asio::awaitable<Result<std::string>> answer_of(Clock& clock, const Options& options, process::Command command) {
  auto done = co_await process::run(clock, std::move(command));
  if (!done && done.error().kind == ErrorKind::NotFound) co_return Error{ErrorKind::NotFound, fmt::format("{} isn't installed where Driftwarden runs", options.program)};
  if (!done) co_return wrap("running Infracost", done.error());
  if (done->exit_code != 0) co_return Error{ErrorKind::InvalidInput, fmt::format("Infracost ended with {}: {}", done->exit_code, complaint_of(*done, options))};
  // Files may make it a name of something.
  replace_all(done->out, options.key.reveal(), "***");
  co_return std::move(done->out);
}

Result<CostChange> in_currency(Result<CostChange> read, const Options& options) {
  if (read && !options.currency.empty() && read->currency != options.currency) {
    return Error{ErrorKind::Corrupt, fmt::format("Infracost answers in {}, not in {}", read->currency, options.currency)};
  }
  return read;
}

asio::awaitable<Result<CostChange>> price_one(Clock& clock, const Options& options, std::string file) {
  CO_TRY(const auto home, TemporaryDirectory::make("infracost", options.directory));
  auto command = command_for(options, home->path(), file);
  command.fence->readable.push_back(std::move(file));
  auto asking = answer_of(clock, options, std::move(command));
  CO_TRY(const auto answer, co_await std::move(asking));
  co_return in_currency(parse(answer), options);
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

asio::awaitable<Result<CostChange>> price_folder(Clock& clock, Options options, Folder folder) {
  CO_TRY(const auto home, TemporaryDirectory::make("infracost", options.directory));
  auto command = command_for(options, home->path(), folder.directory.empty() ? folder.root : folder.root + "/" + folder.directory);
  for (auto& file : folder.var_files) {
    command.argv.emplace_back("--terraform-var-file");
    command.argv.push_back(std::move(file));
  }
  if (!folder.workspace.empty()) {
    command.argv.emplace_back("--terraform-workspace");
    command.argv.push_back(std::move(folder.workspace));
  }
  // Terragrunt's get_env would hand its key to whatever the files name.
  command.environment["INFRACOST_SAFE_ENVS"] = "PATH,HOME,TMPDIR";
  // On this platform alone do file() and the like read nothing outside of the working directory: /proc/self/environ holds its key.
  command.environment["INFRACOST_CI_PLATFORM"] = "github_app";
  command.directory = folder.root;
  // Modules may come from Git; nobody is there to be asked for a password.
  command.environment["GIT_TERMINAL_PROMPT"] = "0";
  command.fence->writable.push_back(std::move(folder.root));
  auto asking = answer_of(clock, options, std::move(command));
  CO_TRY(const auto answer, co_await std::move(asking));
  co_return in_currency(parse_files(answer), options);
}

}  // namespace driftwarden::infracost
