// The fleet in one message: worst first, what is well folded, and ways to look closer.
#include "bot/view/answer_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace driftwarden::view {
namespace {

constexpr std::size_t kRowsPerPage = 40;
constexpr std::size_t kFineRowsShown = 15;   // so few aren't folded
constexpr std::size_t kNamesPerPlace = 8;
constexpr std::size_t kPlacesShown = 20;
constexpr std::size_t kPlaceButtons = 20;
constexpr std::size_t kButtonCommand = 100;

bool is_fine(const StatusRow& row) { return badness_of(row) == kFine; }

/// What is worst and has lasted longest goes first.
std::vector<StatusRow> worst_first(std::vector<StatusRow> rows) {
  std::ranges::stable_sort(rows, {}, [](const StatusRow& row) { return std::pair(badness_of(row), row.incident ? row.incident->opened_at : WallTime::max()); });
  return rows;
}

std::string place_of(const StatusRow& row) {
  const auto& environment = row.app.environment;
  if (row.app.kind != AppKind::Kubernetes) return (environment.empty() ? "" : environment + "/") + std::string(to_string(row.app.plan.tool));
  if (environment.empty() || environment == row.app.cluster) return row.app.cluster;
  return environment + "/" + row.app.cluster;
}

std::string drift_of(const StatusRow& row) {
  if (row.app.orphans) return counted(row.report.objects.size(), "object") + " that no Git knows";
  return row.app.kind == AppKind::Kubernetes ? cause_words(row.report) : planned_words(row.report);
}

std::string counts_of(const std::vector<StatusRow>& rows, const StatusQuery& query) {
  const auto count = [&](AppState state) { return std::ranges::count_if(rows, [&](const StatusRow& row) { return row.report.state == state; }); };
  const auto of = query.filter.empty() ? std::string() : " of " + code_span(ellipsize(query.filter, 100));
  auto words = fmt::format("*{} {}*{}: {} in sync, {} OutOfSync, {} unknown", rows.size(), rows.size() == 1 ? "App" : "Apps", of, count(AppState::Synced), count(AppState::OutOfSync),
                           count(AppState::Unknown));
  const auto ailing = std::ranges::count_if(rows, [](const StatusRow& row) { return row.report.state == AppState::Synced && !is_fine(row); });
  if (ailing > 0) words += fmt::format("; {} of those in sync {} not healthy", ailing, ailing == 1 ? "is" : "are");
  return words;
}

/// "prod/prod-eu 80, staging 60": how many there are in each place, the fullest first.
std::string by_place(const std::vector<StatusRow>& rows) {
  std::map<std::string, std::size_t> counts;
  for (const auto& row : rows) ++counts[place_of(row)];
  std::vector<std::pair<std::string, std::size_t>> places(counts.begin(), counts.end());
  std::ranges::stable_sort(places, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  std::size_t rest = 0;
  for (const auto& [place, count] : places) {
    if (words.size() < kPlacesShown) {
      words.push_back(fmt::format("{} {}", slack::escape(place), count));
    } else {
      rest += count;
    }
  }
  if (rest > 0) words.push_back(fmt::format("elsewhere {}", rest));
  return join(words, ", ");
}

/// What is well, a line for each place: names while they are few, else how many.
std::vector<std::string> folded(const std::vector<StatusRow>& fine) {
  std::map<std::string, std::vector<std::string>> places;
  for (const auto& row : fine) places[place_of(row)].push_back(slack::escape(row.app.name));
  std::vector<std::string> lines;
  std::size_t rest = 0;
  for (const auto& [place, names] : places) {
    if (lines.size() == kPlacesShown) {
      rest += names.size();
      continue;
    }
    lines.push_back(fmt::format(":white_check_mark: {} in sync on *{}*{}", names.size(), slack::escape(place), names.size() <= kNamesPerPlace ? ": " + join(names, ", ") : ""));
  }
  if (rest > 0) lines.push_back(fmt::format(":white_check_mark: {} in sync elsewhere", rest));
  return lines;
}

std::string status_command(const std::string& filter, int page) { return fmt::format("status{}{}{}", filter.empty() ? "" : " ", filter, page > 1 ? fmt::format(" page {}", page) : ""); }

/// A word that the grammar reads back as this filter.
bool is_word(const std::string& name) { return !name.empty() && name.size() <= kButtonCommand && name.find_first_of(" \t\n\"'`") == std::string::npos; }

void add_places(std::vector<Button>& buttons, const std::vector<StatusRow>& rows, std::string App::*part, const std::string& filter) {
  std::map<std::string, std::size_t> troubled;
  for (const auto& row : rows) troubled[row.app.*part] += is_fine(row) ? 0 : 1;
  if (troubled.size() < 2) return;
  std::vector<std::pair<std::string, std::size_t>> sorted(troubled.begin(), troubled.end());
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [name, count] : sorted) {
    const auto command = status_command(name, 1);
    const bool known = std::ranges::find(buttons, command, &Button::command) != buttons.end();
    if (buttons.size() >= kPlaceButtons || !is_word(name) || name == filter || known) continue;
    buttons.push_back({count == 0 ? name : fmt::format("{} ({})", ellipsize(name, 60), count), command, Button::Style::Plain, ""});
  }
}

std::vector<Button> ways_on(const std::vector<StatusRow>& rows, const StatusQuery& query, int pages) {
  std::vector<Button> buttons;
  if (query.page < pages) buttons.push_back({fmt::format("Page {} of {}", query.page + 1, pages), status_command(query.filter, query.page + 1), Button::Style::Primary, ""});
  const auto drifted = std::ranges::count_if(rows, [](const StatusRow& row) { return row.report.state == AppState::OutOfSync; });
  if (query.filter.empty() && drifted > 0 && rows.size() > kFineRowsShown) buttons.push_back({fmt::format("Drifted ({})", drifted), "status drifted", Button::Style::Plain, ""});
  add_places(buttons, rows, &App::environment, query.filter);
  add_places(buttons, rows, &App::cluster, query.filter);
  if (!query.filter.empty()) buttons.push_back({"All Apps", "status", Button::Style::Plain, ""});
  return buttons;
}

}  // namespace

