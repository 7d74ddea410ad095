#include "bot/health/vitals.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// What has never been counts from the start.
Duration since(const Vitals& vitals, WallTime time) { return std::chrono::duration_cast<Duration>(vitals.now - std::max(time, vitals.started)); }

std::string never_or(WallTime time, const std::string& age) { return time == WallTime{} ? "has not answered yet, for " + age : "has not answered for " + age; }

void add_database(const Vitals& vitals, const VitalLimits& limits, std::vector<Ailment>& found) {
  const auto& database = vitals.database;
  if (database.damaged) {
    found.push_back({"database", database.failure, true});
  } else if (database.waiting_since && vitals.now - *database.waiting_since > limits.database) {
    found.push_back({"database", fmt::format("the database has not answered for {}", format_age(std::chrono::duration_cast<Duration>(vitals.now - *database.waiting_since))), true});
  } else if (database.failing_since && vitals.now - *database.failing_since > limits.database) {
    found.push_back({"database", fmt::format("the database can't be used: {}", database.failure), false});
  }
}

void add_queue(const Vitals& vitals, const std::optional<WallTime>& oldest, Duration limit, const std::string& about, std::string_view what, std::vector<Ailment>& found) {
  if (!oldest || since(vitals, *oldest) <= limit) return;
  found.push_back({about, fmt::format("{} {}", what, format_age(since(vitals, *oldest))), false});
}

}  // namespace

std::vector<Ailment> ailments_of(const Vitals& vitals, const VitalLimits& limits) {
  std::vector<Ailment> found;
  if (vitals.socket_closed_since && since(vitals, *vitals.socket_closed_since) > limits.socket) {
    found.push_back({"socket", fmt::format("Slack's socket has not been open for {}", format_age(since(vitals, *vitals.socket_closed_since))), false});
  }
  for (const auto& [name, heard] : vitals.clusters) {
    if (const auto silent = since(vitals, heard); silent > limits.cluster) found.push_back({"cluster:" + name, fmt::format("the cluster {} {}", name, never_or(heard, format_age(silent))), false});
  }
  for (const auto& [name, repository] : vitals.repositories) {
    const auto silent = since(vitals, repository.answered);
    if (silent <= std::max(limits.repository, 5 * repository.poll)) continue;
    found.push_back({"repository:" + name, fmt::format("the repository {} {}", name, never_or(repository.answered, format_age(silent))), false});
  }
  add_queue(vitals, vitals.inbox_oldest, limits.inbox, "inbox", "a command has been waiting for", found);
  add_queue(vitals, vitals.outbox_oldest_due, limits.outbox, "outbox", "something that is due could not be carried out for", found);
  add_database(vitals, limits, found);
  std::ranges::sort(found, {}, &Ailment::about);
  return found;
}

std::string reason_to_restart(const std::vector<Ailment>& ailments) {
  const auto found = std::ranges::find_if(ailments, &Ailment::restart_helps);
  return found == ailments.end() ? std::string() : found->words;
}

}  // namespace driftwarden
