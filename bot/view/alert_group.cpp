#include "bot/view/alert_group.hpp"

#include "bot/view/alert_buttons.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/cost_words.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace driftwarden::view {
namespace {

constexpr std::size_t kRowsShown = 20;
constexpr std::size_t kWorstShown = 10;
constexpr std::size_t kRowsPerSection = 10;  // below the limit of a section whatever the names are
constexpr std::size_t kFieldsShown = 5;
constexpr std::size_t kCountsShown = 6;
constexpr std::size_t kWaysShown = 4;

bool is_over(const GroupRow& row) { return row.incident.state == IncidentState::Resolved; }

std::string bold(const std::string& text) { return fmt::format("*{}*", name_words(text)); }

/// Worst first: what nobody took before what somebody has, and that before what is over; then by severity and age.
bool worse(const GroupRow& a, const GroupRow& b) {
  const auto rank = [](const GroupRow& row) {
    return std::tuple(row.incident.state, -static_cast<int>(row.incident.severity), row.incident.opened_at, row.incident.id);
  };
  return rank(a) < rank(b);
}

/// "prod-eu" where all are there, else "3 clusters".
std::string place_of(const std::vector<GroupRow>& rows) {
  std::map<std::string, std::string> clusters;  // with their environment
  for (const auto& row : rows) clusters.emplace(place_name(row.app), row.app.environment);
  if (clusters.size() != 1) return fmt::format("{} clusters", clusters.size());
  const auto& [cluster, environment] = *clusters.begin();
  return bold(cluster) + (environment.empty() ? "" : " (" + slack::escape(environment) + ")");
}

std::size_t open_count(const std::vector<GroupRow>& rows) { return rows.size() - static_cast<std::size_t>(std::ranges::count_if(rows, is_over)); }

Severity worst_severity(const std::vector<GroupRow>& rows) {
  auto worst = Severity::Info;
  for (const auto& row : rows) {
    if (!is_over(row)) worst = std::max(worst, row.incident.severity);
  }
  return worst;
}

/// Git may want another value of each, whatever live is.
bool wants_vary(const std::vector<GroupRow>& rows, const FieldDrift& field) {
  return std::ranges::any_of(rows, [&](const GroupRow& row) {
    return !row.differs && std::ranges::any_of(row.incident.report.objects, [&](const ObjectDrift& drift) {
      return std::ranges::any_of(drift.fields, [&](const FieldDrift& other) { return other.path == field.path && other.live == field.live && other.desired != field.desired; });
    });
  });
}

/// What they have in common: the fields, without the objects and times that differ.
std::string common_lines(const std::vector<GroupRow>& rows) {
  const auto found = std::ranges::find_if(rows, [](const GroupRow& row) { return !row.differs; });
  std::vector<DriftReport> reports{(found == rows.end() ? rows.front() : *found).incident.report};
  for (const auto& row : rows) reports.push_back(row.incident.report);
  reports = with_common_paths(std::move(reports));
  const auto& report = reports.front();
  DriftReport story;
  story.state = report.state;
  story.cause = report.cause;
  ObjectDrift all;
  all.verdict = Verdict::OutOfSync;
  for (const auto& drift : report.objects) {
    all.object = drift.object;
    for (auto field : drift.fields) {
      field.time.reset();
      if (field.desired && wants_vary(rows, field)) field.desired = "\u2026";
      const bool known = std::ranges::any_of(all.fields, [&](const FieldDrift& other) { return other.path == field.path && other.live == field.live && other.desired == field.desired; });
      if (!known) all.fields.push_back(std::move(field));
    }
  }
  const auto kind = all.object.kind;
  story.objects.push_back(std::move(all));
  auto lines = drift_lines(story, kFieldsShown);
  if (!lines.empty()) lines.front() = fmt::format("The same in each {}:", kind.empty() ? "of them" : code_span(kind));  // instead of the object's name
  return join(lines, "\n");
}

std::string state_words(const GroupRow& row, WallTime now) {
  const auto& incident = row.incident;
  switch (incident.state) {
    case IncidentState::Open: break;
    case IncidentState::Acknowledged: return fmt::format(":eyes: {}", name_words(incident.acknowledged_by));
    case IncidentState::Snoozed: return incident.snoozed_until ? fmt::format(":zzz: for {}", format_age(*incident.snoozed_until - now)) : ":zzz:";
    case IncidentState::Resolved: return fmt::format(":white_check_mark: after {}", format_age(incident.resolved_at.value_or(incident.updated_at) - incident.opened_at));
  }
  return incident.calm_since ? "in sync now, comes and goes" : "";
}

struct RowStyle {
  std::size_t limit = kRowsShown;
  bool cause = false;        ///< named in each row
  bool environment = false;  ///< the same
};

std::string row_line(const GroupRow& row, const RowStyle& style, WallTime now) {
  auto line = fmt::format("\u2022 {} {}", bold(row.app.name.empty() ? row.incident.app : row.app.name), name_words(place_name(row.app)));
  if (style.environment && !row.app.environment.empty()) line += " (" + name_words(row.app.environment) + ")";
  if (!is_over(row)) line += ", " + format_age(std::max(Duration{0}, std::chrono::duration_cast<Duration>(now - row.incident.opened_at)));
  if (style.cause) line += ", " + cause_words(row.incident.report);
  if (const auto words = state_words(row, now); !words.empty()) line += " " + words;
  if (row.differs && !style.cause && !is_over(row)) line += " (changed again since)";
  if (row.incident.flaps > 0) line += fmt::format(" (came back {}\u00d7)", row.incident.flaps);
  return line;
}

std::vector<std::string> row_lines(std::vector<GroupRow> rows, RowStyle style, WallTime now) {
  style.environment = std::ranges::any_of(rows, [&](const GroupRow& row) { return row.app.environment != rows.front().app.environment; });
  std::ranges::stable_sort(rows, worse);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    if (lines.size() == style.limit) break;
    lines.push_back(row_line(row, style, now));
  }
  if (rows.size() > style.limit) lines.push_back(fmt::format("\u2026 and {} more", rows.size() - style.limit));
  return lines;
}

