#include "bot/audit/report.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kCasesShown = 50;
constexpr std::size_t kLongestReason = 200;

std::string plain(const std::string& text) { return ellipsize(without_control_characters(text), kLongestReason); }

std::string case_line(const AuditCase& one) {
  return fmt::format("  row {} {} {}{} by {}: {}\n", one.seq, format_time(one.at), plain(one.subject), one.app.empty() ? "" : " " + plain(one.app), plain(one.who), plain(one.why));
}

std::string cases(std::string_view title, const std::vector<AuditCase>& list) {
  auto text = fmt::format("{:<34}{}\n", title, list.size());
  for (std::size_t i = 0; i < std::min(list.size(), kCasesShown); ++i) text += case_line(list[i]);
  if (list.size() > kCasesShown) text += fmt::format("  and {} more\n", list.size() - kCasesShown);
  return text;
}

std::string glass_lines(const std::vector<GlassUse>& uses) {
  auto text = fmt::format("{:<34}{}\n", "Break-glass uses", uses.size());
  for (const auto& use : uses) {
    text += fmt::format("  row {} {} {} by {}, {}: {}\n", use.use.seq, format_time(use.use.at), plain(use.use.app), plain(use.use.who),
                        use.ended_at ? "ended " + format_time(*use.ended_at) : std::string("not ended"), use.use.why.empty() ? "no reason" : plain(use.use.why));
    const auto follow_up = use.follow_up.empty() ? std::string("none seen") : use.follow_up;
    text += fmt::format("    put in force: {}; follow-up: {}\n", use.changes.empty() ? "nothing" : join(use.changes, ", "), follow_up);
  }
  return text;
}

std::string past_lines(const AuditReport& report) {
  if (report.past.empty()) return fmt::format("{:<34}0 commits\n", "Changed past the bot");
  auto text = fmt::format("{:<34}{} commit{} by {} {}\n", "Changed past the bot", report.past_commits, report.past_commits == 1 ? "" : "s", report.past_people,
                          report.past_people == 1 ? "person" : "people");
  for (std::size_t i = 0; i < std::min(report.past.size(), kCasesShown); ++i) {
    const auto& one = report.past[i];
    text += fmt::format("  row {} {} {}\n", one.seq, format_time(one.at), plain(one.why));
  }
  if (report.past.size() > kCasesShown) text += fmt::format("  and {} more rows\n", report.past.size() - kCasesShown);
  return text;
}

std::size_t sum_of(const std::map<std::string, std::size_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0}, [](std::size_t sum, const auto& entry) { return sum + entry.second; });
}

std::string counts(std::string_view title, const std::map<std::string, std::size_t>& list) {
  auto text = fmt::format("{:<34}{}\n", title, sum_of(list));
  for (const auto& [name, count] : list) text += fmt::format("  {:<32}{}\n", plain(name), count);
  return text;
}

ordered_json to_json(const AuditCase& one) {
  return {{"seq", one.seq}, {"at", format_time(one.at)}, {"subject", one.subject}, {"app", one.app}, {"who", one.who}, {"why", one.why}};
}

ordered_json to_json(const std::vector<AuditCase>& list) {
  auto all = ordered_json::array();
  for (const auto& one : list) all.push_back(to_json(one));
  return all;
}

ordered_json to_json(const GlassUse& use) {
  auto one = to_json(use.use);
  one["ended_at"] = use.ended_at ? ordered_json(format_time(*use.ended_at)) : ordered_json();
  one["changes"] = use.changes;
  one["follow_up"] = use.follow_up;
  return one;
}

}  // namespace

std::string to_text(const AuditReport& report) {
  auto text = fmt::format("From {} to {}, {} rows\n\n", report.from ? format_time(*report.from) : "the beginning", format_time(report.to), report.rows);
  text += fmt::format("{:<34}{}\n", "Changes asked for", report.requested);
  text += counts("Changes by outcome", report.outcomes);
  text += cases("Self-approvals (must be 0)", report.self_approvals);
  text += cases("In force without the approvals", report.unapproved);
  text += cases("Merged outside of windows", report.outside);
  text += cases("Freezes broken by approvals", report.overridden);
  text += glass_lines(report.broken_glass);
  text += cases("Pushes to proposed branches", report.pushes);
  text += past_lines(report);
  text += cases("Force-pushes of branches", report.rewritten);
  text += counts("Refused attempts", report.refused);
  text += cases("Findings of gates waived", report.waived);
  text += counts("Changes drafted by a model", report.drafted);
  text += fmt::format("{:<34}{}, {} without an answer, {} tokens\n", "Questions to a model", report.model_questions, report.model_silences, report.model_tokens);
  text += cases("Effects given up", report.given_up);
  text += fmt::format("{:<34}{} closed, {} open\n", "Drift incidents", report.incidents, report.incidents_open);
  if (report.incidents > 0) text += fmt::format("  mean age {}, p95 {}\n", format_age(report.mean_drift), format_age(report.p95_drift));
  return text;
}

ordered_json to_json(const AuditReport& report) {
  auto glass = ordered_json::array();
  for (const auto& use : report.broken_glass) glass.push_back(to_json(use));
  return {{"from", report.from ? ordered_json(format_time(*report.from)) : ordered_json()},
          {"to", format_time(report.to)},
          {"rows", report.rows},
          {"changes_requested", report.requested},
          {"changes_by_outcome", ordered_json(report.outcomes)},
          {"self_approvals", to_json(report.self_approvals)},
          {"unapproved", to_json(report.unapproved)},
          {"outside_windows", to_json(report.outside)},
          {"freezes_overridden", to_json(report.overridden)},
          {"break_glass", std::move(glass)},
          {"pushes_to_branches", to_json(report.pushes)},
          {"past_the_bot", to_json(report.past)},
          {"past_the_bot_commits", report.past_commits},
          {"past_the_bot_people", report.past_people},
          {"force_pushes", to_json(report.rewritten)},
          {"refused", ordered_json(report.refused)},
          {"waived", to_json(report.waived)},
          {"drafted_by_model", ordered_json(report.drafted)},
          {"model_questions", report.model_questions},
          {"model_questions_unanswered", report.model_silences},
          {"model_tokens", report.model_tokens},
          {"effects_given_up", to_json(report.given_up)},
          {"incidents_closed", report.incidents},
          {"incidents_open", report.incidents_open},
          {"mean_drift_ms", report.mean_drift.count()},
          {"p95_drift_ms", report.p95_drift.count()}};
}

}  // namespace driftwarden
