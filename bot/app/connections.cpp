#include "bot/app/connections.hpp"

#include "bot/config/tls.hpp"
#include "integrations/git/transports.hpp"
#include "integrations/render/tool_runner.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kWorkers = 3;
/// Tools wait for a place of theirs on the pool's threads: so many renderings of a repository at once. Fetching and reading must find a thread all the same.
constexpr std::size_t kRenderingEach = 4;
constexpr std::size_t kMostRendering = 32;

Result<std::unique_ptr<kubernetes::Cluster>> make_cluster(const asio::any_io_executor& executor, Clock& clock, Random& random, const ClusterConfig& config, const ClusterAnswer& on_answer,
                                                          const std::function<bool()>& may_send) {
  kubernetes::ClusterOptions options;
  options.may_send = may_send;
  options.name = config.name;
  if (on_answer) options.on_answer = [on_answer, name = config.name](unsigned status) { on_answer(name, status); };
  auto connection = connection_of(config);
  if (!connection) return wrap("cluster " + config.name, connection.error());
  options.connection = std::move(*connection);
  return kubernetes::create_cluster(executor, clock, random, std::move(options));
}

/// Encrypted with what isn't kept beside it; without such a secret nothing is kept.
std::shared_ptr<RenderStore> renderings_on_disk(const Config& config, const std::string& cache_directory) {
  if (config.slack.bot_token.empty() || cache_directory.empty()) return nullptr;
  return create_render_store(cache_directory + "/renderings", config.slack.bot_token);
}

}  // namespace

Result<kubernetes::Connection> connection_of(const ClusterConfig& config) {
  return config.in_cluster ? kubernetes::in_cluster_connection() : kubernetes::load_kubeconfig(config.kubeconfig, config.context);
}

std::size_t pool_threads(const Config& config) { return kWorkers + config.repositories.size() + std::min(kRenderingEach * config.repositories.size(), kMostRendering); }

std::map<std::string, std::string> server_urls(const Config& config) {
  std::map<std::string, std::string> urls;
  for (const auto& cluster : config.clusters) {
    if (const auto connection = connection_of(cluster)) urls.emplace(cluster.name, connection->server);
  }
  return urls;
}

Result<Clusters> make_clusters(const asio::any_io_executor& executor, Clock& clock, Random& random, const Config& config, const ClusterAnswer& on_answer,
                               const std::function<bool()>& may_send) {
  Clusters clusters;
  for (const auto& cluster : config.clusters) {
    TRY(auto made, make_cluster(executor, clock, random, cluster, on_answer, may_send));
    clusters.push_back(std::move(made));
  }
  return clusters;
}

net::HttpClientOptions terminal_http_options(const Config& config) {
  net::HttpClientOptions options;
  if (auto tls = tls_options(config.tls)) options.tls = std::move(*tls);
  return options;
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
  ToolRunnerOptions tools;
  tools.fence_required = ground.config.tools.fence == FenceMode::Required;
  tools.memory_bytes = static_cast<std::size_t>(ground.config.tools.memory_mib) << 20U;
  tools.timeout = ground.config.tools.timeout;
  parts.render = tool_renderer(create_tool_runner(tools), renderings_on_disk(ground.config, parts.cache_directory));
  return parts;
}

}  // namespace driftwarden