/// "edited live 600, Git is ahead 395"
std::string counts(const std::map<std::string, std::size_t>& by_name) {
  std::vector<std::pair<std::string, std::size_t>> sorted(by_name.begin(), by_name.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [name, count] : sorted) {
    if (words.size() == kCountsShown) {
      words.push_back(fmt::format("{} more", sorted.size() - kCountsShown));
      break;
    }
    words.push_back(fmt::format("{} {}", name.empty() ? "none" : name_words(name), count));
  }
  return join(words, ", ");
}

std::string storm_lines(const std::vector<GroupRow>& rows) {
  std::map<std::string, std::size_t> causes;
  std::map<std::string, std::size_t> environments;
  std::map<std::string, std::size_t> clusters;
  for (const auto& row : rows) {
    ++causes[cause_words(row.incident.report.cause)];
    ++environments[row.app.environment];
    ++clusters[place_name(row.app)];
  }
  return fmt::format("Cause: {}\nEnvironment: {}\nCluster: {}", counts(causes), counts(environments), counts(clusters));
}

/// By what they were closed, the most frequent first.
std::string ways_words(const std::vector<GroupRow>& rows) {
  std::map<std::string, std::size_t> ways;
  for (const auto& row : rows) {
    if (!row.incident.resolved_by.empty()) ++ways[row.incident.resolved_by];
  }
  std::vector<std::pair<std::string, std::size_t>> sorted(ways.begin(), ways.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [way, count] : sorted) {
    if (words.size() == kWaysShown) break;
    words.push_back(fmt::format("{} ({})", slack::escape(way), count));
  }
  if (sorted.size() > kWaysShown) words.push_back(fmt::format("{} other ways", sorted.size() - kWaysShown));
  return words.empty() ? "" : "how: " + join(words, ", ");
}

std::string closed_title(const Incident& leader, const std::vector<GroupRow>& rows) {
  WallTime end = leader.opened_at;
  for (const auto& row : rows) end = std::max(end, row.incident.resolved_at.value_or(end));
  return fmt::format(":white_check_mark: All *{} Apps* are in sync again on {}, after {}", rows.size(), place_of(rows), format_age(end - leader.opened_at));
}

std::string title_of_group(const Incident& leader, const std::vector<GroupRow>& rows) {
  const auto open = open_count(rows);
  if (open == 0) return closed_title(leader, rows);
  const bool storm = leader.grouping == Grouping::Storm;
  const auto* const emoji = worst_severity(rows) == Severity::Critical ? ":fire:" : storm ? ":ocean:" : ":rotating_light:";
  auto title = storm ? fmt::format("{} Storm: *{} Apps* drifted on {}", emoji, rows.size(), place_of(rows))
                     : fmt::format("{} *{} Apps* are OutOfSync on {}: {}", emoji, rows.size(), place_of(rows), cause_words(rows.front().incident.report));
  if (open < rows.size()) title += fmt::format(", {} of them in sync again", rows.size() - open);
  return title;
}

std::string plain(std::string title, Severity worst, bool over) {
  if (title.starts_with(':')) title.erase(0, title.find(' ') + 1);
  std::erase(title, '*');
  return (!over && worst == Severity::Critical ? "Critical: " : "") + title;
}

/// Only where each of them could be synced by itself.
bool may_sync(const std::vector<GroupRow>& rows) {
  return std::ranges::all_of(rows, [](const GroupRow& row) {
    if (is_over(row)) return true;
    const auto acts = acts_for(row.incident.report, row.app);
    return std::ranges::find(acts, Act::Sync) != acts.end();
  });
}

