#include "bot/view/cost_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/cost_words.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/money.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden::view {
namespace {

constexpr std::size_t kObjectsShown = 15;
constexpr std::size_t kUnpricedNamed = 8;
constexpr std::size_t kPlacesShown = 10;
constexpr std::size_t kAppButtons = 5;
constexpr std::size_t kButtonCommand = 100;

const Dialect& d() { return slack_dialect(); }

std::string bold(const std::string& text) { return fmt::format("*{}*", d().text(text)); }

std::string amount(std::int64_t micros, const std::string& currency) { return fmt::format("*{}*", d().text(money_words(micros, currency))); }

std::string place_of(const App& app) { return app.environment.empty() || app.environment == app.cluster ? app.cluster : app.environment + "/" + app.cluster; }

std::string row_line(const CostRow& row, const std::string& currency) {
  auto line = fmt::format("{} {} on {}", amount(row.cost.micros, currency), d().text(row.app.name), d().text(place_of(row.app)));
  if (row.drift_micros != 0) line += fmt::format(", live {}", money_difference(row.drift_micros, currency));
  if (!row.cost.uncounted.empty()) line += fmt::format(" ({} not counted)", row.cost.uncounted.size());
  return line;
}

/// Where there are several: "production/prod-eu 318.60 EUR, staging 20 EUR".
std::string places_words(const std::vector<CostRow>& rows, const std::string& currency) {
  std::map<std::string, std::int64_t> places;
  for (const auto& row : rows) places[place_of(row.app)] += row.cost.micros;
  if (places.size() < 2) return {};
  std::vector<std::pair<std::string, std::int64_t>> sorted(places.begin(), places.end());
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& place) { return place.second; });
  std::vector<std::string> words;
  for (const auto& [place, micros] : sorted) {
    if (words.size() < kPlacesShown) words.push_back(fmt::format("{} {}", d().text(place), money_words(micros, currency)));
  }
  if (sorted.size() > words.size()) words.push_back(fmt::format("{} more", sorted.size() - words.size()));
  return join(words, ", ");
}

std::string unpriced_words(const std::vector<CostRow>& unpriced) {
  if (unpriced.empty()) return {};
  std::vector<std::string> names;
  for (const auto& row : unpriced) {
    if (names.size() < kUnpricedNamed) names.push_back(fmt::format("{} ({})", d().text(row.app.name), d().text(row.why_not)));
  }
  if (unpriced.size() > names.size()) names.push_back(fmt::format("{} more", unpriced.size() - names.size()));
  return "Without a price: " + join(names, ", ");
}

std::string small_print() { return "What is requested, at the prices of the configuration, for 730 hours. An estimate, no bill."; }

std::vector<Button> app_buttons(const std::vector<CostRow>& rows) {
  std::vector<Button> buttons;
  for (const auto& row : rows) {
    const auto command = "cost " + row.app.name;
    if (buttons.size() < kAppButtons && command.size() <= kButtonCommand) buttons.push_back({ellipsize(row.app.name, 60), command, Button::Style::Plain, ""});
  }
  return buttons;
}

}  // namespace

slack::Message app_cost_message(const CostRow& row, const DriftReport& report, const std::optional<CostChange>& drift, const std::string& currency) {
  if (!row.why_not.empty()) return text_message(fmt::format(":information_source: {} has no price: {}.", bold(row.app.name), d().text(row.why_not)));
  Blocks blocks;
  std::vector<std::string> fallback;
  const auto section = [&](const std::string& text) {
    if (text.empty()) return;
    blocks.section(text);
    fallback.push_back(text);
  };
  section(fmt::format(":moneybag: {} on {} costs {} a month", bold(row.app.name), d().text(place_of(row.app)), amount(row.cost.micros, currency)));
  std::vector<std::string> lines;
  for (const auto& line : row.lines) {
    if (lines.size() < kObjectsShown) lines.push_back(fmt::format("\u2022 {} {}", money_words(line.after_micros, currency), d().code(ellipsize(line.what, 200))));
  }
  if (row.lines.size() > lines.size()) lines.push_back(fmt::format("\u2022 {} more", row.lines.size() - lines.size()));
  section(join(lines, "\n"));
  if (drift) section(drift_cost_line(report, *drift, d()));
  std::vector<std::string> uncounted;
  for (const auto& words : row.cost.uncounted) uncounted.push_back("\u2022 " + d().text(ellipsize(words, 250)));
  if (!uncounted.empty()) section("Not counted:\n" + join(uncounted, "\n"));
  blocks.context({small_print()});
  return message_of(blocks, join(fallback, "\n"));
}

slack::Message costs_message(std::vector<CostRow> rows, const std::string& of, const std::string& currency) {
  std::ranges::stable_sort(rows, std::greater{}, [](const CostRow& row) { return row.cost.micros; });
  const auto priced_end = std::ranges::stable_partition(rows, [](const CostRow& row) { return row.why_not.empty(); }).begin();
  const std::vector<CostRow> unpriced(priced_end, rows.end());
  rows.erase(priced_end, rows.end());
  std::int64_t sum = 0;
  std::int64_t drift = 0;
  for (const auto& row : rows) {
    sum += row.cost.micros;
    drift += row.drift_micros;
  }
  auto title = fmt::format(":moneybag: {}{} {} {} a month", counted(rows.size(), "App"), of.empty() ? "" : " of " + code_span(ellipsize(of, 100)), rows.size() == 1 ? "costs" : "cost", amount(sum, currency));
  if (drift != 0) title += fmt::format(", and what is live {}", money_difference(drift, currency));
  Blocks blocks;
  blocks.section(title);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    if (lines.size() < kCostRowsShown) lines.push_back(row_line(row, currency));
  }
  if (rows.size() > lines.size()) lines.push_back(fmt::format("and {} more, all in the file", rows.size() - lines.size()));
  add_packed(blocks, lines);
  const auto places = places_words(rows, currency);
  if (!places.empty()) blocks.section("By place: " + places);
  const auto without = unpriced_words(unpriced);
  if (!without.empty()) blocks.section(without);
  blocks.context({small_print()});
  blocks.actions(app_buttons(rows));
  auto fallback = title;
  for (const auto& line : lines) fallback += "\n" + line;
  if (!places.empty()) fallback += "\nBy place: " + places;
  if (!without.empty()) fallback += "\n" + without;
  return message_of(blocks, std::move(fallback));
}

}  // namespace driftwarden::view
