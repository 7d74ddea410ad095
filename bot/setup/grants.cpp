#include "bot/setup/grants.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

/// As people write them, not by the alphabet.
constexpr std::array<std::string_view, 9> kOrder{"get", "list", "watch", "create", "update", "patch", "delete", "bind", "escalate"};

std::vector<std::string> in_order(const std::set<std::string>& verbs) {
  std::vector<std::string> sorted(verbs.begin(), verbs.end());
  std::ranges::stable_sort(sorted, {}, [](const std::string& verb) { return std::ranges::find(kOrder, std::string_view(verb)) - kOrder.begin(); });
  return sorted;
}

}  // namespace

void Grants::add(const std::string& group, const std::string& resource, const std::string& name, std::initializer_list<std::string_view> verbs) {
  auto& known = verbs_[{group, resource, name}];
  for (const auto verb : verbs) known.emplace(verb);
}

Grants Grants::beyond(const Grants& wider) const {
  Grants left;
  for (const auto& [place, verbs] : verbs_) {
    auto rest = verbs;
    const auto& [group, resource, name] = place;
    const auto given = wider.verbs_.find({group, resource, ""});
    if (given != wider.verbs_.end()) std::erase_if(rest, [&](const std::string& verb) { return given->second.contains(verb); });
    if (!rest.empty()) left.verbs_.emplace(place, std::move(rest));
  }
  return left;
}

std::vector<AccessRule> Grants::rules() const {
  // What is allowed on every object needn't be said of single ones.
  std::map<std::tuple<std::string, std::string, std::vector<std::string>>, std::set<std::string>> names;
  for (const auto& [place, verbs] : verbs_) {
    const auto& [group, resource, name] = place;
    auto left = verbs;
    const auto all = name.empty() ? verbs_.end() : verbs_.find({group, resource, ""});
    if (all != verbs_.end()) std::erase_if(left, [&](const std::string& verb) { return all->second.contains(verb); });
    if (!left.empty()) names[{group, resource, in_order(left)}].insert(name);
  }
  std::map<std::tuple<std::string, std::vector<std::string>, std::set<std::string>>, std::vector<std::string>> resources;
  for (const auto& [place, of] : names) {
    const auto& [group, resource, verbs] = place;
    resources[{group, verbs, of}].push_back(resource);
  }
  std::vector<AccessRule> rules;
  for (const auto& [place, of] : resources) {
    const auto& [group, verbs, named] = place;
    AccessRule rule;
    rule.group = group;
    rule.resources = of;
    rule.verbs = verbs;
    if (!named.contains("")) rule.names.assign(named.begin(), named.end());
    rules.push_back(std::move(rule));
  }
  std::ranges::sort(rules, {}, [](const AccessRule& rule) { return std::tie(rule.group, rule.resources, rule.names); });
  return rules;
}

}  // namespace driftwarden
