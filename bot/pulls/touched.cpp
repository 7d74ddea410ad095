#include "bot/pulls/touched.hpp"

#include "bot/plans/checkout.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>

#include <algorithm>

#include <array>
#include <optional>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kFilesNamed = 8;

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

/// The files that differ below any of these paths.
Result<std::set<std::string>> differing(Mirror& mirror, const PullCommits& commits, std::vector<std::string> paths) {
  std::set<std::string> files;
  for (const auto& path : outermost(std::move(paths))) {
    TRY(const auto diffs, mirror.diff(commits.base, commits.head, path));
    for (const auto& diff : diffs) files.insert(diff.path);
  }
  return files;
}

/// What it is planned from; empty where it isn't there. Where that is too much to be read, its own path.
PlanInputs inputs_at(Mirror& mirror, const App& app, const std::string& commit) {
  if (auto inputs = plan_inputs(mirror, app, commit)) return *std::move(inputs);
  const auto own = id_at(mirror, commit, app.path);
  if (!own || own->empty()) return {};
  return {{app.path, *own}};
}

/// An App that a tool plans. One that is pinned, or follows a tag, comes into force by that and not by its files.
Result<std::optional<TouchedApp>> compare_planned(Mirror& mirror, const App& app, const PullLook& look, const PullCommits& commits) {
  const auto nothing = std::optional<TouchedApp>();
  const auto before = revision_in_force(mirror, app, commits.base);
  const auto after = revision_in_force(mirror, app, commits.head);
  if (!before && !after) return nothing;
  if (!after) return std::optional(TouchedApp{app, "", "", fmt::format("its pin can't be used at the head: {}", after.error().message)});
  if (before && *before == *after) return nothing;
  const auto from = before ? inputs_at(mirror, app, *before) : PlanInputs{};
  const bool new_here = from.empty();
  if (!new_here && !inputs_moved(mirror, from, *after)) return nothing;
  TouchedApp touched{app, new_here ? std::string() : *before, *after};
  touched.by_stranger = look.from_fork;
  const auto to = inputs_at(mirror, app, *after);
  if (to.empty() && new_here) return nothing;
  if (to.empty()) touched.trouble = fmt::format("{} is gone at the head: once merged nothing is planned there any more, and what it made stays until somebody destroys it.", app.path);
  std::vector<std::string> paths;
  for (const auto* inputs : {&from, &to}) {
    for (const auto& [path, id] : *inputs) paths.push_back(path);
  }
  TRY(const auto files, differing(mirror, commits, std::move(paths)));
  for (const auto& file : files) {
    if (touched.files.size() < kFilesNamed) touched.files.push_back(file);
  }
  touched.more_files = files.size() - touched.files.size();
  return std::optional(std::move(touched));
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
    if (!is_rendered(known.app)) {
      TRY(auto planned, compare_planned(mirror, known.app, look, commits));
      if (planned) commits.touched.push_back(std::move(*planned));
      continue;
    }
    auto touched = known.app.track == Track::Pin ? compare_pinned(mirror, known, commits) : compare_sources(mirror, known, commits);
    if (!touched) continue;
    CHECK_OK(find_trouble(mirror, look, *touched));
    commits.touched.push_back(std::move(*touched));
  }
  return Result<void>{};
}

}  // namespace driftwarden
