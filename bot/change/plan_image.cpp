// Images: another one for an App, and those of one App for the next.
#include "bot/change/plan_parts.hpp"
#include "bot/command/intents.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::planning {
namespace {

Result<VerbPlan> promote_pin(const Change& change, const App& from, const App& to, const PlanContext& context) {
  TRY(const auto revision, in_force(from, context));
  TRY(const auto now, in_force(to, context));
  TRY(const auto pinned, id_at(context.mirror, context.head, pin_path(to.name)));
  if (revision == now && !pinned.empty()) return refused(fmt::format("{} is pinned to {} already, as {} is", to.name, now.substr(0, 7), from.name));
  VerbPlan plan;
  plan.edits.push_back({pin_path(to.name), write_pin(pin_to(revision, change), to.name)});
  plan.notes.push_back(fmt::format("{}: {} to {}, as {} runs", to.name, now.substr(0, 7), revision.substr(0, 7), from.name));
  TRY(const auto paths, source_paths(context.mirror, to, revision));
  TRY(const auto commits, commits_touching(context, now, revision, paths));
  if (!commits.commits.empty()) plan.notes.push_back(list_commits("Puts in force:", commits.commits));
  TRY(const auto back, commits_touching(context, revision, now, paths));
  if (!back.commits.empty()) plan.notes.push_back(list_commits("Takes back:", back.commits));
  add_authors(context, commits, change.requester, plan);
  return plan;
}

/// Since when Git has said what is promoted, and who said so.
Result<void> note_soak(const Change& change, const App& from, const std::string& revision, const PlanContext& context, VerbPlan& plan) {
  TRY(const auto last, context.mirror.history(revision, from.path, 1));
  if (last.empty()) return Result<void>{};
  plan.notes.push_back(list_commits(fmt::format("{} has said so since {}:", from.name, format_time(last.front().time)), last));
  add_authors(context, last, change.requester, plan);
  return Result<void>{};
}

}  // namespace

Result<VerbPlan> plan_set_image(const Change& change, const App& app, const PlanContext& context) {
  const auto request = set_image_request_from(change.argument);
  if (request.image.empty()) return refused("no image was given: NAME:TAG");
  const auto text = fmt::format("{}{}{}{}{}", request.image, request.tag.empty() ? "" : ":", request.tag, request.digest.empty() ? "" : "@", request.digest);
  TRY(const auto checked, parse_image(text));
  TRY(const auto source, source_at_head(app, context));
  TRY(auto edits, set_image(source, {checked.image, checked.tag, checked.digest}));
  auto plan = plan_from(std::move(edits));
  note_the_pin(app, context, plan);
  return plan;
}

Result<VerbPlan> plan_promote(const Change& change, const App& app, const PlanContext& context) {
  const auto name = promote_request_from(change.argument).from;
  const auto found = std::ranges::find(context.apps, name, &App::name);
  if (name.empty() || found == context.apps.end()) return refused(fmt::format("no App is called \"{}\": promote from which one?", shown(name)));
  const App& from = *found;
  if (from.name == app.name) return refused(fmt::format("{} can't be promoted to itself", app.name));
  if (!is_rendered(from)) return refused(from.name + (from.orphans ? " stands for what no Git knows: there is nothing to promote" : " is planned by a tool: there are no images to promote"));
  if (from.repository != app.repository) {
    return refused(fmt::format("{} is kept in the repository {} and {} in {}: one commit can't carry anything from one to the other. `set-image {} NAME:TAG` does it for an image",
                               from.name, shown(from.repository), app.name, shown(app.repository), app.name));
  }
  const bool both_pinned = from.track == Track::Pin && app.track == Track::Pin;
  if (both_pinned || (app.track == Track::Pin && from.path == app.path)) return promote_pin(change, from, app, context);
  TRY(const auto revision, in_force(from, context));
  auto rendered = render_edited(context.mirror, from, revision, {}, context.render);
  if (!rendered) return wrap(fmt::format("rendering {} at {}", from.name, revision.substr(0, 7)), rendered.error());
  const auto source = source_at(from, context, revision, std::move(*rendered));
  TRY(const auto target, source_at_head(app, context));
  TRY(auto edits, promote_images(source, target));
  if (edits.empty()) return refused(fmt::format("{} has the images of {} already", app.name, from.name));
  auto plan = plan_from(std::move(edits));
  CHECK_OK(note_soak(change, from, revision, context, plan));
  note_the_pin(app, context, plan);
  return plan;
}

}  // namespace driftwarden::planning
