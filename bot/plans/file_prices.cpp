#include "bot/plans/file_prices.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/post.hpp>

#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;

constexpr Duration kTurn = std::chrono::minutes{3};
constexpr Duration kBothSides = std::chrono::seconds{90};
constexpr Duration kPricesHold = std::chrono::hours{24};
constexpr std::size_t kMostKnown = 500;

/// A directory that the pool removes: a checkout may be large.
struct Place {
  Place(std::string path_, asio::any_io_executor pool_) : path(std::move(path_)), pool(std::move(pool_)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    asio::post(pool, [gone = path] {
      std::error_code ignored;
      fs::remove_all(gone, ignored);
    });
  }
  std::string path;
  asio::any_io_executor pool;
};

/// As a reader of JSON has it, as far as that is ASCII: "\u0072un" is "run".
std::string without_escapes(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    unsigned code = 0x80;
    if (text.size() >= 6 && text.starts_with("\\u")) {
      const auto* const end = text.data() + 6;
      if (std::from_chars(end - 4, end, code, 16).ptr != end) code = 0x80;
    }
    const bool escaped = code < 0x80;
    plain += escaped ? static_cast<char>(code) : text.front();
    text.remove_prefix(escaped ? 6 : 1);
  }
  return plain;
}

/// Whatever lies in the checkout may be read as one of Terragrunt's files.
Result<void> check_commands(const App& app, const fs::path& root) {
  if (app.plan.tool != PlanTool::Terragrunt) return Result<void>{};
  std::error_code failed;
  for (fs::recursive_directory_iterator at(root, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_regular_file(failed)) continue;
    const auto path = at->path().lexically_relative(root).string();
    std::ifstream file(at->path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (auto why = runs_commands(app, path, text); !why.empty()) return Error{ErrorKind::Denied, std::move(why)};
  }
  if (failed) return Error{ErrorKind::Unavailable, "the checkout can't be read: " + failed.message()};
  return Result<void>{};
}

}  // namespace

infracost::Options pricing_options(const Config& config, std::string directory) {
  infracost::Options options;
  const auto& configured = *config.cost.infracost;
  options.program = configured.program;
  options.key = configured.key;
  options.api_url = configured.api_url;
  options.currency = config.cost.currency;
  options.timeout = configured.timeout;
  options.directory = std::move(directory);
  options.fence_required = config.tools.fence == FenceMode::Required;
  return options;
}

std::string runs_commands(const App& app, std::string_view path, std::string_view text) {
  if (app.plan.tool != PlanTool::Terragrunt) return {};
  const bool plain = text.find("run_cmd") != std::string_view::npos;
  // In JSON the word, and the braces around it, can be written in other letters.
  const bool hidden = !plain && path.ends_with(".json") && text.find("\\u") != std::string_view::npos && without_escapes(text).find("run_cmd") != std::string::npos;
  if (!plain && !hidden) return {};
  return fmt::format("not priced before it is merged: {} {} run commands (run_cmd)", ellipsize(without_control_characters(path), 200), hidden ? "may" : "can");
}

asio::awaitable<Result<CostChange>> FilePrices::between(App app, std::string before, std::string after) {
  if (!parts_.config->cost.infracost) co_return Error{ErrorKind::InvalidInput, "no Infracost is configured"};
  if (app.kind != AppKind::Terraform) co_return Error{ErrorKind::InvalidInput, app.name + " isn't Terraform's: Infracost has no price for it"};
  auto entering = with_deadline(*parts_.clock, parts_.clock->mono_now() + kTurn, turns_.enter());
  const auto turn = co_await std::move(entering);
  if (!turn && turn.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Timeout, "Infracost is busy with other Apps"};
  if (!turn) co_return turn.error();
  auto pricing = with_deadline(*parts_.clock, parts_.clock->mono_now() + kBothSides, both(std::move(app), std::move(before), std::move(after)));
  auto priced = co_await std::move(pricing);
  if (!priced && priced.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Timeout, "Infracost took too long"};
  co_return std::move(priced);
}

