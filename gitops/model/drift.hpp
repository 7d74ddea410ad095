#pragma once
// What comparing Desired with Live may say. Words and path syntax: drift.md section 3.
#include "gitops/base/clock.hpp"
#include "gitops/model/object.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

enum class Verdict { Synced, OutOfSync, Missing, Extra, Untracked, Unknown };
enum class FieldOp { Changed, Removed, Added, Stale, Order };
/// Where a field's difference comes from: the cluster was edited, Git moved, or it can't be told.
enum class FieldCause { Live, Git, Unknown };
enum class AppState { Synced, OutOfSync, Unknown };
/// Why an App is OutOfSync; None when it isn't.
enum class Cause { None, LiveEdited, GitAhead, Both, Missing, Extra, Fight, Stuck, RenderUnstable, Unknown };

std::string_view to_string(Verdict verdict);
std::string_view to_string(FieldOp op);
std::string_view to_string(FieldCause cause);
std::string_view to_string(AppState state);
std::string_view to_string(Cause cause);  ///< "live-edited", "git-ahead", ...
std::optional<Cause> cause_from(std::string_view text);

/// One field of one object. `desired` and `live` are JSON texts, already redacted; absent = the side has no such field.
struct FieldDrift {
  std::string path;
  FieldOp op = FieldOp::Changed;
  std::optional<std::string> by;  ///< the owning manager that is no applier
  FieldCause cause = FieldCause::Unknown;
  std::optional<std::string> desired;
  std::optional<std::string> live;
  std::optional<WallTime> time;
  bool operator==(const FieldDrift&) const = default;
};

/// What an ignore rule hid (or would have hidden, had it not run out). `rule` counts in the order in which the rules were given to the
/// comparator; kAnnotationRule is the object's own annotation.
struct RuleHit {
  std::size_t rule = 0;
  std::size_t fields = 0;
  bool expired = false;
  bool operator==(const RuleHit&) const = default;
};
inline constexpr std::size_t kAnnotationRule = static_cast<std::size_t>(-1);

/// What a dry-run could still say about a local verdict.
enum class Confirmation {
  NotNeeded,  ///< nothing found, or only what a dry-run is blind to (added, stale), or it was asked already
  Wanted,     ///< changed, removed or order: the server may say that it would leave the value as it is
  Doubtful,   ///< zeros of Desired that live lacks, from an applier that writes by Update: only the server knows
};

struct ObjectDrift {
  ObjectRef object;
  Verdict verdict = Verdict::Unknown;
  std::vector<FieldDrift> fields;
  /// Words of drift.md sections 3 and 4 ("unconfirmed", "autoscaled", ...), and `rolled-back`: live runs an older image than Git asks for.
  std::vector<std::string> notes;
  std::vector<RuleHit> hits{};
  Confirmation confirmation = Confirmation::NotNeeded;  ///< not stored
  bool operator==(const ObjectDrift&) const = default;
};

/// The same field was set to and fro by two managers.
struct Fight {
  ObjectRef object;
  std::string path;
  std::vector<std::string> managers;  ///< sorted
  std::size_t flips = 0;              ///< within the window
  WallTime last{};
  bool operator==(const Fight&) const = default;
};

/// An ignore rule of the App that hides something now, or that ran out and would.
struct RuleUse {
  std::string rule;  ///< for people: ".spec.replicas of Deployment *"
  std::string owner;
  std::string reason;
  std::optional<WallTime> until;
  std::size_t fields = 0;
  bool expired = false;
  bool operator==(const RuleUse&) const = default;
};

/// An image in Git that may change under the same name: no tag, or one that moves (`latest`).
struct FloatingImage {
  ObjectRef object;
  std::string image;
  bool operator==(const FloatingImage&) const = default;
};

/// What the tool that deploys the App says of it: a second opinion beside our own watch.
struct Opinion {
  std::string by{};       ///< "Argo CD", "Flux"
  AppState state = AppState::Unknown;
  std::string health{};   ///< in its own words: "Healthy", "Degraded", "Ready"
  std::string revision{}; ///< what it has put in force
  std::string message{};  ///< what it complains of
  bool paused = false;    ///< it puts nothing in force by itself: auto-sync off, suspended
  std::string operation{};  ///< what it is doing: "syncing 4f2c81a since 12:01"; "" = nothing
  std::string waits_for{};  ///< what keeps it from syncing: "the sync window \"0 8 * * *\" is closed until 08:00 UTC"
  bool operator==(const Opinion&) const = default;
};

/// One App's sum. `objects` holds only those that are not Synced.
struct DriftReport {
  std::string app;
  AppState state = AppState::Unknown;
  Cause cause = Cause::None;
  std::string reason;    ///< why Unknown: "render failed: ...", "cluster prod-eu unreachable since ..."
  std::string revision;  ///< the commit that Desired was rendered from
  std::vector<ObjectDrift> objects;
  std::size_t objects_total = 0;
  std::vector<Fight> fights{};
  std::vector<RuleUse> rules{};
  std::vector<FloatingImage> floating{};
  std::vector<std::string> warnings{};  ///< for the App's owners, no drift: an ignore file that can't be read, a field the schema lacks
  WallTime as_of{};                     ///< the last word of the cluster that this rests on
  std::optional<Opinion> opinion{};     ///< not stored
  bool operator==(const DriftReport&) const = default;
};

/// Digest of what drifted (object, path, op, both values) and of nothing else: no times, no order. Equal digest = same drift. Of a fight
/// only who fights over what counts, not which of them won last.
std::string fingerprint(const DriftReport& report);

}  // namespace driftwarden
