#pragma once
// Inside of the tools: how one of them is started, and the files it leaves behind.
#include "gitops/base/async.hpp"
#include "integrations/process/process.hpp"
#include "integrations/terraform/tool.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace driftwarden::terraform {

enum class Reach { Look, Apply };

/// What one run gets beside its place.
struct Given {
  std::vector<std::string> readable{};  ///< plan files that lie elsewhere
  std::string temporary{};              ///< "" = below the data directory
};
/// argv, environment and fence. `data_directory` exists.
process::Command make_command(const ToolPlace& place, std::vector<std::string> arguments, Reach reach, const Given& given = {});
/// As process::run; NotFound says which program to install.
asio::awaitable<Result<process::Outcome>> invoke(Clock& clock, ToolPlace place, std::vector<std::string> arguments, Reach reach, std::vector<std::string> readable = {});

/// Makes it, 0700.
Result<void> make_private_directory(const std::string& path);
std::string read_text(const std::string& path);  ///< "" where there is none
Result<void> write_private(const std::string& path, const std::string& text);
void remove_quietly(const std::string& path);  ///< with all below
void restrict_to_owner(const std::string& path);

/// Somebody held the lock, or the state was read while it was written.
bool may_pass(std::string_view output);
/// It asks for `init`.
bool wants_init(std::string_view output);
/// Of the file that `init` leaves of a backend ("" = none): why what would be applied would be lost, for people. "" = it wouldn't be.
std::string why_state_would_be_lost(const ToolPlace& place, const std::string& backend_file);

/// Runs `work` on the pool, if there is one.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> on_pool(asio::any_io_executor pool, Work work) {
  if (!pool) co_return work();
  auto task = offload(std::move(pool), std::move(work));
  co_return co_await std::move(task);
}

/// `show -json` of a plan for a program that only counts resources: without outputs, and without what Terraform calls sensitive, wherever it stands.
std::string plan_for_others(nlohmann::json shown);

/// Terragrunt's tree of units, each planned by itself.
asio::awaitable<Result<PlanOutcome>> plan_units(Clock& clock, ToolPlace place, bool refresh_only, bool keep_plan, asio::any_io_executor pool);
asio::awaitable<Result<std::string>> apply_units(Clock& clock, ToolPlace place, std::string plan_directory);

}  // namespace driftwarden::terraform
