#include "bot/terminal/drift_command.hpp"

#include "bot/app/connections.hpp"
#include "bot/terminal/drift_print.hpp"
#include "bot/app/sources.hpp"
#include "bot/app/signals.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "bot/reload/reload.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "storage/store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>

namespace driftwarden {
namespace {

constexpr Duration kLookEvery{20};

struct Memory {
  std::string redaction_key;
  std::map<std::string, std::string> last_synced;
};

/// What a bot with this config has learned, where there is one.
Memory read_memory(const Config& config, Clock& clock, Random& random) {
  Memory memory;
  std::error_code ignored;
  if (std::filesystem::exists(config.storage.path, ignored)) {
    const auto read = [&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto key, tx.setting("redaction_key"));
      memory.redaction_key = key.value_or("");
      TRY(const auto rows, tx.app_rows());
      for (const auto& row : rows) {
        if (!row.last_synced_revision.empty()) memory.last_synced.emplace(row.app, row.last_synced_revision);
      }
      return Result<void>{};
    };
    // One that can't be read is as good as none: a verdict doesn't rest on it.
    if (auto store = storage::Store::open_read_only(config.storage.path, clock); store && !(*store)->transact(read)) memory = {};
  }
  if (memory.redaction_key.empty()) memory.redaction_key = random.hex(64);
  return memory;
}

/// The named Apps, or all.
Result<std::vector<std::string>> chosen(const Fleet& fleet, const std::vector<std::string>& named) {
  std::vector<std::string> all;
  for (const auto& app : fleet.apps()) all.push_back(app.name);
  if (named.empty()) return all;
  for (const auto& name : named) {
    if (fleet.app(name) != nullptr) continue;
    const auto near = nearest(name, all);
    return Error{ErrorKind::InvalidInput, fmt::format("unknown App \"{}\"{}", without_control_characters(name), near ? fmt::format(", did you mean \"{}\"?", *near) : "")};
  }
  auto names = named;
  std::ranges::sort(names);
  const auto doubled = std::ranges::unique(names);
  names.erase(doubled.begin(), doubled.end());
  return names;
}

/// One pass: everything it needs, in the order in which it can go.
class Pass {
 public:
  Pass(asio::io_context& io, Clock& clock, Random& random, const Config& config, Clusters clusters, std::string cache)
      : Pass(io, clock, random, config, std::move(clusters), cache, read_memory(config, clock, random)) {}

  /// The named Apps, or all; repositories may declare some that no config knows.
  asio::awaitable<void> judge(std::vector<std::string> named, Duration patience) {
    auto listener = quiet();
    sources_.listen(listener);
    fleet_.start(std::move(listener));
    sources_.start();
    const auto until = clock_.mono_now() + patience;
    while (!fleet_.apps_are_known_as_far_as_can_be() && clock_.mono_now() < until) {
      if (auto slept = co_await clock_.sleep_for(kLookEvery); !slept) co_return;
    }
    auto names = chosen(fleet_, named);
    if (!names) {
      refusal_ = names.error();
      co_return;
    }
    for (const auto& name : *names) {
      if (const auto* app = fleet_.app(name); app != nullptr && app->kind != AppKind::Kubernetes) planning_.spawn("plan of " + name, plan(name));
    }
    while (!all_final(*names) && clock_.mono_now() < until) {
      if (auto slept = co_await clock_.sleep_for(kLookEvery); !slept) co_return;
    }
    finished_ = true;
    for (const auto& name : *names) {
      reports_.push_back(fleet_.report(name));
      if (!fleet_.is_final(name)) unfinished_.push_back(name);
    }
  }

  asio::awaitable<void> stop() {
    co_await planning_.join();
    co_await sources_.stop();
    co_await fleet_.stop();
    pool_.join();
  }

  bool finished() const { return finished_; }
  const std::optional<Error>& refusal() const { return refusal_; }
  const std::vector<DriftReport>& reports() const { return reports_; }
  const std::vector<std::string>& unfinished() const { return unfinished_; }

 private:
  Pass(asio::io_context& io, Clock& clock, Random& random, const Config& config, Clusters clusters, const std::string& cache, Memory memory)
      : clock_(clock),
        pool_(pool_threads(config)),
        redactor_(memory.redaction_key),
        http_(net::create_http_client(io.get_executor(), clock, terminal_http_options(config))),
        ground_{io.get_executor(), pool_.get_executor(), clock, random, *http_, config, redactor_},
        fleet_(parts_of(std::move(clusters), cache, std::move(memory.last_synced))),
        sources_(ground_, fleet_, cache + "/plans", [](const std::string& source, const std::string& what) { log_warn("sources", fmt::format("{}: {}", source, what)); }),
        planning_(io.get_executor()) {}

