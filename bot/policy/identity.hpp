#pragma once
// What a proven link makes of the people that the config names. Pure.
#include "bot/config/config.hpp"
#include "gitops/model/hold.hpp"

#include <string>
#include <string_view>

namespace driftwarden {

/// A person is who the config says, with the login that they proved on that repository's forge. Somebody whom the config doesn't name is known by their
/// Slack id: a login is freely chosen, and may read like anybody's name. Nothing that isn't proven, or whose repository is gone, is added.
void add_identity(Config& config, const Identity& identity);

/// Who they are in the audit log and in Changes: the config's name, else the Slack id.
PersonId person_of_link(const Config& config, std::string_view slack_id);

/// Why nobody may link this login, "" = they may: it reads like a Slack id, or like the name of a person, a group or a member that isn't `slack_id`'s own.
std::string misleading_login(const Config& config, const std::string& login, std::string_view slack_id);

}  // namespace driftwarden
