#pragma once
// One Kubernetes API endpoint: what the bot may ask of it.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "gitops/diff/schema.hpp"
#include "gitops/drift/live_source.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace driftwarden::kubernetes {

struct ClusterOptions {
  std::string name;
  Connection connection;
  Duration request_timeout{15'000};
  Duration watch_timeout{45'000};         ///< asked of the server as timeoutSeconds, spread by jitter: each watch shows that it lives so often
  Duration heartbeat_limit{60'000};       ///< nothing from the server, or from one of the watches, for so long: unreachable
  Duration probe_every{20'000};           ///< GET /readyz beside quiet watches
  Duration backoff_base{500};
  Duration backoff_max{30'000};
  std::size_t page_size = 500;
  std::function<bool()> may_send{};       ///< asked right before each request, as in net::HttpClientOptions
  /// Told of every answer by its status, and with 0 where there was none: for figures.
  std::function<void(unsigned status)> on_answer{};
};

struct ApplyOptions {
  bool dry_run = false;
  bool force = true;  ///< take over fields of other managers: the approved revision wins
  std::string field_manager = "driftwarden";
};

struct ApplyOutcome {
  unsigned status = 0;
  JsonPtr object;       ///< as the server answered
  std::string message;  ///< on refusal, the server's own words
};

/// One page of a list; `limit` bounds what the server sends.
struct ListQuery {
  WatchedKind kind;
  std::string namespace_;      ///< "" = everywhere
  std::string label_selector;
  std::string field_selector;
  std::size_t limit = 500;
};

struct LogQuery {
  std::string namespace_;
  std::string pod;
  std::string container;  ///< "" = the only one
  bool previous = false;
  std::optional<Duration> since;
  std::size_t tail = 100;
  std::size_t limit_bytes = 512U << 10U;
  bool timestamps = false;
};

/// Used from the I/O thread. Errors: Denied (401, 403), NotFound, Conflict (409), InvalidInput (400, 422), RateLimited (429, after retries),
/// Unavailable, Timeout. The messages name cluster, verb and object.
class Cluster {
 public:
  virtual ~Cluster() = default;
  virtual const std::string& name() const = 0;
  /// When the server was last heard of: what a verdict is as of. The epoch before the first word.
  virtual WallTime last_heard() const = 0;
  /// Sets what is watched (list, then watch with bookmarks, re-list after 410, reconnect with back-off; kinds that aren't served are tried
  /// again now and then). Call again to change the set: kept kinds go on undisturbed. `sink` must outlive the cluster. The first word
  /// of the server is told as `on_reachable(true)`, too.
  virtual void watch(std::set<WatchedKind> kinds, LiveSink& sink) = 0;
  /// Server-side apply. A refused dry-run (400, 409, 422, and 500 for a merge that the object itself makes impossible) is an outcome with
  /// `status` and `message`; a refused real apply is an error. Repeated after 429, 5xx and lost connections, within the request's time.
  virtual asio::awaitable<Result<ApplyOutcome>> apply(JsonPtr object, ApplyOptions options) = 0;
  /// RFC 6902. Sent once: let it `test` the resourceVersion it was made from. Unavailable when a test fails: look again.
  virtual asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr json_patch, std::string field_manager) = 0;
  virtual asio::awaitable<Result<void>> remove(ObjectRef ref) = 0;  ///< background propagation; an absent object is a success
  virtual asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) = 0;
  /// Objects as the server has them now (not from the watches); kinds of any group. An array.
  virtual asio::awaitable<Result<JsonPtr>> list(ListQuery query) = 0;
  /// The end of a container's log, as it is: not redacted.
  virtual asio::awaitable<Result<std::string>> logs(LogQuery query) = 0;
  /// May the bot `verb` ("patch", "get") this kind there? By SelfSubjectAccessReview; `namespace_` "" = everywhere.
  virtual asio::awaitable<Result<bool>> may(std::string verb, WatchedKind kind, std::string namespace_) = 0;
  virtual asio::awaitable<Result<std::string>> server_version() = 0;
  /// False for cluster-wide kinds; NotFound when the kind isn't served.
  virtual asio::awaitable<Result<bool>> is_namespaced(WatchedKind kind) = 0;
  /// Of the groups of the watched kinds; read again only where the server's documents changed.
  virtual asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() = 0;
  /// Stops all watches and waits for them.
  virtual asio::awaitable<void> close() = 0;
};

std::unique_ptr<Cluster> create_cluster(asio::any_io_executor executor, Clock& clock, Random& random, ClusterOptions options);

enum class Health { Healthy, Progressing, Degraded, Unknown };
struct HealthReport {
  Health health = Health::Healthy;
  std::string why;  ///< for people, when not Healthy: "2 of 3 replicas available"
};
/// From an object's own status: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, Pod, PVC, Service of type LoadBalancer; others are Healthy once they exist.
HealthReport health_of(const nlohmann::json& object);
std::string_view to_string(Health health);

}  // namespace driftwarden::kubernetes
