#pragma once
// Plans that wait for approval, on disk: saved/<id>/{plan, record.json, started, done, failed}. Blocking, small.
#include "bot/plans/checkout.hpp"
#include "bot/plans/plan_watch.hpp"

#include <optional>
#include <string>

namespace driftwarden {

struct SavedRecord {
  std::string app{};
  SavedPlan plan{};
  std::string file_digest{};  ///< of the plan file's bytes
  PlanInputs inputs{};
  WallTime kept_at{};
};

/// How far an apply of it has come. Started and neither done nor failed: Driftwarden ended in the middle.
struct SavedProgress {
  bool started = false;
  std::optional<std::string> done{};    ///< what was said
  std::optional<std::string> failed{};
};

class SavedPlans {
 public:
  explicit SavedPlans(std::string directory) : directory_(std::move(directory)) {}

  /// Takes the file (or directory) away from where it is. What was kept under this id before is gone, unless an apply of it has begun: Conflict.
  Result<void> keep(const std::string& id, SavedRecord record, const std::string& plan_file);
  /// NotFound without one; Corrupt when its file is another than was kept.
  Result<SavedRecord> find(const std::string& id) const;
  SavedProgress progress(const std::string& id) const;
  std::string plan_file(const std::string& id) const { return place(id) + "/plan"; }
  Result<void> start(const std::string& id) const;
  void back_to_waiting(const std::string& id) const;  ///< nothing was applied after all
  Result<void> finish(const std::string& id, bool well, const std::string& said) const;
  void drop(const std::string& id) const;
  /// Those that were kept longer ago; of a Change that lives so long it says "plan again".
  void drop_older_than(WallTime when) const;

 private:
  std::string place(const std::string& id) const;

  std::string directory_;
};

}  // namespace driftwarden
