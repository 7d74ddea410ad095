#pragma once
// Slack's text encoding, read back into what the person typed. Facts: reference slack.md 3.3.
#include <string>
#include <string_view>

namespace driftwarden::slack {

/// A message's text as the command parser wants it: mentions as `@U123`, user groups as `@S123`, channels as `#name` (`#C123` when Slack gives no
/// name), automatic links as the words that were typed, no-break spaces, curly quotes and long dashes as their ASCII originals except
/// between backticks, entities decoded once. Backticks stay.
std::string plain_command_text(std::string_view text);

}  // namespace driftwarden::slack
