#include "bot/view/answer_view.hpp"

#include "bot/view/alert_buttons.hpp"
#include "bot/view/alert_view.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kDiffsInline = 5;
constexpr std::size_t kAppsPerPage = 40;

std::string person_or_manager(const DriftReport& report) {
  for (const auto& drift : report.objects) {
    for (const auto& field : drift.fields) {
      if (field.by) return *field.by;
    }
  }
  return {};
}

std::string explain(const DriftReport& report) {
  const auto by = person_or_manager(report);
  if (is_rolled_back(report) && report.cause == Cause::LiveEdited) return "Somebody put an older image into the cluster, past Git.";
  switch (report.cause) {
    case Cause::LiveEdited: return by.empty() ? "Somebody changed the cluster, past Git. The server keeps no name for removals." : fmt::format("Somebody changed the cluster with *{}*, past Git.", slack::escape(by));
    case Cause::GitAhead: return "Git has a commit that nobody has put in force yet.";
    case Cause::Both: return "The cluster was edited, and Git has moved on as well.";
    case Cause::Missing: return "Objects that were applied from Git have been deleted in the cluster.";
    case Cause::Fight: return "The same field goes to and fro; whoever should not write it must be told to stop. A sync would only join in.";
    case Cause::Stuck: return "Something keeps it from becoming what Git says.";
    case Cause::Extra: return "The cluster has objects of this App that Git does not have any more.";
    default: return report.reason.empty() ? "It can't be told why." : "";
  }
}

std::string explain_planned(const DriftReport& report, const App& app) {
  const auto tool = to_string(app.plan.tool);
  switch (report.cause) {
    case Cause::LiveEdited: return fmt::format("Somebody changed what runs, past Git: {} would take that back.", tool);
    case Cause::GitAhead: return "Git has changes that nobody has applied yet.";
    case Cause::Both: return "What runs was changed past Git, and Git has changes that nobody has applied yet.";
    default: return report.reason.empty() ? fmt::format("{} would change something.", tool) : "";
  }
}

WallTime as_of(const DriftReport& report, WallTime now) { return report.as_of == WallTime{} ? now : report.as_of; }

/// What is to be said of a report, one section per kind of fact, in the blocks and in their fallback.
void add_report(Blocks& blocks, std::string& text, const DriftReport& report, std::size_t limit) {
  if (report.state == AppState::OutOfSync && !report.reason.empty()) {
    blocks.section(slack::escape(ellipsize(report.reason, 1000)));
    text += "\n" + slack::escape(ellipsize(report.reason, 1000));
  }
  const auto opinion = report.opinion ? opinion_line(*report.opinion) : std::string();
  const std::vector<std::string> second = opinion.empty() ? std::vector<std::string>{} : std::vector<std::string>{opinion};
  for (const auto& lines : {drift_lines(report, limit), second, concern_lines(report), hidden_lines(report)}) {
    add_packed(blocks, lines);
    if (!lines.empty()) text += "\n" + join(lines, "\n");
  }
}

std::string incident_line(const Incident& incident, WallTime now) {
  const auto over = incident.state == IncidentState::Resolved;
  const auto age = format_age(incident.resolved_at.value_or(now) - incident.opened_at);
  const auto end = over ? fmt::format("for {}: {}", age, slack::escape(without_control_characters(ellipsize(incident.resolved_by, 120))))
                        : fmt::format("open for {}{}", age, incident.state == IncidentState::Open ? "" : fmt::format(", {}", to_string(incident.state)));
  return fmt::format("{} {} {} {}", over ? ":white_check_mark:" : ":rotating_light:", time_span(incident.opened_at), cause_words(incident.report), end);
}

}  // namespace

slack::Message not_understood_message(const NotUnderstood& trouble) {
  Blocks blocks;
  blocks.section(slack::escape(trouble.message));
  std::vector<Button> buttons;
  for (const auto& suggestion : trouble.suggestions) {
    if (buttons.size() < 5) buttons.push_back({ellipsize(suggestion, 70), suggestion, Button::Style::Plain, ""});
  }
  // The way on for whoever knows none, and no guess.
  const bool guessed = trouble.suggestions != std::vector<std::string>{"help"};
  if (!buttons.empty() && guessed) blocks.context({"Did you mean"});
  blocks.actions(buttons);
  auto text = slack::escape(trouble.message);
  if (!trouble.suggestions.empty() && guessed) text += " Did you mean: " + slack::escape(join(trouble.suggestions, " | ")) + "?";
  return message_of(blocks, std::move(text));
}

