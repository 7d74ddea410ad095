// Terragrunt: one run over all units; 1.x first, and where it refuses, as versions before 0.73 want it.
#include "gitops/base/text.hpp"
#include "integrations/terraform/invoke.hpp"
#include "integrations/terraform/units.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace driftwarden::terraform {
namespace {

/// In the directory of plans: each of them has a state that lasts.
constexpr const char* kChecked = "/states-checked";

/// Of the plans that lie in a directory, by their units.
std::vector<std::string> planned_units(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> units;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(directory, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (entry->path().filename() != "tfplan.tfplan") continue;
    auto unit = fs::relative(entry->path().parent_path(), directory, failed).string();
    units.push_back(unit.empty() ? "." : std::move(unit));
  }
  std::ranges::sort(units);
  return units;
}

struct Places {
  explicit Places(const std::string& data)
      : plans(data + "/plans"), shown(data + "/shown"), report(data + "/report.json"), shared(data + "/shared") {}
  std::string plans;
  std::string shown;
  std::string report;
  std::string shared;

  void clear() const {
    for (const auto& path : {plans, shown, report, shared}) remove_quietly(path);
  }
};

/// Each unit's plan as `show -json` has it, for other programs: "live_web.json".
Result<std::vector<std::string>> share_plans(const Places& places) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  CHECK_OK(make_private_directory(places.shared));
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(places.shown, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (entry->path().extension() != ".json") continue;
    auto shown = nlohmann::json::parse(read_text(entry->path().string()), nullptr, false);
    if (!shown.is_object()) continue;
    auto unit = fs::relative(entry->path().parent_path(), places.shown, failed).string();
    std::ranges::replace(unit, '/', '_');
    files.push_back(fmt::format("{}/{}.json", places.shared, unit == "." || unit.empty() ? "root" : unit));
    CHECK_OK(write_private(files.back(), plan_for_others(std::move(shown))));
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> plan_arguments(const ToolPlace& place, bool refresh_only) {
  std::vector<std::string> arguments{"plan", "-input=false", "-lock=false", "-detailed-exitcode", "-no-color"};
  if (refresh_only) arguments.emplace_back("-refresh-only");
  for (const auto& path : place.var_files) arguments.push_back("-var-file=" + path);
  return arguments;
}

std::vector<std::string> new_arguments(const Places& places, std::vector<std::string> command, bool with_json) {
  std::vector<std::string> arguments{"run", "--all", "--non-interactive", "--no-color", "--queue-ignore-errors", "--report-file", places.report, "--report-format", "json",
                                     "--out-dir", places.plans};
  if (with_json) arguments.insert(arguments.end(), {"--json-out-dir", places.shown});
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

std::vector<std::string> old_arguments(const Places& places, std::vector<std::string> command, bool with_json) {
  std::vector<std::string> arguments{"run-all"};
  arguments.insert(arguments.end(), command.begin(), command.end());
  arguments.insert(arguments.end(), {"--terragrunt-non-interactive", "--terragrunt-no-color", "--terragrunt-ignore-dependency-errors", "--terragrunt-out-dir", places.plans});
  if (with_json) arguments.insert(arguments.end(), {"--terragrunt-json-out-dir", places.shown});
  return arguments;
}

/// It is older than these flags.
bool refuses_flags(const process::Outcome& done) {
  for (const auto* words : {"flag provided but not defined", "unknown flag", "unknown command", "is not a valid global flag", "is not a valid flag", "flag is not defined"}) {
    if (done.err.find(words) != std::string::npos || done.out.find(words) != std::string::npos) return done.exit_code != 0;
  }
  return false;
}

asio::awaitable<Result<process::Outcome>> run_over_units(Clock& clock, ToolPlace place, Places places, std::vector<std::string> command, bool with_json, Reach reach) {
  const std::vector<std::string> readable{places.plans};
  CO_CHECK_OK(make_private_directory(place.data_directory));
  auto arguments = new_arguments(places, command, with_json);
  auto done = co_await invoke(clock, place, std::move(arguments), reach, readable);
  if (!done || !refuses_flags(*done)) co_return done;
  arguments = old_arguments(places, std::move(command), with_json);
  co_return co_await invoke(clock, std::move(place), std::move(arguments), reach, readable);
}

}  // namespace

asio::awaitable<Result<PlanOutcome>> plan_units(Clock& clock, ToolPlace place, bool refresh_only, bool keep_plan, asio::any_io_executor pool) {
  const Places places(place.data_directory);
  places.clear();
  CO_CHECK_OK(make_private_directory(places.plans));
  CO_CHECK_OK(make_private_directory(places.shown));
  // What lies there afterwards is this run's: it tells where each unit's state is.
  if (keep_plan) remove_quietly(place.data_directory + "/units");
  auto command = plan_arguments(place, refresh_only);
  auto done = co_await run_over_units(clock, place, places, std::move(command), true, Reach::Look);
  PlanOutcome outcome;
  if (!done) {
    places.clear();
    if (done.error().kind != ErrorKind::Timeout && done.error().kind != ErrorKind::Corrupt) co_return done.error();
    outcome.error = done.error().message;
    co_return std::move(outcome);
  }
  UnitRun run;
  run.directory = place.directory;
  run.json_directory = places.shown;
  run.output = done->out + "\n" + done->err;
  run.exit_code = done->exit_code;
  auto work = [run = std::move(run), report = places.report]() mutable {
    run.report = read_text(report);
    return outcome_of(run);
  };
  auto reading = on_pool(pool, std::move(work));
  outcome = co_await std::move(reading);
  if (keep_plan && outcome.state == PlanOutcome::State::Differs) {
    auto share = [places] { return share_plans(places); };
    auto sharing = on_pool(pool, std::move(share));
    auto shared = co_await std::move(sharing);
    if (!shared) co_return shared.error();
    outcome.shown_files = *std::move(shared);
  }
  remove_quietly(places.shown);
  remove_quietly(places.report);
  if (keep_plan && outcome.state == PlanOutcome::State::Differs) {
    auto look = [place, plans = places.plans] { return why_a_state_would_be_lost(place, planned_units(plans)); };
    auto looking = on_pool(pool, std::move(look));
    const auto why = co_await std::move(looking);
    if (!why.empty()) {
      places.clear();
      co_return Error{ErrorKind::InvalidInput, "it can't be applied: " + why};
    }
    CO_CHECK_OK(write_private(places.plans + kChecked, ""));
    outcome.plan_file = places.plans;
  } else {
    remove_quietly(places.plans);
  }
  co_return std::move(outcome);
}

asio::awaitable<Result<std::string>> apply_units(Clock& clock, ToolPlace place, std::string plan_directory) {
  Places places(place.data_directory);
  places.plans = std::move(plan_directory);
  std::error_code failed;
  // The same files have the same backends: nothing is applied from others than were looked at.
  if (!std::filesystem::exists(places.plans + kChecked, failed)) {
    const auto units = planned_units(places.plans);
    co_return Error{ErrorKind::InvalidInput, fmt::format("it can't be applied: whether the states of {} would last wasn't looked at: plan again", units.empty() ? "its units" : join(units, ", "))};
  }
  std::vector<std::string> command{"apply", "-input=false", "-no-color"};
  CO_TRY(const auto done, co_await run_over_units(clock, place, places, std::move(command), false, Reach::Apply));
  remove_quietly(places.report);
  std::size_t applied = 0;
  for (const auto& line : split(done.out + "\n" + done.err, '\n')) applied += line.find("Apply complete!") != std::string::npos ? 1 : 0;
  if (done.exit_code == 0) co_return fmt::format("Applied in {} units.", applied);
  const auto output = done.out + "\n" + done.err;
  if (applied == 0 && only_stale(output)) {
    co_return Error{ErrorKind::Conflict, "the state has moved since this was planned, nothing was applied: plan again"};
  }
  co_return Error{ErrorKind::Corrupt, fmt::format("it failed while it was applied, {} units are done: {}", applied, errors_in(output))};
}

}  // namespace driftwarden::terraform
