#include "bot/pulls/touched.hpp"

#include "bot/watch/git_inputs.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>

namespace driftwarden {
namespace {

/// "" where there is nothing.
Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto id = mirror.tree_id(revision, path);
  if (!id && id.error().kind == ErrorKind::NotFound) return std::string();
  return id;
}

std::string below(const std::string& directory, const std::string& file) { return directory.empty() ? file : directory + "/" + file; }

/// Rendering it runs kustomize or helm.
Result<bool> needs_tool(Mirror& mirror, const App& app, const std::string& revision) {
  if (app.render == RenderKind::Plain) return false;
  if (app.render != RenderKind::Auto) return true;
  constexpr std::array<const char*, 4> kFiles{"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml"};
  for (const auto* file : kFiles) {
    TRY(const auto id, id_at(mirror, revision, below(app.path, file)));
    if (!id.empty()) return true;
  }
  return false;
}

/// What can't be told is told apart from everything else by its words.
std::string id_or_trouble(const Result<AppSources>& sources) { return sources ? id_of(*sources) : "!" + sources.error().message; }

/// Nothing when the App is as it was.
std::optional<TouchedApp> compare_sources(Mirror& mirror, const KnownApp& known, const PullCommits& commits) {
  const auto before = find_app_sources(mirror, known.app, commits.base, known.sources);
  const auto after = find_app_sources(mirror, known.app, commits.head, before ? *before : known.sources);
  if ((!before && !after) || id_or_trouble(before) == id_or_trouble(after)) return std::nullopt;
  return TouchedApp{known.app, commits.base, commits.head};
}

std::string short_id(const std::string& revision) { return revision.substr(0, 7); }

std::optional<TouchedApp> compare_pinned(Mirror& mirror, const KnownApp& known, const PullCommits& commits) {
  const auto& app = known.app;
  const auto before = revision_in_force(mirror, app, commits.base);
  const auto after = revision_in_force(mirror, app, commits.head);
  if (!before && !after) return std::nullopt;
  if (!after) return TouchedApp{app, "", "", fmt::format("its pin can't be used at the head: {}", after.error().message)};
  const auto pin = id_at(mirror, commits.head, pin_path(app.name));
  if (!pin || pin->empty()) return compare_sources(mirror, known, commits);
  if (!before || *before != *after) return TouchedApp{app, before ? *before : "", *after};
  auto touched = compare_sources(mirror, known, commits);
  if (touched) touched->remark = fmt::format("pinned to {}: merged, it changes nothing until somebody syncs {}", short_id(*after), app.name);
  return touched;
}

Result<void> find_trouble(Mirror& mirror, const PullLook& look, TouchedApp& touched) {
  if (!touched.trouble.empty()) return Result<void>{};
  TRY(const auto there, id_at(mirror, touched.after, touched.app.path));
  if (there.empty()) {
    touched.trouble = fmt::format("{} is gone at the head: once merged the App can't be rendered any more. Its objects stay until somebody deletes them.", touched.app.path);
    return Result<void>{};
  }
  if (!touched.before.empty()) {
    TRY(const auto before, id_at(mirror, touched.before, touched.app.path));
    if (before.empty()) touched.before.clear();
  }
  TRY(const auto by_tool, needs_tool(mirror, touched.app, touched.after));
  if (look.from_fork && by_tool) touched.trouble = "not rendered: it comes from a fork, and kustomize and helm don't run on what strangers wrote";
  return Result<void>{};
}

}  // namespace

Result<PullCommits> find_commits(Mirror& mirror, const PullLook& look) {
  PullCommits commits;
  commits.head = look.known_head;
  const bool there = !commits.head.empty() && mirror.commit_info(commits.head);
  if (!there) {
    TRY(commits.head, mirror.fetch_ref(look.head_ref));
  }
  TRY(const auto branch, mirror.head());
  TRY(commits.base, mirror.merge_base(branch, commits.head));
  return commits;
}

Result<void> find_touched(Mirror& mirror, const std::vector<KnownApp>& apps, const PullLook& look, PullCommits& commits) {
  TRY(const auto before, mirror.tree_id(commits.base, ""));
  TRY(const auto after, mirror.tree_id(commits.head, ""));
  if (before == after) return Result<void>{};
  for (const auto& known : apps) {
    auto touched = known.app.track == Track::Pin ? compare_pinned(mirror, known, commits) : compare_sources(mirror, known, commits);
    if (!touched) continue;
    CHECK_OK(find_trouble(mirror, look, *touched));
    commits.touched.push_back(std::move(*touched));
  }
  return Result<void>{};
}

}  // namespace driftwarden
