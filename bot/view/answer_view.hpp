#pragma once
// Answers to the reading commands.
#include "bot/command/command.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"
#include "gitops/model/incident.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

slack::Message not_understood_message(const NotUnderstood& trouble);

struct StatusRow {
  App app;
  DriftReport report;
  std::string health;  ///< "healthy", or "progressing: 1 of 2 replicas available"
  std::optional<Incident> incident;
  std::optional<Change> open_change;
};
/// What was asked for: `rows` are those that match already.
struct StatusQuery {
  std::string filter{};  ///< as written, "" = all
  int page = 1;
  bool unfold = false;   ///< what is well is asked for: a line for each
};
/// In rising order: OutOfSync and critical, OutOfSync, degraded, unknown, not healthy otherwise, kFine.
int badness_of(const StatusRow& row);
inline constexpr int kFine = 5;
/// Emoji, name and what is wrong first (a phone shows 40 characters in a line), then the details.
std::string status_line(const StatusRow& row, WallTime now);
/// Worst first, then oldest first. What is in sync is folded to a line per environment and cluster when there is much of it; what needs a look and
/// doesn't fit is counted by place, and a page further. Buttons lead to environments, clusters and pages.
slack::Message status_message(std::vector<StatusRow> rows, WallTime now, StatusQuery query = {});
slack::Message app_status_message(const StatusRow& row, WallTime now);
slack::Message apps_message(const std::vector<App>& apps, int page = 1);

struct ObjectDiff {
  std::string title;  ///< "Deployment shop/checkout"
  std::string text;   ///< unified, redacted
};
/// `shown_inline` diffs; the rest is said to be in the file that is posted with it.
slack::Message diff_message(const App& app, const DriftReport& report, const std::vector<ObjectDiff>& diffs, bool whole_as_file, WallTime now);

struct HistoryRow {
  std::string sha;
  std::string author;
  WallTime time{};
  std::string summary;
  bool in_force = false;  ///< what Desired is rendered from
  bool same = false;      ///< the App was then what it is meant to be now
  std::vector<std::string> tags{};  ///< of its images then
  std::string health{};   ///< how it did with these sources in force: "healthy", "degraded: ..."; "" when that was never seen
};
/// Commits (none for an orphans App), and below them `incidents`, newest first. `more`: there are older commits.
slack::Message history_message(const App& app, const std::vector<HistoryRow>& rows, const std::vector<Incident>& incidents, WallTime now, int page = 1, bool more = false);
slack::Message why_message(const App& app, const DriftReport& report, const std::optional<Incident>& incident, const std::optional<HistoryRow>& last_commit, WallTime now);
slack::Message whoami_message(const std::string& slack_id, const std::optional<PersonId>& person, const std::vector<std::string>& groups, const std::vector<std::string>& may);

}  // namespace driftwarden::view
