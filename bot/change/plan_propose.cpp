// What a sentence was made into: values by the same machinery as `set`, new files, and objects that go.
#include "bot/change/draft_guard.hpp"
#include "bot/change/plan_parts.hpp"
#include "bot/change/plan_removal.hpp"
#include "bot/change/secret_guard.hpp"
#include "bot/change/value_guard.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/edit.hpp"
#include "gitops/edit/kustomize_source.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden::planning {
namespace {

using nlohmann::json;

constexpr std::size_t kMostSteps = 20;
constexpr std::size_t kMostDocuments = 10;
constexpr std::size_t kMostContent = 16U << 10U;

struct Made {
  std::vector<Manifest> manifests;
  std::vector<FileEdit> files;
};

bool is_file(const std::string& target) { return target.ends_with(".yaml") || target.ends_with(".yml") || target.ends_with(".json"); }

/// One step, into what it wants of its object.
Result<void> add_wanted(const SetRequest& request, const std::vector<Manifest>& rendered, std::vector<WantedValue>& wanted) {
  CHECK_OK(check_value(request));
  if (request.target.empty() || is_file(request.target)) return refused(fmt::format("\"{}\" is no object: a step names one, like Deployment/web", shown(request.target)));
  CHECK_OK(check_plain(request.value, shown(request.path)));
  TRY(const auto* object, find_object(rendered, request));
  CHECK_OK(check_touched(object->ref));
  CHECK_OK(check_set(*object->body, request));
  const std::optional<std::string> value = request.value.empty() ? std::nullopt : std::optional(request.value);
  if (!value && !json_pointer(*object->body, request.path)) return refused(fmt::format("{} has no {} to take away", to_string(object->ref), shown(request.path)));
  const auto same = std::ranges::find_if(wanted, [&](const WantedValue& one) { return same_object(one.object, object->ref); });
  if (same == wanted.end()) {
    wanted.push_back({object->ref, {{request.path, value}}});
    return Result<void>{};
  }
  if (std::ranges::find(same->edits, request.path, &ValueEdit::path) != same->edits.end()) return refused(fmt::format("{} of {} is named twice", shown(request.path), to_string(object->ref)));
  same->edits.push_back({request.path, value});
  return Result<void>{};
}

Result<void> check_new_path(const std::string& file, const App& app, const PlanContext& context, RenderKind kind) {
  const auto path = joined(app.path, file);
  const auto name = to_lower(file.substr(file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1));
  const bool hidden = file.starts_with('.') || file.find("/.") != std::string::npos;
  const bool manifest = name.ends_with(".yaml") || name.ends_with(".yml");
  if (!is_safe_path(file) || !is_safe_path(path) || hidden || !manifest || name.starts_with("kustomization.") || name.starts_with("chart.") || name.starts_with("values")) {
    return refused(fmt::format("\"{}\" is no path for a new manifest below {}", shown(file), app.path));
  }
  if (kind == RenderKind::Helm && !file.starts_with("templates/")) return refused(fmt::format("a chart's manifests are kept below templates/, and {} is not", shown(file)));
  if (kind == RenderKind::Plugin) return refused(fmt::format("a plugin makes the objects of {}, and only people know which files it reads", app.name));
  if (is_anothers(path, app, context)) return refused(fmt::format("{} is where another App is kept", shown(path)));
  TRY(const auto there, id_at(context.mirror, context.head, path));
  if (!there.empty()) return refused(fmt::format("{} is in Git already: its values are set, not its text", shown(path)));
  return Result<void>{};
}

/// Written anew from what was read: comments, anchors and tricks of spelling stay behind.
Result<void> add_file(const DraftStep& step, const App& app, const PlanContext& context, RenderKind kind, Made& made) {
  CHECK_OK(check_new_path(step.file, app, context, kind));
  const auto path = joined(app.path, step.file);
  if (std::ranges::find(made.files, path, &FileEdit::path) != made.files.end()) return refused(fmt::format("{} is made twice", shown(path)));
  if (step.content.size() > kMostContent) return refused(fmt::format("{} is too long", shown(step.file)));
  CHECK_OK(check_plain(step.content, shown(step.file)));
  TRY(const auto documents, parse_yaml(step.content, shown(step.file)));
  if (documents.empty() || documents.size() > kMostDocuments) return refused(fmt::format("{} must hold 1 to {} manifests", shown(step.file), kMostDocuments));
  std::string text;
  for (const auto& document : documents) {
    if (!document.is_object()) return refused(fmt::format("{} holds something that is no manifest", shown(step.file)));
    CHECK_OK(check_made(document, app));
    const auto one = to_yaml(document);
    TRY(const auto read, parse_yaml(one, path));
    if (read.size() != 1 || read.front() != document) return refused(fmt::format("{} can't be written as plain YAML", shown(step.file)));
    text += (text.empty() ? "" : "---\n") + one;
    made.manifests.push_back({ref_of(document), std::make_shared<const json>(document), step.file, 0});
  }
  CHECK_OK(check_plain(text, shown(step.file)));
  CHECK_OK(check_added_secrets({{path, "", text}}));
  made.files.push_back({path, std::move(text)});
  return Result<void>{};
}

/// kustomize only reads what it is told to.
Result<void> name_in_kustomization(const AppSource& source, const PlanContext& context, const std::vector<FileEdit>& files, VerbPlan& plan) {
  if (resolve_kind(source) != RenderKind::Kustomize) return Result<void>{};
  const auto path = kustomization_file(source);
  if (path.empty() || !is_below(path, source.path)) return refused(fmt::format("{} has no kustomization of its own that could name a new file", source.path));
  const auto planned = std::ranges::find(plan.edits, path, &FileEdit::path);
  const bool is_planned = planned != plan.edits.end();
  std::string text;
  if (is_planned) {
    text = planned->content.value_or("");
  } else {
    TRY(text, context.mirror.read_file(context.head, path));
  }
  std::vector<ValueEdit> edits;
  for (const auto& file : files) {
    const auto name = json_quoted(source.path.empty() ? file.path : file.path.substr(source.path.size() + 1));
    edits.push_back({fmt::format(".resources[={}]", name), name});
  }
  TRY(auto edited, edit_yaml(text, path, 0, edits));
  put_edit(plan.edits, {path, std::move(edited)});
  if (!is_planned) plan.notes.push_back("Edits " + shown(path) + ": resources");
  return Result<void>{};
}

Result<std::vector<Manifest>> rendered_with(const App& app, const PlanContext& context, const std::vector<FileEdit>& edits) {
  auto rendered = render_edited(context.mirror, app, context.head, edits, context.render);
  if (!rendered) return wrap(fmt::format("with this draft {} doesn't render", app.name), rendered.error());
  return rendered;
}

Result<void> add_made(const ProposeRequest& request, const App& app, const PlanContext& context, const AppSource& source, Made& made, VerbPlan& plan) {
  for (const auto& step : request.steps) {
    if (step.kind == DraftStep::Kind::Create) CHECK_OK(add_file(step, app, context, resolve_kind(source), made));
  }
  if (made.files.empty()) return Result<void>{};
  CHECK_OK(name_in_kustomization(source, context, made.files, plan));
  for (const auto& manifest : made.manifests) plan.notes.push_back(fmt::format("New: {} in {}", shown(to_string(manifest.ref)), shown(manifest.file)));
  plan.edits.insert(plan.edits.end(), made.files.begin(), made.files.end());
  return Result<void>{};
}

Result<std::vector<WantedValue>> values_of(const ProposeRequest& request, const std::vector<Manifest>& rendered) {
  std::vector<WantedValue> wanted;
  for (const auto& step : request.steps) {
    if (step.kind == DraftStep::Kind::Set) CHECK_OK(add_wanted(step.set, rendered, wanted));
  }
  return wanted;
}

/// An autoscaler that stays would undo it at once.
Result<void> check_replicas(const std::vector<WantedValue>& wanted, const std::vector<ObjectRef>& gone, const std::vector<Manifest>& rendered) {
  for (const auto& one : wanted) {
    if (std::ranges::find(one.edits, ".spec.replicas", &ValueEdit::path) == one.edits.end()) continue;
    const auto* scaler = autoscaler_of(rendered, one.object);
    if (scaler == nullptr || std::ranges::any_of(gone, [&](const ObjectRef& ref) { return same_object(ref, scaler->ref); })) continue;
    return refused(fmt::format("{} decides how many replicas {} has, and would undo this: its bounds can be set instead", to_string(scaler->ref), to_string(one.object)));
  }
  return Result<void>{};
}

}  // namespace

