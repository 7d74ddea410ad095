// Scale, and set: one value of one object or file.
#include "bot/change/plan_parts.hpp"
#include "bot/change/value_guard.hpp"
#include "bot/command/intents.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/edit.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::planning {
namespace {

using nlohmann::json;

constexpr int kMostReplicas = 10'000;

bool is_scaled(const Manifest& manifest) {
  const auto& ref = manifest.ref;
  if (ref.group == "apps" && (ref.kind == "Deployment" || ref.kind == "StatefulSet" || ref.kind == "ReplicaSet")) return true;
  const auto spec = manifest.body->find("spec");
  return spec != manifest.body->end() && spec->is_object() && spec->contains("replicas") && spec->contains("template");
}

std::string text_at(const json& object, const json::json_pointer& pointer) {
  if (!object.contains(pointer)) return {};
  const auto& value = object.at(pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string names_of(const std::vector<const Manifest*>& manifests) {
  std::vector<std::string> names;
  for (const auto* manifest : manifests) names.push_back(manifest->ref.kind + "/" + manifest->ref.name);
  return names.empty() ? "none" : ellipsize(join(names, ", "), 300);
}

/// "Kind/name" or "name"; the kind in any case, also in the plural.
bool is_named(const ObjectRef& ref, const std::string& wanted) {
  const auto slash = wanted.find('/');
  if (slash == std::string::npos) return ref.name == wanted;
  const auto kind = to_lower(wanted.substr(0, slash));
  const auto own = to_lower(ref.kind);
  return (kind == own || kind == own + "s") && ref.name == wanted.substr(slash + 1);
}

Result<const Manifest*> only_one(const std::vector<const Manifest*>& found, const std::vector<const Manifest*>& all, const std::string& wanted, const std::string& what) {
  if (found.size() == 1) return found.front();
  if (found.empty()) return refused(fmt::format("there is no {} \"{}\"; there is {}", what, shown(wanted), names_of(all)));
  return refused(fmt::format("which one? {}", names_of(found)));
}

Result<const Manifest*> find_workload(const std::vector<Manifest>& manifests, const std::string& wanted) {
  std::vector<const Manifest*> all;
  std::vector<const Manifest*> found;
  for (const auto& manifest : manifests) {
    if (!is_scaled(manifest)) continue;
    all.push_back(&manifest);
    if (wanted.empty() || is_named(manifest.ref, wanted)) found.push_back(&manifest);
  }
  if (all.empty()) return refused("nothing of this App has replicas");
  return only_one(found, all, wanted, "workload");
}

Result<VerbPlan> edited(const App& app, const PlanContext& context, const AppSource& source, const WantedValue& wanted) {
  TRY(auto edits, edit_source(source, {wanted}));
  auto plan = plan_from(std::move(edits));
  note_the_pin(app, context, plan);
  return plan;
}

bool has_value_at(const Manifest& manifest, const std::string& path) { return static_cast<bool>(json_pointer(*manifest.body, path)); }

bool is_file(const std::string& target) {
  return target.ends_with(".yaml") || target.ends_with(".yml") || target.ends_with(".json");
}

Result<VerbPlan> set_in_file(const SetRequest& request, const App& app, const PlanContext& context) {
  if (!is_safe_path(request.target)) return refused(fmt::format("\"{}\" is no path of a file below {}", shown(request.target), app.path));
  const auto path = joined(app.path, request.target);
  if (is_below(path, ".driftwarden")) return refused(fmt::format("{} is kept by Driftwarden itself", shown(path)));
  const auto text = context.mirror.read_file(context.head, path);
  if (!text) return refused(fmt::format("there is no file {}", shown(path)));
  TRY(const auto documents, parse_yaml(*text, path));
  if (documents.size() > 1) return refused(fmt::format("{} holds {} documents: name the object instead, like Deployment/web", shown(path), documents.size()));
  const auto document = documents.empty() ? json() : documents.front();
  CHECK_OK(check_set(document, request));
  const std::optional<std::string> value = request.value.empty() ? std::nullopt : std::optional(request.value);
  TRY(auto changed, edit_yaml(*text, path, 0, {{request.path, value}}));
  TRY(const auto written, parse_yaml(changed, path));
  CHECK_OK(check_outcome(document, written.empty() ? json() : written.front(), request));
  VerbPlan plan;
  plan.notes.push_back(fmt::format("Edits {}: {}", shown(path), shown(request.path)));
  plan.edits.push_back({path, std::move(changed)});
  auto rendered = render_edited(context.mirror, app, context.head, plan.edits, context.render);
  if (!rendered) return wrap(fmt::format("with {} in {}, {} doesn't render", shown(request.path), shown(path), app.name), rendered.error());
  note_the_pin(app, context, plan);
  return plan;
}

}  // namespace

const Manifest* autoscaler_of(const std::vector<Manifest>& manifests, const ObjectRef& workload) {
  for (const auto& manifest : manifests) {
    const bool scales = (manifest.ref.group == "autoscaling" && manifest.ref.kind == "HorizontalPodAutoscaler") || (manifest.ref.group == "keda.sh" && manifest.ref.kind == "ScaledObject");
    if (!scales || manifest.ref.namespace_ != workload.namespace_) continue;
    static const json::json_pointer kKind("/spec/scaleTargetRef/kind");
    static const json::json_pointer kName("/spec/scaleTargetRef/name");
    auto kind = text_at(*manifest.body, kKind);
    if (kind.empty()) kind = "Deployment";
    if (kind == workload.kind && text_at(*manifest.body, kName) == workload.name) return &manifest;
  }
  return nullptr;
}

Result<const Manifest*> find_object(const std::vector<Manifest>& manifests, const SetRequest& request) {
  std::vector<const Manifest*> all;
  std::vector<const Manifest*> found;
  for (const auto& manifest : manifests) {
    all.push_back(&manifest);
    const bool named = request.target.empty() ? has_value_at(manifest, request.path) : is_named(manifest.ref, request.target);
    if (named) found.push_back(&manifest);
  }
  if (request.target.empty() && found.empty()) return refused(fmt::format("no object has {}: name the one that shall, like Deployment/web; there is {}", shown(request.path), names_of(all)));
  return only_one(found, all, request.target, "object");
}

Result<VerbPlan> plan_scale(const Change& change, const App& app, const PlanContext& context) {
  const auto request = scale_request_from(change.argument);
  if (request.replicas < 0 || request.replicas > kMostReplicas) return refused(fmt::format("how many replicas? From 0 to {}", kMostReplicas));
  TRY(const auto source, source_at_head(app, context));
  TRY(const auto* workload, find_workload(source.rendered, request.workload));
  if (const auto* scaler = autoscaler_of(source.rendered, workload->ref)) {
    const auto field = scaler->ref.kind == "ScaledObject" ? ".spec.minReplicaCount" : ".spec.minReplicas";
    return refused(fmt::format("{} decides how many replicas {} has, and would undo this: `set {} {}/{} {}={}` moves its lower bound", to_string(scaler->ref), to_string(workload->ref),
                               app.name, scaler->ref.kind, scaler->ref.name, field, request.replicas));
  }
  static const json::json_pointer kReplicas("/spec/replicas");
  const auto now = workload->body->contains(kReplicas) ? workload->body->at(kReplicas) : json();
  if (now == request.replicas) return refused(fmt::format("Git says {} replicas of {} already", request.replicas, to_string(workload->ref)));
  TRY(auto plan, edited(app, context, source, {workload->ref, {{".spec.replicas", std::to_string(request.replicas)}}}));
  plan.notes.insert(plan.notes.begin(), fmt::format("{}: {} to {} replicas", to_string(workload->ref), now.is_null() ? "no number" : now.dump(), request.replicas));
  if (request.replicas == 0) plan.notes.push_back(fmt::format("Nothing of {} runs after that", to_string(workload->ref)));
  return plan;
}

Result<VerbPlan> plan_set(const Change& change, const App& app, const PlanContext& context) {
  const auto request = set_request_from(change.argument);
  CHECK_OK(check_value(request));
  if (is_file(request.target)) return set_in_file(request, app, context);
  TRY(const auto source, source_at_head(app, context));
  TRY(const auto* object, find_object(source.rendered, request));
  CHECK_OK(check_set(*object->body, request));
  const std::optional<std::string> value = request.value.empty() ? std::nullopt : std::optional(request.value);
  const auto pointer = json_pointer(*object->body, request.path);
  if (!pointer && !value) return refused(fmt::format("{} has no {} to remove", to_string(object->ref), shown(request.path)));
  if (pointer && value && object->body->at(json::json_pointer(*pointer)) == json::parse(*value)) {
    return refused(fmt::format("Git says so already: {} {} is {}", to_string(object->ref), shown(request.path), shown(*value)));
  }
  return edited(app, context, source, {object->ref, {{request.path, value}}});
}

}  // namespace driftwarden::planning