  Fleet::Parts parts_of(Clusters clusters, std::string cache, std::map<std::string, std::string> last_synced) {
    auto parts = make_fleet_parts(ground_, std::move(clusters), std::move(cache));
    parts.last_synced = std::move(last_synced);
    return parts;
  }

  static Fleet::Listener quiet() {
    Fleet::Listener listener;
    listener.on_report = [](const DriftReport&) {};
    listener.on_synced = [](const std::string&, const std::string&) {};
    listener.on_cluster = [](const std::string&, bool, const std::string&) {};
    listener.on_repository = [](const std::string&, bool, const std::string&) {};
    return listener;
  }

  /// At once, whatever its schedule says; the report comes by the fleet.
  asio::awaitable<void> plan(std::string name) {
    auto planned = co_await sources_.plans().plan_now(name);
    if (!planned) log_warn("sources", fmt::format("{}: {}", name, planned.error().message));
  }

  /// A report that is made now may raise the question that it then waits for.
  bool all_final(const std::vector<std::string>& names) {
    const auto is_final = [&](const std::string& name) { return fleet_.is_final(name); };
    if (!std::ranges::all_of(names, is_final)) return false;
    for (const auto& name : names) (void)fleet_.report(name);
    return std::ranges::all_of(names, is_final);
  }

  Clock& clock_;
  asio::thread_pool pool_;
  Redactor redactor_;
  std::unique_ptr<net::HttpClient> http_;
  FleetGround ground_;
  Fleet fleet_;
  Sources sources_;
  TaskGroup planning_;
  bool finished_ = false;
  std::optional<Error> refusal_;
  std::vector<DriftReport> reports_;
  std::vector<std::string> unfinished_;
};

asio::awaitable<void> judge_and_tell(Pass& pass, std::vector<std::string> names, Duration patience, Signal& ended) {
  co_await pass.judge(std::move(names), patience);
  ended.notify();
}

asio::awaitable<void> end_at_signal(Signal& ended) {
  co_await wait_for_stop_signal();
  ended.notify();
}

asio::awaitable<void> run_pass(Pass& pass, std::vector<std::string> names, Duration patience, asio::io_context& io) {
  TaskGroup tasks(io.get_executor());
  Signal ended(io.get_executor());
  tasks.spawn("pass", judge_and_tell(pass, std::move(names), patience, ended));
  tasks.spawn("signals", end_at_signal(ended));
  (void)co_await ended.wait();
  co_await tasks.join();
  co_await pass.stop();
  io.stop();
}

Result<int> run(const DriftArguments& arguments, const Config& config, std::ostream& out, std::ostream& err) {
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  TRY(auto clusters, make_clusters(io.get_executor(), clock, *random, config));
  std::unique_ptr<TemporaryDirectory> temporary;
  auto cache = arguments.cache;
  if (cache.empty()) {
    TRY(temporary, TemporaryDirectory::make());
    cache = temporary->path();
  }
  Pass pass(io, clock, *random, config, std::move(clusters), std::move(cache));
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", run_pass(pass, arguments.apps, arguments.patience, io));
  io.run();
  const auto& reports = pass.reports();
  if (pass.refusal()) return *pass.refusal();
  if (!pass.finished()) return Error{ErrorKind::Cancelled, "told to stop"};
  if (arguments.output == "json") {
    out << drift_document(reports).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    out << drift_text(reports);
  }
  for (const auto& name : pass.unfinished()) err << fmt::format("driftwarden drift: {}: no final verdict within {}\n", name, format_duration(arguments.patience));
  return pass.unfinished().empty() ? drift_exit_code(reports) : 2;
}

}  // namespace

int run_drift(const DriftArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  if (arguments.output != "text" && arguments.output != "json") {
    err << "driftwarden drift: unknown output \"" << arguments.output << "\", expected text or json\n";
    return 2;
  }
  const auto loaded = load_config_with_last_good(arguments.config, environment);
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  if (!loaded.config) return 2;
  const auto done = run(arguments, *loaded.config, out, err);
  if (done) return *done;
  err << "driftwarden drift: " << done.error().message << '\n';
  return 2;
}

}  // namespace driftwarden
