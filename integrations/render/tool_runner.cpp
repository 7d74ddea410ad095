#include "integrations/render/tool_runner.hpp"

#include "gitops/base/text.hpp"
#include "integrations/process/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <semaphore>

namespace driftwarden {
namespace fs = std::filesystem;
namespace {

/// Where a tool may keep what it likes; only we can look into it.
class PrivateHome {
 public:
  static Result<std::unique_ptr<PrivateHome>> make() {
    std::error_code failed;
    const auto parent = fs::temp_directory_path(failed);
    if (failed) return Error{ErrorKind::Unavailable, "there is no directory for temporary files: " + failed.message()};
    auto pattern = (parent / "driftwarden-home-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return Error{ErrorKind::Unavailable, fmt::format("no temporary directory can be made in {}: {}", parent.string(), std::strerror(errno))};
    }
    std::unique_ptr<PrivateHome> home(new PrivateHome(pattern));
    fs::create_directory(home->path_ + "/tmp", failed);
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("no temporary directory can be made in {}: {}", pattern, failed.message())};
    return home;
  }
  ~PrivateHome() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PrivateHome(const PrivateHome&) = delete;
  PrivateHome& operator=(const PrivateHome&) = delete;

  std::map<std::string, std::string> environment() const {
    std::map<std::string, std::string> all{
        {"HOME", path_},
        {"TMPDIR", path_ + "/tmp"},
        {"XDG_CACHE_HOME", path_ + "/cache"},
        {"XDG_CONFIG_HOME", path_ + "/config"},
        {"XDG_DATA_HOME", path_ + "/data"},
        {"HELM_CACHE_HOME", path_ + "/helm/cache"},
        {"HELM_CONFIG_HOME", path_ + "/helm/config"},
        {"HELM_DATA_HOME", path_ + "/helm/data"},
        {"HELM_PLUGINS", path_ + "/helm/plugins"},
        {"KUSTOMIZE_PLUGIN_HOME", path_ + "/kustomize/plugins"},
        {"KUBECONFIG", "/dev/null"},
        {"LANG", "C.UTF-8"},
        {"GIT_ALLOW_PROTOCOL", "none"},  // whatever a tool thinks of fetching
        {"GIT_TERMINAL_PROMPT", "0"},
    };
    // Nobody listens there: what a tool would fetch over HTTP fails at once.
    for (const auto* name : {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}) all[name] = "http://127.0.0.1:9";
    return all;
  }

 private:
  explicit PrivateHome(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// "" when there is none.
std::string find_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path, ':')) {
    auto candidate = (folder.empty() ? "." : folder) + "/" + program;
    struct stat info {};
    if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

/// A small overlay can ask for a huge output, and a chart can loop. Go's tools reserve far less address space than this.
process::Limits tool_limits() {
  process::Limits limits;
  limits.address_space_bytes = 2ULL << 30U;
  limits.cpu_seconds = 60;
  limits.file_bytes = 256ULL << 20U;
  return limits;
}

class ProcessToolRunner final : public ToolRunner {
 public:
  Result<ToolOutcome> run(const ToolRun& run) override {
    const Turn turn(free_);
    TRY(const auto home, PrivateHome::make());
    process::Command command;
    command.argv = run.argv;
    command.environment = home->environment();
    command.inherit = {"PATH"};
    command.directory = run.directory;
    command.timeout = run.timeout;
    command.max_output_bytes = run.max_output_bytes;
    command.limits = tool_limits();
    TRY(auto outcome, wait_for(std::move(command)));
    return ToolOutcome{outcome.exit_code, std::move(outcome.out), std::move(outcome.err)};
  }

  std::string identity(const std::string& program) override {
    const auto path = find_in_path(program);
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0) return {};
    return fmt::format("{}:{}:{}.{}", path, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
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

  Places free_{kAtOnce};
};

}  // namespace

std::shared_ptr<ToolRunner> create_tool_runner() { return std::make_shared<ProcessToolRunner>(); }

}  // namespace driftwarden
