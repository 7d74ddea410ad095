#pragma once
// What commands, scripts and sentences give to a secret's name without a sign between the two: `--password x`, `-u user:x`, "Authorization: Bearer x". Pure.
#include <string>
#include <string_view>

namespace driftwarden {

/// A name that tells of a secret where nobody knows the form: "DBPASS", "vpn_psk", "--api-token", "admin_pw"; not "bypass".
bool is_spoken_secret(std::string_view name);
/// A flag whose value is the next argument.
bool is_lone_secret_flag(std::string_view argument);

/// One line, cut off where something follows such a name; all of it where a secret is piped into a program that takes one. References ("{{ db_password }}",
/// "${DB_PASSWORD}") are no end of it.
std::string without_spoken_secrets(std::string_view line, std::string_view replacement);

}  // namespace driftwarden
