#include "bot/terminal/drift_print.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/print.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

json object_json(const ObjectRef& ref) {
  json object{{"apiVersion", ref.api_version()}, {"kind", ref.kind}, {"name", ref.name}};
  if (!ref.namespace_.empty()) object["namespace"] = ref.namespace_;
  return object;
}

json rule_json(const RuleUse& rule) {
  return json{{"rule", rule.rule},     {"owner", rule.owner},     {"reason", rule.reason}, {"until", rule.until ? json(format_time(*rule.until)) : json()},
              {"fields", rule.fields}, {"expired", rule.expired}};
}

json fight_json(const Fight& fight) {
  return json{{"object", object_json(fight.object)}, {"path", fight.path}, {"managers", fight.managers}, {"flips", fight.flips}, {"last", format_time(fight.last)}};
}

template <class List, class Each>
json array_of(const List& list, Each each) {
  auto out = json::array();
  for (const auto& one : list) out.push_back(each(one));
  return out;
}

json report_json(const DriftReport& report) {
  return json{{"app", report.app},
              {"state", to_string(report.state)},
              {"cause", to_string(report.cause)},
              {"reason", report.reason},
              {"revision", report.revision},
              {"as_of", report.as_of == WallTime{} ? json() : json(format_time(report.as_of))},
              {"objects", array_of(report.objects, [](const ObjectDrift& drift) { return to_json(drift); })},
              {"fights", array_of(report.fights, fight_json)},
              {"rules", array_of(report.rules, rule_json)},
              {"floating", array_of(report.floating, [](const FloatingImage& floating) { return json{{"object", object_json(floating.object)}, {"image", floating.image}}; })},
              {"warnings", report.warnings}};
}

std::string indented(const std::string& text) {
  std::string out;
  for (const auto& line : split(text, '\n')) {
    if (!line.empty()) out += "  " + std::string(line) + "\n";
  }
  return out;
}

std::string head_line(const DriftReport& report) {
  auto line = fmt::format("{}: {}", report.app, to_string(report.state));
  if (report.state == AppState::OutOfSync && report.cause != Cause::None) line += fmt::format(", {}", to_string(report.cause));
  if (report.state == AppState::Unknown && !report.reason.empty()) line += fmt::format(": {}", report.reason);
  std::vector<std::string> known;
  if (!report.revision.empty()) known.push_back("Git " + report.revision.substr(0, 7));
  if (report.as_of != WallTime{}) known.push_back("as of " + format_time(report.as_of));
  if (!known.empty()) line += fmt::format(" ({})", join(known, ", "));
  return without_control_characters(line) + "\n";
}

std::string report_text(const DriftReport& report) {
  auto text = head_line(report);
  for (const auto& drift : report.objects) text += indented(to_text(drift));
  // Git and the cluster hold these words, and a terminal obeys control characters.
  const auto add = [&](const std::string& line) { text += "  " + without_control_characters(line) + "\n"; };
  for (const auto& fight : report.fights) {
    add(fmt::format("fight: {} of {} was set to and fro {} times by {}", fight.path, to_string(fight.object), fight.flips, join(fight.managers, " and ")));
  }
  for (const auto& rule : report.rules) {
    add(fmt::format("{}: {}, {} {}{}", rule.expired ? "rule ran out" : "ignored by rule", rule.rule, rule.fields, rule.fields == 1 ? "field" : "fields",
                    rule.reason.empty() ? "" : ": " + rule.reason));
  }
  for (const auto& floating : report.floating) add(fmt::format("floating image: {} of {}", floating.image, to_string(floating.object)));
  for (const auto& warning : report.warnings) add("warning: " + warning);
  return text;
}

}  // namespace

json drift_document(const std::vector<DriftReport>& reports) { return json{{"apps", array_of(reports, report_json)}}; }

std::string drift_text(const std::vector<DriftReport>& reports) {
  std::string text;
  for (const auto& report : reports) text += report_text(report);
  return text;
}

int drift_exit_code(const std::vector<DriftReport>& reports) {
  const auto any = [&](AppState state) { return std::ranges::find(reports, state, &DriftReport::state) != reports.end(); };
  if (any(AppState::Unknown)) return 2;
  return any(AppState::OutOfSync) ? 1 : 0;
}

}  // namespace driftwarden