/// What the drift of those that are open costs together.
std::string money_line(const std::vector<GroupRow>& rows, const CostChange& cost) {
  std::vector<const DriftReport*> reports;
  for (const auto& row : rows) {
    if (!is_over(row)) reports.push_back(&row.incident.report);
  }
  auto line = drift_cost_line(reports, cost, slack_dialect());
  const auto uncounted = uncounted_line(cost.after.uncounted, slack_dialect());
  return line.empty() || uncounted.empty() ? line : line + "\n" + uncounted;
}

std::vector<Button> group_buttons(const Incident& leader, const std::vector<GroupRow>& rows) {
  std::vector<Button> buttons;
  const auto open = open_count(rows);
  if (open == 0) return buttons;
  const auto all = fmt::format("incident {}", leader.id);
  if (leader.grouping == Grouping::Storm) {
    buttons.push_back({"Status", "status drifted", Button::Style::Plain, ""});
  } else {
    buttons.push_back({"Show all", "diff " + all, Button::Style::Plain, ""});
    if (may_sync(rows)) {
      buttons.push_back({"Sync all", "sync " + all, Button::Style::Primary,
                         fmt::format("Opens a pull request for each of the {} that puts Git's state back in force. Somebody else approves them.", counted(open, "App"))});
    }
  }
  const bool any_awake = std::ranges::any_of(rows, [](const GroupRow& row) { return row.incident.state == IncidentState::Open || row.incident.state == IncidentState::Acknowledged; });
  const bool any_open = std::ranges::any_of(rows, [](const GroupRow& row) { return row.incident.state == IncidentState::Open; });
  if (any_awake) buttons.push_back({"Snooze all 2h", fmt::format("snooze {} 2h", all), Button::Style::Plain, ""});
  if (any_open) buttons.push_back({"Ack all", "ack " + all, Button::Style::Plain, ""});
  return buttons;
}

}  // namespace

std::vector<DriftReport> with_common_paths(std::vector<DriftReport> reports) {
  const auto selector = [](const ObjectDrift& drift) { return fmt::format("[name=\"{}\"]", drift.object.name); };
  std::set<std::string> selectors;
  for (const auto& report : reports) {
    for (const auto& drift : report.objects) {
      const bool named = std::ranges::any_of(drift.fields, [&](const FieldDrift& field) { return field.path.find(selector(drift)) != std::string::npos; });
      if (named) selectors.insert(selector(drift));
    }
  }
  if (selectors.size() < 2) return reports;
  for (auto& report : reports) {
    for (auto& drift : report.objects) {
      const auto own = selector(drift);
      for (auto& field : drift.fields) replace_all(field.path, own, "[*]");
    }
  }
  return reports;
}

slack::Message group_message(const Incident& leader, const std::vector<GroupRow>& rows, const GroupContext& context) {
  const bool over = open_count(rows) == 0;
  const bool storm = leader.grouping == Grouping::Storm;
  const auto title = title_of_group(leader, rows);
  std::vector<std::string> fallback{plain(title, worst_severity(rows), over)};
  Blocks blocks;
  blocks.section(title);
  const auto paragraph = [&](const std::string& text) {
    if (text.empty()) return;
    blocks.section(text);
    fallback.push_back(text);
  };
  const auto gist = storm ? storm_lines(rows) : common_lines(rows);
  paragraph(over ? "It was:\n" + gist : gist);
  const auto lines = row_lines(rows, {storm ? kWorstShown : kRowsShown, storm, false}, context.now);
  for (std::size_t at = 0; at < lines.size(); at += kRowsPerSection) {
    paragraph(join({lines.begin() + static_cast<std::ptrdiff_t>(at), lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), at + kRowsPerSection))}, "\n"));
  }
  if (!over) paragraph(context.mentions);
  if (!over && context.drift_cost) paragraph(money_line(rows, *context.drift_cost));
  std::vector<std::string> facts{fmt::format("since {}", time_span(leader.opened_at))};
  if (!over) facts.push_back(std::string(to_string(worst_severity(rows))));
  const auto& revision = rows.front().incident.report.revision;
  const bool one_revision = std::ranges::all_of(rows, [&](const GroupRow& row) { return row.incident.report.revision == revision; });
  if (!storm && one_revision && !revision.empty()) facts.push_back("Git " + code_span(short_sha(revision)));
  facts.push_back(fmt::format("incident {}", leader.id));
  if (over) {
    if (auto ways = ways_words(rows); !ways.empty()) {
      fallback.push_back(ways);
      facts.push_back(std::move(ways));
    }
  }
  blocks.context(facts);
  blocks.actions(group_buttons(leader, rows));
  return message_of(blocks, join(fallback, "\n"));
}

}  // namespace driftwarden::view
