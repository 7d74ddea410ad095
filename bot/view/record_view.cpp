#include "bot/view/record_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kRowsShown = 10;
constexpr std::size_t kRulesShown = 40;
constexpr std::size_t kDeedShown = 400;

std::string time_line(const TimeInDrift& row) {
  auto line = fmt::format("*{}* {} in drift, {}", slack::escape(row.name), format_age(row.total), counted(row.incidents, "incident"));
  if (row.over > 0) line += fmt::format(", {} to reconcile", format_age(row.mean));
  if (row.open > 0) line += fmt::format(", :rotating_light: {} open", row.open);
  return line;
}

/// A section of its own, and the same for the fallback.
void add_times(Blocks& blocks, std::string& text, std::string_view title, const std::vector<TimeInDrift>& rows) {
  if (rows.empty()) return;
  std::vector<std::string> lines{fmt::format("_{}_", title)};
  for (const auto& row : rows) {
    if (lines.size() <= kRowsShown) lines.push_back(time_line(row));
  }
  if (rows.size() > kRowsShown) lines.push_back(fmt::format("\u2026 and {} more", rows.size() - kRowsShown));
  const auto section = join(lines, "\n");
  blocks.section(section);
  text += "\n" + section;
}

std::string rule_line(const RuleRow& row, bool with_app) {
  const auto& use = row.use;
  auto line = fmt::format("{} ", use.expired ? ":hourglass:" : use.fields > 0 ? ":see_no_evil:" : ":zzz:");
  if (with_app) line += fmt::format("*{}* ", slack::escape(row.app));
  line += code_span(ellipsize(use.rule, 200));
  std::vector<std::string> facts{use.owner.empty() ? "nobody's" : name_words(use.owner), use.until ? until_words(use) : "without an end",
                                 use.fields == 0 ? "hides nothing now" : fmt::format("{} {}", use.expired ? "would hide" : "hides", counted(use.fields, "field"))};
  if (!use.reason.empty()) facts.push_back(slack::escape(without_control_characters(ellipsize(use.reason, 120))));
  return line + " " + join(facts, ", ");
}

std::string audit_line(const AuditLine& line) {
  const auto number = line.url.empty() ? code_span(std::to_string(line.seq)) : link(line.url, std::to_string(line.seq));
  return fmt::format("{} {} *{}* {}", number, time_span(line.at), slack::escape(ellipsize(line.actor, 100)), slack::escape(ellipsize(line.deed, kDeedShown)));
}

}  // namespace

slack::Message audit_message(const AuditPage& page) {
  std::vector<std::string> lines;
  for (const auto& line : page.lines) lines.push_back(audit_line(line));
  const auto head = fmt::format("*Audit log*{}{}, {}", page.title.empty() ? "" : " ", slack::escape(page.title), page.oldest_first ? "oldest first" : "newest first");
  Blocks blocks;
  blocks.section(head);
  if (lines.empty()) lines.emplace_back(page.page > 1 ? "_no more_" : "_nothing yet_");
  add_packed(blocks, lines);
  if (page.more) {
    const auto command = fmt::format("{} page {}", page.command, page.page + 1);
    const auto* label = page.oldest_first ? "Newer" : "Older";
    blocks.actions({{label, command, Button::Style::Plain, ""}});
    lines.push_back(fmt::format("\u2026 {} ones: {}", page.oldest_first ? "newer" : "older", code_span(command)));
  }
  if (!page.head.empty()) blocks.context({"chain head " + code_span(page.head), "`driftwarden audit verify` proves it whole"});
  return message_of(blocks, head + "\n" + join(lines, "\n"));
}

slack::Message audit_report_message(const std::string& text, const std::string& note) {
  Blocks blocks;
  blocks.section("*Audit report*");
  blocks.code(text);
  if (!note.empty()) blocks.context({slack::escape(note)});
  return message_of(blocks, "Audit report\n" + slack::escape(text) + (note.empty() ? "" : "\n" + slack::escape(note)));
}

slack::Message stats_message(const TimesInDrift& times, const std::string& app, WallTime now) {
  Blocks blocks;
  const auto whose = app.empty() ? std::string{} : fmt::format(" of *{}*", slack::escape(app));
  auto text = times.apps.empty() ? fmt::format(":white_check_mark: No drift{} in the last 30 days.", whose) : fmt::format("*Time in drift*{}, last 30 days, worst first", whose);
  blocks.section(text);
  add_times(blocks, text, "Apps", times.apps);
  if (app.empty()) {
    add_times(blocks, text, "Teams", times.teams);
    add_times(blocks, text, "Clusters", times.clusters);
  }
  blocks.context({"as of " + time_span(now), "from when an incident opened until live and Git agreed; mean over those that are over"});
  return message_of(blocks, std::move(text));
}

slack::Message ignores_message(std::vector<RuleRow> rows, const std::string& app, int asked) {
  std::ranges::stable_sort(rows, [](const RuleRow& a, const RuleRow& b) {
    if (a.use.expired != b.use.expired) return a.use.expired;
    return a.use.until.value_or(WallTime::max()) < b.use.until.value_or(WallTime::max());
  });
  std::vector<std::string> lines;
  const auto page = page_of(rows.size(), kRulesShown, asked);
  for (auto i = page.first; i < page.last; ++i) lines.push_back(rule_line(rows[i], app.empty()));
  const auto whose = app.empty() ? std::string{} : fmt::format(" of *{}*", slack::escape(app));
  const auto head = rows.empty() ? fmt::format("There are no ignore rules{}.", whose) : fmt::format("*Ignore rules*{}{}{}", whose, page.pages > 1 ? ", " : "", page_words(page, rows.size()));
  Blocks blocks;
  blocks.section(head);
  add_packed(blocks, lines);
  blocks.actions(page_buttons(page, app.empty() ? "ignores" : "ignores " + app));
  blocks.context({"`ignore APP [PATH] for 30d because ...` asks for one"});
  return message_of(blocks, head + (lines.empty() ? "" : "\n" + join(lines, "\n")));
}

}  // namespace driftwarden::view
