// people, groups, policy, alerts: who is told, who may.
#include "bot/config/policy.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

void read_person(Section& section, Config& config, std::map<std::string, const ConfigNode*>& seen, std::map<std::string, const ConfigNode*>& slack_ids) {
  Person person;
  read_name(section, person.name, seen);
  section.checked(
      "slack", person.slack, [](std::string_view text) -> std::string { return is_slack_user(text) ? "" : "isn't a Slack user"; },
      "a member id such as U024BE7LH");
  section.text("forge", person.forge);
  section.texts("emails", person.emails);
  const auto* slack = section.find("slack");
  if (slack != nullptr && !person.slack.empty()) {
    const auto [earlier, is_new] = slack_ids.emplace(person.slack, slack);
    if (!is_new) {
      section.reading().mistake(*slack, fmt::format("the Slack user {} is two people", person.slack),
                                fmt::format("another id (first at {}:{})", earlier->second->source->name, earlier->second->line));
    }
  }
  if (const auto* emails = section.find("emails"); emails != nullptr) {
    for (const auto& item : emails->items) {
      const auto at = item.text.find('@');
      const bool good = item.kind != ConfigNode::Kind::Scalar || (at != std::string::npos && at > 0 && at + 1 < item.text.size());
      if (!good) section.reading().mistake(item, fmt::format("{} isn't an e-mail address", describe(item)), "name@example.org");
    }
  }
  config.people.push_back(std::move(person));
}

void read_group(Section& section, Config& config, std::map<std::string, const ConfigNode*>& seen) {
  Group group;
  read_name(section, group.name, seen);
  if (group.name == "owners") section.reading().mistake(section.place("name"), "\"owners\" is a word of the policy", "another name");
  section.named_list("members", group.members, NameKind::PersonOrGroup);
  section.checked(
      "slack_usergroup", group.slack_usergroup, [](std::string_view text) -> std::string { return is_slack_usergroup(text) ? "" : "isn't a user group"; },
      "an id such as S0614TZR7");
  if (!section.has("members") && !section.has("slack_usergroup")) section.missing("members", "members or slack_usergroup");
  config.groups.push_back(std::move(group));
}

void check_verbs(Section& section, std::string_view key) {
  const auto* list = section.find(key);
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || is_glob(item.text)) continue;
    const auto& known = policy_verbs();
    if (std::ranges::find(known, item.text) != known.end()) continue;
    section.reading().mistake(item, fmt::format("unknown verb {}", describe(item)), expected_of(item.text, known));
  }
}

PolicyRule read_rule(Section& section) {
  PolicyRule rule;
  section.named_list("who", rule.who, NameKind::PersonOrGroup);
  section.texts("may", rule.may);
  check_verbs(section, "may");
  section.texts("apps", rule.apps);
  if (!section.has("who")) section.missing("who", "a list of people and groups");
  if (!section.has("may")) section.missing("may", "a list of verbs");
  return rule;
}

ApprovalRule read_approval(Section& section) {
  ApprovalRule rule;
  section.named("environment", rule.environment, NameKind::Environment);
  section.texts("verbs", rule.verbs);
  check_verbs(section, "verbs");
  if (!section.has("need")) section.missing("need", "a whole number from 0");
  section.integer("need", 0, rule.need);
  section.named_list("from", rule.from, NameKind::PersonOrGroup);
  if (section.has("expires")) section.duration("expires", rule.expires.emplace());
  return rule;
}

std::shared_ptr<const TimeZone> read_zone(Section& section, const std::string& zone) {
  auto utc = std::make_shared<const TimeZone>(TimeZone::utc());
  if (zone == "UTC") return utc;
  auto& reading = section.reading();
  const auto& place = section.place("zone");
  const bool plain = !zone.empty() && !zone.starts_with('/') && zone.find("..") == std::string::npos;
  const auto directory = reading.environment.variable("TZDIR").value_or("/usr/share/zoneinfo");
  const auto file = plain ? reading.environment.read_file(directory + "/" + zone) : Result<std::string>{Error{ErrorKind::NotFound, ""}};
  if (file) {
    if (auto parsed = TimeZone::parse(*file)) return std::make_shared<const TimeZone>(std::move(*parsed));
  }
  if (plain && !reading.environment.read_file(directory + "/UTC")) {
    reading.warn(place, fmt::format("the zone \"{}\" can't be looked up: {} has no time zones; UTC is used", zone, directory), "the package tzdata");
  } else {
    reading.mistake(place, fmt::format("unknown time zone \"{}\"", zone), "an IANA name such as Europe/Berlin");
  }
  return utc;
}

