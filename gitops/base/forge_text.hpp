#pragma once
// Words of people in places that a forge reads for orders: commit messages, titles, bodies.
#include <string>
#include <string_view>

namespace driftwarden {

/// What a forge or its CI acts on is broken by an invisible character and reads as before: "@bob", "fixes #1", "!2", "GH-1", "https://...",
/// "<!--", "[skip ci]" and its kin, "***NO_CI***", "skip-checks: true".
std::string without_forge_commands(std::string_view text);

}  // namespace driftwarden
