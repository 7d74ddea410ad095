#pragma once
// `driftwarden slack-manifest`: what Slack makes the app from. Pure.
#include "gitops/base/result.hpp"

#include <string>

namespace driftwarden {

/// YAML for api.slack.com/apps -> Create New App -> From a manifest. `name` as people see it; the handle and the slash command come from it
/// ("Driftwarden" keeps @warden and /warden), so that two shards in one workspace don't take each other's commands.
/// InvalidInput for a name that Slack won't take.
Result<std::string> slack_manifest(const std::string& name);

}  // namespace driftwarden
