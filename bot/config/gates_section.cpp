// gates: what is judged before it may be merged, and who may let something pass.
#include "bot/config/gate_rules.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kLongestTimeout = std::chrono::minutes{10};
constexpr Duration kShortestWaiver = std::chrono::hours{1};
constexpr Duration kLongestWaiver = std::chrono::hours{24 * 366};
constexpr std::array<std::string_view, 3> kPlaceholders{"{manifests}", "{before}", "{policies}"};

const Words<GateEffect>& effects() {
  static const Words<GateEffect> words{{"block", GateEffect::Block}, {"warn", GateEffect::Warn}, {"off", GateEffect::Off}};
  return words;
}

void within(Section& section, std::string_view key, Duration given, Duration least, Duration most) {
  if (given >= least && given <= most) return;
  section.reading().mistake(section.place(key), fmt::format("\"{}\" is {}", key, format_duration(given)), fmt::format("{} to {}", format_duration(least), format_duration(most)));
}

void read_rules(Section& section, std::map<std::string, GateEffect>& rules) {
  section.entries("built_in", [&](const ConfigNode& name, const ConfigNode& value) {
    auto& reading = section.reading();
    if (std::ranges::find(kBuiltInRules, name.text) == kBuiltInRules.end()) {
      const std::vector<std::string> known(kBuiltInRules.begin(), kBuiltInRules.end());
      return reading.mistake(name, fmt::format("unknown rule {}", describe(name)), expected_of(name.text, known));
    }
    const auto word = std::ranges::find(effects(), value.kind == ConfigNode::Kind::Scalar ? std::string_view(value.text) : std::string_view{}, &std::pair<std::string_view, GateEffect>::first);
    if (word == effects().end()) return reading.mistake(value, fmt::format("\"{}\" is {}", name.text, describe(value)), "block, warn or off");
    rules[name.text] = word->second;
  });
}

/// What is given to a program is in its arguments: a word in braces that nothing stands for is a slip.
void check_command(Section& section, const std::vector<std::string>& command) {
  const auto* list = section.find("command");
  if (list == nullptr || list->kind != ConfigNode::Kind::List) return;
  constexpr std::string_view expected = "a list of texts: the program and its arguments, with {manifests} where it finds them";
  if (command.empty()) return section.reading().mistake(*list, "\"command\" is empty", std::string(expected));
  const auto& program = list->items.front();
  if (program.text.find('/') != std::string::npos && !program.text.starts_with('/')) {
    section.reading().mistake(program, describe(program) + " is a relative path", "the name of a program, or an absolute path");
  }
  bool any = false;
  for (const auto& item : list->items) {
    auto rest = item.text;
    for (const auto placeholder : kPlaceholders) {
      for (auto at = rest.find(placeholder); at != std::string::npos; at = rest.find(placeholder)) {
        any = any || placeholder == "{manifests}";
        rest.erase(at, placeholder.size());
      }
    }
    const auto open = rest.find('{');
    const auto close = open == std::string::npos ? open : rest.find('}', open);
    if (close == std::string::npos) continue;
    const auto word = rest.substr(open + 1, close - open - 1);
    const bool looks_like_one = !word.empty() && std::ranges::all_of(word, [](unsigned char c) { return c >= 'a' && c <= 'z'; });
    if (looks_like_one) section.reading().mistake(item, fmt::format("\"{{{}}}\" stands for nothing", word), join({kPlaceholders.begin(), kPlaceholders.end()}, ", "));
  }
  if (!any) section.reading().mistake(*list, "\"command\" isn't told where the manifests are", "{manifests} in one of its arguments");
}

void read_policies(Section& section, GateConfig& gate) {
  section.named("repository", gate.repository, NameKind::Repository);
  if (section.has("repository")) {
    section.checked("policies", gate.policies, check_tree_path, "a path in the repository");
    if (!section.has("policies")) section.missing("policies", "the path of the policies in the repository");
  } else {
    section.file_path("policies", gate.policies);
  }
  const bool needs_them = gate.tool == GateTool::Conftest || gate.tool == GateTool::Kyverno;
  if (needs_them && !section.has("policies")) section.missing("policies", "the directory or file of its policies");
  const bool own_schemas = std::ranges::any_of(gate.arguments, [](const std::string& one) { return one.find("-schema-location") != std::string::npos; });
  if (gate.tool == GateTool::Kubeconform && !section.has("policies") && !own_schemas) {
    section.reading().warn(section.node(), "kubeconform has no schemas: in the fence there is no network to fetch them by, so it can judge nothing", "policies: their directory");
  }
}

GateConfig read_gate(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  GateConfig gate;
  read_name(section, gate.name, seen);
  if (gate.name == "built-in") section.reading().mistake(section.place("name"), "\"built-in\" is what the rules of my own are called", "another name");
  section.choice<GateTool>("tool", {{"command", GateTool::Command}, {"conftest", GateTool::Conftest}, {"kyverno", GateTool::Kyverno}, {"kubeconform", GateTool::Kubeconform}}, gate.tool);
  section.texts("command", gate.command);
  section.choice<GateOutput>("output", {{"sarif", GateOutput::Sarif}, {"json", GateOutput::Json}}, gate.output);
  section.texts("arguments", gate.arguments);
  if (gate.tool == GateTool::Command) {
    if (!section.has("command")) section.missing(section.has("tool") ? "command" : "tool", section.has("tool") ? "the program and its arguments" : "conftest, kyverno or kubeconform; or \"command\"");
    section.refuse("arguments", "is for the tools that I know", "them in \"command\"");
  } else {
    section.refuse("command", fmt::format("is given, but so is \"tool\""), "one of them");
    section.refuse("output", "is known of this tool", "it left out");
  }
  check_command(section, gate.command);
  read_policies(section, gate);
  section.named_list("owners", gate.owners, NameKind::PersonOrGroup);
  section.texts("apps", gate.apps);
  section.named_list("environments", gate.environments, NameKind::Environment);
  section.choice<GateEffect>("effect", effects(), gate.effect);
  section.duration("timeout", gate.timeout);
  within(section, "timeout", gate.timeout, std::chrono::seconds{1}, kLongestTimeout);
  return gate;
}

/// Findings that nobody can let pass hold up everything but a broken glass.
void warn_of_nobody(Section& section, const GatesConfig& gates) {
  if (!gates.owners.empty()) return;
  const bool all_owned = std::ranges::all_of(gates.tools, [](const GateConfig& gate) { return !gate.owners.empty() || gate.effect != GateEffect::Block; });
  const auto off = [&](std::string_view rule) {
    const auto given = gates.built_in.find(std::string(rule));
    return given != gates.built_in.end() && given->second != GateEffect::Block;
  };
  const bool built_in_blocks = std::ranges::any_of(kBuiltInRules, [&](std::string_view rule) { return rule != "missing-limits" && !off(rule); });
  if (all_owned && !built_in_blocks) return;
  section.reading().warn(section.node(), "gates have no owners, so nobody may waive what they find", "owners: people or groups");
}

}  // namespace

void read_gates(Section& root, Config& config) {
  auto& gates = config.gates;
  if (!root.has("gates")) {
    for (const auto rule : kBuiltInRules) gates.built_in.emplace(rule, GateEffect::Off);
    return;
  }
  root.inside("gates", [&](Section& section) {
    read_rules(section, gates.built_in);
    section.named_list("owners", gates.owners, NameKind::PersonOrGroup);
    section.duration("longest_waiver", gates.longest_waiver);
    within(section, "longest_waiver", gates.longest_waiver, kShortestWaiver, kLongestWaiver);
    std::map<std::string, const ConfigNode*> seen;
    section.each("tools", [&](Section& given) { gates.tools.push_back(read_gate(given, seen)); });
    warn_of_nobody(section, gates);
  });
}

}  // namespace driftwarden
