#include "bot/conversation/outsiders.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string text_in(const json& payload, const char* key, const char* inner) {
  const auto found = payload.find(key);
  return found == payload.end() ? std::string() : text_at(*found, inner);
}

/// All workspaces by which the envelope may have come to us. In a channel that several workspaces share, an event is the other's and still for us.
std::vector<std::string> teams_of(const std::string& type, const json& payload) {
  std::vector<std::string> teams;
  if (type == "interactive") {
    teams = {text_in(payload, "team", "id"), text_in(payload, "enterprise", "id"), text_in(payload, "view", "app_installed_team_id")};
  } else {
    teams = {text_at(payload, "team_id"), text_at(payload, "context_team_id"), text_at(payload, "enterprise_id")};
    const auto given = payload.find("authorizations");
    if (given != payload.end() && given->is_array()) {
      for (const auto& authorization : *given) {
        teams.push_back(text_at(authorization, "team_id"));
        teams.push_back(text_at(authorization, "enterprise_id"));
      }
    }
  }
  std::erase(teams, "");
  return teams;
}

bool is_app_id(std::string_view text) {
  const auto known = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return text.size() > 2 && text.front() == 'A' && std::ranges::all_of(text, known);
}

}  // namespace

std::string app_of_token(const Secret<std::string>& app_token) {
  const auto parts = split(app_token.reveal(), '-');
  return parts.size() >= 4 && parts[0] == "xapp" && is_app_id(parts[2]) ? std::string(parts[2]) : std::string();
}

std::optional<Foreign> foreign_envelope(const std::string& type, const json& payload, const OwnAddress& own) {
  if (!payload.is_object()) return std::nullopt;
  const auto app = text_at(payload, "api_app_id");
  const auto teams = teams_of(type, payload);
  const bool other_app = !own.app.empty() && !app.empty() && app != own.app;
  const auto is_own = [&](const std::string& team) { return team == own.team || (!own.enterprise.empty() && team == own.enterprise); };
  const bool other_team = !own.team.empty() && !teams.empty() && std::ranges::none_of(teams, is_own);
  if (!other_app && !other_team) return std::nullopt;
  return Foreign{other_team ? teams.front() : std::string(), other_app ? app : std::string()};
}

std::optional<OutsiderRefusal> refuse_outsider(Standing standing, Verb verb) {
  switch (standing) {
    case Standing::Member: return std::nullopt;
    case Standing::Guest:
      // A link would make somebody of them.
      if (!info_of(verb).changes_something && verb != Verb::Link) return std::nullopt;
      return OutsiderRefusal{"You are a guest of this workspace: you may read, and nothing more.", "guests are read-only"};
    case Standing::Stranger:
      if (verb == Verb::Help) return std::nullopt;
      return OutsiderRefusal{"You are a guest from another workspace: I only answer to my own.", "from another workspace"};
    case Standing::Gone: return OutsiderRefusal{"Slack says that this account is deactivated, or no person's.", "no active person"};
  }
  return OutsiderRefusal{"I don't know who you are.", "unknown person"};
}

}  // namespace driftwarden
