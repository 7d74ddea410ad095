#include "bot/app/connections.hpp"

#include "integrations/git/transports.hpp"
#include "integrations/render/tool_runner.hpp"

namespace driftwarden {
namespace {

constexpr std::size_t kWorkers = 3;  // a tool that hangs may keep one

Result<std::unique_ptr<kubernetes::Cluster>> make_cluster(const asio::any_io_executor& executor, Clock& clock, Random& random, const ClusterConfig& config) {
  kubernetes::ClusterOptions options;
  options.name = config.name;
  auto connection = config.in_cluster ? kubernetes::in_cluster_connection() : kubernetes::load_kubeconfig(config.kubeconfig, config.context);
  if (!connection) return wrap("cluster " + config.name, connection.error());
  options.connection = std::move(*connection);
  return kubernetes::create_cluster(executor, clock, random, std::move(options));
}

}  // namespace

std::size_t pool_threads(const Config& config) { return kWorkers + config.repositories.size(); }

Result<Clusters> make_clusters(const asio::any_io_executor& executor, Clock& clock, Random& random, const Config& config) {
  Clusters clusters;
  for (const auto& cluster : config.clusters) {
    TRY(auto made, make_cluster(executor, clock, random, cluster));
    clusters.push_back(std::move(made));
  }
  return clusters;
}

Fleet::Parts make_fleet_parts(const FleetGround& ground, Clusters clusters, std::string cache_directory) {
  Fleet::Parts parts;
  parts.executor = ground.executor;
  parts.pool = ground.pool;
  parts.clock = &ground.clock;
  parts.random = &ground.random;
  parts.config = &ground.config;
  parts.redactor = &ground.redactor;
  parts.clusters = std::move(clusters);
  parts.transport = git::make_transport_factory(ground.executor, ground.clock, ground.http);
  parts.cache_directory = std::move(cache_directory);
  parts.render = tool_renderer(create_tool_runner());
  return parts;
}

}  // namespace driftwarden
