#include "bot/metrics/stage_clock.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kEnvelopesKept = 1024;
constexpr std::size_t kChangesKept = 1024;
constexpr Duration kLongestAnswer = std::chrono::hours{1};

Histogram of_seconds() { return Histogram({0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}); }

/// The newest edit that the drift is of, by managedFields: to the second.
std::optional<WallTime> edit_of(const DriftReport& report) {
  std::optional<WallTime> newest;
  for (const auto& object : report.objects) {
    for (const auto& field : object.fields) {
      if (field.cause == FieldCause::Live && field.time) newest = std::max(newest.value_or(*field.time), *field.time);
    }
  }
  return newest;
}

/// True the first time; what is oldest is forgotten.
bool is_first(std::set<std::int64_t>& seen, std::int64_t id) {
  const bool first = seen.insert(id).second;
  if (seen.size() > kChangesKept) seen.erase(seen.begin());
  return first;
}

}  // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::EditToDetected: return "edit_to_detected";
    case Stage::DetectedToConfirmed: return "detected_to_confirmed";
    case Stage::ConfirmedToPosted: return "confirmed_to_posted";
    case Stage::EditToPosted: return "edit_to_posted";
    case Stage::CommandToAnswered: return "command_to_answered";
    case Stage::ApproveToMerged: return "approve_to_merged";
    case Stage::MergedToVerified: return "merged_to_verified";
  }
  return "?";
}

StageClock::StageClock(WallTime started_at)
    : started_at_(std::chrono::floor<std::chrono::seconds>(started_at)), histograms_{of_seconds(), of_seconds(), of_seconds(), of_seconds(), of_seconds(), of_seconds(), of_seconds()} {}

void StageClock::observe(Stage stage, Duration took) { histograms_[static_cast<std::size_t>(stage)].observe(static_cast<double>(took.count()) / 1000.0); }

void StageClock::end(const std::string& app) {
  const auto found = episodes_.find(app);
  if (found == episodes_.end()) return;
  if (found->second.confirmed_at && !found->second.posted) --unposted_;
  episodes_.erase(found);
}

void StageClock::on_suspected(const DriftReport& report, WallTime now) {
  if (report.state == AppState::Synced) end(report.app);
  if (report.state != AppState::OutOfSync) return;
  const auto [episode, is_new] = episodes_.try_emplace(report.app);
  if (is_new) episode->second.detected_at = now;
  // Who did it may not be known at the first look.
  if (!episode->second.edited_at && !episode->second.confirmed_at) learn_edit(episode->second, report);
}

void StageClock::learn_edit(Episode& episode, const DriftReport& report) {
  const auto edited = edit_of(report);
  if (!edited || *edited < started_at_) return;
  episode.edited_at = edited;
  observe(Stage::EditToDetected, episode.detected_at - *edited);
}

void StageClock::on_told(const DriftReport& report, WallTime now) {
  on_suspected(report, now);
  const auto episode = episodes_.find(report.app);
  if (report.state != AppState::OutOfSync || episode == episodes_.end() || episode->second.confirmed_at) return;
  episode->second.confirmed_at = now;
  ++unposted_;
  observe(Stage::DetectedToConfirmed, now - episode->second.detected_at);
}

void StageClock::on_posted(const std::string& app, WallTime now) {
  const auto found = episodes_.find(app);
  if (found == episodes_.end() || !found->second.confirmed_at || found->second.posted) return;
  auto& episode = found->second;
  episode.posted = true;
  --unposted_;
  observe(Stage::ConfirmedToPosted, now - *episode.confirmed_at);
  if (episode.edited_at) observe(Stage::EditToPosted, now - *episode.edited_at);
}

void StageClock::on_envelope(const std::string& key, WallTime now) {
  if (envelopes_.size() >= kEnvelopesKept) std::erase_if(envelopes_, [&](const auto& entry) { return entry.second + kLongestAnswer < now; });
  if (envelopes_.size() >= kEnvelopesKept) envelopes_.clear();
  envelopes_.try_emplace(key, now);
}

void StageClock::on_answered(const std::string& key, WallTime now) {
  const auto found = envelopes_.find(key);
  if (found == envelopes_.end()) return;
  observe(Stage::CommandToAnswered, now - found->second);
  envelopes_.erase(found);
}

void StageClock::on_change(const Change& change) {
  if (!change.merged_at) return;
  if (!change.approvals.empty() && is_first(merged_, change.id)) {
    const auto last = std::ranges::max_element(change.approvals, {}, &Approval::at);
    observe(Stage::ApproveToMerged, *change.merged_at - last->at);
  }
  if (change.state == ChangeState::Done && is_first(verified_, change.id)) observe(Stage::MergedToVerified, change.updated_at - *change.merged_at);
}

}  // namespace driftwarden
