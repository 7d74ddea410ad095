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

struct ObjectDrift {
  ObjectRef object;
  Verdict verdict = Verdict::Unknown;
  std::vector<FieldDrift> fields;
  std::vector<std::string> notes;
  bool operator==(const ObjectDrift&) const = default;
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
  WallTime as_of{};
  bool operator==(const DriftReport&) const = default;
};

/// Digest of what drifted (object, path, op, both values) and of nothing else: no times, no order. Equal digest = same drift.
std::string fingerprint(const DriftReport& report);

}  // namespace driftwarden
