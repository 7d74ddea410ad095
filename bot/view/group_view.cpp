#include "bot/view/group_view.hpp"

#include "bot/view/alert_group.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace driftwarden::view {
namespace {

constexpr std::size_t kCommonShown = 10;
constexpr std::size_t kRowsShown = 40;
constexpr std::size_t kFieldsInRow = 3;
constexpr std::size_t kValueShown = 60;

/// One field's story, whatever object of its kind tells it.
struct Story {
  std::string kind;
  std::string path;
  std::optional<std::string> desired;
  std::optional<std::string> live;
  std::string by;
  auto operator<=>(const Story&) const = default;
};

Story story_of(const ObjectDrift& drift, const FieldDrift& field) { return {drift.object.kind, field.path, field.desired, field.live, field.by.value_or("")}; }

std::string value_of(const std::optional<std::string>& value) { return value ? ellipsize(*value, kValueShown) : "none"; }

std::string words_of(const Story& story) {
  auto words = fmt::format("{} of {} {} \u2192 {}", code_span(ellipsize(story.path, 200)), slack::escape(story.kind), code_span(value_of(story.desired)), code_span(value_of(story.live)));
  if (!story.by.empty()) words += fmt::format(" by *{}*", name_words(story.by));
  return words;
}

std::string plain_of(const Story& story) {
  return fmt::format("{} of {}: {} -> {}{}", story.path, story.kind, story.desired.value_or("(none)"), story.live.value_or("(none)"), story.by.empty() ? "" : " by " + story.by);
}

/// Each App once, however many of its objects tell the same.
std::map<Story, std::size_t> count_stories(const std::vector<DriftReport>& reports) {
  std::map<Story, std::size_t> counts;
  for (const auto& report : reports) {
    std::map<Story, bool> of_app;
    for (const auto& drift : report.objects) {
      for (const auto& field : drift.fields) of_app[story_of(drift, field)] = true;
    }
    for (const auto& [story, seen] : of_app) ++counts[story];
  }
  return counts;
}

std::vector<std::pair<std::size_t, Story>> common_stories(const std::vector<DriftReport>& reports) {
  std::vector<std::pair<std::size_t, Story>> common;
  for (const auto& [story, count] : count_stories(reports)) {
    if (count > 1 || reports.size() == 1) common.emplace_back(count, story);
  }
  std::ranges::stable_sort(common, [](const auto& a, const auto& b) { return a.first > b.first; });
  return common;
}

/// What of this App isn't said above already.
std::string row_of(const DriftReport& report, const std::vector<std::pair<std::size_t, Story>>& common) {
  std::vector<std::string> own;
  for (const auto& drift : report.objects) {
    if (drift.fields.empty() && drift.verdict != Verdict::Synced) own.push_back(fmt::format("{} {}", code_span(to_string(drift.object)), to_string(drift.verdict)));
    for (const auto& field : drift.fields) {
      const auto story = story_of(drift, field);
      const auto shown = std::ranges::find(common, story, &std::pair<std::size_t, Story>::second);
      if (shown == common.end() || shown - common.begin() >= static_cast<std::ptrdiff_t>(kCommonShown)) own.push_back(words_of(story));
    }
  }
  auto words = fmt::format("{} *{}* {}", state_emoji(report.state), slack::escape(report.app), report.state == AppState::OutOfSync ? cause_words(report) : std::string(to_string(report.state)));
  if (report.state == AppState::Unknown) words += ": " + slack::escape(ellipsize(report.reason, 120));
  const auto more = own.size() > kFieldsInRow ? own.size() - kFieldsInRow : 0;
  own.resize(own.size() - more);
  if (!own.empty()) words += fmt::format("; besides: {}", join(own, ", "));
  return more == 0 ? words : words + fmt::format(" and {} more", more);
}

std::string whole_text(const std::vector<DriftReport>& reports) {
  std::string text;
  for (const auto& report : reports) {
    text += fmt::format("{}: {} {}\n", report.app, to_string(report.state), to_string(report.cause));
    for (const auto& drift : report.objects) {
      text += fmt::format("  {} {}\n", to_string(drift.object), to_string(drift.verdict));
      for (const auto& field : drift.fields) text += "    " + plain_of(story_of(drift, field)) + "\n";
    }
  }
  return text;
}

}  // namespace

GroupDiff group_diff(std::int64_t incident, const std::vector<DriftReport>& reports, WallTime now) {
  GroupDiff out;
  const auto alike = with_common_paths(reports);
  const auto common = common_stories(alike);
  std::vector<std::string> lines;
  for (const auto& [count, story] : common) {
    if (lines.size() == kCommonShown) break;
    lines.push_back(fmt::format("\u2022 {}{}", words_of(story), count == reports.size() ? "" : fmt::format(" ({} of {})", count, reports.size())));
  }
  if (common.size() > lines.size()) lines.push_back(fmt::format("\u2022 {} more", common.size() - lines.size()));
  std::vector<std::string> rows;
  for (const auto& report : alike) {
    if (rows.size() < kRowsShown) rows.push_back(row_of(report, common));
  }
  Blocks blocks;
  auto text = fmt::format(":mag: *Incident {}*: {}{}", incident, counted(reports.size(), "App"), lines.empty() ? "" : ", in common:");
  blocks.section(text);
  add_packed(blocks, lines);
  if (!lines.empty()) text += "\n" + join(lines, "\n");
  blocks.divider();
  add_packed(blocks, rows);
  text += "\n" + join(rows, "\n");
  const bool whole = reports.size() <= kRowsShown && common.size() <= kCommonShown && text.size() <= 3500;
  if (!whole) out.file = whole_text(reports);
  std::vector<std::string> facts{"as of " + time_span(now), "Git \u2192 live"};
  if (!whole) facts.emplace_back(reports.size() > kRowsShown ? fmt::format("{} more Apps, and all fields, are in the file", reports.size() - kRowsShown) : "all of it is in the file");
  blocks.context(facts);
  out.message = message_of(blocks, std::move(text));
  return out;
}

}  // namespace driftwarden::view
