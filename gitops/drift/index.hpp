#pragma once
// Desired x Live -> the state of every App, incremental and pure: no I/O, no clock, one thread.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/unstable.hpp"
#include "gitops/drift/live_source.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

struct IndexOptions {
  ManagerClasses managers = ManagerClasses::defaults();
  std::vector<std::string> disabled_rules;  ///< built-in rules that are switched off
};

/// A dry-run that somebody should make: a forced server-side apply of `body`.
struct DryRunWanted {
  std::string app;
  std::string cluster;
  ObjectRef object;
  JsonPtr body;
  std::uint64_t desired_digest = 0;
  std::string live_version;  ///< resourceVersion that the verdict rests on
  bool urgent = false;       ///< a report waits for it
};

/// Feeds: Apps, Desired (from render), last synced Desired (from storage), Live (from LiveSink), dry-runs. Each feed marks the Apps it may
/// have changed; `take_changed` hands them out, and `report` is then recomputed from the objects that moved only. Kept of live are the
/// objects that an App desires, those that carry our tracking, and names of orphans where they are asked for.
class DriftIndex final : public LiveSink {
 public:
  explicit DriftIndex(const Redactor& redactor, IndexOptions options = {});
  ~DriftIndex() override;

  void set_app(const App& app);
  void remove_app(const std::string& app);
  void set_desired(const std::string& app, std::string revision, std::vector<Manifest> manifests, UnstablePaths unstable = {});
  /// Render or Git failed: the App is Unknown with this reason until the next set_desired.
  void set_desired_failed(const std::string& app, std::string reason);
  void set_last_synced(const std::string& app, std::vector<Manifest> manifests);
  /// Desired of now becomes the last synced one, sharing what it holds.
  void mark_synced(const std::string& app);
  /// Ignore rules beside those of the App's own config (from Git, from Argo CD), and what is wrong with them.
  void set_rules(const std::string& app, std::vector<IgnoreRule> rules, std::vector<std::string> warnings);
  /// A cluster's own schemas, once known.
  void set_schemas(const std::string& cluster, std::shared_ptr<const Schemas> schemas);
  /// May suspected drift be confirmed there? Without it verdicts carry the note `unconfirmed`.
  void set_confirmation(const std::string& cluster, bool possible);

  bool wants(const std::string& cluster, const LiveGlimpse& glimpse) override;
  void on_object(const std::string& cluster, LiveObject object) override;
  void on_deleted(const std::string& cluster, const ObjectRef& ref) override;
  void on_listed(const std::string& cluster, const WatchedKind& kind) override;
  void on_relist(const std::string& cluster, const WatchedKind& kind) override;
  void on_kind_failed(const std::string& cluster, const WatchedKind& kind, const Error& why) override;
  void on_reachable(const std::string& cluster, bool reachable, const std::string& why) override;
  /// The watch of a kind was ended: what is known of it is old from here on.
  void on_unwatched(const std::string& cluster, const WatchedKind& kind);

  /// The kinds that Git mentions for the Apps of a cluster (and those that orphans are looked for in): what is to be watched.
  std::set<WatchedKind> kinds_of(const std::string& cluster) const;
  /// Also those whose report may change by time alone, as far as `now` (or else the latest report) tells the time.
  std::set<std::string> take_changed(std::optional<WallTime> now = std::nullopt);
  /// Objects that became wanted after their kind was listed, so that nobody kept them: to be read once and fed as on_object or on_deleted.
  std::vector<ObjectRef> take_lookups(const std::string& cluster);
  /// The look-up is still to be answered: no watch event was quicker.
  bool waits_for(const std::string& cluster, const ObjectRef& ref) const;
  /// It can't be answered (no right to read the one object): nobody is to wait for it; the object stays Unknown.
  void on_look_up_failed(const std::string& cluster, const ObjectRef& ref);
  /// Dry-runs to make on a cluster, urgent ones first; with `urgent_only` the others stay. Each is handed out once; every one must be answered.
  std::vector<DryRunWanted> take_dry_runs(const std::string& cluster, std::size_t limit, bool urgent_only);
  /// An Error says that the question could not be put (timeout, no right): the verdict then stands as `unconfirmed`.
  void on_dry_run(const DryRunWanted& wanted, Result<DryRun> answer);
  /// The App's report would not be the last word yet: an urgent dry-run or a look-up is under way.
  bool is_settling(const std::string& app) const;
  /// When a report changes by the passing of time alone: an ignore rule runs out, a fight ends. take_changed names the App from then on.
  std::optional<WallTime> next_due() const;

  /// Unknown with a reason while Desired isn't rendered or a kind isn't listed yet. OutOfSync wins over single objects that are Unknown
  /// (kind not served, forbidden). How the cause follows from the objects: cause.hpp.
  DriftReport report(const std::string& app, WallTime now);
  /// Nothing before the first render. Unpacked on each call.
  std::optional<std::vector<Manifest>> desired(const std::string& app) const;
  std::optional<Manifest> desired(const std::string& app, const ObjectRef& ref) const;
  /// The objects of Desired, without their bodies.
  std::vector<ObjectRef> objects(const std::string& app) const;
  /// Null when not live or not watched. Unpacked on each call; status only of kinds that have health.
  JsonPtr live(const std::string& cluster, const ObjectRef& ref) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden
