#pragma once
#include <string_view>

namespace driftwarden::sandbox::forge {

/// The character of a short code ("bell"), "" when there is none of that name.
std::string_view emoji(std::string_view name);

}  // namespace driftwarden::sandbox::forge
