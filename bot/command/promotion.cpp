#include "bot/command/promotion.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

struct Stage {
  std::string_view name;
  int rank;
};
constexpr std::array<Stage, 18> kStages{{{"local", 0}, {"sandbox", 0}, {"dev", 1}, {"develop", 1}, {"development", 1}, {"test", 2}, {"testing", 2}, {"int", 2}, {"integration", 2},
                                         {"qa", 3}, {"uat", 4}, {"stg", 5}, {"stage", 5}, {"staging", 5}, {"preprod", 6}, {"prd", 7}, {"prod", 7}, {"production", 7}}};

/// The words an environment goes by: its own name, the cluster's, and what others call the same stage.
std::vector<std::string> names_of(const App& app) {
  std::vector<std::string> names{to_lower(app.environment), to_lower(app.cluster)};
  const auto rank = environment_rank(app.environment);
  for (const auto& stage : kStages) {
    if (rank >= 0 && stage.rank == rank) names.emplace_back(stage.name);
  }
  std::erase(names, "");
  std::ranges::sort(names, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return names;
}

bool is_in(const App& app, const std::string& word) {
  const auto names = names_of(app);
  return std::ranges::find(names, to_lower(word)) != names.end();
}

/// The path with the environment's part left open: "apps/checkout/overlays/*".
std::string path_pattern(const App& app) {
  const auto names = names_of(app);
  auto parts = split(app.path, '/');
  for (auto& part : parts) {
    if (std::ranges::find(names, to_lower(part)) != names.end()) part = "*";
  }
  return join(parts, "/");
}

bool are_kin(const App& a, const App& b) {
  if (a.name == b.name || a.orphans || b.orphans) return false;
  if (base_name(a) == base_name(b)) return true;
  const auto pattern = path_pattern(a);
  return a.repository == b.repository && pattern.find('*') != std::string::npos && pattern == path_pattern(b);
}

using Family = std::vector<const App*>;

const App* named(const std::vector<App>& apps, const std::string& name) {
  const auto found = std::ranges::find_if(apps, [&](const App& app) { return to_lower(app.name) == to_lower(name); });
  return found == apps.end() ? nullptr : &*found;
}

/// The named App first, then its kin; or all that share the base name.
Family family_of(const std::vector<App>& apps, const std::string& word) {
  Family family;
  const auto* app = named(apps, word);
  if (app != nullptr) family.push_back(app);
  for (const auto& other : apps) {
    if (app != nullptr ? are_kin(*app, other) : (!other.orphans && to_lower(base_name(other)) == to_lower(word))) family.push_back(&other);
  }
  return family;
}

std::string listed(const Family& family) {
  std::vector<std::string> names;
  for (const auto* app : family) names.push_back(fmt::format("{} ({})", app->name, app->environment.empty() ? app->cluster : app->environment));
  return join(names, ", ");
}

PromotionTrouble unclear(const Family& family, std::string message) {
  PromotionTrouble trouble{std::move(message), {}};
  auto ordered = family;
  std::ranges::stable_sort(ordered, {}, [](const App* app) { return environment_rank(app->environment); });
  for (std::size_t i = 0; i + 1 < ordered.size() && trouble.suggestions.size() < 5; ++i) {
    trouble.suggestions.push_back(fmt::format("promote {} from {}", ordered[i + 1]->name, ordered[i]->name));
  }
  return trouble;
}

/// The members that a word names: an App by its name, else those of the environment.
Family chosen(const std::vector<App>& apps, const Family& family, const std::string& word) {
  if (const auto* app = named(apps, word)) return {app};
  Family found;
  std::ranges::copy_if(family, std::back_inserter(found), [&](const App* app) { return is_in(*app, word); });
  return found;
}

/// The one that comes right after (or before) `app` by its environment.
Family beside(const Family& family, const App& app, bool after) {
  const auto rank = environment_rank(app.environment);
  Family found;
  int best = -1;
  for (const auto* other : family) {
    const auto theirs = environment_rank(other->environment);
    if (rank < 0 || theirs < 0 || other == &app || (after ? theirs <= rank : theirs >= rank)) continue;
    const int distance = after ? theirs - rank : rank - theirs;
    if (best >= 0 && distance > best) continue;
    if (best < 0 || distance < best) found.clear();
    best = distance;
    found.push_back(other);
  }
  return found;
}

struct Sides {
  Family from;
  Family to;
};

Sides sides_of(const std::vector<App>& apps, const Family& family, const PromotionWords& words) {
  Sides sides;
  if (!words.from.empty()) sides.from = chosen(apps, family, words.from);
  if (!words.to.empty()) sides.to = chosen(apps, family, words.to);
  const auto* app = named(apps, words.app);
  // An App that was named is the side that nobody else was named for.
  if (app != nullptr && words.from.empty() != words.to.empty()) (words.from.empty() ? sides.from : sides.to) = {app};
  if (app != nullptr && words.from.empty() && words.to.empty()) {
    const auto next = beside(family, *app, true);
    const auto previous = beside(family, *app, false);
    if (next.empty() != previous.empty()) {
      sides.from = next.empty() ? previous : Family{app};
      sides.to = next.empty() ? Family{app} : next;
    }
  }
  if (app == nullptr && words.from.empty() && sides.to.size() == 1) sides.from = beside(family, *sides.to.front(), false);
  if (app == nullptr && words.to.empty() && sides.from.size() == 1) sides.to = beside(family, *sides.from.front(), true);
  return sides;
}

}  // namespace

