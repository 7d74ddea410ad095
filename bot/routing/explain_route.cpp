// The way that an App's alerts take, in words.
#include "bot/config/policy.hpp"
#include "bot/routing/routing.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

struct Way {
  std::vector<std::string> causes;
  Severity severity = Severity::Warning;
  Routed routed;
  Duration wait{0};
};

bool is_same(const Way& way, const Way& other) {
  return way.severity == other.severity && way.routed.channel == other.routed.channel && way.routed.mention == other.routed.mention && way.routed.way == other.routed.way &&
         way.wait == other.wait;
}

std::string words_of(const Config& config, const Way& way) {
  const auto repeat = repeat_after(config, way.severity);
  return fmt::format("{} ({}): {}{}; {}; {}, {}", join(way.causes, ", "), to_string(way.severity), way.routed.channel,
                     way.routed.mention.empty() ? "" : ", names " + join(way.routed.mention, ", "),
                     way.routed.way.empty() ? "no route matches" : "by " + join(way.routed.way, " > "),
                     way.wait == Duration{0} ? "told at once" : fmt::format("told after {}", format_duration(way.wait)),
                     repeat ? fmt::format("again every {}", format_duration(*repeat)) : "never repeated");
}

std::string heading(const App& app, const std::vector<std::string>& code_owners) {
  auto words = app.name;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) words += fmt::format(", {} {}", key, value);
  };
  add("environment", app.environment);
  add("cluster", app.cluster);
  add("namespace", app.namespace_);
  add("owners", join(app.owners, " "));
  add("code owners", join(code_owners, " "));
  return words;
}

/// Where what is no alert goes, when alerts go elsewhere, too.
std::string words_of_the_rest(const Config& config, const App& app, const std::vector<Way>& ways) {
  const auto changes = channel_of(config, app);
  const auto digest = route(config, {.app = &app, .of_app = true}).channel;
  const bool same = std::ranges::all_of(ways, [&](const Way& way) { return way.routed.channel == changes && way.routed.channel == digest; });
  if (same) return {};
  return fmt::format("Changes: {}; the digest: {}; neither knows a cause, a severity or code owners to be routed by",
                     changes, config.alerts.digest && !config.alerts.digest->channel.empty() ? config.alerts.digest->channel + " or " + digest : digest);
}

}  // namespace

std::string explain_route(const Config& config, const App& app, const std::vector<std::string>& code_owners) {
  std::vector<Way> ways;
  for (auto cause = Cause::LiveEdited; cause <= Cause::Unknown; cause = static_cast<Cause>(static_cast<int>(cause) + 1)) {
    Way way;
    way.severity = severity_of(config, app, cause);
    way.routed = route(config, {.app = &app, .cause = cause, .severity = way.severity, .code_owners = code_owners});
    way.wait = hold_off(config, app, cause);
    auto known = std::ranges::find_if(ways, [&](const Way& other) { return is_same(way, other); });
    if (known == ways.end()) known = ways.insert(ways.end(), std::move(way));
    known->causes.emplace_back(to_string(cause));
  }
  std::vector<std::string> lines{heading(app, code_owners)};
  for (const auto& way : ways) lines.push_back(words_of(config, way));
  if (auto rest = words_of_the_rest(config, app, ways); !rest.empty()) lines.push_back(std::move(rest));
  return join(lines, "\n");
}

}  // namespace driftwarden
