#include "integrations/render/tool_runner.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/text.hpp"
#include "integrations/process/process.hpp"
#include "integrations/process/quiet.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <semaphore>
#include <set>

namespace driftwarden {
namespace fs = std::filesystem;
namespace {

/// Where a tool may keep what it likes.
Result<std::unique_ptr<TemporaryDirectory>> make_home() {
  TRY(auto home, TemporaryDirectory::make("driftwarden-home"));
  std::error_code failed;
  fs::create_directory(home->path() + "/tmp", failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("no temporary directory can be made in {}: {}", home->path(), failed.message())};
  return home;
}

std::map<std::string, std::string> environment_in(const std::string& home) {
  auto all = process::quiet_environment(home);
  all["HELM_CACHE_HOME"] = home + "/helm/cache";
  all["HELM_CONFIG_HOME"] = home + "/helm/config";
  all["HELM_DATA_HOME"] = home + "/helm/data";
  all["HELM_PLUGINS"] = home + "/helm/plugins";
  all["KUSTOMIZE_PLUGIN_HOME"] = home + "/kustomize/plugins";
  return all;
}

/// "" when there is none.
std::string find_in_path(const std::string& program) {
  if (program.starts_with('/')) return program;
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':')) {
    auto candidate = (folder.empty() ? "." : folder) + "/" + program;
    struct stat info {};
    if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

constexpr std::size_t kMaxWords = 200;

/// kustomize runs helm; a plugin's command may be a shell's that names others.
std::vector<std::string> helpers_of(const std::vector<std::string>& argv) {
  if (argv.empty()) return {};
  if (argv.front() == "helm") return {};
  if (argv.front() == "kustomize" || argv.front() == "kubectl") return {"helm"};
  std::set<std::string> words;
  for (const auto& argument : argv) {
    std::string word;
    for (const char c : argument + " ") {
      const bool of_name = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
      if (of_name) {
        word += c;
      } else if (!word.empty()) {
        if (words.size() < kMaxWords) words.insert(word);
        word.clear();
      }
    }
  }
  return {words.begin(), words.end()};
}

bool ran_out_of_memory(const process::Outcome& outcome) {
  static constexpr std::array<std::string_view, 6> kWords{"out of memory", "cannot allocate memory", "failed to reserve", "cannot map pages", "MemoryError", "memory exhausted"};
  return std::ranges::any_of(kWords, [&](std::string_view words) { return outcome.err.find(words) != std::string::npos; });
}

/// What ended it, when that was one of its bounds; "" when it ended by itself.
std::string bound_reached(const process::Outcome& outcome, const process::Limits& limits) {
  const int signal = outcome.exit_code > 128 ? outcome.exit_code - 128 : 0;
  if (signal == SIGXCPU) return fmt::format("it computed for more than {} s: is there an endless loop?", limits.cpu_seconds);
  if (signal == SIGXFSZ) return fmt::format("it wrote a file of more than {} MiB", process::kToolFileBytes >> 20U);
  if (signal == SIGSYS) return "it made a system call of another processor's kind, which its fence refuses";
  if (outcome.exit_code != 0 && ran_out_of_memory(outcome)) return fmt::format("it needed more than its {} MiB of memory (tools.memory in the configuration)", limits.address_space_bytes >> 20U);
  if (signal == SIGKILL) return "the system killed it, for which memory is the usual reason";
  return {};
}

class ProcessToolRunner final : public ToolRunner {
 public:
  explicit ProcessToolRunner(ToolRunnerOptions options) : options_(options) {
    const auto missing = process::missing_for_fence();
    if (missing.empty()) return;
    if (options_.fence_required) {
      log_error("render", "no tool can be run: tools.fence is required, and this kernel lacks " + missing);
    } else {
      log_warn("render", "tools for rendering run without all of their fence: this kernel lacks " + missing);
    }
  }

  Result<ToolOutcome> run(const ToolRun& run) override {
    const Turn turn(free_);
    TRY(const auto home, make_home());
    process::Command command;
    command.argv = run.argv;
    command.environment = run.environment;
    for (auto& [name, value] : environment_in(home->path())) command.environment.insert_or_assign(name, value);
    command.inherit = {"PATH"};
    command.directory = run.directory;
    command.timeout = run.timeout > Duration{0} ? run.timeout : options_.timeout;
    command.max_output_bytes = run.max_output_bytes;
    command.limits = process::tool_limits(options_.memory_bytes, command.timeout);
    const auto limits = command.limits;
    command.fence = fence_of(run, home->path());
    TRY(auto outcome, wait_for(std::move(command)));
    if (const auto bound = bound_reached(outcome, limits); !bound.empty()) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} was stopped: {}", run.argv.front(), bound)};
    }
    return ToolOutcome{outcome.exit_code, std::move(outcome.out), std::move(outcome.err)};
  }

  std::string identity(const std::string& program) override {
    const auto path = find_in_path(program);
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0) return {};
    return fmt::format("{}:{}:{}.{}", path, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }

  std::string identity_of(const std::vector<std::string>& argv) override {
    if (argv.empty()) return {};
    auto all = identity(argv.front());
    if (all.empty()) return {};
    auto others = helpers_of(argv);
    auto paths = process::absolute_paths_in(argv);
    paths.resize(std::min(paths.size(), kMaxWords));
    others.insert(others.end(), paths.begin(), paths.end());
    for (const auto& other : others) {
      if (const auto one = identity(other); !one.empty()) all += "\n" + one;
    }
    return all;
  }

 private:
  static constexpr std::ptrdiff_t kAtOnce = 2;
  using Places = std::counting_semaphore<kAtOnce>;
  struct Turn {
    explicit Turn(Places& places) : of(places) { of.acquire(); }
    ~Turn() { of.release(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Places& of;
  };

  process::Fence fence_of(const ToolRun& run, const std::string& home) const {
    process::Fence fence;
    const auto& readable = run.root.empty() ? run.directory : run.root;
    if (!readable.empty()) fence.readable = {readable};
    fence.writable = {home};
    fence.programs = helpers_of(run.argv);
    fence.keep_modes = true;
    fence.required = options_.fence_required;
    return fence;
  }

  /// An event loop of its own: the caller is a pool thread that has nothing else to do.
  static Result<process::Outcome> wait_for(process::Command command) {
    asio::io_context io(1);
    SystemClock clock;
    std::optional<Result<process::Outcome>> outcome;
    std::exception_ptr thrown;
    const auto keep = [&](std::exception_ptr error, Result<process::Outcome> result) {
      thrown = std::move(error);
      outcome.emplace(std::move(result));
    };
    asio::co_spawn(io, process::run(clock, std::move(command)), keep);
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*outcome);
  }

  ToolRunnerOptions options_;
  Places free_{kAtOnce};
};

}  // namespace

std::shared_ptr<ToolRunner> create_tool_runner(ToolRunnerOptions options) { return std::make_shared<ProcessToolRunner>(options); }

}  // namespace driftwarden
