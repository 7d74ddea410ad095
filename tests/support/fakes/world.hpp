#pragma once
// The whole bot but for its sockets: real store, outbox, mirror, drift index and steps; Slack, forge and cluster in memory; one clock.
#include "bot/change/changes.hpp"
#include "bot/config/config.hpp"
#include "bot/incident/incidents.hpp"
#include "tests/support/fakes/cluster.hpp"
#include "tests/support/fakes/forge.hpp"
#include "tests/support/fakes/slack.hpp"
#include "tests/support/fakes/watched_store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>

namespace driftwarden::test {

namespace fs = std::filesystem;

inline std::string run_shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen(("{ export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null; " + command + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), got);
  if (pclose(pipe) != 0) throw std::runtime_error(command + "\n" + out);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

/// A fresh directory that is removed with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "driftwarden-world-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  fs::path path;
};

/// One App of one Deployment, as its repository holds it: 2 replicas.
inline std::string deployment_yaml(int replicas) {
  return fmt::format("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\n  namespace: shop\nspec:\n  replicas: {}\n  selector:\n    matchLabels: {{app: checkout}}\n"
                     "  template:\n    metadata:\n      labels: {{app: checkout}}\n    spec:\n      containers:\n        - name: app\n          image: shop/checkout:1.4\n", replicas);
}

inline nlohmann::json live_deployment(int replicas) {
  nlohmann::json object = nlohmann::json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"checkout","namespace":"shop",
    "annotations":{"driftwarden.io/tracking":"checkout:apps/Deployment:shop/checkout"}},
    "spec":{"selector":{"matchLabels":{"app":"checkout"}},"template":{"metadata":{"labels":{"app":"checkout"}},
    "spec":{"containers":[{"name":"app","image":"shop/checkout:1.4"}]}}}})");
  object["spec"]["replicas"] = replicas;
  return object;
}

class World {
 public:
  World();
  ~World() { stop(); }

  std::string remote() const { return (directory.path / "remote.git").string(); }
  std::string git(const std::string& arguments) const { return run_shell("git -C " + remote() + " " + arguments); }
  /// Somebody commits the manifest with so many replicas to a branch of the repository.
  std::string commit(int replicas, const std::string& branch = "main") const;

  /// Somebody commits one file to main.
  std::string commit_file(const std::string& path, const std::string& text) const;

  void start();
  void stop();
  void restart();

  void scale_by_hand(int replicas);

  Result<void> transact(const std::function<Result<void>(storage::Transaction&)>& work) { return store.transact(work); }
  template <class T>
  T look(const std::function<Result<T>(storage::Transaction&)>& work) {
    std::optional<T> value;
    auto done = store.transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(value, work(tx));
      return Result<void>{};
    });
    if (!done) throw std::runtime_error(done.error().message);
    return std::move(*value);
  }
  Change change(std::int64_t id = 1);
  std::vector<Incident> incidents_of(const std::string& app);
  std::vector<std::string> audit_actions();

  asio::io_context io;
  ManualClock clock;
  std::unique_ptr<Random> random;
  TemporaryDirectory directory;
  WatchedStore store;
  AsyncStore async;
  Config config;
  Redactor redactor{"key"};
  FakeSlack slack;
  FakeForge forge_state;
  bool with_forge = true;
  std::set<std::string> outsiders;     ///< Slack ids of guests; "?" in it: Slack can't say
  std::function<void()> before_start;  ///< registers further outbox handlers
  std::shared_ptr<FakeCluster::State> cluster = std::make_shared<FakeCluster::State>();
  std::map<std::string, std::string> last_synced;
  FakeCluster* live = nullptr;
  std::map<std::string, std::shared_ptr<FakeCluster::State>> other_clusters;  ///< known from the next start on
  std::set<std::string> stuck_clusters;
  std::map<std::string, FakeCluster*> others;
  Hands hands;  ///< the same
  Assistant* assistant = nullptr;      ///< outlives the World; known from the next start on
  Gates* gates = nullptr;              ///< the same
  std::unique_ptr<Messenger> messenger;
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Incidents> incidents;
  std::unique_ptr<Changes> changes;

 private:
  /// Made once per process; each World copies it.
  static fs::path template_repository();

  void fill_config();
};

}  // namespace driftwarden::test
