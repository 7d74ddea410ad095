#include "bot/deploy/deployments_state.hpp"
#include "bot/deploy/place_match.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kNamesShown = 3;
constexpr std::size_t kNoticesAtOnce = 10;
constexpr std::size_t kLongestNotice = 600;

std::string names_shown(const std::vector<std::string>& names) {
  const std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesShown)));
  if (names.size() <= kNamesShown) return join(first, ", ");
  return fmt::format("{} and {} more", join(first, ", "), names.size() - kNamesShown);
}

bool is_same_app(const FoundApp& a, const FoundApp& b) { return a.name == b.name && a.object == b.object && a.app == b.app && a.place == b.place; }

/// Of what the fleet is to know it by, where it is one.
const App* place_in(const FoundApp& found) {
  if (found.app) return &*found.app;
  return found.place ? &*found.place : nullptr;
}

std::string tool_name(const DiscoverRule& rule) { return rule.kind == DiscoverKind::ArgoCd ? "Argo CD" : "Flux"; }

}  // namespace

void Deployments::State::settle() {
  const bool ground_moved = ground_seen != ground_digest();
  if (ground_moved) {
    read_rules();
    assign_again = true;
    parts.fleet->kinds_changed();
  }
  bool others = std::exchange(assign_again, false);
  bool looked = false;
  std::vector<const Entry*> touched;
  for (auto& rule : rules) {
    if (!is_answered(*rule)) continue;
    if (rule->look || !rule->looked) {
      others = look(*rule) || others;
      looked = true;
    } else if (!rule->touched.empty()) {
      const auto moved = look_at_touched(*rule);
      touched.insert(touched.end(), moved.begin(), moved.end());
    }
  }
  Said said;
  collect_failed_kinds(said);
  if (!others && !looked) {
    tell(said);
    // Thousands of Applications tell of themselves all the time: then only those are gone through.
    for (const auto* entry : touched) {
      if (!entry->app.empty()) give_opinion(*entry);
    }
    return give_live_applications();
  }
  if (others) assign();
  give_opinions();
  give_live_applications();
  for (auto& rule : rules) {
    if (rule->looked) collect_notices(*rule, said);
  }
  tell(said);
}

bool Deployments::State::is_answered(const Rule& rule) const {
  const auto watched = clusters.find(rule.rule.cluster);
  return watched != clusters.end() && std::ranges::includes(watched->second.answered, rule.group_kinds);
}

std::vector<Manifest> Deployments::State::objects_of(const Rule& rule, const std::set<std::string>* only) const {
  std::vector<Manifest> objects;
  const auto watched = clusters.find(rule.rule.cluster);
  if (watched == clusters.end()) return objects;
  for (const auto& [kind, known] : watched->second.objects) {
    if (!rule.group_kinds.contains(kind)) continue;
    if (only == nullptr || !is_deploying_kind(kind)) {
      for (const auto& [id, kept] : known) objects.push_back(kept.object);
      continue;
    }
    for (const auto& id : *only) {
      if (const auto at = known.find(id); at != known.end()) objects.push_back(at->second.object);
    }
  }
  return objects;
}

bool Deployments::State::look(Rule& rule) {
  auto found = rule.tool->find(objects_of(rule, nullptr), ground(), parts.clock->wall_now());
  std::vector<Entry> entries;
  entries.reserve(found.size());
  bool others = !rule.looked || found.size() != rule.entries.size();
  for (auto& one : found) {
    if (const auto* place = place_in(one); one.object.name.empty() && place != nullptr) one.object = place->deployer.object;
    auto& entry = entries.emplace_back();
    entry.found = std::move(one);
    const auto index = entries.size() - 1;
    if (others || !is_same_app(entry.found, rule.entries[index].found)) {
      others = true;
      continue;
    }
    entry.app = rule.entries[index].app;
    entry.written = rule.entries[index].written;
  }
  rule.entries = std::move(entries);
  rule.by_object.clear();
  for (std::size_t i = 0; i < rule.entries.size(); ++i) rule.by_object[object_id(rule.entries[i].found.object)] = i;
  rule.look = false;
  rule.looked = true;
  rule.touched.clear();
  return others;
}

