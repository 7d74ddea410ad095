// drift: what the comparator is told for all Apps.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

/// drift.md section 4.
const std::vector<std::string>& built_in_rules() {
  static const std::vector<std::string> names{"autoscaled",    "aggregated-rules", "ca-bundle",         "restarted",       "same-quantity",
                                              "same-duration", "order-only",       "crd-field-dropped", "undeclared-field", "default-value",    "deployer-tracking"};
  return names;
}

void check_each(Section& section, std::string_view key, const std::function<void(const ConfigNode&)>& check) {
  const auto* list = section.find(key);
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind == ConfigNode::Kind::Scalar) check(item);
  }
}

void read_managers(Section& section, std::string_view key, std::vector<std::string>& out) {
  section.texts(key, out);
  check_each(section, key, [&](const ConfigNode& item) {
    if (item.text.empty() || item.text.find_first_not_of("*?") != std::string::npos) return;
    section.reading().mistake(item, describe(item) + " stands for every manager", "the name of a field manager, or a glob such as acme-*");
  });
}

}  // namespace

void read_drift(Section& root, Config& config) {
  root.inside("drift", [&](Section& section) {
    read_managers(section, "appliers", config.drift.appliers);
    read_managers(section, "people", config.drift.people);
    section.texts("disable_rules", config.drift.disable_rules);
    check_each(section, "disable_rules", [&](const ConfigNode& item) {
      if (std::ranges::find(built_in_rules(), item.text) != built_in_rules().end()) return;
      section.reading().mistake(item, "unknown rule " + describe(item), expected_of(item.text, built_in_rules()));
    });
  });
}

}  // namespace driftwarden
