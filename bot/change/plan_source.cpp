// What an App is made from, for the verbs that edit it.
#include "bot/change/plan_parts.hpp"
#include "gitops/base/forge_text.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

namespace driftwarden::planning {

Error refused(std::string why) { return Error{ErrorKind::InvalidInput, std::move(why)}; }

std::string shown(std::string_view text) { return ellipsize(trim(without_control_characters(text)), 160); }

std::string joined(const std::string& directory, const std::string& file) { return directory.empty() ? file : directory + "/" + file; }

bool is_below(std::string_view path, std::string_view directory) {
  return directory.empty() || (path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'));
}

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > 1000 || path.find('\\') != std::string_view::npos || without_control_characters(path) != path) return false;
  return std::ranges::none_of(split(path, '/'), [](const std::string& part) { return part.empty() || part == "." || part == ".." || to_lower(part) == ".git"; });
}

const Manifest* find_manifest(const std::vector<Manifest>& manifests, const ObjectRef& ref) {
  const auto found = std::ranges::find_if(manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
  return found == manifests.end() ? nullptr : &*found;
}

namespace {

/// Who says what is laid over the files: of what was found, the object that it was found by. Flux lays its own kustomization over plain files also where
/// somebody wrote the App down.
std::string overlay_owner(const App& app) {
  if (app.deployer.kind == DeployerKind::None) return {};
  const bool found = !app.found_by.empty();
  const bool by_flux = app.deployer.kind == DeployerKind::Flux && app.deployer.object.kind == "Kustomization" && app.kustomize.empty();
  return found || by_flux ? to_string(app.deployer.object) : std::string();
}

}  // namespace

AppSource source_at(const App& app, const PlanContext& context, const std::string& revision, std::vector<Manifest> rendered) {
  AppSource source;
  auto* mirror = &context.mirror;
  source.tree.read = [mirror, revision](const std::string& path) { return mirror->read_file(revision, path); };
  source.tree.files_below = [mirror, revision](const std::string& directory) -> Result<std::vector<std::string>> {
    TRY(const auto entries, mirror->read_tree(revision, directory));
    std::vector<std::string> paths;
    for (const auto& entry : entries) paths.push_back(joined(directory, entry.path));
    return paths;
  };
  source.path = app.path;
  source.kind = app.render;
  source.helm = app.helm;
  source.kustomize = app.kustomize;
  source.more = app.more;
  source.overlay_owner = overlay_owner(app);
  source.rendered = std::move(rendered);
  source.render_with = [mirror, revision, app, &render = context.render](const std::vector<FileEdit>& edits) { return render_edited(*mirror, app, revision, edits, render); };
  return source;
}

Result<AppSource> source_at_head(const App& app, const PlanContext& context) {
  if (app.track == Track::Head && !context.desired.empty() && context.report.revision == context.head) return source_at(app, context, context.head, context.desired);
  auto rendered = render_edited(context.mirror, app, context.head, {}, context.render);
  if (!rendered) return wrap(fmt::format("rendering {} at {}", app.name, context.head.substr(0, 7)), rendered.error());
  return source_at(app, context, context.head, std::move(*rendered));
}

VerbPlan plan_from(std::vector<SourceEdit> edits) {
  VerbPlan plan;
  for (auto& edit : edits) {
    for (const auto& place : edit.places) plan.notes.push_back("Edits " + shown(place));
    plan.edits.push_back(std::move(edit.file));
  }
  return plan;
}

void note_the_pin(const App& app, const PlanContext& context, VerbPlan& plan) {
  if (app.track != Track::Pin) return;
  const auto revision = in_force(app, context);
  plan.notes.push_back(fmt::format("{} is pinned{}: this comes into force with the next `sync {}`", app.name, revision ? " to " + revision->substr(0, 7) : "", app.name));
}

Result<std::string> merged_revision(const PlanContext& context, const std::string& text) {
  if (text.empty()) return refused("no revision was given");
  auto revision = context.mirror.resolve(text);
  if (!revision && revision.error().kind == ErrorKind::NotFound) return refused(revision.error().message);
  if (!revision) return revision;
  TRY(const auto merged, context.mirror.is_ancestor(*revision, context.head));
  if (!merged) return refused(fmt::format("{} was never merged, and only what was reviewed is put in force", revision->substr(0, 7)));
  return revision;
}

Pin pin_to(const std::string& revision, const Change& change) {
  return {revision, change.requester, shown(without_forge_commands(change.reason)), format_time(change.requested_at)};
}

Result<std::string> in_force(const App& app, const PlanContext& context) { return revision_in_force(context.mirror, app, context.head); }

Result<std::string> own_file_of(const AppSource& source, const ObjectRef& object) {
  const auto* manifest = find_manifest(source.rendered, object);
  if (manifest != nullptr && !manifest->file.empty()) return joined(source.path, manifest->file);
  TRY(const auto files, source.tree.files_below(source.path));
  for (const auto& file : files) {
    if (!file.ends_with(".yaml") && !file.ends_with(".yml") && !file.ends_with(".json")) continue;
    TRY(const auto text, source.tree.read(file));
    const auto manifests = parse_manifests(text, file);
    if (!manifests) continue;
    const bool holds = std::ranges::any_of(*manifests, [&](const Manifest& one) { return one.ref.group_kind() == object.group_kind() && one.ref.name == object.name; });
    if (holds) return file;
  }
  return refused(fmt::format("no file of {} itself holds {}: it comes from a base, a chart or a generator", source.path, to_string(object)));
}

}  // namespace driftwarden::planning
