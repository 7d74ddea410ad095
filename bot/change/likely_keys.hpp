#pragma once
// What looks as if a machine had made it up: a key, a token, a generated password. Pure.
#include <string>
#include <string_view>

namespace driftwarden {

/// Whether such a thing stands in the text. Words, paths, versions, addresses, image digests and the ids that clouds give (ami-0abcd1234ef567890) are none.
bool has_likely_key(std::string_view text);
/// The text with each of them replaced; the rest is as it was.
std::string without_likely_keys(std::string_view text, std::string_view replacement);

/// A password of letters, digits and signs without a space ("Xk!9$vQ2#p"), for a text that stands alone in quotes.
bool is_likely_password(std::string_view text);

}  // namespace driftwarden
