#pragma once
// The OAuth scopes of the bot token, and what each is for: what the app's manifest asks for and `doctor` expects, no more and no less.
#include <array>
#include <string_view>

namespace driftwarden {

struct SlackScope {
  std::string_view scope;
  std::string_view why;
};

inline constexpr std::array<SlackScope, 12> kSlackScopes{{
    {"app_mentions:read", "commands by mention"},
    {"channels:history", "to find a message again after a crash, instead of posting it twice"},
    {"channels:read", "names of channels, and whether the bot is in them"},
    {"chat:write", "alerts, cards and answers"},
    {"commands", "/warden"},
    {"files:write", "long diffs"},
    {"groups:history", "as channels:history, for private channels"},
    {"groups:read", "as channels:read, for private channels"},
    {"im:history", "commands by direct message"},
    {"im:write", "to tell one person"},
    {"usergroups:read", "groups of the config that are Slack user groups"},
    {"users:read", "who somebody is, and whether they are a guest"},
}};

/// Of the app-level token: the socket.
inline constexpr std::string_view kAppTokenScope = "connections:write";

}  // namespace driftwarden
