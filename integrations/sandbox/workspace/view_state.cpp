// The part of the state that keeps modals and home tabs.
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::workspace {

Json WorkspaceState::make_view(const Json& sent, const std::string& user, const Json* before) {
  Json view{{"id", before != nullptr ? (*before)["id"] : Json(next_id("V"))},
            {"team_id", kTeamId},
            {"type", sent.value("type", "modal")},
            {"blocks", sent.value("blocks", Json::array())},
            {"private_metadata", sent.value("private_metadata", "")},
            {"callback_id", sent.value("callback_id", "")},
            {"state", {{"values", Json::object()}}},
            {"hash", fmt::format("{}.{}", random_.hex(10), random_.hex(8))},
            {"title", sent.value("title", Json{{"type", "plain_text"}, {"text", "View Title"}, {"emoji", true}})},
            {"clear_on_close", sent.value("clear_on_close", false)},
            {"notify_on_close", sent.value("notify_on_close", false)},
            {"close", sent.contains("close") ? sent["close"] : Json()},
            {"submit", sent.contains("submit") ? sent["submit"] : Json()},
            {"previous_view_id", nullptr},
            {"app_id", kAppId},
            {"external_id", sent.value("external_id", "")},
            {"app_installed_team_id", kTeamId},
            {"bot_id", kBotId}};
  complete_blocks(view["blocks"], before != nullptr ? before->value("blocks", Json()) : Json());
  view["root_view_id"] = view["id"];
  const auto& stack = stacks_[user];
  if (before != nullptr) {
    view["root_view_id"] = before->value("root_view_id", Json(view["id"]));
    view["previous_view_id"] = before->value("previous_view_id", Json());
  } else if (view["type"] == "modal" && !stack.empty()) {
    view["root_view_id"] = stack.front();
    view["previous_view_id"] = stack.back();
  }
  return view;
}

void WorkspaceState::push_view(const std::string& user, Json object) {
  const auto id = object["id"].get<std::string>();
  views_[id] = View{std::move(object), user};
  stacks_[user].push_back(id);
  announce_views(user);
}

void WorkspaceState::replace_view(const std::string& id, Json object) {
  auto& view = views_[id];
  view.object = std::move(object);
  if (view.object["type"] == "home") {
    Json what{{"type", "home"}, {"user", view.user}, {"view", view.object}};
    announce(std::move(what), {view.user});
  } else {
    announce_views(view.user);
  }
}

void WorkspaceState::close_view(const std::string& id, bool whole_stack) {
  const auto found = views_.find(id);
  if (found == views_.end()) return;
  const auto user = found->second.user;
  auto& stack = stacks_[user];
  const auto at = whole_stack ? stack.begin() : std::find(stack.begin(), stack.end(), id);
  for (auto it = at; it != stack.end(); ++it) views_.erase(*it);
  stack.erase(at, stack.end());
  announce_views(user);
}

void WorkspaceState::announce_views(const std::string& user) {
  Json stack = Json::array();
  for (const auto& id : stacks_[user]) stack.push_back(views_[id].object);
  Json what{{"type", "views"}, {"user", user}, {"stack", std::move(stack)}};
  announce(std::move(what), {user});
}

}  // namespace driftwarden::sandbox::workspace
