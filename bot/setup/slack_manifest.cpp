#include "bot/setup/slack_manifest.hpp"

#include "bot/setup/slack_scopes.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kLongestName = 35;  // Slack's own limit
constexpr std::size_t kLongestCommand = 31;
constexpr std::size_t kScopeColumn = 20;

/// What a handle and a slash command may hold.
std::string handle_of(const std::string& name) {
  if (name == "Driftwarden") return "warden";
  std::string handle;
  for (const char c : to_lower(name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) handle += c;
    if (!plain && !handle.empty() && handle.back() != '-') handle += '-';
  }
  while (handle.ends_with('-')) handle.pop_back();
  return handle;
}

std::string scope_lines() {
  std::string lines;
  for (const auto& [scope, why] : kSlackScopes) lines += fmt::format("      - {:<{}}# {}\n", scope, kScopeColumn, why);
  return lines;
}

}  // namespace

Result<std::string> slack_manifest(const std::string& name) {
  const auto handle = handle_of(name);
  const bool odd = without_control_characters(name) != name || name.empty() || name.size() > kLongestName;
  if (odd || handle.empty() || handle.size() > kLongestCommand) {
    return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" can't be the app's name: Slack takes 1 to {} characters, of which the slash command needs letters or digits",
                                                      without_control_characters(name), kLongestName)};
  }
  return fmt::format(R"(# Slack app manifest, printed by `driftwarden slack-manifest`: api.slack.com/apps -> Create New App -> From a manifest.
# Beside it the app needs an app-level token with {}: Basic Information -> App-Level Tokens.
_metadata: {{major_version: 2, minor_version: 1}}
display_information:
  name: {}
  description: Watches clusters for drift against Git, and turns commands into reviewed commits
  background_color: "#1d3557"
features:
  app_home: {{home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false}}
  bot_user: {{display_name: {}, always_online: true}}
  shortcuts:
    - {{name: Act on this, type: message, callback_id: alert_act, description: What can be done about this alert or Change}}
  slash_commands:
    - {{command: /{}, description: GitOps commands, usage_hint: "diff checkout", should_escape: true}}
oauth_config:
  scopes:
    bot:
{}settings:
  event_subscriptions: {{bot_events: [app_mention, message.im, app_home_opened]}}
  interactivity: {{is_enabled: true}}
  org_deploy_enabled: false
  socket_mode_enabled: true
  token_rotation_enabled: false
)",
                     kAppTokenScope, json_quoted(name), json_quoted(handle), handle, scope_lines());
}

}  // namespace driftwarden
