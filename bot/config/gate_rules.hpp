#pragma once
// The names of the built-in gate's rules, which `gates.built_in` may name. What they look at is bot/gates/built_in.hpp's.
#include <array>
#include <string_view>

namespace driftwarden {

inline constexpr std::array<std::string_view, 7> kBuiltInRules{"plaintext-secret", "privileged", "host-namespaces", "host-path", "floating-tag", "removed-pdb", "missing-limits"};

}  // namespace driftwarden
