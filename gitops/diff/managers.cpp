#include "gitops/base/text.hpp"
#include "gitops/diff/compare.hpp"
#include "gitops/diff/owners.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Nearly all globs are names or prefixes, and most are ruled out by their first character.
bool matches(std::string_view glob, std::string_view manager) {
  const auto wild = glob.find_first_of("*?");
  if (wild == std::string_view::npos) return glob == manager;
  if (wild + 1 == glob.size() && glob[wild] == '*') return manager.starts_with(glob.substr(0, wild));
  return glob_match(glob, manager);
}

bool any_matches(const std::vector<std::string>& globs, std::string_view manager) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    if (glob.empty() || (glob[0] != manager[0] && glob[0] != '*' && glob[0] != '?')) return false;
    return matches(glob, manager);
  });
}

/// A path of a FieldDrift as a chain; keeps what the nodes point to.
struct Chain {
  std::deque<PathNode> nodes;
  std::deque<ValueStep> steps;
  std::deque<json> values;

  bool append(ValueStep step) {
    const auto& last = nodes.back();
    const auto& kept = steps.emplace_back(std::move(step));
    switch (kept.kind) {
      case ValueStep::Kind::Field: nodes.push_back(last.field(kept.name)); return true;
      case ValueStep::Kind::Index: nodes.push_back(last.at(kept.index)); return true;
      case ValueStep::Kind::SetValue: {
        const auto& value = values.emplace_back(json::parse(kept.value, nullptr, false));
        nodes.push_back(last.value(value));
        return !value.is_discarded();
      }
      default: break;
    }
    auto& element = values.emplace_back(json::object());
    for (const auto& [name, text] : kept.keys) {
      auto value = json::parse(text, nullptr, false);
      if (value.is_discarded()) return false;
      element[name] = std::move(value);
    }
    nodes.push_back(last.keyed(element, nullptr));
    return true;
  }
};

int rank(const ManagedEntry& entry) { return entry.manager_class == ManagerClass::Person ? 0 : entry.manager_class == ManagerClass::Controller ? 1 : 2; }

const ManagedEntry* foremost_at(const std::vector<ManagedEntry>& entries, const PathNode& path) {
  const ManagedEntry* best = nullptr;
  auto best_reach = Reach::None;
  const auto better = [&](const ManagedEntry& entry, Reach reach) {
    if (reach != best_reach) return reach > best_reach;
    if (reach == Reach::None || rank(entry) != rank(*best)) return reach != Reach::None && rank(entry) < rank(*best);
    return entry.time() > best->time();
  };
  for (const auto& entry : entries) {
    const auto reach = reach_of(entry, path);
    if (!better(entry, reach)) continue;
    best = &entry;
    best_reach = reach;
  }
  return best;
}

}  // namespace

const ManagerClasses& ManagerClasses::defaults() {
  static const ManagerClasses classes{
      {"driftwarden", "argocd-controller", "kustomize-controller", "helm-controller", "helm", "fleetagent", "kapp-controller"},
      {"kubectl", "kubectl-*", "oc", "oc-*", "k9s", "node-fetch", "Lens*", "OpenLens*", "headlamp*", "Mozilla*", "dashboard*", "curl", "python-requests"}};
  return classes;
}

ManagerClass ManagerClasses::of(std::string_view manager) const {
  if (manager.empty()) return ManagerClass::Controller;
  if (any_matches(appliers, manager)) return ManagerClass::Applier;
  return any_matches(people, manager) ? ManagerClass::Person : ManagerClass::Controller;
}

ManagerClass classify_manager(std::string_view manager) { return ManagerClasses::defaults().of(manager); }

std::string manager_at(const json& live, std::string_view path, const ManagerClasses& managers) {
  auto steps = parse_value_path(path);
  if (!live.is_object() || !steps) return {};
  const auto entries = managed_entries(live, managers);
  const bool in_secret = live.value("kind", json()) == "Secret" && live.value("apiVersion", json()) == "v1";
  Chain chain;
  Chain folded;  // the same as stringData, the name under which it may be owned
  chain.nodes.emplace_back();
  folded.nodes.emplace_back();
  for (auto& step : *steps) {
    auto as_string_data = step;
    if (in_secret && chain.nodes.size() == 1 && step.name == "data") as_string_data.name = "stringData";
    if (!chain.append(std::move(step)) || !folded.append(std::move(as_string_data))) return {};
  }
  const auto* found = foremost_at(entries, chain.nodes.back());
  if (found == nullptr && in_secret) found = foremost_at(entries, folded.nodes.back());
  return found == nullptr ? std::string() : std::string(found->manager);
}

}  // namespace driftwarden
