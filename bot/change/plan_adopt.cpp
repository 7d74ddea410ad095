// Adopt: Git shall say what live says.
#include "bot/change/plan_parts.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/edit.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

using planning::refused;

Result<std::vector<ValueEdit>> adoption_edits(const ObjectDrift& drift) {
  std::vector<ValueEdit> edits;
  for (const auto& field : drift.fields) {
    if (field.op == FieldOp::Order || field.op == FieldOp::Stale) continue;
    // Also inside an added element: {"name": "DB_PASSWORD", "value": "hmac:..."}.
    const bool secret_value = field.live && field.live->find("\"hmac:") != std::string::npos;
    const bool secret_object = drift.object.group.empty() && drift.object.kind == "Secret" && (field.path.starts_with(".data") || field.path.starts_with(".stringData"));
    if (secret_value || secret_object) return refused(fmt::format("{} {} is secret: it does not go into Git", to_string(drift.object), field.path));
    edits.push_back({field.path, field.op == FieldOp::Removed ? std::nullopt : field.live});
  }
  return edits;
}

}  // namespace

Result<std::vector<FileEdit>> plan_adoption(const App& app, const DriftReport& report, const std::vector<Manifest>& desired,
                                            const std::function<Result<std::string>(const std::string&)>& source) {
  std::map<std::string, std::string> files;
  for (const auto& drift : report.objects) {
    if (drift.verdict != Verdict::OutOfSync) {
      return refused(fmt::format("{} is {} and only changed fields can be adopted so far; sync it, or change Git by hand", to_string(drift.object), to_string(drift.verdict)));
    }
    const auto* manifest = planning::find_manifest(desired, drift.object);
    if (manifest == nullptr || manifest->file.empty()) return Error{ErrorKind::NotFound, fmt::format("no file of {} holds {}", app.path, to_string(drift.object))};
    TRY(const auto edits, adoption_edits(drift));
    auto& text = files[manifest->file];
    if (text.empty()) {
      TRY(text, source(manifest->file));
    }
    auto edited = edit_manifest(text, manifest->file, manifest->ref, edits);
    if (!edited) return wrap("adopting " + to_string(drift.object), edited.error());
    text = std::move(*edited);
  }
  std::vector<FileEdit> result;
  for (auto& [file, text] : files) result.push_back({planning::joined(app.path, file), std::move(text)});
  return result;
}

namespace planning {
namespace {

Error cannot_adopt(const ObjectDrift& drift) {
  const auto what = to_string(drift.object);
  switch (drift.verdict) {
    case Verdict::Extra: return refused(fmt::format("Git no longer has {}, live still does: sync deletes it; to keep it, restore its manifest with `rollback`", what));
    case Verdict::Untracked: return refused(fmt::format("{} was never in Git: put its manifest there by a pull request of your own, or delete it live", what));
    case Verdict::Unknown: return refused(fmt::format("it can't be told how {} stands, so it can't be adopted", what));
    default: return refused(fmt::format("{} can't be adopted", what));
  }
}

/// The documents of a text with their separators; joined they are the text.
std::vector<std::string> document_texts(const std::string& text) {
  std::vector<std::string> parts(1);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto line = std::string_view(text).substr(at, end - at);
    const bool separates = line.starts_with("---") && (line.size() == 3 || std::isspace(static_cast<unsigned char>(line[3])) != 0);
    if (separates && at > 0) parts.emplace_back();
    parts.back() += line;
    at = end;
  }
  return parts;
}

bool is_it(const Manifest& manifest, const ObjectRef& object) { return manifest.ref.group_kind() == object.group_kind() && manifest.ref.name == object.name; }

/// The text without the object's document; nothing when that was all it held.
Result<std::optional<std::string>> without_object(const std::string& text, const std::string& file, const ObjectRef& object) {
  TRY(const auto all, parse_manifests(text, file));
  if (std::ranges::count_if(all, [&](const Manifest& one) { return is_it(one, object); }) != 1) return refused(fmt::format("{} doesn't hold {} just once", file, to_string(object)));
  if (all.size() == 1) return std::optional<std::string>();
  std::string rest;
  for (const auto& part : document_texts(text)) {
    const auto held = parse_manifests(part, file);
    const bool only_it = held && held->size() == 1 && is_it(held->front(), object);
    if (!only_it) rest += part;
  }
  const auto left = parse_manifests(rest, file);
  if (!left || left->size() + 1 != all.size()) return refused(fmt::format("{} is written together with other objects in {}: take it out by hand", to_string(object), file));
  return std::optional(rest);
}

class Removal {
 public:
  Removal(const AppSource& source, VerbPlan& plan) : source_(source), plan_(plan) {}

