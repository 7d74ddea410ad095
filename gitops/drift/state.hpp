#pragma once
// Inside the drift index: what it keeps, and the steps that its feeds and reports are made of.
#include "gitops/drift/claims.hpp"
#include "gitops/drift/derived.hpp"
#include "gitops/drift/desired_store.hpp"
#include "gitops/drift/dry_runs.hpp"
#include "gitops/drift/fights.hpp"
#include "gitops/drift/index.hpp"
#include "gitops/drift/live_store.hpp"
#include "gitops/drift/object_table.hpp"
#include "gitops/drift/orphans.hpp"
#include "gitops/drift/packed.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace driftwarden::drift_index {

struct AppEntry;

/// Of an object that isn't plainly Synced.
struct Judged {
  ObjectDrift drift;
  std::string stuck;  ///< why another sync can't help
};

struct SyncedItem {
  ObjectKey object = kNoKey;
  KindKey kind = kNoKey;
  DesiredBodyPtr body;
};

/// Why an object is to be looked at again. Only what moved in the cluster can be a flip of a fight.
enum class Moved : std::uint8_t { Live, Else };

struct AppEntry {
  App app;
  std::uint64_t id = 0;  ///< never used twice
  bool rendered = false;
  std::string failure;
  std::string revision;
  DesiredStore desired;
  UnstablePaths unstable;
  std::map<ObjectKey, std::vector<std::string>> floating;
  bool has_last_synced = false;
  std::vector<SyncedItem> last_synced;  ///< sorted by object
  std::set<KindKey> synced_kinds;
  std::vector<IgnoreRule> rules;        ///< beside those of `app`
  std::vector<std::string> rule_warnings;
  std::vector<IgnoreRule> ignore;  ///< all of them
  std::optional<CompiledRules> compiled;  ///< the same, ready for comparing
  std::unordered_map<ObjectKey, Judged> judged;
  std::unordered_map<ObjectKey, Moved> dirty;
  bool all_dirty = true;
  PlanBook plans;
  FightDetector fights;
  std::optional<WallTime> next_expiry;
  std::optional<WallTime> due;  ///< as it stands in State::due

  const SyncedItem* synced(ObjectKey object) const;
};

struct Question {
  std::string app;
  std::uint64_t id = 0;
  ObjectKey object = kNoKey;
};

struct Cluster {
  explicit Cluster(const KindTable& kinds, Packer& packer) : live(kinds, packer) {}
  LiveStore live;
  std::shared_ptr<const Schemas> schemas;
  bool reachable = true;
  std::string why;
  bool confirms = false;
  bool unanswered = false;  ///< a dry-run got no answer
  std::unordered_multimap<ObjectKey, AppEntry*> wanted;
  /// By identity without namespace: the wanted object, for kinds of which perhaps only the cluster knows that they have none.
  std::unordered_multimap<ObjectKey, std::pair<AppEntry*, ObjectKey>> wanted_bare;
  std::map<KindKey, std::map<AppEntry*, std::size_t>> kind_users;
  std::map<KindKey, std::size_t> synced_kinds;  ///< and how many Apps last synced such objects
  /// Bodies that came just now and wait for their verdict: no need to unpack them.
  std::map<LiveStore::Place, JsonPtr> fresh;
  static constexpr std::size_t kFresh = 32;
  std::map<LiveStore::Place, bool> lookups;  ///< and whether they were handed out
  OrphanStore orphans;
  std::map<std::string, std::set<AppEntry*>> orphan_apps;  ///< by namespace
  std::map<std::string, std::set<AppEntry*>> deployed;  ///< by the mark that a deployer leaves on its objects
  Claims claims;
  DerivedEdits derived;
  std::size_t secret_makers = 0;  ///< objects of Desired that make Secrets
  std::map<Urgency, std::deque<Question>, std::greater<>> questions;
};

/// Custom kinds, and built-in ones that have no namespace though Git wrote one.
bool may_lie_bare(const GroupKind& kind);
std::string_view note_for(const Error& why);

}  // namespace driftwarden::drift_index

namespace driftwarden {

struct DriftIndex::State {
  using AppEntry = drift_index::AppEntry;
  using Cluster = drift_index::Cluster;
  using Judged = drift_index::Judged;
  using Moved = drift_index::Moved;

  State(const Redactor& redact, IndexOptions given) : redactor(redact), options(std::move(given)) {}

  const Redactor& redactor;
  IndexOptions options;
  ObjectTable objects;
  KindTable kinds;
  Packer packer;
  std::map<std::string, AppEntry> apps;
  std::map<std::string, Cluster> clusters;
  std::set<std::string> changed;
  std::set<std::pair<WallTime, std::string>> due;
  WallTime latest{};  ///< the last time that anybody told
  std::uint64_t next_id = 1;

  AppEntry* find_app(const std::string& name);
  /// Whose an object of this cluster is: by our own tracking, or by the mark of an App's deployer; null when several Apps have that one.
  AppEntry* owner_of(const Cluster& cluster, const std::string& tracked);
  /// Under what LiveStore tracks its objects.
  std::vector<std::string> tracked_as(const AppEntry& entry, const Cluster& cluster) const;
  std::vector<std::string> own_marks(const AppEntry& entry, const Cluster& cluster) const;
  void add_marks(AppEntry& entry);
  void remove_marks(AppEntry& entry);
  /// Objects that bear the mark were passed over: they are read again.
  void look_up_claimed(Cluster& cluster, const std::string& mark);
  Cluster& cluster(const std::string& name);
  Cluster& cluster_of(const AppEntry& entry) { return cluster(entry.app.cluster); }

