// alerts: what is told, where, how loudly and when.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::string_view kDuration = "a duration such as 300ms, 15s, 5m, 4h or 7d";
constexpr int kMostFlaps = 20;  // so many earlier incidents are looked at
const Words<Severity> kSeverities{{"info", Severity::Info}, {"warning", Severity::Warning}, {"critical", Severity::Critical}};

const Words<Cause>& causes() {
  static const auto all = [] {
    Words<Cause> words;
    for (auto cause = Cause::LiveEdited; cause <= Cause::Unknown; cause = static_cast<Cause>(static_cast<int>(cause) + 1)) words.emplace_back(to_string(cause), cause);
    return words;
  }();
  return all;
}

void read_causes(Section& given, std::map<Cause, Duration>& out) {
  for (const auto& [word, cause] : causes()) {
    if (given.has(word)) given.duration(word, out[cause]);
  }
}

void read_hold_off(Section& section, AlertsConfig& alerts) {
  section.inside("hold_off", [&](Section& given) {
    read_causes(given, alerts.hold_off);
    given.entries("environments", [&](const ConfigNode& name, const ConfigNode& value) {
      section.reading().uses.push_back({&name, NameKind::Environment, name.text});
      Section one{section.reading(), value, fmt::format("{}.environments.{}", given.where(), name.text)};
      if (value.kind != ConfigNode::Kind::Map) return;
      read_causes(one, alerts.hold_off_in[name.text]);
      one.finish();
    });
  });
}

/// One duration is for what is worth repeating: critical and warning.
void read_repeat(Section& section, AlertsConfig& alerts) {
  const auto* value = section.find("repeat");
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  const auto read = [](Section& from, std::string_view key, Duration& out) {
    const auto* given = from.find(key);
    if (given == nullptr) return;
    if (given->kind == ConfigNode::Kind::Scalar && given->text == "never") {
      out = Duration{0};
    } else {
      from.duration(key, out);
    }
  };
  if (value->kind != ConfigNode::Kind::Map) {
    read(section, "repeat", alerts.repeat[Severity::Critical]);
    alerts.repeat[Severity::Warning] = alerts.repeat[Severity::Critical];
    return;
  }
  section.inside("repeat", [&](Section& given) {
    for (const auto& [word, severity] : kSeverities) read(given, word, alerts.repeat[severity]);
  });
}

void read_time_of_day(Section& section, std::string_view key, int& out) {
  std::string text;
  section.checked(
      key, text,
      [&](std::string_view given) -> std::string {
        const auto minutes = parse_day_time(given);
        if (minutes) out = *minutes;
        return minutes ? "" : "isn't a time of day";
      },
      "HH:MM such as \"09:00\"");
}

void read_days(Section& section, std::vector<int>& out) {
  std::vector<std::string> words;
  section.texts("days", words);
  const auto* list = section.find("days");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty()) continue;
    if (const auto day = parse_week_day(item.text)) {
      out.push_back(*day);
    } else {
      section.reading().mistake(item, fmt::format("{} isn't a day", describe(item)), "Mon, Tue, Wed, Thu, Fri, Sat or Sun");
    }
  }
}

void read_digest(Section& section, AlertsConfig& alerts) {
  const auto* value = section.find("digest");
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  if (value->kind == ConfigNode::Kind::Map) {
    section.inside("digest", [&](Section& given) {
      auto& digest = alerts.digest.emplace();
      read_time_of_day(given, "at", digest.at);
      given.text("zone", digest.zone);
      digest.time_zone = read_zone(given, digest.zone);
      read_days(given, digest.days);
      if (given.has("channel")) check_channel(given, "channel", digest.channel);
    });
    return;
  }
  std::string text;
  section.checked(
      "digest", text,
      [&](std::string_view given) -> std::string {
        if (given.empty()) alerts.digest.reset();
        const auto minutes = parse_day_time(given);
        if (minutes) alerts.digest->at = *minutes;
        return minutes || given.empty() ? "" : "isn't a time of day";
      },
      "HH:MM such as \"09:00\", or \"\" for none");
}