int badness_of(const StatusRow& row) {
  if (row.report.state == AppState::OutOfSync) return row.incident && row.incident->severity == Severity::Critical ? 0 : 1;
  if (row.health.starts_with("degraded")) return 2;
  if (row.report.state == AppState::Unknown) return 3;
  return row.health == "healthy" || row.health.empty() ? kFine : 4;
}

std::string status_line(const StatusRow& row, WallTime now) {
  const auto badness = badness_of(row);
  const auto* emoji = badness == 0 ? ":fire:" : badness == 2 || badness == 4 ? ":warning:" : nullptr;
  auto line = fmt::format("{} *{}*", emoji == nullptr ? state_emoji(row.report.state) : emoji, slack::escape(row.app.name));
  std::vector<std::string> details;
  if (row.report.state == AppState::OutOfSync) {
    line += " " + drift_of(row);
  } else if (row.report.state == AppState::Unknown) {
    line += " unknown";
    if (!row.report.reason.empty()) details.push_back(slack::escape(ellipsize(row.report.reason, 120)));
  } else if (is_fine(row)) {
    line += " in sync";
  }
  if (row.health != "healthy" && !row.health.empty()) {
    // In sync and ailing: that is what is wrong with it.
    if (row.report.state == AppState::Synced) {
      line += " " + slack::escape(ellipsize(row.health, 80));
    } else if (row.health != "unknown") {
      details.push_back(slack::escape(ellipsize(row.health, 80)));
    }
  }
  if (row.incident && row.report.state != AppState::Synced) line += " " + format_age(now - row.incident->opened_at);
  details.insert(details.begin(), slack::escape(row.app.kind == AppKind::Kubernetes ? row.app.cluster : place_of(row)));
  if (row.report.state == AppState::Synced && !row.app.orphans) details.push_back(code_span(short_sha(row.report.revision)));
  if (row.incident && row.incident->state == IncidentState::Acknowledged) details.push_back("ack by " + slack::escape(row.incident->acknowledged_by));
  if (row.incident && row.incident->state == IncidentState::Snoozed) details.emplace_back("snoozed");
  if (row.open_change) details.push_back(fmt::format("{} {}", change_name(row.open_change->id), to_string(row.open_change->state)));
  return line + " \u00b7 " + join(details, " \u00b7 ");
}

slack::Message status_message(std::vector<StatusRow> rows, WallTime now, StatusQuery query) {
  rows = worst_first(std::move(rows));
  const bool unfolded = query.unfold || rows.size() <= kFineRowsShown;
  std::vector<StatusRow> listed;
  std::vector<StatusRow> fine;
  for (const auto& row : rows) (unfolded || !is_fine(row) ? listed : fine).push_back(row);
  if (fine.size() <= kFineRowsShown && listed.size() + fine.size() <= kRowsPerPage) {
    std::ranges::move(fine, std::back_inserter(listed));
    fine.clear();
  }
  const auto page = page_of(listed.size(), kRowsPerPage, query.page);
  query.page = page.page;
  std::vector<std::string> lines;
  for (auto i = page.first; i < page.last; ++i) lines.push_back(status_line(listed[i], now));
  const std::vector<StatusRow> later(listed.begin() + static_cast<std::ptrdiff_t>(page.last), listed.end());
  if (page.first > 0) lines.insert(lines.begin(), fmt::format("_{}_", page_words(page, listed.size())));
  if (!later.empty()) lines.push_back(fmt::format("\u2026 and {} more{}: {}", later.size(), unfolded ? "" : " that need a look", by_place(later)));
  const auto well = folded(fine);
  Blocks blocks;
  const auto headline = counts_of(rows, query);
  blocks.section(headline);
  add_packed(blocks, lines);
  add_packed(blocks, well);
  blocks.actions(ways_on(rows, query, page.pages));
  blocks.context({"as of " + time_span(now), page.pages > 1 ? fmt::format("page {} of {}", page.page, page.pages) : std::string()});
  auto text = headline;
  if (!lines.empty()) text += "\n" + join(lines, "\n");
  if (!well.empty()) text += "\n" + join(well, "\n");
  return message_of(blocks, std::move(text));
}

}  // namespace driftwarden::view
