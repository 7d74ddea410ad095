#include "bot/conversation/members.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kKnownFor = std::chrono::minutes{10};
constexpr std::size_t kMostKnown = 10'000;

bool flag(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// One of the same organisation, whom it has put into our workspace.
bool is_ours_by_enterprise(const json& user, const std::string& team) {
  const auto person = user.find("enterprise_user");
  if (person == user.end() || !person->is_object()) return false;
  const auto teams = person->find("teams");
  return teams != person->end() && teams->is_array() && std::ranges::find(*teams, json(team)) != teams->end();
}

}  // namespace

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::Member: return "member";
    case Standing::Guest: return "guest";
    case Standing::Stranger: return "stranger";
    case Standing::Gone: return "gone";
  }
  return "?";
}

Standing standing_from(const json& user, const std::string& team) {
  if (!user.is_object()) return Standing::Stranger;
  if (flag(user, "deleted") || flag(user, "is_bot") || flag(user, "is_workflow_bot")) return Standing::Gone;
  if (flag(user, "is_stranger")) return Standing::Stranger;
  const auto home = text(user, "team_id");
  const bool ours = team.empty() || home == team || is_ours_by_enterprise(user, team);
  if (!ours) return Standing::Stranger;
  return flag(user, "is_restricted") || flag(user, "is_ultra_restricted") ? Standing::Guest : Standing::Member;
}

asio::awaitable<Result<Standing>> Members::standing(std::string user) {
  const auto known = known_.find(user);
  if (known != known_.end() && clock_.mono_now() - known->second.asked_at < kKnownFor) co_return known->second.standing;
  slack::JsonPtr arguments = std::make_shared<const json>(json{{"user", user}});
  auto answer = co_await api_.call("users.info", std::move(arguments));
  if (!answer && answer.error().kind != ErrorKind::NotFound) co_return wrap("asking Slack who this is", answer.error());
  Known now;
  now.asked_at = clock_.mono_now();
  if (answer && (*answer)->is_object()) now.standing = standing_from((*answer)->value("user", json()), team_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_[user] = now;
  co_return now.standing;
}

}  // namespace driftwarden