std::vector<const Deployments::State::Entry*> Deployments::State::look_at_touched(Rule& rule) {
  std::vector<const Entry*> moved;
  const auto touched = std::exchange(rule.touched, {});
  for (auto& one : rule.tool->find(objects_of(rule, &touched), ground(), parts.clock->wall_now())) {
    if (const auto* place = place_in(one); one.object.name.empty() && place != nullptr) one.object = place->deployer.object;
    const auto at = rule.by_object.find(object_id(one.object));
    if (at == rule.by_object.end()) continue;
    auto& entry = rule.entries[at->second];
    entry.found.opinion = std::move(one.opinion);
    entry.found.pause = std::move(one.pause);
    moved.push_back(&entry);
  }
  return moved;
}

void Deployments::State::assign() {
  std::map<std::string, std::string> ours;
  for (const auto& rule : rules) {
    for (const auto& app : rule->given) ours[app.name] = app.found_by;
  }
  std::vector<App> written;
  for (auto& app : parts.fleet->apps()) {
    const auto own = ours.find(app.name);
    if (own == ours.end() || own->second != app.found_by) written.push_back(std::move(app));
  }
  std::vector<App> found;
  std::vector<Entry*> entries;
  for (auto& rule : rules) {
    for (auto& entry : rule->entries) {
      const auto* place = place_in(entry.found);
      entry.app.clear();
      entry.written = false;
      if (place == nullptr) continue;
      found.push_back(*place);
      entries.push_back(&entry);
    }
  }
  std::map<std::string, Deployer> deployers;
  for (const auto& [index, name] : match_places(found, written)) {
    entries[index]->app = name;
    entries[index]->written = true;
    // Where the Application holds more than the App, the rest would be taken for what nobody wants.
    const auto* app = parts.fleet->app(name);
    if (found[index].deployer.kind != DeployerKind::None && app != nullptr && covers(*app, found[index])) deployers[name] = found[index].deployer;
  }
  for (const auto& [name, deployer] : deployers) {
    const auto* app = parts.fleet->app(name);
    const auto known = written_deployers.find(name);
    if (known == written_deployers.end() || known->second != deployer || app == nullptr || app->deployer != deployer) parts.fleet->set_deployer(name, deployer);
  }
  for (const auto& [name, deployer] : written_deployers) {
    if (!deployers.contains(name)) parts.fleet->set_deployer(name, std::nullopt);
  }
  written_deployers = std::move(deployers);
  for (auto& rule : rules) {
    std::vector<App> apps;
    for (auto& entry : rule->entries) {
      if (!entry.written && entry.found.app) apps.push_back(*entry.found.app);
    }
    give(*rule, std::move(apps));
    for (auto& entry : rule->entries) {
      if (entry.written || !entry.found.app) continue;
      const auto* app = parts.fleet->app(entry.found.app->name);
      // Of that name may be another one: then it was left out.
      if (app != nullptr && app->deployer.object == entry.found.object) entry.app = app->name;
    }
  }
}

void Deployments::State::give(Rule& rule, std::vector<App> apps) {
  const bool taken = std::ranges::all_of(apps, [&](const auto& app) { return parts.fleet->app(app.name) != nullptr; });
  if (rule.told && taken && apps == rule.given) return;
  if (!rule.looked) return;
  rule.told = true;
  rule.given = apps;
  parts.fleet->set_found_apps(rule.rule.id, std::move(apps));
}

void Deployments::State::give_opinion(const Entry& entry) {
  const auto known = opinions.find(entry.app);
  if (known != opinions.end() && known->second == entry.found.opinion) return;
  opinions[entry.app] = entry.found.opinion;
  parts.fleet->set_opinion(entry.app, entry.found.opinion);
}