slack::Message app_status_message(const StatusRow& row, WallTime now) {
  Blocks blocks;
  auto text = status_line(row, now);
  blocks.section(text);
  add_report(blocks, text, row.report, 10);
  std::vector<std::string> facts{counted(row.report.objects_total, "object")};
  if (!row.app.orphans) {
    facts.push_back(fmt::format("Git {}", code_span(short_sha(row.report.revision))));
    facts.push_back(fmt::format("path {}", code_span(row.app.path)));
  }
  if (row.app.kind == AppKind::Kubernetes) facts.push_back(fmt::format("namespace {}", code_span(row.app.namespace_)));
  if (const auto by = deployer_words(row.app); !by.empty()) facts.push_back((row.app.kind == AppKind::Kubernetes ? "deployed by " : "planned by ") + by);
  if (!row.app.found_by.empty()) facts.push_back("found by " + code_span(ellipsize(row.app.found_by, 120)));
  facts.push_back("as of " + time_span(as_of(row.report, now)));
  if (row.incident) facts.push_back(fmt::format("incident {} since {}", row.incident->id, time_span(row.incident->opened_at)));
  blocks.context(facts);
  blocks.context(small_print(row.report));
  std::vector<Button> buttons;
  if (row.report.state == AppState::OutOfSync) {
    for (const auto act : acts_for(row.report, row.app)) {
      const bool offered = act == Act::Diff || act == Act::Sync || act == Act::Adopt || act == Act::Ignore || act == Act::PlanAgain || act == Act::Apply;
      if (offered) buttons.push_back(button_of(act, row.app, row.report));
    }
  }
  if (!row.report.floating.empty() && is_rendered(row.app)) buttons.push_back(button_of(Act::Pin, row.app, row.report));
  blocks.actions(buttons);
  return message_of(blocks, std::move(text));
}

slack::Message apps_message(const std::vector<App>& apps, int asked) {
  const auto page = page_of(apps.size(), kAppsPerPage, asked);
  std::vector<std::string> lines;
  for (auto i = page.first; i < page.last; ++i) {
    const auto& app = apps[i];
    if (app.orphans) {
      lines.push_back(fmt::format("*{}* {}/{} \u00b7 what no Git knows", slack::escape(app.name), slack::escape(app.cluster), slack::escape(app.namespace_)));
      continue;
    }
    const auto by = app.kind != AppKind::Kubernetes ? std::string(to_string(app.plan.tool)) : app.deployer.kind == DeployerKind::None ? std::string() : std::string(to_string(app.deployer.kind));
    const auto place = app.kind == AppKind::Kubernetes ? fmt::format(" {}/{}", slack::escape(app.cluster), slack::escape(app.namespace_)) : std::string();
    lines.push_back(fmt::format("*{}* {}{} \u00b7 {} {}{}{}", slack::escape(app.name), slack::escape(app.environment), place, slack::escape(app.repository), code_span(app.path),
                                app.track == Track::Pin ? " \u00b7 pinned" : "", by.empty() ? "" : " \u00b7 " + by));
  }
  if (lines.empty()) lines.emplace_back("I watch no App yet: add one under `apps` in my configuration.");
  Blocks blocks;
  add_packed(blocks, lines);
  const auto where = page_words(page, apps.size());
  blocks.context({where});
  blocks.actions(page_buttons(page, "apps"));
  return message_of(blocks, (where.empty() ? "" : fmt::format("Apps {}\n", where)) + join(lines, "\n"));
}

slack::Message diff_message(const App& app, const DriftReport& report, const std::vector<ObjectDiff>& diffs, bool whole_as_file, WallTime now) {
  Blocks blocks;
  auto text = title_of(report, app);
  if (report.state == AppState::Unknown && !report.reason.empty()) text += ": " + slack::escape(ellipsize(report.reason, 1000));
  blocks.section(text);
  add_report(blocks, text, report, app.orphans ? 100 : 15);
  for (std::size_t i = 0; i < diffs.size() && i < kDiffsInline; ++i) {
    blocks.section(code_span(diffs[i].title));
    blocks.code(diffs[i].text, "diff");
  }
  std::vector<std::string> facts;
  if (!app.orphans) facts.push_back(fmt::format("Git {}", code_span(short_sha(report.revision))));
  facts.push_back("as of " + time_span(as_of(report, now)));
  if (!diffs.empty()) facts.push_back(app.kind == AppKind::Kubernetes ? "`-` live, `+` Git: what a sync would do" : fmt::format("what {} would do", to_string(app.plan.tool)));
  if (diffs.size() > kDiffsInline && !whole_as_file) facts.push_back(fmt::format("{} more objects differ", diffs.size() - kDiffsInline));
  if (whole_as_file) facts.push_back("the whole diff is in the file");
  blocks.context(facts);
  blocks.context(small_print(report));
  return message_of(blocks, std::move(text));
}

