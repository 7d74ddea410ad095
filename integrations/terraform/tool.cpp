// tofu and terraform: init when it is needed, plan, show, apply.
#include "integrations/terraform/tool.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "integrations/terraform/invoke.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace driftwarden::terraform {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Duration kMomentForLock{15'000};
constexpr const char* kLockFile = ".terraform.lock.hcl";

bool is_source(const fs::path& path) {
  const auto name = path.filename().string();
  return name.ends_with(".tf") || name.ends_with(".tofu") || name.ends_with(".tf.json") || name.ends_with(".tofu.json");
}

/// Of what `init` looks at: equal id, nothing to be done.
std::string init_id(const ToolPlace& place) {
  std::vector<std::string> parts{std::string(to_string(place.tool))};
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(place.directory, failed)) {
    if (is_source(entry.path())) parts.push_back(entry.path().filename().string() + "\n" + read_text(entry.path().string()));
  }
  std::ranges::sort(parts);
  parts.push_back(read_text(place.directory + "/" + kLockFile));
  for (const auto& [name, value] : place.environment) {
    if (name.starts_with("TF_CLI_ARGS") || name == "TF_CLI_CONFIG_FILE") parts.push_back(name + "=" + value);
  }
  return sha256_hex(join(parts, "\x1f"));
}

/// The versions of providers that an earlier init chose, where Git doesn't say them.
void bring_lock_file(const ToolPlace& place) {
  std::error_code failed;
  const auto there = place.directory + "/" + kLockFile;
  const auto kept = place.data_directory + "/lock.hcl";
  if (!fs::exists(there, failed) && fs::exists(kept, failed)) fs::copy_file(kept, there, failed);
}

struct Attempt {
  PlanOutcome outcome;
  std::string output;  ///< of the step that failed
};

std::vector<std::string> plan_arguments(const ToolPlace& place, bool refresh_only, const std::string& file) {
  std::vector<std::string> arguments{"plan", "-input=false", "-lock=false", "-detailed-exitcode", "-json", "-out=" + file};
  if (refresh_only) arguments.emplace_back("-refresh-only");
  for (const auto& path : place.var_files) arguments.push_back("-var-file=" + path);
  return arguments;
}

std::string why_state_would_be_lost(const ToolPlace& place) { return why_state_would_be_lost(place, read_text(place.data_directory + "/tf/terraform.tfstate")); }

/// `share` is where it is left for other programs, "" = nowhere.
Result<Plan> read_shown(const std::string& text, const std::string& share) {
  auto shown = json::parse(text, nullptr, false);
  if (shown.is_discarded()) return Error{ErrorKind::Corrupt, "what `show -json` prints is no JSON"};
  auto plan = read_plan(shown);
  if (plan && !share.empty()) CHECK_OK(write_private(share, plan_for_others(std::move(shown))));
  return plan;
}

class CommandLineTool final : public Tool {
 public:
  CommandLineTool(Clock& clock, asio::any_io_executor pool) : clock_(clock), pool_(std::move(pool)) {}

  asio::awaitable<Result<PlanOutcome>> plan(ToolPlace place, bool refresh_only, bool keep_plan) override {
    CO_CHECK_OK(make_private_directory(place.data_directory));
    if (place.tool == PlanTool::Terragrunt) co_return co_await plan_units(clock_, std::move(place), refresh_only, keep_plan, pool_);
    CO_TRY(auto first, co_await attempt(place, refresh_only, keep_plan, false));
    if (first.outcome.state == PlanOutcome::State::Failed && wants_init(first.output)) {
      CO_TRY(first, co_await attempt(place, refresh_only, keep_plan, true));
    }
    if (first.outcome.state == PlanOutcome::State::Failed && may_pass(first.output)) {
      CO_CHECK_OK(co_await clock_.sleep_for(kMomentForLock));
      CO_TRY(first, co_await attempt(place, refresh_only, keep_plan, false));
    }
    co_return std::move(first.outcome);
  }

  asio::awaitable<Result<std::string>> apply(ToolPlace place, std::string plan_file) override {
    CO_CHECK_OK(make_private_directory(place.data_directory));
    if (place.tool == PlanTool::Terragrunt) co_return co_await apply_units(clock_, std::move(place), std::move(plan_file));
    CO_TRY(const auto refused, co_await init(place, false));
    if (!refused.empty()) co_return Error{ErrorKind::Unavailable, "init failed, nothing was applied: " + errors_in(refused)};
    if (auto why = why_state_would_be_lost(place); !why.empty()) co_return Error{ErrorKind::InvalidInput, "it can't be applied: " + why};
    std::vector<std::string> arguments{"apply", "-input=false", "-no-color", "-lock-timeout=60s", plan_file};
    std::vector<std::string> readable{plan_file};
    CO_TRY(const auto done, co_await invoke(clock_, place, std::move(arguments), Reach::Apply, std::move(readable)));
    if (done.exit_code == 0) co_return summary_of(done.out);
    co_return apply_failure(done.out + "\n" + done.err);
  }

