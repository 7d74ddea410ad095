#pragma once
// The port through which a cluster tells the drift index what is live. Implemented in integrations/kubernetes.
#include "gitops/base/clock.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/object.hpp"

#include <set>
#include <string>

namespace driftwarden {

struct LiveObject {
  ObjectRef ref;
  JsonPtr body;  ///< as the server sent it; Secret data still in clear: compare, never print
};

/// A kind in the version in which Git speaks of it.
struct WatchedKind {
  std::string group;
  std::string version;
  std::string kind;
  auto operator<=>(const WatchedKind&) const = default;
};

/// Called on the I/O thread, in order per kind.
class LiveSink {
 public:
  virtual ~LiveSink() = default;
  virtual void on_object(const std::string& cluster, LiveObject object) = 0;
  virtual void on_deleted(const std::string& cluster, const ObjectRef& ref) = 0;
  /// The first list of a kind is complete (also after a re-list): what was not mentioned since `on_relist` is gone.
  virtual void on_listed(const std::string& cluster, const WatchedKind& kind) = 0;
  virtual void on_relist(const std::string& cluster, const WatchedKind& kind) = 0;
  /// The kind can't be watched now: not served, forbidden. Its objects are Unknown.
  virtual void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) = 0;
  /// Unreachable and back. `why` is empty when reachable.
  virtual void on_reachable(const std::string& cluster, bool reachable, const std::string& why) = 0;
};

}  // namespace driftwarden
