#pragma once
// What every case of the suite has at hand.
#include "integrations/kubernetes/api_client.hpp"
#include "integrations/kubernetes/cluster.hpp"
#include "tests/contract/cluster/backend.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::test {

struct Answer {
  unsigned status = 0;
  nlohmann::json body;
};

/// What a sink was told, as short texts in order.
class RecordingSink final : public LiveSink {
 public:
  bool wants(const std::string& cluster, const LiveGlimpse& glimpse) override;
  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;
  std::size_t count(const std::string& line) const;
  JsonPtr find(const std::string& name) const;

  std::vector<std::string> lines;
  std::map<std::string, JsonPtr> objects;
  std::map<std::string, std::vector<std::uint64_t>> contents;  ///< by name, each glimpse's
  std::vector<std::string> versions;                           ///< of the glimpses, in order
};

class ClusterContract : public testing::TestWithParam<ClusterBackend> {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// A request as any client would send it. `type` "" = no body; "apply", "merge", "strategic", "json" are kinds of patches.
  Answer call(const std::string& method, const std::string& path, const nlohmann::json& body = nullptr, const std::string& type = "json-body");
  Answer apply_as(const std::string& manager, const nlohmann::json& object, const std::string& more = "");
  /// "/api/v1/namespaces/<ours>/configmaps/<name>" and so on.
  std::string path(const std::string& group_version, const std::string& plural, const std::string& name = "") const;
  nlohmann::json config_map(const std::string& name, const nlohmann::json& data) const;
  nlohmann::json deployment(const std::string& name) const;
  nlohmann::json service(const std::string& name) const;
  Result<kubernetes::ApplyOutcome> apply(const nlohmann::json& object, bool dry_run = false, bool force = true);
  /// Another client of the same server.
  std::unique_ptr<kubernetes::Cluster> make_cluster(kubernetes::Connection connection, std::optional<Duration> heartbeat_limit = std::nullopt);
  bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience = std::chrono::seconds{60});

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_system_random();
  std::unique_ptr<ClusterServer> server;
  std::unique_ptr<kubernetes::ApiClient> api;
  std::unique_ptr<kubernetes::Cluster> cluster;
  RecordingSink sink;
  std::string ns;
};

/// The managedFields entry of a manager, null when there is none.
nlohmann::json managed_entry(const nlohmann::json& object, const std::string& manager, const std::string& operation, const std::string& subresource = "");
/// fieldsV1 as sorted texts: `.data.a`, `.spec.ports[port=80,protocol="TCP"]` (its own `.`), `.metadata.finalizers[="x"]`.
std::set<std::string> owned_paths(const nlohmann::json& entry);

}  // namespace driftwarden::test
