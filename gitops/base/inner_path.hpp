#pragma once
#include <string_view>

namespace driftwarden {

/// "apps/shop/web.yaml": joined to a directory it stays in there, and is what it looks like. No root, no `.` or `..`, no empty part, no NUL.
bool is_inner_path(std::string_view path);

}  // namespace driftwarden
