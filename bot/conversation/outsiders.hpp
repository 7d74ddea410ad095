#pragma once
// What of Slack isn't ours: envelopes for another workspace or another app, and what people may do who aren't full members. Pure.
#include "bot/command/command.hpp"
#include "bot/conversation/members.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace driftwarden {

/// The one workspace that is served, and the app whose envelopes are taken. "" = not known: nothing is refused for it.
struct OwnAddress {
  std::string team;
  std::string enterprise;
  std::string app;
};

/// "A0WARDEN" of "xapp-1-A0WARDEN-123-abc"; "" when the token has another form.
std::string app_of_token(const Secret<std::string>& app_token);

/// Whose envelope it is, where it isn't ours.
struct Foreign {
  std::string team;
  std::string app;
  bool operator==(const Foreign&) const = default;
};
/// One that names neither a workspace nor an app is taken for ours: Slack's envelopes name both, and the socket is the app's.
std::optional<Foreign> foreign_envelope(const std::string& type, const nlohmann::json& payload, const OwnAddress& own);

/// Nothing when this may be asked; else why not. Guests read; strangers are told how the bot is used and nothing more.
struct OutsiderRefusal {
  std::string why;
  std::string rule;
};
std::optional<OutsiderRefusal> refuse_outsider(Standing standing, Verb verb);

}  // namespace driftwarden
