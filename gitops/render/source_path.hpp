#pragma once
// Paths as kustomizations and values write them, inside a repository.
#include "gitops/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// `path` as seen from `directory`, both inside the repository: "apps/web/base". InvalidInput for an absolute path and for one that leaves
/// the repository.
Result<std::string> resolve_path(std::string_view directory, std::string_view path);

/// `path` is `directory` or lies below it; "" is the root.
bool lies_in(std::string_view path, std::string_view directory);

/// What `path` is called inside `directory`, which it lies in.
std::string path_inside(std::string_view path, std::string_view directory);

std::string join_path(std::string_view directory, std::string_view name);

/// A URL, an ssh address or a host's shorthand: what kustomize and helm would fetch.
bool is_remote(std::string_view reference);

/// Sorted, without those that lie below another.
std::vector<std::string> outermost(std::vector<std::string> paths);

}  // namespace driftwarden
