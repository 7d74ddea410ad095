#include "gitops/render/source_path.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

std::string for_people(std::string_view path) { return ellipsize(without_control_characters(path), 120); }

}  // namespace

Result<std::string> resolve_path(std::string_view directory, std::string_view path) {
  if (path.starts_with('/')) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is an absolute path: name it relative to the file that says so", for_people(path))};
  if (path.find('\0') != std::string_view::npos) return Error{ErrorKind::InvalidInput, "a path holds a zero byte"};
  std::vector<std::string> parts;
  if (!directory.empty()) parts = split(directory, '/');
  for (auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (parts.empty()) {
      return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" leaves the repository: nothing outside of it is read", for_people(path))};
    } else {
      parts.pop_back();
    }
  }
  return join(parts, "/");
}

bool lies_in(std::string_view path, std::string_view directory) {
  return directory.empty() || path == directory || (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/');
}

std::string path_inside(std::string_view path, std::string_view directory) {
  if (directory.empty()) return std::string(path);
  return path.size() <= directory.size() ? std::string() : std::string(path.substr(directory.size() + 1));
}

std::string join_path(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : fmt::format("{}/{}", directory, name);
}

bool is_remote(std::string_view reference) {
  if (reference.find("://") != std::string_view::npos || reference.find("git::") != std::string_view::npos) return true;
  if (reference.find("?ref=") != std::string_view::npos || reference.find("&ref=") != std::string_view::npos) return true;
  static constexpr std::array<std::string_view, 5> kHosts{"git@", "gh:", "github.com", "gitlab.com", "bitbucket.org"};
  if (std::ranges::any_of(kHosts, [&](std::string_view host) { return to_lower(reference).starts_with(host); })) return true;
  // "host.example.com/group/repository": a first part with a dot inside, and more after it.
  const auto first = reference.substr(0, reference.find('/'));
  const auto dot = first.find('.', 1);
  return first.size() < reference.size() && first != ".." && !first.empty() && first.front() != '.' && dot != std::string_view::npos &&
         (reference.find("//") != std::string_view::npos || first.find('@') != std::string_view::npos || first.ends_with(".com") || first.ends_with(".org") ||
          first.ends_with(".net") || first.ends_with(".io") || first.ends_with(".dev"));
}

std::vector<std::string> outermost(std::vector<std::string> paths) {
  std::ranges::sort(paths);
  std::vector<std::string> kept;
  for (auto& path : paths) {
    // "a-b" sorts between "a" and "a/c", so all that were kept are asked.
    if (std::ranges::none_of(kept, [&](const std::string& outer) { return lies_in(path, outer); })) kept.push_back(std::move(path));
  }
  return kept;
}

}  // namespace driftwarden
