#pragma once
#include <string>
#include <string_view>

namespace driftwarden {

/// Every `what` becomes `with`, from left to right; what was put in isn't looked at again. Nothing happens where `what` is empty.
void replace_all(std::string& text, std::string_view what, std::string_view with);

}  // namespace driftwarden
