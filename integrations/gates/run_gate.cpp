#include "integrations/gates/run_gate.hpp"

#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "integrations/gates/places.hpp"
#include "integrations/process/process.hpp"
#include "integrations/process/programs.hpp"
#include "integrations/process/quiet.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace driftwarden::gates {
namespace {

constexpr std::size_t kMostOutput = 16U << 20U;

std::string directory_of(const std::string& file) { return file.substr(0, std::max<std::size_t>(file.rfind('/'), 1)); }

/// `file`: of the program.
process::Command command_of(const GateProgram& program, const std::string& file, const RunPlace& place) {
  process::Command command;
  command.argv = filled_in(program.argv, {{"{manifests}", place.manifests()}, {"{before}", place.before()}, {"{policies}", place.policies()}});
  command.argv.front() = file;
  command.environment = process::quiet_environment(place.home());
  command.environment["NO_COLOR"] = "1";
  command.environment["PYTHONDONTWRITEBYTECODE"] = "1";
  // Not ours: what it can't run in its fence is no program for it.
  command.environment["PATH"] = directory_of(file) + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  command.inherit.clear();
  command.directory = place.home();
  command.timeout = program.timeout;
  command.max_output_bytes = kMostOutput;
  command.limits = process::tool_limits(program.memory_bytes, program.timeout);
  process::Fence fence;
  fence.readable = {place.manifests(), place.before()};
  if (!place.policies().empty()) fence.readable.push_back(place.policies());
  for (auto& path : existing_paths_in({program.argv.begin() + 1, program.argv.end()})) fence.readable.push_back(std::move(path));
  fence.writable = {place.home()};
  fence.programs = installation_of(file);
  fence.keep_modes = true;
  fence.required = program.fence_required;
  command.fence = std::move(fence);
  return command;
}

std::string search_path() {
  const char* ours = std::getenv("PATH");
  return ours == nullptr ? "/usr/local/bin:/usr/bin:/bin" : ours;
}

Error explain(const GateProgram& program, const Error& why) {
  if (why.kind == ErrorKind::Timeout) return {why.kind, fmt::format("{} gave no answer within {}", program.argv.front(), format_duration(program.timeout))};
  if (why.kind == ErrorKind::Corrupt) return {why.kind, fmt::format("{} printed more than {} MiB", program.argv.front(), kMostOutput >> 20U)};
  return wrap("running " + program.argv.front(), why);
}

Result<std::string> file_of(const GateProgram& program) {
  if (program.argv.empty()) return Error{ErrorKind::InvalidInput, "it has no command"};
  std::error_code failed;
  auto file = process::find_program(program.argv.front(), search_path());
  if (file) *file = std::filesystem::absolute(*file, failed).string();
  if (file && std::filesystem::exists(*file, failed)) return file;
  return Error{ErrorKind::NotFound, fmt::format("{} isn't installed where Driftwarden runs", program.argv.front())};
}

}  // namespace

std::vector<std::string> argv_of(Format tool, const std::vector<std::string>& arguments, bool with_policies) {
  std::vector<std::string> argv;
  const auto add = [&](std::initializer_list<const char*> words) { argv.insert(argv.end(), words.begin(), words.end()); };
  const bool own_schemas = std::ranges::any_of(arguments, [](const std::string& one) { return one.starts_with("-schema-location") || one.starts_with("--schema-location"); });
  if (tool == Format::Conftest) {
    // A rule whose built-in function fails would else count as passed.
    add({"conftest", "test", "--output", "json", "--no-color", "--show-builtin-errors"});
    if (with_policies) add({"--policy", "{policies}"});
  } else if (tool == Format::Kyverno) {
    add({"kyverno", "apply", "{policies}", "--resource", "{manifests}", "--policy-report", "--output-format", "json", "--remove-color", "-v=3"});
  } else {
    add({"kubeconform", "-output", "json", "-verbose"});
    if (with_policies && !own_schemas) add({"-schema-location", "{policies}"});
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  if (tool != Format::Kyverno) add({"{manifests}"});
  return argv;
}

asio::awaitable<Result<std::vector<Finding>>> run_gate(Clock& clock, asio::any_io_executor pool, GateProgram program, GateInput input) {
  CO_TRY(const auto file, file_of(program));
  auto prepare = [input = std::move(input), format = program.format]() -> Result<std::unique_ptr<RunPlace>> {
    TRY(auto made, RunPlace::make(input));
    // It is content with none.
    if (format == Format::Kyverno && !holds_policies(made->policies())) return Error{ErrorKind::NotFound, "there is no policy of Kyverno at the place of its policies"};
    return made;
  };
  auto preparing = offload(pool, std::move(prepare));
  CO_TRY(std::shared_ptr<RunPlace> place, co_await std::move(preparing));
  auto running = process::run(clock, command_of(program, file, *place));
  auto outcome = co_await std::move(running);
  if (!outcome) co_return explain(program, outcome.error());
  auto read = [place, format = program.format, printed = Printed{outcome->exit_code, std::move(outcome->out), std::move(outcome->err)}] {
    return read_answer(format, printed, place->subjects());
  };
  auto reading = offload(pool, std::move(read));
  auto findings = co_await std::move(reading);
  // Gone before the answer is told, and not on the I/O thread.
  auto clean = [gone = std::move(place)]() mutable { gone.reset(); };
  auto cleaning = offload(pool, std::move(clean));
  co_await std::move(cleaning);
  co_return findings;
}

}  // namespace driftwarden::gates
