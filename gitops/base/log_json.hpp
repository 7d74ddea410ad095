#pragma once
// A log line as JSON. Pure.
#include "gitops/base/log.hpp"

#include <string>
#include <string_view>

namespace driftwarden {

/// A JSON string literal of any bytes: control and bidirectional characters escaped, what is no UTF-8 replaced by U+FFFD.
std::string json_literal(std::string_view bytes);

/// `"component":"slack","message":"...","app":"shop"`, without braces: time and level come before it. Of a field whose value is empty, and of a
/// second one of the same name, nothing is written.
std::string log_members(std::string_view component, std::string_view message, LogFields fields);

}  // namespace driftwarden
