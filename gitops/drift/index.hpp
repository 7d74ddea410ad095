#pragma once
// Desired x Live -> the state of every App, incremental and pure: no I/O, no clock, one thread.
#include "gitops/diff/compare.hpp"
#include "gitops/drift/live_source.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// Feeds: Apps, Desired (from render), last synced Desired (from storage), Live (from LiveSink). Each feed marks the Apps it may have
/// changed; `take_changed` hands them out, and `report` is then recomputed from the objects that moved only.
class DriftIndex final : public LiveSink {
 public:
  explicit DriftIndex(const Redactor& redactor);
  ~DriftIndex() override;

  void set_app(const App& app);
  void remove_app(const std::string& app);
  void set_desired(const std::string& app, std::string revision, std::vector<Manifest> manifests);
  /// Render or Git failed: the App is Unknown with this reason until the next set_desired.
  void set_desired_failed(const std::string& app, std::string reason);
  void set_last_synced(const std::string& app, std::vector<Manifest> manifests);
  /// A cluster's own schemas, once known.
  void set_schemas(const std::string& cluster, std::shared_ptr<const Schemas> schemas);

  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;

  /// The kinds that Git mentions for the Apps of a cluster: what is to be watched.
  std::set<WatchedKind> kinds_of(const std::string& cluster) const;
  std::set<std::string> take_changed();
  /// Unknown with a reason while Desired isn't rendered or a kind isn't listed yet. OutOfSync wins over single objects that are Unknown
  /// (kind not served, forbidden). How the cause follows from the objects: cause.hpp.
  DriftReport report(const std::string& app, WallTime now);
  const std::vector<Manifest>* desired(const std::string& app) const;
  /// Null when not live or not watched. Unpacked on each call; status only of kinds that have health.
  JsonPtr live(const std::string& cluster, const ObjectRef& ref) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden
