// ignore: what of an App is nobody's drift.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/diff/inputs.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

void read_match(Section& section, IgnoreRule& rule) {
  section.inside("match", [&](Section& match) {
    match.text("group", rule.match.group);
    match.text("kind", rule.match.kind);
    match.text("namespace", rule.match.namespace_);
    match.text("name", rule.match.name);
  });
}

void check_paths(Section& section, const IgnoreRule& rule) {
  if (rule.paths.empty() && rule.managers.empty()) section.missing("paths", "paths or managers");
  const auto* list = section.find("paths");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar) continue;
    const auto wrong = check_field_path(item.text);
    if (!wrong.empty())
      section.reading().mistake(item, fmt::format("{} {}", describe(item), wrong), "a path such as .spec.replicas or .spec.**.env[name=\"TZ\"]");
  }
}

void check_ops(Section& section) {
  static const std::vector<std::string> known{"changed", "removed", "added", "stale", "order"};
  const auto* list = section.find("ops");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || std::ranges::find(known, item.text) != known.end()) continue;
    section.reading().mistake(item, "unknown word " + describe(item), expected_of(item.text, known));
  }
}

}  // namespace

IgnoreRule read_ignore(Section& section) {
  IgnoreRule rule;
  read_match(section, rule);
  section.texts("paths", rule.paths);
  section.texts("managers", rule.managers);
  section.texts("ops", rule.ops);
  check_paths(section, rule);
  check_ops(section);
  section.text("reason", rule.reason);
  section.named("owner", rule.owner, NameKind::PersonOrGroup);
  std::string until;
  section.checked(
      "until", until,
      [&](std::string_view text) -> std::string {
        rule.until = parse_until(text);
        return rule.until ? "" : "isn't a date";
      },
      "a date such as 2027-06-30 or a time such as 2027-06-30T12:00:00Z");
  return rule;
}

}  // namespace driftwarden