  // Who is to be looked at again: index.cpp.
  void touch_app(AppEntry& entry) { changed.insert(entry.app.name); }
  void touch_all(AppEntry& entry);
  void touch(AppEntry& entry, ObjectKey object, Moved why);
  /// All Apps that want the object or that it says it belongs to.
  void touch_users(Cluster& cluster, ObjectKey object, const std::string& tracked, Moved why);
  void touch_kind(Cluster& cluster, KindKey kind);
  void touch_orphans(Cluster& cluster, const std::string& namespace_);
  void schedule(AppEntry& entry, std::optional<WallTime> when);

  // Desired: desired.cpp.
  DesiredBodyPtr body_of(AppEntry& entry, ObjectKey object, const Manifest& manifest);
  void add_user(AppEntry& entry, const DesiredItem& item);
  void remove_user(AppEntry& entry, const DesiredItem& item);
  void add_all_users(AppEntry& entry);
  void remove_all_users(AppEntry& entry);
  /// Nobody wants what lies there any more: forget its body.
  void release(Cluster& cluster, KindKey kind, ObjectKey object);
  void replace_desired(AppEntry& entry, DesiredStore next, UnstablePaths unstable);
  void set_ignore(AppEntry& entry);
  void replace_last_synced(AppEntry& entry, std::vector<drift_index::SyncedItem> items);
  Manifest unpack(const AppEntry& entry, const DesiredItem& item) const;

  // Live: live_feed.cpp.
  bool is_wanted(const Cluster& cluster, ObjectKey object) const;
  void feed(Cluster& cluster, LiveObject object);
  void feed_secret(Cluster& cluster, const LiveObject& object);
  void settle_lookup(Cluster& cluster, KindKey kind, ObjectKey object, const ObjectRef& ref);
  void set_foreign(Cluster& cluster, KindKey kind, const LiveObject& object);
  bool is_foreign(const Cluster& cluster, KindKey kind, ObjectKey object) const;
  void drop(Cluster& cluster, KindKey kind, ObjectKey object);
  /// Nobody cares for what is there now.
  void pass_over(Cluster& cluster, KindKey kind, ObjectKey object);
  void touch_parents(Cluster& cluster, const std::set<ObjectRef>& parents);
  /// Also where only the cluster knows that the kind has no namespace: then the object lies under none.
  const LiveEntry* find_live(const Cluster& cluster, KindKey kind, ObjectKey object) const;
  JsonPtr live_body(Cluster& cluster, KindKey kind, ObjectKey object, const LiveEntry& entry);
  /// Registers a look-up when the object exists and its body was not kept.
  bool look_up(Cluster& cluster, KindKey kind, ObjectKey object);

  // Judging: judge.cpp.
  CompareContext context_of(const AppEntry& entry, const Cluster& cluster, WallTime now) const;
  void judge_moved(AppEntry& entry, Cluster& cluster, WallTime now);
  void judge(AppEntry& entry, Cluster& cluster, ObjectKey object, Moved why, CompareContext& context);
  Judged judge_desired(AppEntry& entry, Cluster& cluster, const DesiredItem& item, CompareContext& context, JsonPtr& live_body);
  std::optional<ObjectDrift> judge_tracked(const AppEntry& entry, const Cluster& cluster, ObjectKey object, const CompareContext& context) const;
  struct Sides {
    const nlohmann::json& desired;
    const nlohmann::json& live;
    const nlohmann::json* last_synced;
  };
  /// Puts what the server plans over a local verdict, or asks for it. Returns the server's refusal, if that is what is known.
  std::optional<DryRun> confirm(AppEntry& entry, Cluster& cluster, const DesiredItem& item, const LiveEntry& live, const Sides& sides,
                                const CompareContext& context, ObjectDrift& drift);
  void ask_again(const std::string& cluster);
  void ask(AppEntry& entry, Cluster& cluster, ObjectKey object, Plan& plan, Urgency urgency, std::uint64_t live);
  std::optional<DryRunWanted> wanted_of(const std::string& cluster_name, Cluster& cluster, const drift_index::Question& question, Urgency urgency);
  void see_flips(AppEntry& entry, ObjectKey object, const std::vector<FieldDrift>& before, const std::vector<FieldDrift>& after, const nlohmann::json& live,
                 WallTime now);

  // Reports: report.cpp.
  std::string obstacle(const AppEntry& entry, const Cluster& cluster) const;
  std::string why_unknown(const AppEntry& entry, const Cluster& cluster, const ObjectDrift& object) const;
  void fill_report(AppEntry& entry, Cluster& cluster, WallTime now, DriftReport& report);
  void fill_orphans(AppEntry& entry, Cluster& cluster, WallTime now, DriftReport& report);
  void add_fights(const AppEntry& entry, WallTime now, DriftReport& report) const;
  void add_rest(const AppEntry& entry, DriftReport& report) const;
};

}  // namespace driftwarden