asio::awaitable<Result<CostChange>> FilePrices::both(App app, std::string before, std::string after) {
  CO_CHECK_OK(co_await clean_up());
  auto pricing_head = side(app, std::move(after));
  CO_TRY(auto then, co_await std::move(pricing_head));
  CostChange now;
  now.currency = then.currency;
  if (!before.empty()) {
    auto pricing_base = side(std::move(app), std::move(before));
    auto priced = co_await std::move(pricing_base);
    if (!priced && priced.error().kind == ErrorKind::Cancelled) co_return priced.error();
    if (!priced) co_return wrap("what it costs now", priced.error());
    now = *std::move(priced);
  }
  co_return infracost::difference(std::move(now), std::move(then));
}

asio::awaitable<Result<CostChange>> FilePrices::side(App app, std::string commit) {
  auto looking = basis_of(app, commit);
  CO_TRY(const auto basis, co_await std::move(looking));
  const auto now = parts_.clock->mono_now();
  std::erase_if(known_, [&](const auto& entry) { return now - entry.second.at >= kPricesHold; });
  if (const auto found = known_.find(basis); found != known_.end()) co_return found->second.cost;
  const Place place(fmt::format("{}/prices/{}", parts_.directory, ++checkouts_), parts_.pool);
  infracost::Folder folder;
  folder.root = place.path;
  folder.directory = app.path;
  folder.var_files = app.plan.var_files;
  folder.workspace = app.plan.workspace;
  auto checking_out = check_out(app, std::move(commit), folder.root);
  CO_CHECK_OK(co_await std::move(checking_out));
  auto pricing = infracost::price_folder(*parts_.clock, pricing_options(*parts_.config, parts_.directory + "/prices"), std::move(folder));
  CO_TRY(auto cost, co_await std::move(pricing));
  if (known_.size() >= kMostKnown) known_.clear();
  known_[basis] = {cost, now};
  co_return cost;
}

asio::awaitable<Result<std::string>> FilePrices::basis_of(App app, std::string commit) {
  const auto digest = parts_.config->digests.find("cost");
  auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n", app.name, to_string(app.plan.tool), app.plan.workspace, join(app.plan.var_files, "\n"), digest == parts_.config->digests.end() ? "" : digest->second);
  auto& repository = parts_.fleet->repository(app.repository);
  std::function<Result<std::string>(Mirror&)> work = [app = std::move(app), commit = std::move(commit), text = std::move(text)](Mirror& mirror) mutable -> Result<std::string> {
    TRY(const auto inputs, plan_inputs(mirror, app, commit));
    for (const auto& [path, id] : inputs) text += fmt::format("{} {}\n", path, id);
    // Files of variables may lie anywhere.
    for (const auto& file : app.plan.var_files) {
      if (!file.starts_with("../")) continue;
      TRY(const auto whole, mirror.tree_id(commit, ""));
      text += whole;
      break;
    }
    return sha256_hex(text);
  };
  co_return co_await repository.with_mirror<std::string>(std::move(work));
}

asio::awaitable<Result<bool>> FilePrices::check_out(App app, std::string commit, std::string directory) {
  auto& repository = parts_.fleet->repository(app.repository);
  std::function<Result<bool>(Mirror&)> work = [app = std::move(app), commit = std::move(commit), directory = std::move(directory)](Mirror& mirror) -> Result<bool> {
    TRY(const auto whole, write_checkout(mirror, app, commit, directory));
    CHECK_OK(check_commands(app, directory));
    return whole;
  };
  co_return co_await repository.with_mirror<bool>(std::move(work));
}

/// What an earlier run left.
asio::awaitable<Result<void>> FilePrices::clean_up() {
  if (clean_) co_return Result<void>{};
  auto work = [directory = parts_.directory]() -> Result<void> {
    std::error_code failed;
    fs::create_directories(directory, failed);
    fs::permissions(directory, fs::perms::owner_all, failed);
    fs::remove_all(directory + "/prices", failed);
    fs::create_directories(directory + "/prices", failed);
    if (failed) return Error{ErrorKind::Unavailable, "there is no place for checkouts to be priced: " + failed.message()};
    return Result<void>{};
  };
  auto cleaning = offload(parts_.pool, std::move(work));
  CO_CHECK_OK(co_await std::move(cleaning));
  clean_ = true;
  co_return Result<void>{};
}

}  // namespace driftwarden
