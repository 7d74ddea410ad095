#pragma once
// One part of a pattern such as "clusters/{cluster}/{namespace}/{app}": text, placeholders and `*`. Internal to bot/watch.
#include <map>
#include <string>
#include <string_view>

namespace driftwarden {

bool is_fixed_part(std::string_view part);
/// Adds what the placeholders stand for. One that stands for something already must stand for the same. Of two in one part the first takes as much as it can.
bool match_part(std::string_view part, std::string_view name, std::map<std::string, std::string>& values);

}  // namespace driftwarden
