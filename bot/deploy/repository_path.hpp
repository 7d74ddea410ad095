#pragma once
// Paths of a repository as Argo CD and Flux write them: "./apps/checkout/", "/apps/checkout", ".".
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// Without "./", leading and trailing slashes; "." is "".
std::string normal_repository_path(std::string_view path);
/// `path` (from the root) as seen from the directory `from`: "../../values/prod.yaml".
std::string path_seen_from(std::string_view from, std::string_view path);
/// `..` and `.` resolved; nothing when it leaves the root.
std::optional<std::string> resolved_path(std::string_view from, std::string_view path);

}  // namespace driftwarden
