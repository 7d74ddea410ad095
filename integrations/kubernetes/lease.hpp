#pragma once
// One Lease (coordination.k8s.io/v1): read, made, and written only by who saw its newest version.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace driftwarden::kubernetes {

struct Lease {
  std::string holder;      ///< "" = nobody
  Duration duration{0};    ///< in whole seconds on the wire, rounded up
  std::optional<WallTime> acquired_at{};  ///< for people: times of different machines are never compared
  std::optional<WallTime> renewed_at{};   ///< nothing: given back by its last holder, or never held
  int transitions = 0;
  std::string version{};   ///< resourceVersion: what an update must still find
  JsonPtr object{};        ///< as it was read: its labels and what else we know nothing of stay
};
/// What matters of it; not the rest of the object.
bool operator==(const Lease& a, const Lease& b);

/// Every call is one exchange: who loses an answer reads again. Errors: Conflict (somebody else wrote, or made it), NotFound (no such Lease; on create() no such
/// namespace), Denied (with the rights that are needed), Timeout, Unavailable, Corrupt.
class LeaseApi {
 public:
  virtual ~LeaseApi() = default;
  /// Nothing when there is no such Lease.
  virtual asio::awaitable<Result<std::optional<Lease>>> read(Duration timeout) = 0;
  virtual asio::awaitable<Result<Lease>> create(Lease lease, Duration timeout) = 0;
  virtual asio::awaitable<Result<Lease>> update(Lease lease, Duration timeout) = 0;
};

struct LeasePlace {
  std::string cluster;  ///< for messages
  std::string namespace_;
  std::string name;
};

std::unique_ptr<LeaseApi> create_lease_api(asio::any_io_executor executor, Clock& clock, Random& random, Connection connection, LeasePlace place);

/// The object as it is sent, JSON text. Pure, as what reads it.
std::string lease_text(const LeasePlace& place, const Lease& lease);
Result<Lease> parse_lease(const std::string& text);

}  // namespace driftwarden::kubernetes
