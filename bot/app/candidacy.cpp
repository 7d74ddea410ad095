#include "bot/app/candidacy.hpp"

#include "bot/app/connections.hpp"
#include "bot/config/load.hpp"
#include "bot/config/shards.hpp"
#include "bot/reload/reload.hpp"
#include "bot/web/web.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <unistd.h>

#include <array>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::size_t kChance = 8;

/// Of a shard only its own clusters are left in the config.
Result<ClusterConfig> cluster_of_lease(const Config& config, const std::shared_ptr<const Environment>& environment) {
  if (const auto* cluster = find_cluster(config, config.ha->cluster)) return *cluster;
  auto whole = load_config_with_last_good(config.file, *without_shard(environment));
  if (whole.config) {
    if (const auto* cluster = find_cluster(*whole.config, config.ha->cluster)) return *cluster;
  }
  return Error{ErrorKind::InvalidInput, fmt::format("ha: there is no cluster {}", config.ha->cluster)};
}

net::ServerReply text(unsigned status, std::string body) { return {status, "text/plain; charset=utf-8", std::move(body)}; }

asio::awaitable<net::ServerReply> send_on(std::string why) { co_return text(503, why + "\n"); }

}  // namespace

std::string identity_of(const HaConfig& ha, Random& random) {
  if (!ha.identity.empty()) return ha.identity;
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return fmt::format("{}-{}", known ? name.data() : "driftwarden", random.hex(kChance));
}

Result<std::unique_ptr<Candidacy>> Candidacy::create(asio::any_io_executor executor, Clock& clock, Random& random, const Config& config,
                                                     const std::shared_ptr<const Environment>& environment, std::function<void()> on_change) {
  TRY(const auto cluster, cluster_of_lease(config, environment));
  auto connection = connection_of(cluster);
  if (!connection) return wrap("ha: cluster " + cluster.name, connection.error());
  kubernetes::LeasePlace place{cluster.name, config.ha->namespace_, config.ha->lease};
  Elector::Parts parts;
  parts.executor = executor;
  parts.clock = &clock;
  parts.lease = kubernetes::create_lease_api(executor, clock, random, std::move(*connection), std::move(place));
  parts.identity = identity_of(*config.ha, random);
  parts.duration = config.ha->duration;
  parts.on_change = std::move(on_change);
  std::unique_ptr<Candidacy> made(new Candidacy(executor, clock, config, std::move(parts)));
  made->elector_.start();
  return made;
}

Candidacy::Candidacy(asio::any_io_executor executor, Clock& clock, const Config& config, Elector::Parts parts)
    : executor_(std::move(executor)), clock_(clock), http_(config.http), elector_(std::move(parts)) {}

std::string Candidacy::why_not_ready() const {
  const auto holder = elector_.figures().holder;
  return holder.empty() ? std::string("standby, nobody leads yet") : fmt::format("standby, leader is {}", holder);
}

/// Webhooks are for the leader: whoever sends them may try again.
net::ServerHandler Candidacy::handler() {
  WebParts parts;
  parts.clock = &clock_;
  parts.not_ready = [this] { return why_not_ready(); };
  parts.gauges = [] { return std::map<std::string, double>{}; };
  parts.more_metrics = [this] { return to_metrics(figures()); };
  return [this, known = make_web_handler(std::move(parts))](net::ServerRequest request) {
    const bool here = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
    return here ? known(std::move(request)) : send_on(why_not_ready());
  };
}

Result<void> Candidacy::stand_by() {
  if (!server_) {
    net::HttpServerOptions options;
    options.address = http_.host;
    options.port = http_.port;
    TRY(server_, net::start_http_server(executor_, clock_, options, handler()));
  }
  log_info("leader", identity() + " stands by");
  elector_.stand();
  return Result<void>{};
}

asio::awaitable<void> Candidacy::end_standby() {
  if (!server_) co_return;
  co_await server_->stop();
  server_.reset();
}

asio::awaitable<void> Candidacy::release() {
  co_await end_standby();
  co_await elector_.release();
}

}  // namespace driftwarden
