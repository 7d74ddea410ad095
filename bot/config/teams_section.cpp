// teams: what belongs together. registries: who is asked for tags.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

Team read_team(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  Team team;
  read_name(section, team.name, seen);
  section.named_list("members", team.members, NameKind::PersonOrGroup);
  section.texts("apps", team.apps);
  section.named_list("environments", team.environments, NameKind::Environment);
  check_channels(section, "channels", team.channels);
  section.texts("may", team.may);
  check_verbs(section, "may");
  section.flag("private", team.is_private);
  const bool speaks_of_apps = team.is_private || !team.may.empty() || !team.channels.empty();
  if (speaks_of_apps && !section.has("apps")) section.missing("apps", "names of Apps, or globs such as \"shop-*\"");
  if ((team.is_private || !team.may.empty()) && !section.has("members")) section.missing("members", "a list of people and groups");
  return team;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
}

std::string check_host(std::string_view host) {
  if (host.empty()) return "is no host";
  if (host.find('/') != std::string_view::npos) return "isn't a host alone";
  return std::ranges::all_of(host, is_host_character) ? "" : "isn't a host";
}

RegistryConfig read_registry(Section& section, std::map<std::string, const ConfigNode*>& seen) {
  RegistryConfig registry;
  if (!section.has("host")) section.missing("host", "the host as images name it, such as ghcr.io");
  section.checked("host", registry.host, check_host, "the host as images name it, such as ghcr.io");
  const auto* host = section.find("host");
  if (host != nullptr && !registry.host.empty() && !seen.emplace(registry.host, host).second) {
    section.reading().mistake(*host, fmt::format("the registry {} is given twice", describe(*host)), "it once");
  }
  registry.api_url = "https://" + registry.host;
  section.checked("api_url", registry.api_url, check_web_url, "https://..., or http:// on this machine");
  while (registry.api_url.ends_with('/')) registry.api_url.pop_back();
  section.text("username", registry.username);
  section.secret("password", registry.password);
  if (section.has("password") && registry.username.empty()) section.missing("username", "whose password it is");
  return registry;
}

}  // namespace

void read_teams(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("teams", [&](Section& section) { config.teams.push_back(read_team(section, seen)); });
}

void read_registries(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> seen;
  root.each("registries", [&](Section& section) { config.registries.push_back(read_registry(section, seen)); });
}

}  // namespace driftwarden
