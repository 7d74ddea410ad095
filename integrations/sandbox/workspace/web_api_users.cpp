// users.*, usergroups.*
#include "integrations/sandbox/workspace/web_api.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {

JsonResult users_info(WebCall& call) {
  if (call.text("user").empty()) return missing("user");
  const auto& people = call.state.people();
  const auto id = call.text("user");
  const auto found = std::find_if(people.begin(), people.end(), [&](const Person& p) { return p.id == id; });
  if (found == people.end()) return refusal("user_not_found");
  return ok(Json{{"user", user_object(*found)}});
}

JsonResult users_list(WebCall& call) {
  Json all = Json::array();
  for (const auto& person : call.state.people()) all.push_back(user_object(person));
  TRY(auto page, page_of(call, all, 1000));
  return ok(Json{{"members", std::move(page.items)}, {"cache_ts", unix_seconds(call.now)}, {"response_metadata", {{"next_cursor", page.next_cursor}}}});
}

JsonResult users_lookup_by_email(WebCall& call) {
  const auto email = call.text("email");
  if (email.empty()) return missing("email");
  const auto& people = call.state.people();
  const auto found = std::find_if(people.begin(), people.end(), [&](const Person& p) { return p.email == email; });
  if (found == people.end()) return refusal("users_not_found");
  return ok(Json{{"user", user_object(*found)}});
}

JsonResult usergroups_list(WebCall& call) {
  Json all = Json::array();
  for (const auto& group : call.state.options().usergroups) {
    Json item{{"id", group.id},       {"team_id", kTeamId},     {"is_usergroup", true},
              {"name", group.handle}, {"handle", group.handle}, {"user_count", group.users.size()},
              {"date_delete", 0}};
    if (call.flag("include_users")) item["users"] = group.users;
    all.push_back(std::move(item));
  }
  return ok(Json{{"usergroups", std::move(all)}});
}

JsonResult usergroups_users_list(WebCall& call) {
  const auto id = call.text("usergroup");
  if (id.empty()) return missing("usergroup");
  const auto& groups = call.state.options().usergroups;
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const WorkspaceUserGroup& g) { return g.id == id; });
  if (found == groups.end()) return refusal("no_such_subteam");
  return ok(Json{{"users", found->users}});
}

}  // namespace driftwarden::sandbox::workspace