void Deployments::State::give_opinions() {
  std::set<std::string> judged;
  for (const auto& rule : rules) {
    for (const auto& entry : rule->entries) {
      if (!entry.app.empty() && judged.insert(entry.app).second) give_opinion(entry);
    }
  }
  std::erase_if(opinions, [&](const auto& known) {
    if (judged.contains(known.first)) return false;
    parts.fleet->set_opinion(known.first, std::nullopt);
    return true;
  });
}

void Deployments::State::give_live_applications() {
  for (auto& [cluster, watched] : clusters) {
    const GroupKind kind{"argoproj.io", "Application"};
    if (!watched.applications_moved || !watched.answered.contains(kind)) continue;
    watched.applications_moved = false;
    std::vector<Manifest> applications;
    for (const auto& [id, kept] : watched.objects[kind]) applications.push_back(kept.object);
    parts.fleet->set_live_applications(cluster, std::move(applications));
  }
}

void Deployments::State::collect_notices(Rule& rule, Said& said) {
  std::map<std::string, std::vector<std::string>> fresh;
  for (const auto& entry : rule.entries) {
    // Somebody wrote an App down for what we can't make one of: then there is nothing to put right.
    if (entry.written && !entry.found.app) continue;
    for (const auto& what : entry.found.notices) {
      if (rule.noticed[what].insert(entry.found.name).second) fresh[what].push_back(entry.found.name);
    }
  }
  for (const auto& [what, names] : fresh) said[rule.rule.id].push_back(names.front().empty() ? what : fmt::format("{}: {}", names_shown(names), what));
}

/// All of one rule at once: of several at the same time only the last would stay.
void Deployments::State::tell(const Said& said) const {
  if (!parts.on_notice) return;
  for (const auto& [rule, lines] : said) {
    std::vector<std::string> shown;
    for (const auto& line : lines) {
      if (shown.size() == kNoticesAtOnce) {
        shown.push_back(fmt::format("and {} more things of this kind", lines.size() - kNoticesAtOnce));
        break;
      }
      shown.push_back(ellipsize(line, kLongestNotice));
    }
    parts.on_notice(rule, join(shown, "\n"));
  }
}

void Deployments::State::collect_failed_kinds(Said& said) {
  for (const auto& rule : rules) {
    const auto watched = clusters.find(rule->rule.cluster);
    if (watched == clusters.end()) continue;
    const auto& failed = watched->second.failed;
    const bool any_served = std::ranges::any_of(rule->group_kinds, [&](const auto& kind) { return is_deploying_kind(kind) && !failed.contains(kind); });
    std::string what;
    for (const auto& kind : rule->group_kinds) {
      const auto why = failed.find(kind);
      if (why == failed.end()) continue;
      // Of Flux one controller may well be there without the other.
      if (why->second.kind == ErrorKind::NotFound && any_served) continue;
      const auto reason = why->second.kind == ErrorKind::NotFound ? fmt::format("{} isn't installed in {}, as far as can be seen: {}", tool_name(rule->rule), rule->rule.cluster, why->second.message)
                                                                  : fmt::format("{} can't be read in {}: {}", kind.kind, rule->rule.cluster, why->second.message);
      what += (what.empty() ? "" : "; ") + reason;
      if (why->second.kind == ErrorKind::NotFound) break;
    }
    if (!what.empty() && told_failures.insert(rule->rule.id + "\n" + what).second) said[rule->rule.id].push_back(what);
  }
}

bool Deployments::State::has_windows() const {
  return std::ranges::any_of(clusters, [](const auto& cluster) {
    const auto projects = cluster.second.objects.find({"argoproj.io", "AppProject"});
    if (projects == cluster.second.objects.end()) return false;
    return std::ranges::any_of(projects->second, [](const auto& kept) { return !member_at(member_at(*kept.second.object.body, "spec"), "syncWindows").empty(); });
  });
}

}  // namespace driftwarden
