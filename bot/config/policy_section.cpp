// policy: who may, who must agree, and when.
#include "bot/config/policy.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {

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

void at_least_a_second(Section& section, std::string_view key, Duration given) {
  if (given >= std::chrono::seconds{1}) return;
  section.reading().mistake(section.place(key), fmt::format("\"{}\" is {}", key, format_duration(given)), "at least 1s");
}

namespace {

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

void read_tiers(Section& section, std::vector<RiskTier>& tiers) {
  static const std::vector<std::string> known{"none", "low", "medium", "high", "destructive"};
  std::vector<std::string> words;
  section.texts("risk", words);
  for (const auto& word : words) {
    if (const auto tier = risk_tier_from(word)) tiers.push_back(*tier);
  }
  const auto* list = section.find("risk");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty() || risk_tier_from(item.text)) continue;
    section.reading().mistake(item, "unknown risk " + describe(item), expected_of(item.text, known));
  }
}

ApprovalRule read_approval(Section& section) {
  ApprovalRule rule;
  section.named("environment", rule.environment, NameKind::Environment);
  section.texts("verbs", rule.verbs);
  check_verbs(section, "verbs");
  if (!section.has("need")) section.missing("need", "a whole number from 0");
  section.integer("need", 0, rule.need);
  section.named_list("from", rule.from, NameKind::Approver);
  read_tiers(section, rule.risk);
  section.texts("apps", rule.apps);
  section.choice<StepUp>("step_up", {{"none", StepUp::None}, {"totp", StepUp::Totp}, {"forge", StepUp::Forge}}, rule.step_up);
  if (section.has("expires")) section.duration("expires", rule.expires.emplace());
  return rule;
}

void read_week(Section& section, FreezeConfig& freeze) {
  section.checked(
      "when", freeze.when,
      [&](std::string_view text) -> std::string {
        const auto window = parse_week_window(text);
        if (window) freeze.window = *window;
        return window ? "" : "isn't a window";
      },
      "a weekly window such as \"Fri 16:00 - Mon 08:00\"");
}

/// `from: 2026-12-20` begins that day, `until: 2027-01-02` ends with it.
void read_dates(Section& section, FreezeConfig& freeze) {
  constexpr std::string_view expected = "a date such as 2026-12-20 or a time such as 2026-12-20 18:00";
  std::string from;
  std::string until;
  const auto read = [&](std::string_view key, std::string& out, std::optional<WallTime>& when) {
    section.checked(
        key, out,
        [&](std::string_view text) -> std::string {
          const auto local = parse_local_time(text);
          const bool whole_day = key == "until" && text.size() == 10;
          if (local) when = freeze.time_zone->from_local(*local + (whole_day ? std::chrono::hours{24} : std::chrono::hours{0}));
          return local ? "" : "isn't a date";
        },
        expected);
  };
  read("from", from, freeze.begins);
  read("until", until, freeze.ends);
  if (!section.has("from")) section.missing("from", expected);
  if (!section.has("until")) section.missing("until", expected);
  freeze.when = fmt::format("{} - {}", from, until);
  if (freeze.begins && freeze.ends && *freeze.ends <= *freeze.begins) {
    section.reading().mistake(section.place("until"), fmt::format("\"{}\" isn't after \"{}\"", until, from), "the end of the freeze");
  }
}

FreezeConfig read_freeze(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  FreezeConfig freeze;
  read_name(section, freeze.name, seen);
  section.text("zone", freeze.zone);
  freeze.time_zone = read_zone(section, freeze.zone);
  const bool dates = section.has("from") || section.has("until");
  if (dates && section.has("when")) section.reading().mistake(section.place("when"), "both when and from are given", "one of them");
  if (!dates && !section.has("when")) section.missing("when", "a weekly window such as \"Fri 16:00 - Mon 08:00\"");
  if (dates) {
    read_dates(section, freeze);
  } else {
    read_week(section, freeze);
  }
  section.named_list("environments", freeze.environments, NameKind::Environment);
  section.texts("apps", freeze.apps);
  section.integer("override", 0, freeze.override_need);
  return freeze;
}

void read_destructive(Section& section, DestructivePolicy& destructive) {
  section.inside("destructive", [&](Section& given) {
    given.integer("need", 1, destructive.need);
    std::string share;
    given.checked(
        "share", share,
        [&](std::string_view text) -> std::string {
          const auto percent = parse_percent(text);
          if (percent) destructive.share_percent = *percent;
          return percent ? "" : "isn't a share";
        },
        "a share from 1% to 100%");
    given.flag("typed_name", destructive.typed_name);
  });
}

void read_rate_limit(Section& section, RateLimit& limit) {
  section.inside("rate_limit", [&](Section& given) {
    given.integer("changes", 0, limit.changes);
    given.duration("per", limit.per);
    at_least_a_second(given, "per", limit.per);
  });
}

void read_break_glass(Section& section, BreakGlassPolicy& policy) {
  section.inside("break_glass", [&](Section& given) {
    given.named_list("who", policy.who, NameKind::PersonOrGroup);
    given.duration("longest", policy.longest);
    at_least_a_second(given, "longest", policy.longest);
    given.named_list("page", policy.page, NameKind::PersonOrGroup);
  });
}

}  // namespace

void read_policy(Section& root, Config& config) {
  root.inside("policy", [&](Section& section) {
    auto& policy = config.policy;
    policy.given = true;
    section.each("rules", [&](Section& given) { policy.rules.push_back(read_rule(given)); });
    section.each("approvals", [&](Section& given) { policy.approvals.push_back(read_approval(given)); });
    section.choice<ReviewMode>("review", {{"pull-request", ReviewMode::PullRequest}, {"chat", ReviewMode::Chat}}, policy.review);
    std::map<std::string, const ConfigNode*> seen;
    section.each("freezes", [&](Section& given) { policy.freezes.push_back(read_freeze(given, seen)); });
    read_destructive(section, policy.destructive);
    read_rate_limit(section, policy.rate_limit);
    read_break_glass(section, policy.break_glass);
    section.duration("soak", policy.soak);
  });
}

}  // namespace driftwarden