FreezeConfig read_freeze(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  FreezeConfig freeze;
  read_name(section, freeze.name, seen);
  constexpr std::string_view when = "a weekly window such as \"Fri 16:00 - Mon 08:00\"";
  if (!section.has("when")) section.missing("when", when);
  section.checked(
      "when", freeze.when,
      [&](std::string_view text) -> std::string {
        const auto window = parse_week_window(text);
        if (window) freeze.window = *window;
        return window ? "" : "isn't a window";
      },
      when);
  section.text("zone", freeze.zone);
  freeze.time_zone = read_zone(section, freeze.zone);
  section.named_list("environments", freeze.environments, NameKind::Environment);
  section.texts("apps", freeze.apps);
  section.integer("override", 0, freeze.override_need);
  return freeze;
}

void read_hold_off(Section& section, AlertsConfig& alerts) {
  section.inside("hold_off", [&](Section& given) {
    for (auto cause = Cause::LiveEdited; cause <= Cause::Unknown; cause = static_cast<Cause>(static_cast<int>(cause) + 1)) {
      const auto word = to_string(cause);
      if (given.has(word)) given.duration(word, alerts.hold_off[cause]);
    }
  });
}

AlertRoute read_route(Section& section) {
  AlertRoute route;
  section.inside("match", [&](Section& match) {
    match.named("environment", route.environment, NameKind::Environment);
    match.text("team", route.team);
    match.text("app", route.app);
    match.text("cluster", route.cluster);
    match.text("namespace", route.namespace_);
  });
  if (!section.has("channel")) section.missing("channel", "\"#name\" or a channel's id");
  check_channel(section, "channel", route.channel);
  section.named_list("mention", route.mention, NameKind::PersonOrGroup);
  return route;
}

}  // namespace

void read_people(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  std::map<std::string, const ConfigNode*> slack_ids;
  root.each("people", [&](Section& section) { read_person(section, config, seen, slack_ids); });
  root.each("groups", [&](Section& section) { read_group(section, config, seen); });
}

void read_policy(Section& root, Config& config) {
  root.inside("policy", [&](Section& section) {
    auto& policy = config.policy;
    policy.given = true;
    section.each("rules", [&](Section& given) { policy.rules.push_back(read_rule(given)); });
    section.each("approvals", [&](Section& given) { policy.approvals.push_back(read_approval(given)); });
    section.choice<ReviewMode>("review", {{"pull-request", ReviewMode::PullRequest}, {"chat", ReviewMode::Chat}}, policy.review);
    std::map<std::string, const ConfigNode*> seen;
    section.each("freezes", [&](Section& given) { policy.freezes.push_back(read_freeze(given, seen)); });
  });
}

void read_alerts(Section& root, Config& config) {
  root.inside("alerts", [&](Section& section) {
    auto& alerts = config.alerts;
    read_hold_off(section, alerts);
    section.duration("repeat", alerts.repeat);
    std::string digest;
    section.checked(
        "digest", digest,
        [&](std::string_view text) -> std::string {
          alerts.digest.reset();
          if (text.empty()) return {};
          const auto minutes = parse_day_time(text);
          if (minutes) alerts.digest = std::chrono::minutes{*minutes};
          return minutes ? "" : "isn't a time of day";
        },
        "HH:MM such as \"09:00\", or \"\" for none");
    section.each("routes", [&](Section& given) { alerts.routes.push_back(read_route(given)); });
  });
}

}  // namespace driftwarden
