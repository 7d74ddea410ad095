#include "bot/terminal/git_pass.hpp"

#include "bot/app/connections.hpp"
#include "bot/app/signals.hpp"
#include "bot/app/sources.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr Duration kLookEvery{20};

/// Only those in which Apps are found: what the others hold isn't asked for.
Config with_needed_clusters(Config config) {
  std::set<std::string> needed;
  for (const auto& rule : config.discover) {
    if (rule.kind != DiscoverKind::Paths) needed.insert(rule.cluster);
  }
  std::erase_if(config.clusters, [&](const ClusterConfig& cluster) { return !needed.contains(cluster.name); });
  return config;
}

class GitLook {
 public:
  GitLook(asio::io_context& io, Clock& clock, Random& random, const Config& config, Clusters clusters, const std::string& cache)
      : clock_(clock),
        pool_(pool_threads(config)),
        redactor_(random.hex(64)),
        http_(net::create_http_client(io.get_executor(), clock, terminal_http_options(config))),
        ground_{io.get_executor(), pool_.get_executor(), clock, random, *http_, config, redactor_},
        fleet_(make_fleet_parts(ground_, std::move(clusters), cache)),
        sources_(ground_, fleet_, cache + "/plans", [](const std::string& source, const std::string& what) { log_warn("sources", fmt::format("{}: {}", source, what)); }) {}

  asio::awaitable<void> look(Duration patience) {
    Fleet::Listener listener;
    listener.on_report = [](const DriftReport&) {};
    listener.on_synced = [](const std::string&, const std::string&) {};
    listener.on_cluster = [](const std::string&, bool, const std::string&) {};
    listener.on_repository = [this](const std::string& repository, bool reachable, const std::string& why) { note_repository(repository, reachable, why); };
    sources_.listen(listener);
    fleet_.start(std::move(listener));
    sources_.start();
    const auto until = clock_.mono_now() + patience;
    while (!is_known() && clock_.mono_now() < until) {
      if (auto slept = co_await clock_.sleep_for(kLookEvery); !slept) co_return;
    }
    take();
    finished_ = true;
  }

  asio::awaitable<void> stop() {
    co_await sources_.stop();
    co_await fleet_.stop();
    pool_.join();
  }

  bool finished() const { return finished_; }
  GitPass result() { return std::move(result_); }

 private:
  void note_repository(const std::string& repository, bool reachable, const std::string& why) {
    if (reachable) unreachable_.erase(repository);
    if (!reachable) unreachable_[repository] = why;
  }

  bool is_rendered_or_failed(const App& app) const {
    return !is_rendered(app) || fleet_.desired(app.name) || fleet_.desired_failed(app.name) || unreachable_.contains(app.repository);
  }
  bool is_known() const {
    const auto apps = fleet_.apps();
    return fleet_.apps_are_known_as_far_as_can_be() && std::ranges::all_of(apps, [&](const App& app) { return is_rendered_or_failed(app); });
  }

  void take() {
    for (const auto& app : fleet_.apps()) {
      if (!is_rendered(app)) continue;
      if (auto desired = fleet_.desired(app.name)) {
        result_.apps.push_back({app, std::move(*desired)});
        continue;
      }
      const auto why = unreachable_.find(app.repository);
      result_.missing.push_back(fmt::format("{}: {}", app.name, why != unreachable_.end() ? why->second : "it couldn't be rendered: `driftwarden drift` says why"));
    }
    if (!fleet_.apps_are_known_as_far_as_can_be()) result_.missing.emplace_back("Apps that are found in a cluster or repository which gave no answer");
  }

  Clock& clock_;
  asio::thread_pool pool_;
  Redactor redactor_;
  std::unique_ptr<net::HttpClient> http_;
  FleetGround ground_;
  Fleet fleet_;
  Sources sources_;
  std::map<std::string, std::string> unreachable_;
  bool finished_ = false;
  GitPass result_;
};

asio::awaitable<void> look_and_tell(GitLook& look, Duration patience, Signal& ended) {
  co_await look.look(patience);
  ended.notify();
}

asio::awaitable<void> stop_at_signal(Signal& ended) {
  co_await wait_for_stop_signal();
  ended.notify();
}

asio::awaitable<void> run_look(GitLook& look, Duration patience, asio::io_context& io) {
  TaskGroup tasks(io.get_executor());
  Signal ended(io.get_executor());
  tasks.spawn("look", look_and_tell(look, patience, ended));
  tasks.spawn("signals", stop_at_signal(ended));
  (void)co_await ended.wait();
  co_await tasks.join();
  co_await look.stop();
  io.stop();
}

}  // namespace

Result<GitPass> look_at_git(const Config& config, const GitPassOptions& options) {
  const auto needed = with_needed_clusters(config);
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  TRY(auto clusters, make_clusters(io.get_executor(), clock, *random, needed));
  std::unique_ptr<TemporaryDirectory> temporary;
  auto cache = options.cache;
  if (cache.empty()) {
    TRY(temporary, TemporaryDirectory::make());
    cache = temporary->path();
  }
  // Apps may be in clusters that aren't looked at: the config stays whole.
  GitLook look(io, clock, *random, config, std::move(clusters), cache);
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", run_look(look, options.patience, io));
  io.run();
  if (!look.finished()) return Error{ErrorKind::Cancelled, "told to stop"};
  return look.result();
}

}  // namespace driftwarden
