#pragma once
// The small languages inside the config's texts. Each check answers "" for a good text, else what is wrong.
#include "bot/config/config.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// drift.md section 5: ".spec.replicas", ".webhooks[*].clientConfig", ".metadata.annotations[\"x.io/*\"]", ".spec.**.env[name=\"TZ\"]".
std::string check_field_path(std::string_view path);
/// https anywhere, http on loopback only, no user or password in it.
std::string check_web_url(std::string_view url);
/// https, ssh://, git@host:path or file:///path; http on loopback only.
std::string check_git_url(std::string_view url);
/// Relative, inside its tree: no "..", no leading slash. "." is the root.
std::string check_tree_path(std::string_view path);
/// As a path below `depth` directories: relative, and not above the root with its "..".
std::string check_beside(std::string_view path, std::size_t depth);
/// "clusters/{cluster}/{namespace}/{app}": known placeholders, other words that only have to be there, "*". Without {app} the last part is the name.
std::string check_path_template(std::string_view path, bool needs_app);
/// A name that may become a file and a branch: letters, digits, ".", "_" and "-", beginning with a letter or digit.
bool is_plain_name(std::string_view name);
/// A DNS label, as namespaces are.
bool is_namespace(std::string_view name);
bool is_slack_user(std::string_view id);
bool is_slack_usergroup(std::string_view id);
bool is_channel(std::string_view channel);
bool is_glob(std::string_view text);
/// A tag, a branch or a commit, and never an option.
std::string check_revision(std::string_view revision);
/// Of an environment variable.
bool is_variable_name(std::string_view name);
/// What gpg's --local-user may be given: a key id, a fingerprint or an e-mail address. Never an option.
std::string check_gpg_key(std::string_view key);
/// "30%" or "30", from 1 to 100.
std::optional<int> parse_percent(std::string_view text);

/// RFC 4648 in either case; blanks and the padding are skipped. Nothing for other characters.
std::optional<std::string> decode_base32(std::string_view text);
/// "2026-12-20" (midnight) or "2026-12-20 18:00" (or with a T), as clocks of some zone show it.
std::optional<WallTime> parse_local_time(std::string_view text);

/// "Fri 16:00 - Mon 08:00" or "Sat - Sun" (whole days) or "22:00 - 06:00" is not one: days are required.
std::optional<WeekWindow> parse_week_window(std::string_view text);
bool contains(const WeekWindow& window, int minute_of_week);
/// "Mon 08:00"
std::string week_moment(int minute_of_week);
/// "Mon": 0 to 6.
std::optional<int> parse_week_day(std::string_view text);
/// Minutes since midnight.
std::optional<int> parse_day_time(std::string_view text);

}  // namespace driftwarden
