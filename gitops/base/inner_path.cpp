#include "gitops/base/inner_path.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {

bool is_inner_path(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  return std::ranges::none_of(split(path, '/'), [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace driftwarden
