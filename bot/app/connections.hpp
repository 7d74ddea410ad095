#pragma once
// From the config to what it names: the one place where clusters and mirrors are made, for the bot and for one pass in a terminal.
#include "bot/watch/fleet.hpp"
#include "integrations/net/http_client.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// For Git and rendering: one thread per repository that a slow remote may keep busy, and those that wait for a tool.
std::size_t pool_threads(const Config& config);

using Clusters = std::vector<std::unique_ptr<kubernetes::Cluster>>;
/// Told of each answer of a cluster: its name, and the status (0: there was none).
using ClusterAnswer = std::function<void(const std::string& cluster, unsigned status)>;
Result<kubernetes::Connection> connection_of(const ClusterConfig& config);
/// Errors: a kubeconfig that is wrong. `may_send` is asked before each request.
Result<Clusters> make_clusters(const asio::any_io_executor& executor, Clock& clock, Random& random, const Config& config, const ClusterAnswer& on_answer = {},
                               const std::function<bool()>& may_send = {});

/// The clusters' API servers as their kubeconfigs name them; those that can't be read are left out.
std::map<std::string, std::string> server_urls(const Config& config);

/// For one pass in a terminal: `tls` as far as its files can be read; the config's check tells of those that can't, and without them nobody else is trusted.
net::HttpClientOptions terminal_http_options(const Config& config);

/// What a fleet is made of besides clusters, its memory and its directory.
struct FleetGround {
  asio::any_io_executor executor;
  asio::any_io_executor pool;
  Clock& clock;
  Random& random;
  net::HttpClient& http;
  const Config& config;
  const Redactor& redactor;
};
Fleet::Parts make_fleet_parts(const FleetGround& ground, Clusters clusters, std::string cache_directory);

}  // namespace driftwarden
