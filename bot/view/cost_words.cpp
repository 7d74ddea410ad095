#include "bot/view/cost_words.hpp"

#include "gitops/base/money.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kLinesShown = 3;
constexpr std::size_t kLinesListed = 10;
constexpr std::size_t kUncountedShown = 3;
constexpr std::size_t kUncountedListed = 10;
constexpr std::size_t kNameShown = 120;
constexpr std::size_t kWordsShown = 200;

std::string total_line(const CostChange& cost, const Dialect& d) {
  const auto now = d.bold(money_words(cost.after.micros, cost.currency));
  const auto rise = cost.rise_micros();
  const auto source = d.text(ellipsize(cost.source, kNameShown));
  if (rise == 0) return fmt::format(":moneybag: {} a month, as before{}", now, source.empty() ? "" : fmt::format(" ({})", source));
  return fmt::format(":moneybag: {} a month, {} ({} before{})", now, d.bold(money_difference(rise, cost.currency)), money_words(cost.before.micros, cost.currency),
                     source.empty() ? "" : "; " + source);
}

/// Where it lies, when that isn't one place.
std::string places_line(const CostChange& cost, const Dialect& d) {
  std::vector<std::string> places;
  for (const auto& line : cost.lines) {
    if (places.size() < kLinesShown) {
      places.push_back(fmt::format("{} {}", d.code(ellipsize(line.what, kNameShown)), money_difference(line.after_micros - line.before_micros, cost.currency)));
    }
  }
  if (places.size() < 2) return {};
  if (cost.lines.size() > places.size()) places.push_back(fmt::format("{} more", cost.lines.size() - places.size()));
  return join(places, ", ");
}

/// Nothing was changed but how many replicas there are.
bool is_scaling(const DriftReport& report) {
  bool any = false;
  for (const auto& object : report.objects) {
    if (object.verdict != Verdict::OutOfSync || !object.fields.empty()) any = true;
    const bool only = object.verdict == Verdict::OutOfSync && std::ranges::all_of(object.fields, [](const FieldDrift& field) { return field.path == ".spec.replicas"; });
    if (!only) return false;
  }
  return any;
}

}  // namespace

std::vector<std::string> cost_lines(const CostChange& cost, const Dialect& dialect) {
  std::vector<std::string> lines{total_line(cost, dialect)};
  if (auto places = places_line(cost, dialect); !places.empty()) lines.push_back(std::move(places));
  if (auto uncounted = uncounted_line(cost.after.uncounted, dialect); !uncounted.empty()) lines.push_back(std::move(uncounted));
  return lines;
}

std::string uncounted_line(const std::vector<std::string>& uncounted, const Dialect& dialect) {
  if (uncounted.empty()) return {};
  std::vector<std::string> words;
  for (const auto& one : uncounted) {
    if (words.size() < kUncountedShown) words.push_back(dialect.text(ellipsize(one, kWordsShown)));
  }
  if (uncounted.size() > words.size()) words.push_back(fmt::format("{} more", uncounted.size() - words.size()));
  return "not counted: " + join(words, "; ");
}

std::vector<std::string> cost_bullets(const CostChange& cost, const Dialect& dialect) {
  std::vector<std::string> lines{total_line(cost, dialect)};
  const auto amount = [&](std::int64_t micros) { return money_words(micros, cost.currency); };
  for (std::size_t i = 0; i < std::min(cost.lines.size(), kLinesListed); ++i) {
    const auto& line = cost.lines[i];
    lines.push_back(fmt::format("{}: {} \u2192 {}, {}", dialect.code(ellipsize(line.what, kNameShown)), amount(line.before_micros), amount(line.after_micros),
                                dialect.bold(money_difference(line.after_micros - line.before_micros, cost.currency))));
  }
  if (cost.lines.size() > kLinesListed) lines.push_back(fmt::format("{} more", cost.lines.size() - kLinesListed));
  for (std::size_t i = 0; i < std::min(cost.after.uncounted.size(), kUncountedListed); ++i) lines.push_back("not counted: " + dialect.text(ellipsize(cost.after.uncounted[i], kWordsShown)));
  if (cost.after.uncounted.size() > kUncountedListed) lines.push_back(fmt::format("not counted: {} more", cost.after.uncounted.size() - kUncountedListed));
  return lines;
}

std::string drift_cost_line(const DriftReport& report, const CostChange& cost, const Dialect& dialect) { return drift_cost_line(std::vector{&report}, cost, dialect); }

std::string drift_cost_line(const std::vector<const DriftReport*>& reports, const CostChange& cost, const Dialect& dialect) {
  const auto rise = cost.rise_micros();
  if (rise == 0 || reports.empty()) return {};
  const auto amount = dialect.bold(money_words(rise > 0 ? rise : -rise, cost.currency));
  const auto* const in_all = reports.size() == 1 ? "" : ", in all";
  const auto all_are = [&](const auto& is_so) { return std::ranges::all_of(reports, [&](const DriftReport* report) { return is_so(*report); }); };
  if (all_are([](const DriftReport& report) { return report.cause == Cause::GitAhead; })) {
    return fmt::format(":moneybag: What Git says costs {} a month {} than what is live{}.", amount, rise < 0 ? "more" : "less", in_all);
  }
  const bool by_hand = all_are([](const DriftReport& report) { return report.cause == Cause::LiveEdited && is_scaling(report); });
  return fmt::format(":moneybag: {} costs {} a month {} than Git says{}.", by_hand ? "This scaling by hand" : "What is live", amount, rise > 0 ? "more" : "less", in_all);
}

}  // namespace driftwarden::view
