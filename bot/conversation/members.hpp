#pragma once
// Who somebody is to our workspace, as Slack says. Asked at most once in a while per person.
#include "gitops/base/clock.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>

namespace driftwarden {

/// Guest: of our workspace, but a guest there (single- or multi-channel). Stranger: from another workspace, by Slack Connect. Gone: deactivated, or a bot.
enum class Standing { Member, Guest, Stranger, Gone };
std::string_view to_string(Standing standing);

/// From the `user` of users.info. One of an Enterprise Grid is a member of the workspaces that their `enterprise_user` lists.
Standing standing_from(const nlohmann::json& user, const std::string& team);

class Members {
 public:
  /// `team`: our workspace's id.
  Members(slack::WebApi& api, Clock& clock, std::string team) : api_(api), clock_(clock), team_(std::move(team)) {}

  /// What was known before holds for a while. NotFound people are strangers; other errors: Slack can't be asked now.
  asio::awaitable<Result<Standing>> standing(std::string user);

 private:
  struct Known {
    Standing standing = Standing::Stranger;
    MonoTime asked_at{};
  };

  slack::WebApi& api_;
  Clock& clock_;
  std::string team_;
  std::map<std::string, Known> known_;
};

}  // namespace driftwarden