void read_match(Section& match, AlertMatch& out) {
  match.named("environment", out.environment, NameKind::Environment);
  match.text("team", out.team);
  match.text("app", out.app);
  match.text("cluster", out.cluster);
  match.text("namespace", out.namespace_);
  if (match.has("cause")) match.choice<Cause>("cause", causes(), out.cause.emplace());
}

AlertRoute read_route(Section& section, bool is_top) {
  AlertRoute route;
  section.inside("match", [&](Section& match) {
    read_match(match, route.match);
    if (match.has("severity")) match.choice<Severity>("severity", kSeverities, route.match.severity.emplace());
    match.text("code_owner", route.code_owner);
  });
  if (section.has("channel")) check_channel(section, "channel", route.channel);
  section.named_list("mention", route.mention, NameKind::Approver);
  section.each("routes", [&](Section& nested) { route.routes.push_back(read_route(nested, false)); });
  const bool says_nothing = !section.has("channel") && route.mention.empty() && route.routes.empty();
  if (is_top && says_nothing) section.missing("channel", "\"#name\" or a channel's id");
  return route;
}

SeverityRule read_severity(Section& section) {
  SeverityRule rule;
  section.inside("match", [&](Section& match) { read_match(match, rule.match); });
  if (!section.has("is")) section.missing("is", "info, warning or critical");
  section.choice<Severity>("is", kSeverities, rule.is);
  return rule;
}

QuietHours read_quiet_hours(Section& section) {
  QuietHours quiet;
  read_time_of_day(section, "from", quiet.from);
  read_time_of_day(section, "until", quiet.until);
  read_days(section, quiet.days);
  section.text("zone", quiet.zone);
  quiet.time_zone = read_zone(section, quiet.zone);
  section.choice<Severity>("except", kSeverities, quiet.except);
  check_channels(section, "channels", quiet.channels);
  const bool from = section.has("from");
  const bool until = section.has("until");
  if (from != until) section.missing(from ? "until" : "from", "both from and until, such as \"20:00\" and \"07:00\"");
  if (!from && !until && !section.has("days")) section.missing("from", "from and until, or days");
  if (from && until && quiet.from == quiet.until) {
    section.reading().mistake(section.place("until"), "from and until are the same", "another time, or days for whole days");
  }
  return quiet;
}

void read_limits(Section& section, AlertsConfig& alerts) {
  const auto window = [&](std::string_view key, Duration& out) {
    section.duration(key, out);
    at_least_a_second(section, key, out);
  };
  section.integer("storm", 1, alerts.storm);
  window("storm_window", alerts.storm_window);
  section.integer("flapping", 2, alerts.flapping);
  if (alerts.flapping > kMostFlaps) {
    section.reading().mistake(section.place("flapping"), fmt::format("\"flapping\" is \"{}\"", alerts.flapping), fmt::format("a whole number from 2 to {}", kMostFlaps));
  }
  window("flapping_window", alerts.flapping_window);
  window("calm", alerts.calm);
  window("forgotten", alerts.forgotten);
}

}  // namespace

void read_alerts(Section& root, Config& config) {
  root.inside("alerts", [&](Section& section) {
    auto& alerts = config.alerts;
    read_hold_off(section, alerts);
    read_repeat(section, alerts);
    read_digest(section, alerts);
    section.each("routes", [&](Section& given) { alerts.routes.push_back(read_route(given, true)); });
    section.each("severity", [&](Section& given) { alerts.severities.push_back(read_severity(given)); });
    section.each("quiet_hours", [&](Section& given) { alerts.quiet_hours.push_back(read_quiet_hours(given)); });
    read_limits(section, alerts);
  });
}

}  // namespace driftwarden