  Result<void> remove(const ObjectRef& object) {
    if (resolve_kind(source_) == RenderKind::Helm) return refused(fmt::format("{} was deleted live, and a chart makes it: switch it off in the chart's values", to_string(object)));
    TRY(const auto file, own_file_of(source_, object));
    TRY(const auto text, text_of(file));
    TRY(const auto rest, without_object(text, file, object));
    put(file, rest);
    plan_.notes.push_back(fmt::format("{} was deleted live: {} {}", to_string(object), rest ? "takes it out of" : "deletes", shown(file)));
    if (!rest) CHECK_OK(unlist(file));
    return Result<void>{};
  }

 private:
  Result<std::string> text_of(const std::string& path) {
    const auto edited = std::ranges::find(plan_.edits, path, &FileEdit::path);
    if (edited != plan_.edits.end() && edited->content) return *edited->content;
    return source_.tree.read(path);
  }

  void put(const std::string& path, std::optional<std::string> content) {
    const auto edited = std::ranges::find(plan_.edits, path, &FileEdit::path);
    if (edited == plan_.edits.end()) {
      plan_.edits.push_back({path, std::move(content)});
    } else {
      edited->content = std::move(content);
    }
  }

  /// A kustomization that names a file that has gone would not build.
  Result<void> unlist(const std::string& file) {
    const auto slash = file.rfind('/');
    const auto directory = slash == std::string::npos ? std::string() : file.substr(0, slash);
    const auto name = slash == std::string::npos ? file : file.substr(slash + 1);
    for (const auto* candidate : {"kustomization.yaml", "kustomization.yml", "Kustomization"}) {
      const auto path = joined(directory, candidate);
      const auto text = text_of(path);
      if (!text) continue;
      TRY(const auto documents, parse_yaml(*text, path));
      const auto resources = documents.empty() || !documents.front().is_object() ? nlohmann::json() : documents.front().value("resources", nlohmann::json());
      for (std::size_t i = 0; resources.is_array() && i < resources.size(); ++i) {
        if (resources[i] != name && resources[i] != "./" + name) continue;
        TRY(auto edited, edit_yaml(*text, path, 0, {{fmt::format(".resources[{}]", i), std::nullopt}}));
        put(path, std::move(edited));
        return Result<void>{};
      }
    }
    return Result<void>{};
  }

  const AppSource& source_;
  VerbPlan& plan_;
};

/// The removed objects are gone and no other came or went.
Result<void> check_removed(const AppSource& source, const VerbPlan& plan, const std::vector<ObjectRef>& removed) {
  auto after = source.render_with(plan.edits);
  if (!after) return wrap("rendering without what was deleted live", after.error());
  for (const auto& object : removed) {
    if (find_manifest(*after, object) != nullptr) return refused(fmt::format("{} is still there without its manifest: something else makes it, too", to_string(object)));
  }
  if (after->size() + removed.size() != source.rendered.size()) return refused("taking the deleted objects out of Git would take others with them: change Git by hand");
  return Result<void>{};
}

}  // namespace

Result<VerbPlan> plan_adopt(const Change&, const App& app, const PlanContext& context) {
  if (context.report.objects.empty()) return refused(fmt::format("nothing of {} differs from Git: there is nothing to adopt", app.name));
  std::vector<WantedValue> wanted;
  std::vector<ObjectRef> deleted;
  for (const auto& drift : context.report.objects) {
    if (drift.verdict == Verdict::Missing) {
      deleted.push_back(drift.object);
      continue;
    }
    if (drift.verdict != Verdict::OutOfSync) return cannot_adopt(drift);
    TRY(auto edits, adoption_edits(drift));
    if (!edits.empty()) wanted.push_back({drift.object, std::move(edits)});
  }
  if (wanted.empty() && deleted.empty()) return refused("what differs is an order or a leftover, which no manifest says: there is nothing to adopt");
  TRY(const auto source, source_at_head(app, context));
  VerbPlan plan;
  if (!wanted.empty()) {
    TRY(auto edits, edit_source(source, wanted));
    plan = plan_from(std::move(edits));
  }
  Removal removal(source, plan);
  for (const auto& object : deleted) CHECK_OK(removal.remove(object));
  if (!deleted.empty()) CHECK_OK(check_removed(source, plan, deleted));
  note_the_pin(app, context, plan);
  return plan;
}

}  // namespace planning
}  // namespace driftwarden
