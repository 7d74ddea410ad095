#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// What the audit log can be asked about, in the one spelling that its rows have: "C-12"; a commit; "#41" or a pull request's address; "C0123/1700000000.000100"
/// of a message, also by its permalink. Nothing: the word is none of these.
std::optional<std::string> audit_key_from(std::string_view word);

}  // namespace driftwarden
