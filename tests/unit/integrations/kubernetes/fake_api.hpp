#pragma once
// An API server that does what a script says, for the cluster client's own behaviour: over real sockets, on a manual clock.
#include "integrations/kubernetes/cluster.hpp"
#include "integrations/net/http_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwarden::test {

/// How a scripted watch goes on after its pieces.
enum class Then { Stay, End, Break };

net::ServerReply json_reply(unsigned status, const nlohmann::json& body);
net::ServerReply status_reply(unsigned status, const std::string& message);
net::ServerReply watch_reply(std::vector<std::string> pieces, Then then);
/// A quiet watch that the server ends when it said it would.
net::ServerReply quiet_watch(Clock& clock, Duration life);
std::string event_line(const std::string& type, const std::string& name, const std::string& version);
nlohmann::json list_of(const std::vector<std::string>& names, const std::string& version, const std::string& more = "");

class SinkLog final : public LiveSink {
 public:
  bool wants(const std::string& cluster, const LiveGlimpse& glimpse) override;
  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;
  /// What was told since the last call, without words on reachability when `quiet`.
  std::vector<std::string> take();
  std::vector<std::string> lines;
  std::vector<std::string> reach;
  JsonPtr last;
  std::uint64_t last_content = 0;
  std::vector<std::string> glimpses;               ///< "shop/a 12"
  std::function<bool(const LiveGlimpse&)> wanted;  ///< all without it
};

class ClusterTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  /// Replies to "GET /api/v1/configmaps" (lists) and its watches, in order; the last one repeats.
  void make_cluster(std::function<void(kubernetes::ClusterOptions&)> adjust = nullptr);
  asio::awaitable<net::ServerReply> answer(net::ServerRequest request);
  net::ServerReply next(std::deque<net::ServerReply>& script);
  bool eventually(const std::function<bool()>& holds);
  /// The same while time passes in steps.
  bool eventually_within(Duration span, const std::function<bool()>& holds);
  std::size_t asked(const std::string& start) const;
  static WatchedKind kind(const std::string& name);

  asio::io_context io;
  ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(7);
  std::unique_ptr<net::HttpServer> server;
  std::uint16_t port = 0;
  std::unique_ptr<kubernetes::Cluster> cluster;
  SinkLog sink;
  std::deque<net::ServerReply> lists;
  std::deque<net::ServerReply> watches;
  std::map<std::string, std::deque<net::ServerReply>> others;  ///< by "METHOD path"
  std::vector<std::string> requests;                           ///< "GET /path?query"
  std::vector<std::string> authorizations;
  std::vector<std::string> bodies;
  std::vector<std::string> accepts;
  std::string required_authorization;
  bool available = true;
  bool watchable = true;  ///< else lists and watches get 503, and all else its answer
  bool aggregated = false;
};

}  // namespace driftwarden::test
