#include "bot/deploy/repository_path.hpp"

#include "gitops/base/text.hpp"

#include <vector>

namespace driftwarden {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (auto& part : split(path, '/')) {
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::string normal_repository_path(std::string_view path) { return join(parts_of(trim(path)), "/"); }

std::string path_seen_from(std::string_view from, std::string_view path) {
  const auto start = parts_of(from);
  const auto end = parts_of(path);
  std::size_t same = 0;
  while (same < start.size() && same < end.size() && start[same] == end[same]) ++same;
  std::vector<std::string> steps(start.size() - same, "..");
  steps.insert(steps.end(), end.begin() + static_cast<std::ptrdiff_t>(same), end.end());
  return join(steps, "/");
}

std::optional<std::string> resolved_path(std::string_view from, std::string_view path) {
  std::vector<std::string> steps = path.starts_with('/') ? std::vector<std::string>{} : parts_of(from);
  for (auto& part : parts_of(path)) {
    if (part != "..") {
      steps.push_back(std::move(part));
      continue;
    }
    if (steps.empty()) return std::nullopt;
    steps.pop_back();
  }
  return join(steps, "/");
}

}  // namespace driftwarden
