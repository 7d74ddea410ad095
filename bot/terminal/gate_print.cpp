#include "bot/terminal/gate_print.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

bool stops(const GateResult& result, const Finding& finding) { return result.blocks && finding.blocks; }

bool stops(const GateResult& result) {
  return result.blocks && (result.left_out > 0 || std::ranges::any_of(result.findings, [](const Finding& finding) { return finding.blocks; }));
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

std::string verdict_of(const GateResult& result) {
  if (!result.trouble.empty()) return "could not judge: " + without_control_characters(result.trouble);
  auto words = stops(result) ? std::string("blocks") : result.findings.empty() ? std::string("passes") : std::string("warns");
  if (result.known > 0) words += fmt::format(", {} in force already", counted(result.known, "finding", "findings"));
  return words;
}

std::string line_of(const GateResult& result, const Finding& finding) {
  auto line = fmt::format("  {:7} {}", stops(result, finding) ? "block" : "warning", finding.rule);
  if (!finding.object.empty()) line += "  " + finding.object;
  if (!finding.path.empty()) line += "  " + finding.path;
  line += "\n          " + finding.message;
  if (!finding.link.empty()) line += " (" + finding.link + ")";
  return without_control_characters(line.substr(0, line.find('\n'))) + "\n" + without_control_characters(line.substr(line.find('\n') + 1)) + "\n";
}

json to_json(const Finding& finding) {
  return {{"rule", finding.rule}, {"object", finding.object}, {"path", finding.path}, {"message", finding.message}, {"blocks", finding.blocks}, {"link", finding.link}};
}

std::string dumped(const json& document) { return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

/// Where each object's document begins.
class Places {
 public:
  explicit Places(const Judgement& judgement) : directory_(judgement.directory) {
    for (const auto& manifest : judgement.manifests) {
      if (!manifest.file.empty()) by_object_.try_emplace(to_string(manifest.ref), &manifest);
    }
  }

  json of(const Finding& finding) const {
    json location = json::object();
    const auto found = by_object_.find(finding.object);
    if (found != by_object_.end()) {
      const auto& manifest = *found->second;
      location["physicalLocation"]["artifactLocation"]["uri"] = directory_.empty() ? manifest.file : directory_ + "/" + manifest.file;
      location["physicalLocation"]["region"]["startLine"] = std::max(manifest.line, 1);
    }
    if (!finding.object.empty()) location["logicalLocations"].push_back({{"fullyQualifiedName", finding.object}, {"kind", "resource"}});
    if (!finding.path.empty()) location["logicalLocations"].push_back({{"fullyQualifiedName", finding.path}, {"kind", "member"}});
    return location;
  }

 private:
  std::string directory_;
  std::map<std::string, const Manifest*> by_object_;
};

json result_of(const GateResult& result, const Finding& finding, const Places& places) {
  json one{{"ruleId", finding.rule}, {"level", stops(result, finding) ? "error" : "warning"}, {"message", {{"text", finding.message}}}};
  if (auto location = places.of(finding); !location.empty()) one["locations"] = json::array({std::move(location)});
  return one;
}

json run_of(const GateResult& result, const Places& places) {
  auto rules = json::array();
  auto results = json::array();
  std::set<std::string> told;
  for (const auto& finding : result.findings) {
    if (told.insert(finding.rule).second) {
      json rule{{"id", finding.rule}};
      if (!finding.link.empty()) rule["helpUri"] = finding.link;
      rules.push_back(std::move(rule));
    }
    results.push_back(result_of(result, finding, places));
  }
  json invocation{{"executionSuccessful", result.trouble.empty()}};
  if (!result.trouble.empty()) {
    invocation["toolExecutionNotifications"] = json::array({{{"level", "error"}, {"message", {{"text", result.trouble}}}}});
    results.push_back({{"ruleId", kUnjudged}, {"level", result.blocks ? "error" : "warning"}, {"message", {{"text", result.trouble}}}});
  }
  json run;
  run["tool"]["driver"] = {{"name", "driftwarden " + result.gate}, {"rules", std::move(rules)}};
  run["automationDetails"]["id"] = "driftwarden/" + result.gate + "/";
  run["invocations"] = json::array({std::move(invocation)});
  run["results"] = std::move(results);
  return run;
}

}  // namespace

std::string judgement_text(const Judgement& judgement) {
  std::string text;
  std::size_t blocking = 0;
  std::size_t warnings = 0;
  for (const auto& result : judgement.gates) {
    text += without_control_characters(result.gate) + ": " + verdict_of(result) + "\n";
    for (const auto& finding : result.findings) {
      text += line_of(result, finding);
      ++(stops(result, finding) ? blocking : warnings);
    }
    if (result.left_out > 0) text += fmt::format("  and {} more\n", result.left_out);
    (result.blocks ? blocking : warnings) += result.left_out;
  }
  if (judgement.gates.empty()) return judgement.app + ": no gate judges it\n";
  return text + fmt::format("{}: {} {}, {}\n", judgement.app, counted(blocking, "finding", "findings"), blocking == 1 ? "blocks" : "block", counted(warnings, "warning", "warnings"));
}

std::string judgement_json(const Judgement& judgement) {
  auto gates = json::array();
  for (const auto& result : judgement.gates) {
    auto findings = json::array();
    for (const auto& finding : result.findings) findings.push_back(to_json(finding));
    gates.push_back({{"gate", result.gate}, {"blocks", result.blocks}, {"trouble", result.trouble}, {"known", result.known}, {"left_out", result.left_out}, {"findings", std::move(findings)}});
  }
  return dumped({{"app", judgement.app}, {"ok", judgement_exit_code(judgement) == 0}, {"gates", std::move(gates)}});
}

std::string judgement_sarif(const Judgement& judgement) {
  const Places places(judgement);
  auto runs = json::array();
  for (const auto& result : judgement.gates) runs.push_back(run_of(result, places));
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", std::move(runs)}});
}

int judgement_exit_code(const Judgement& judgement) {
  const auto& gates = judgement.gates;
  if (std::ranges::any_of(gates, [](const GateResult& result) { return result.blocks && !result.trouble.empty(); })) return 2;
  return std::ranges::any_of(gates, [](const GateResult& result) { return stops(result); }) ? 1 : 0;
}

}  // namespace driftwarden
