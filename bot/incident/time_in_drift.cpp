#include "bot/incident/time_in_drift.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace driftwarden {
namespace {

/// Sums by name; `mean` holds the sum until the end.
class Tally {
 public:
  Tally(WallTime since, WallTime now) : since_(since), now_(now) {}

  void add(const std::string& name, const Incident& incident) {
    auto& row = rows_[name];
    row.name = name;
    ++row.incidents;
    const auto end = incident.resolved_at.value_or(now_);
    row.total += std::max(Duration{0}, end - std::max(since_, incident.opened_at));
    if (incident.resolved_at) {
      ++row.over;
      row.mean += end - incident.opened_at;
    } else {
      ++row.open;
    }
  }

  std::vector<view::TimeInDrift> worst_first() const {
    std::vector<view::TimeInDrift> rows;
    for (auto [name, row] : rows_) {
      if (row.over > 0) row.mean /= static_cast<Duration::rep>(row.over);
      rows.push_back(std::move(row));
    }
    std::ranges::stable_sort(rows, std::greater{}, &view::TimeInDrift::total);
    return rows;
  }

 private:
  WallTime since_;
  WallTime now_;
  std::map<std::string, view::TimeInDrift> rows_;
};

}  // namespace

view::TimesInDrift times_in_drift(const std::vector<Incident>& incidents, const std::vector<App>& apps, WallTime since, WallTime now) {
  Tally by_app(since, now);
  Tally by_team(since, now);
  Tally by_cluster(since, now);
  for (const auto& incident : incidents) {
    if (incident.resolved_at && *incident.resolved_at < since) continue;
    by_app.add(incident.app, incident);
    const auto app = std::ranges::find(apps, incident.app, &App::name);
    if (app == apps.end()) continue;
    by_cluster.add(app->cluster, incident);
    if (app->owners.empty()) by_team.add("nobody", incident);
    for (const auto& owner : app->owners) by_team.add(owner, incident);
  }
  return {by_app.worst_first(), by_team.worst_first(), by_cluster.worst_first()};
}

}  // namespace driftwarden