bool is_anothers(const std::string& path, const App& app, const PlanContext& context) {
  return std::ranges::any_of(context.apps, [&](const App& other) {
    const bool inside = other.name != app.name && other.repository == app.repository && !other.orphans && other.path != app.path && is_below(other.path, app.path);
    return inside && is_below(path, other.path);
  });
}

Result<VerbPlan> plan_propose(const Change& change, const App& app, const PlanContext& context) {
  const auto request = propose_request_from(change.argument);
  if (request.steps.empty()) return refused("there is no draft of it");
  if (request.steps.size() > kMostSteps) return refused(fmt::format("a draft has at most {} steps", kMostSteps));
  TRY(const auto source, source_at_head(app, context));
  TRY(const auto wanted, values_of(request, source.rendered));
  TRY(const auto gone, objects_to_remove(request, app, source.rendered, wanted));
  CHECK_OK(check_replicas(wanted, gone, source.rendered));
  VerbPlan plan;
  auto settled = source.rendered;
  if (!wanted.empty()) {
    TRY(auto edits, edit_source(source, wanted));
    plan = plan_from(std::move(edits));
    TRY(settled, rendered_with(app, context, plan.edits));
  }
  CHECK_OK(remove_from_files(gone, app, context, source, plan));
  Made made;
  CHECK_OK(add_made(request, app, context, source, made, plan));
  auto after = settled;
  if (!made.files.empty() || !gone.empty()) {
    TRY(after, rendered_with(app, context, plan.edits));
  }
  DraftedEffect effect{source.rendered, settled, after, {}, made.manifests, gone};
  for (const auto& one : wanted) effect.set.push_back(one.object);
  CHECK_OK(check_effect(effect, app));
  if (!gone.empty()) CHECK_OK(check_others_keep(app, context, plan.edits));
  const auto by = request.model.empty() ? std::string("a model") : shown(request.model);
  plan.notes.insert(plan.notes.begin(), fmt::format("Drafted by {} from this sentence{}{}. What counts is the diff", by, request.summary.empty() ? "" : ", in its words: ", shown(request.summary)));
  note_the_pin(app, context, plan);
  return plan;
}

}  // namespace driftwarden::planning