int environment_rank(const std::string& environment) {
  const auto found = std::ranges::find(kStages, std::string_view(to_lower(environment)), &Stage::name);
  return found == kStages.end() ? -1 : found->rank;
}

std::string base_name(const App& app) {
  for (const auto& environment : names_of(app)) {
    const auto lower = to_lower(app.name);
    if (lower.size() <= environment.size() + 1) continue;
    const auto rest = lower.size() - environment.size() - 1;
    const auto is_joint = [](char c) { return c == '-' || c == '_' || c == '.' || c == '/'; };
    if (lower.ends_with(environment) && is_joint(lower[rest])) return app.name.substr(0, rest);
    if (lower.starts_with(environment) && is_joint(lower[environment.size()])) return app.name.substr(environment.size() + 1);
  }
  return app.name;
}

std::variant<PromotionPair, PromotionTrouble> find_promotion(const std::vector<App>& apps, const PromotionWords& words) {
  const auto family = family_of(apps, words.app);
  if (family.empty()) return PromotionTrouble{fmt::format("There is no App \"{}\", and none that is called so in some environment.", ellipsize(words.app, 60)), {}};
  const auto sides = sides_of(apps, family, words);
  const auto lacks = [&](const std::string& word) {
    return unclear(family, fmt::format("{} has nothing in \"{}\". What belongs together: {}.", words.app, ellipsize(word, 60), listed(family)));
  };
  if (sides.from.empty() && !words.from.empty()) return lacks(words.from);
  if (sides.to.empty() && !words.to.empty()) return lacks(words.to);
  if (family.size() == 1 && (sides.from.empty() || sides.to.empty())) {
    return PromotionTrouble{fmt::format("I know {} in one environment only. Say from which App, as in `promote {} from OTHER`.", family.front()->name, family.front()->name), {}};
  }
  if (sides.from.size() != 1 || sides.to.size() != 1) return unclear(family, fmt::format("From which, and to which? What belongs together: {}.", listed(family)));
  const auto& from = *sides.from.front();
  const auto& to = *sides.to.front();
  if (from.name == to.name) return unclear(family, fmt::format("{} can't be promoted to itself. What belongs together: {}.", from.name, listed(family)));
  return PromotionPair{from.name, to.name};
}

}  // namespace driftwarden