 private:
  /// What it printed when it failed; "" = it is done, or wasn't needed.
  asio::awaitable<Result<std::string>> init(ToolPlace place, bool anyway) {
    const auto mark = place.data_directory + "/init.id";
    bring_lock_file(place);
    if (!anyway && read_text(mark) == init_id(place)) co_return std::string();
    remove_quietly(mark);
    if (!place.plugin_cache.empty()) CO_CHECK_OK(make_private_directory(place.plugin_cache));
    std::vector<std::string> arguments{"init", "-backend=true", "-input=false", "-no-color", "-reconfigure"};
    // A lock file in Git that lacks a provider is the owners' to mend; their plan then says so.
    CO_TRY(const auto done, co_await invoke(clock_, place, std::move(arguments), Reach::Look));
    if (done.exit_code != 0) {
      auto said = done.out + "\n" + done.err;
      co_return std::move(said);
    }
    std::error_code ignored;
    fs::copy_file(place.directory + "/" + kLockFile, place.data_directory + "/lock.hcl", fs::copy_options::overwrite_existing, ignored);
    CO_CHECK_OK(write_private(mark, init_id(place)));
    co_return std::string();
  }

  asio::awaitable<Result<Attempt>> attempt(ToolPlace place, bool refresh_only, bool keep_plan, bool init_anyway) {
    Attempt attempt;
    auto started = co_await init(place, init_anyway);
    if (!started) co_return failed_to_run(started.error());
    if (!started->empty()) {
      attempt.output = *std::move(started);
      attempt.outcome.error = "init failed: " + errors_in(attempt.output);
      co_return std::move(attempt);
    }
    if (keep_plan) attempt.outcome.error = why_state_would_be_lost(place);
    if (!attempt.outcome.error.empty()) co_return std::move(attempt);
    const auto file = place.data_directory + "/plan.tfplan";
    remove_quietly(file);
    auto planned = co_await invoke(clock_, place, plan_arguments(place, refresh_only, file), Reach::Look);
    restrict_to_owner(file);
    if (!planned) co_return failed_to_run(planned.error());
    if (planned->exit_code != 0 && planned->exit_code != 2) {
      attempt.output = planned->out + "\n" + planned->err;
      attempt.outcome.error = errors_in(attempt.output);
      if (attempt.outcome.error.empty()) attempt.outcome.error = fmt::format("it ended with {} and said nothing", planned->exit_code);
    } else {
      CO_CHECK_OK(co_await show(place, file, planned->exit_code == 2, refresh_only, keep_plan, attempt));
    }
    if (keep_plan && attempt.outcome.state == PlanOutcome::State::Differs) attempt.outcome.plan_file = file;
    if (attempt.outcome.plan_file.empty()) remove_quietly(file);
    co_return std::move(attempt);
  }

  /// What the plan's file says, into the attempt.
  asio::awaitable<Result<void>> show(ToolPlace place, std::string file, bool differs, bool refresh_only, bool share, Attempt& attempt) {
    const auto shared = place.data_directory + "/plan.json";
    remove_quietly(shared);
    std::vector<std::string> arguments{"show", "-json", file};
    auto shown = co_await invoke(clock_, place, std::move(arguments), Reach::Look);
    if (!shown && shown.error().kind == ErrorKind::Cancelled) co_return shown.error();
    Result<Plan> plan = Error{ErrorKind::Corrupt, "the plan can't be shown"};
    if (shown && shown->exit_code == 0) {
      const std::string into = share && differs ? shared : std::string();
      auto work = [text = std::move(shown->out), into] { return read_shown(text, into); };
      auto reading = on_pool(pool_, std::move(work));
      plan = co_await std::move(reading);
    }
    if (!plan && !differs) {
      attempt.outcome.state = PlanOutcome::State::InSync;
      co_return Result<void>{};
    }
    if (!plan) {
      attempt.outcome.error = plan.error().message;
      if (shown && shown->exit_code != 0) attempt.outcome.error += ": " + errors_in(shown->err);
      co_return Result<void>{};
    }
    attempt.outcome.plan = *std::move(plan);
    auto& read = attempt.outcome.plan;
    if (!differs) {
      read.objects.clear();
      read.outputs.clear();
    }
    // Refreshing also finds what has only another form ("" for null): that is nobody's edit.
    if (differs && refresh_only && read.objects.empty()) differs = false;
    attempt.outcome.state = differs ? PlanOutcome::State::Differs : PlanOutcome::State::InSync;
    if (share && differs) attempt.outcome.shown_files.push_back(shared);
    co_return Result<void>{};
  }

  /// What is no fault of the module is an Error; a time-out is how its plan ended.
  static Result<Attempt> failed_to_run(const Error& error) {
    if (error.kind != ErrorKind::Timeout && error.kind != ErrorKind::Corrupt) return error;
    Attempt attempt;
    attempt.outcome.error = error.message;
    return attempt;
  }

  static std::string summary_of(const std::string& output) {
    for (const auto& line : split(without_decoration(output), '\n')) {
      if (line.starts_with("Apply complete!")) return line;
    }
    return "Applied.";
  }

  static Error apply_failure(const std::string& output) {
    const auto text = errors_in(output);
    if (output.find("plan is stale") != std::string::npos || output.find("no longer be applied") != std::string::npos) {
      return Error{ErrorKind::Conflict, "the state has moved since this was planned, nothing was applied: plan again"};
    }
    if (output.find("acquiring the state lock") != std::string::npos) return Error{ErrorKind::Unavailable, "nothing was applied: " + text};
    return Error{ErrorKind::Corrupt, "it failed while it was applied, maybe in part: " + text};
  }

  Clock& clock_;
  asio::any_io_executor pool_;
};

}  // namespace

std::unique_ptr<Tool> create_tool(Clock& clock, asio::any_io_executor pool) { return std::make_unique<CommandLineTool>(clock, std::move(pool)); }

}  // namespace driftwarden::terraform
