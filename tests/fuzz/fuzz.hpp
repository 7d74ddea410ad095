#pragma once
// Fuzz targets: whatever comes from outside, as bytes. A target may refuse anything; what it must never do, it checks.
#include <map>
#include <string>
#include <string_view>

namespace driftwarden::fuzz {

using Body = void (*)(std::string_view input);

/// Registers a target; its seeds lie in tests/fuzz/corpus/<name>.
struct Target {
  Target(const char* name, Body body);
};
const std::map<std::string, Body>& targets();

/// Ends the process when it doesn't hold; whoever runs the target says with which input.
void check(bool holds, const char* what);

}  // namespace driftwarden::fuzz
