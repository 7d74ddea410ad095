#include "gitops/render/parts.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/source_path.hpp"

namespace driftwarden {
namespace {

/// "../../extra" from "apps/web" to "extra".
std::string way_to(const std::string& to, const std::string& from) {
  const auto target = to.empty() ? std::vector<std::string>() : split(to, '/');
  const auto start = from.empty() ? std::vector<std::string>() : split(from, '/');
  std::size_t same = 0;
  while (same < target.size() && same < start.size() && target[same] == start[same]) ++same;
  std::vector<std::string> parts(start.size() - same, "..");
  parts.insert(parts.end(), target.begin() + static_cast<std::ptrdiff_t>(same), target.end());
  return join(parts, "/");
}

}  // namespace

std::vector<App> parts_of(const App& app) {
  std::vector<App> parts;
  parts.reserve(app.more.size() + 1);
  parts.push_back(app);
  parts.front().more.clear();
  for (const auto& more : app.more) {
    auto part = parts.front();
    part.path = more.path;
    part.render = more.render;
    part.helm = more.helm;
    part.kustomize = more.kustomize;
    part.plugin = more.plugin;
    part.top_only = more.top_only;
    parts.push_back(std::move(part));
  }
  return parts;
}

void rebase_files(std::vector<Manifest>& manifests, const std::string& part_path, const std::string& app_path) {
  const auto way = way_to(part_path, app_path);
  for (auto& manifest : manifests) {
    if (!manifest.file.empty()) manifest.file = join_path(way, manifest.file);
  }
}

}  // namespace driftwarden
