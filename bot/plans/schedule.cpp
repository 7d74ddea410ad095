#include "bot/plans/schedule.hpp"

#include <algorithm>
#include <tuple>

namespace driftwarden {
namespace {

constexpr Duration kFirstRetry = std::chrono::minutes{1};
constexpr Duration kLongestRetry = std::chrono::hours{1};
constexpr int kMostDoublings = 10;

}  // namespace

/// A tenth more or less.
Duration PlanSchedule::spread(Duration duration) {
  const auto tenth = static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count() / 10, 0));
  return duration - Duration(static_cast<Duration::rep>(tenth)) + Duration(static_cast<Duration::rep>(random_.below(2 * tenth + 1)));
}

void PlanSchedule::set(const std::map<std::string, Duration>& apps, MonoTime now) {
  std::erase_if(entries_, [&](const auto& entry) { return !apps.contains(entry.first) && !entry.second.running; });
  for (auto& [name, entry] : entries_) entry.gone = !apps.contains(name);
  for (const auto& [name, every] : apps) {
    const auto [entry, is_new] = entries_.try_emplace(name);
    const bool other_rhythm = !is_new && entry->second.every != every;
    entry->second.every = every;
    if (is_new) entry->second.due = now + Duration(static_cast<Duration::rep>(random_.below(1000 * apps.size())));
    if (other_rhythm && entry->second.failures == 0) entry->second.due = std::min(entry->second.due, now + spread(every));
  }
}

void PlanSchedule::want(const std::string& app, MonoTime now) {
  const auto found = entries_.find(app);
  if (found == entries_.end()) return;
  found->second.due = std::min(found->second.due, now);
  found->second.again = found->second.running;
}

std::vector<std::string> PlanSchedule::take(MonoTime now, std::size_t most) {
  std::vector<std::tuple<MonoTime, std::string>> due;
  for (const auto& [name, entry] : entries_) {
    if (!entry.running && entry.due <= now) due.emplace_back(entry.due, name);
  }
  std::ranges::sort(due);
  std::vector<std::string> names;
  for (auto& [when, name] : due) {
    if (names.size() == most) break;
    entries_.at(name).running = true;
    names.push_back(std::move(name));
  }
  return names;
}

bool PlanSchedule::begin(const std::string& app) {
  auto& entry = entries_[app];
  if (entry.running) return false;
  entry.running = true;
  return true;
}

void PlanSchedule::ended(const std::string& app, bool well, MonoTime now) {
  const auto found = entries_.find(app);
  if (found == entries_.end()) return;
  auto& entry = found->second;
  if (entry.gone || entry.every == Duration{}) {
    entries_.erase(found);
    return;
  }
  entry.running = false;
  entry.failures = well ? 0 : std::min(entry.failures + 1, kMostDoublings);
  auto wait = entry.every;
  if (!well) wait = std::min({entry.every, kLongestRetry, kFirstRetry * (1 << (entry.failures - 1))});
  entry.due = std::exchange(entry.again, false) ? now : now + spread(wait);
}

std::optional<MonoTime> PlanSchedule::next_due() const {
  std::optional<MonoTime> next;
  for (const auto& [name, entry] : entries_) {
    if (!entry.running && (!next || entry.due < *next)) next = entry.due;
  }
  return next;
}

std::size_t PlanSchedule::running() const {
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [](const auto& entry) { return entry.second.running; }));
}

}  // namespace driftwarden
