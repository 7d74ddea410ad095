#pragma once
// The port through which a cluster tells the drift index what is live. Implemented in integrations/kubernetes.
#include "gitops/base/clock.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/object.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace driftwarden {

struct LiveObject {
  ObjectRef ref;
  JsonPtr body;  ///< as the server sent it; Secret data still in clear: compare, never print
  std::uint64_t content = 0;  ///< of the glimpse, 0 = not known
};

/// A kind in the version in which Git speaks of it.
struct WatchedKind {
  std::string group;
  std::string version;
  std::string kind;
  bool metadata_only = false;  ///< PartialObjectMetadata: who touched it, never what it holds
  auto operator<=>(const WatchedKind&) const = default;
};

/// What can be told of an object from its JSON text without building values: cheap enough to do for every event of a busy cluster.
struct LiveGlimpse {
  ObjectRef ref;
  std::string_view resource_version;
  /// Digest of the text without status, resourceVersion, generation and what only status writers own: equal digest, equal comparison. Never 0.
  std::uint64_t content = 0;
  std::string_view status;  ///< the JSON text of `status`, "" without
  std::string_view text;    ///< the whole object
};

/// Called on the I/O thread, in order per kind.
class LiveSink {
 public:
  virtual ~LiveSink() = default;
  /// False: the sink took from the glimpse all that it needs (only status moved, or the object is nobody's), and the object needn't be parsed.
  virtual bool wants(const std::string& cluster, const LiveGlimpse& glimpse) {
    static_cast<void>(cluster);
    static_cast<void>(glimpse);
    return true;
  }
  virtual void on_object(const std::string& cluster, LiveObject object) = 0;
  virtual void on_deleted(const std::string& cluster, const ObjectRef& ref) = 0;
  /// The first list of a kind is complete (also after a re-list): what was not mentioned since `on_relist` is gone.
  virtual void on_listed(const std::string& cluster, const WatchedKind& kind) = 0;
  virtual void on_relist(const std::string& cluster, const WatchedKind& kind) = 0;
  /// The kind can't be watched: not served, forbidden. Its objects are Unknown. (A watch that merely fails makes the cluster unreachable
  /// once it was silent for the heartbeat's limit.)
  virtual void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) = 0;
  /// Unreachable and back. `why` is empty when reachable.
  virtual void on_reachable(const std::string& cluster, bool reachable, const std::string& why) = 0;
};

}  // namespace driftwarden