slack::Message history_message(const App& app, const std::vector<HistoryRow>& rows, const std::vector<Incident>& incidents, WallTime now, int page, bool more) {
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    const auto tags = row.tags.empty() ? std::string() : " " + code_span(ellipsize(join(row.tags, ", "), 80));
    const auto health = row.health.empty() ? std::string() : " \u00b7 " + slack::escape(ellipsize(row.health, 120));
    lines.push_back(fmt::format("{}{} {} {} {}{}{}", code_span(short_sha(row.sha)), tags, time_span(row.time), slack::escape(row.author), slack::escape(ellipsize(row.summary, 90)), health,
                                row.in_force ? "  :white_check_mark: *desired now*" : ""));
  }
  Blocks blocks;
  if (!app.orphans) {
    blocks.section(fmt::format("Commits that changed *{}* ({})", slack::escape(app.name), code_span(app.path)));
    if (lines.empty()) lines.emplace_back(page > 1 ? "_no more_" : "_none yet_");
    add_packed(blocks, lines);
    if (more) lines.push_back("\u2026 older ones: " + code_span(fmt::format("history {} page {}", app.name, page + 1)));
    if (more) blocks.actions({{"Older", fmt::format("history {} page {}", app.name, page + 1), Button::Style::Plain, ""}});
    blocks.context({fmt::format("{} (a commit, an image's tag, a day) restores one as a new, reviewed commit; {} takes one back", code_span(fmt::format("rollback {} to REV", app.name)),
                                code_span(fmt::format("rollback {} undo REV", app.name)))});
  }
  std::vector<std::string> episodes;
  for (const auto& incident : incidents) episodes.push_back(incident_line(incident, now));
  if (!episodes.empty()) blocks.section(app.orphans ? fmt::format("Incidents of *{}*", slack::escape(app.name)) : "Its last incidents");
  if (episodes.empty() && app.orphans) blocks.section(fmt::format("*{}* had no incident yet.", slack::escape(app.name)));
  add_packed(blocks, episodes);
  lines.insert(lines.end(), episodes.begin(), episodes.end());
  return message_of(blocks, fmt::format("History of {}\n{}", slack::escape(app.name), join(lines, "\n")));
}

slack::Message why_message(const App& app, const DriftReport& report, const std::optional<Incident>& incident, const std::optional<HistoryRow>& last_commit, WallTime now) {
  Blocks blocks;
  std::string text;
  if (app.orphans && report.state != AppState::Unknown) {
    text = title_of(report, app) + ".";
  } else if (report.state == AppState::Synced) {
    text = fmt::format(":white_check_mark: *{}* is in sync with {}.", slack::escape(app.name), code_span(short_sha(report.revision)));
  } else if (report.state == AppState::Unknown) {
    text = fmt::format(":grey_question: *{}* can't be judged: {}", slack::escape(app.name), slack::escape(report.reason));
  } else {
    const bool planned = app.kind != AppKind::Kubernetes;
    text = fmt::format(":mag: *{}* is OutOfSync: *{}*. {}", slack::escape(app.name), planned ? planned_words(report) : cause_words(report), planned ? explain_planned(report, app) : explain(report));
  }
  blocks.section(text);
  add_report(blocks, text, report, 10);
  if (const auto why = disagreement(report); !why.empty()) {
    blocks.section(why);
    text += "\n" + why;
  }
  std::vector<std::string> facts;
  if (incident) facts.push_back(fmt::format("for {}", format_age(now - incident->opened_at)));
  facts.push_back(age_words(report, now));
  if (last_commit) {
    facts.push_back(fmt::format("last commit {} {} by {} {}", code_span(short_sha(last_commit->sha)), slack::escape(ellipsize(last_commit->summary, 60)),
                                slack::escape(last_commit->author), time_span(last_commit->time)));
  }
  blocks.context(facts);
  blocks.context(small_print(report));
  return message_of(blocks, std::move(text));
}

slack::Message whoami_message(const std::string& slack_id, const std::optional<PersonId>& person, const std::vector<std::string>& groups, const std::vector<std::string>& may) {
  Blocks blocks;
  auto text = person ? fmt::format("You are *{}* ({}).", slack::escape(*person), code_span(slack_id))
                     : fmt::format("I don't know you: {} is not under `people` in my configuration, so you may read only.", code_span(slack_id));
  if (!groups.empty()) text += " Groups: " + slack::escape(join(groups, ", ")) + ".";
  blocks.section(text);
  if (!may.empty()) blocks.section("You may: " + slack::escape(join(may, ", ")));
  return message_of(blocks, text);
}

}  // namespace driftwarden::view
