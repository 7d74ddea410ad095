#pragma once
// Texts that tools print (errors, diffs, plan values), without what looks like a secret in them.
#include <string>
#include <string_view>

namespace driftwarden {

/// Credentials that show by their form: tokens of well-known issuers, private keys, a password in a URL.
bool looks_secret(std::string_view text);
/// The text with `***` for these, and for what is given to a name such as `password` or `api_key` ("password = x", "--token x", "secret: x").
std::string hide_secrets(std::string_view text);
/// Escape sequences and box-drawing frames are taken away; what is left is one line per line of the tool.
std::string without_decoration(std::string_view text);

}  // namespace driftwarden
