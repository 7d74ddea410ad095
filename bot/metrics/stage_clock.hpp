#pragma once
// How long each stage takes, from somebody's edit to the alert, from a command to its answer, from a yes to a healthy rollout. Fed by what passes
// by; has no clock of its own and asks nobody.
#include "bot/metrics/histogram.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace driftwarden {

enum class Stage { EditToDetected, DetectedToConfirmed, ConfirmedToPosted, EditToPosted, CommandToAnswered, ApproveToMerged, MergedToVerified };
inline constexpr std::size_t kStages = 7;
std::string_view to_string(Stage stage);  ///< "edit_to_detected"

class StageClock {
 public:
  /// Edits from before `started_at` (its second, which is all that is known of them) are found, not waited for: they aren't measured.
  explicit StageClock(WallTime started_at);

  /// Judged by what is known here.
  void on_suspected(const DriftReport& report, WallTime now);
  /// Told to those who make alerts of it.
  void on_told(const DriftReport& report, WallTime now);
  /// Whether anything waits for its alert: else on_posted needn't be asked.
  bool awaits_posts() const { return unposted_ > 0; }
  /// The App's alert stands in its channel.
  void on_posted(const std::string& app, WallTime now);

  /// An envelope came; `key` is what its reply is named by.
  void on_envelope(const std::string& key, WallTime now);
  void on_answered(const std::string& key, WallTime now);
  /// As it stands now; each transition is measured once.
  void on_change(const Change& change);

  const Histogram& of(Stage stage) const { return histograms_[static_cast<std::size_t>(stage)]; }

 private:
  /// One drift of one App.
  struct Episode {
    std::optional<WallTime> edited_at{};
    WallTime detected_at{};
    std::optional<WallTime> confirmed_at{};
    bool posted = false;
  };
  void learn_edit(Episode& episode, const DriftReport& report);
  void observe(Stage stage, Duration took);
  void end(const std::string& app);

  WallTime started_at_;
  std::array<Histogram, kStages> histograms_;
  std::map<std::string, Episode> episodes_;   ///< by App
  std::size_t unposted_ = 0;                  ///< confirmed ones
  std::map<std::string, WallTime> envelopes_; ///< not answered yet; many never are
  std::set<std::int64_t> merged_;             ///< Changes whose merge was measured
  std::set<std::int64_t> verified_;
};

}  // namespace driftwarden
