#pragma once
// The config is exchanged while the bot runs: on SIGHUP, and upon each commit to the place in Git where it is kept.
#include "bot/config/config.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/async.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// What is different, by root key. `restart`: of these at least one is what running connections are made of (slack, storage, http, clusters, repositories,
/// registries, tools, plugins, drift, config_from, model, ...): the bot is built anew inside the process. The others are taken over in place.
struct ConfigDifference {
  std::set<std::string> keys{};
  bool restart = false;
  bool empty() const { return keys.empty(); }
};
ConfigDifference difference_of(const Config& before, const Config& after);

class Reload {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    const Config* config = nullptr;  ///< in force
    Fleet* fleet = nullptr;
    std::shared_ptr<const Environment> environment;
    std::string state_directory;     ///< where the last good texts from Git are kept, so that a start doesn't need Git
    /// Where a repository is read; empty = the fleet's watcher of it. Null: it isn't watched.
    std::function<RepositoryWatcher*(const std::string& repository)> watcher{};
    /// A good config that differs; on the I/O thread. `origin`: "config@4f2c81a" or the file.
    std::function<void(Config config, ConfigDifference difference, std::string origin)> take;
    /// One that is refused, with every mistake; what was in force stays. Told once per content.
    std::function<void(std::string origin, std::vector<ConfigMistake> mistakes)> refuse;
  };
  explicit Reload(Parts parts);
  ~Reload();
  void start();
  asio::awaitable<void> stop();
  /// SIGHUP: the file (and what it includes and refers to) is read again.
  void again();
  /// A repository has a new head; looked into when it is that of `config_from` and its directory moved.
  void on_head(const std::string& repository, const std::string& head);
  /// How often it has looked at the config to the end.
  std::size_t looks() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a config allows before the rest of it was ever read from Git: rules, freezes and private teams may be kept there.
enum class BeforeGit { AsWritten, ReadingOnly };
/// For the start: the file, and where it says config_from, the last good texts. Texts that aren't good any more are mistakes as those of the file are: what
/// they forbid may not be allowed because of them. `before`: where there are none yet.
LoadedConfig load_config_with_last_good(const std::string& path, const Environment& environment, BeforeGit before = BeforeGit::AsWritten);
/// Until Git was read, with a warning.
void allow_reading_only(LoadedConfig& loaded);
bool allows_reading_only_before_git(const Config& config);

}  // namespace driftwarden
