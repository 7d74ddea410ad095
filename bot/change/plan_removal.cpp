#include "bot/change/plan_removal.hpp"

#include "bot/change/draft_guard.hpp"
#include "bot/change/plan_parts.hpp"
#include "bot/change/who_shares.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/remove_object.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace driftwarden::planning {
namespace {

/// "HorizontalPodAutoscaler/web", and as people are told of objects: "HorizontalPodAutoscaler shop/web".
bool is_named(const ObjectRef& ref, const std::string& target) { return target == ref.kind + "/" + ref.name || target == to_string(ref) || target == ref.kind + " " + ref.name; }

Result<const Manifest*> named_in(const std::vector<Manifest>& rendered, const std::string& target) {
  const Manifest* found = nullptr;
  std::vector<std::string> names;
  for (const auto& manifest : rendered) {
    names.push_back(manifest.ref.kind + "/" + manifest.ref.name);
    if (!is_named(manifest.ref, target)) continue;
    if (found != nullptr) return refused(fmt::format("\"{}\" is more than one object", shown(target)));
    found = &manifest;
  }
  if (found == nullptr) return refused(fmt::format("there is no object \"{}\" to remove; there is {}", shown(target), ellipsize(join(names, ", "), 300)));
  return found;
}

/// Letters and digits alone, in lower case: "Pod disruption-budget" is the kind, too.
struct Squashed {
  explicit Squashed(const std::string& from) {
    bool first = true;
    for (const char c : to_lower(from)) {
      const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
      if (letter) text += c;
      if (letter) begins.push_back(first);
      first = !letter;
    }
    begins.push_back(true);
  }

  /// From where a word begins; `whole`: to where one ends. "in" is not said by "nginx".
  bool holds(const std::string& word, bool whole) const {
    for (auto at = word.empty() ? std::string::npos : text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      if (begins[at] && (!whole || begins[at + word.size()])) return true;
    }
    return false;
  }

  std::string text{};
  std::vector<bool> begins{};  ///< whether a word does, at each letter and behind the last
};

struct Alias {
  std::string_view kind;
  std::string_view word;
};
constexpr std::array<Alias, 8> kAliases{{{"HorizontalPodAutoscaler", "autoscal"},
                                         {"HorizontalPodAutoscaler", "hpa"},
                                         {"VerticalPodAutoscaler", "autoscal"},
                                         {"ScaledObject", "autoscal"},
                                         {"PodDisruptionBudget", "budget"},
                                         {"PodDisruptionBudget", "pdb"},
                                         {"ConfigMap", "config"},
                                         {"CronJob", "cron"}}};

/// Whether the person's own words name the object, by its kind or its name. The App's name is in every sentence about it.
bool is_said(const std::string& sentence, const ObjectRef& ref, const App& app) {
  const Squashed said(sentence);
  if (said.holds(Squashed(ref.kind).text, false) || (ref.name != app.name && said.holds(Squashed(ref.name).text, true))) return true;
  return std::ranges::any_of(kAliases, [&](const Alias& alias) { return alias.kind == ref.kind && said.holds(std::string(alias.word), false); });
}

}  // namespace

Result<std::vector<ObjectRef>> objects_to_remove(const ProposeRequest& request, const App& app, const std::vector<Manifest>& rendered, const std::vector<WantedValue>& wanted) {
  std::vector<ObjectRef> objects;
  for (const auto& step : request.steps) {
    if (step.kind != DraftStep::Kind::Delete) continue;
    TRY(const auto* manifest, named_in(rendered, step.set.target));
    const auto& ref = manifest->ref;
    CHECK_OK(check_removed(*manifest));
    if (!is_said(request.sentence, ref, app)) return refused(fmt::format("the request doesn't say that {} shall go: only what it names, by kind or by name, is taken away", to_string(ref)));
    const bool twice = std::ranges::any_of(objects, [&](const ObjectRef& other) { return same_object(other, ref); });
    const bool changed = std::ranges::any_of(wanted, [&](const WantedValue& other) { return same_object(other.object, ref); });
    if (twice || changed) return refused(fmt::format("{} is {}", to_string(ref), twice ? "removed twice" : "changed and removed"));
    objects.push_back(ref);
  }
  return objects;
}

void put_edit(std::vector<FileEdit>& edits, FileEdit edit) {
  const auto known = std::ranges::find(edits, edit.path, &FileEdit::path);
  if (known == edits.end()) {
    edits.push_back(std::move(edit));
  } else {
    *known = std::move(edit);
  }
}

Result<void> remove_from_files(const std::vector<ObjectRef>& objects, const App& app, const PlanContext& context, AppSource source, VerbPlan& plan) {
  if (objects.empty()) return Result<void>{};
  source.tree.read = [before = source.tree.read, &plan](const std::string& path) -> Result<std::string> {
    const auto planned = std::ranges::find(plan.edits, path, &FileEdit::path);
    return planned != plan.edits.end() && planned->content ? Result<std::string>(*planned->content) : before(path);
  };
  TRY(auto removal, remove_objects(source, objects));
  for (const auto& removed : removal.objects) {
    if (is_anothers(removed.file, app, context)) return refused(fmt::format("{} is where another App is kept", shown(removed.file)));
    plan.notes.push_back(fmt::format("Removed: {}, {} {}", to_string(removed.object), removed.alone ? "with" : "from", shown(removed.file)));
  }
  for (auto& edit : removal.edits) {
    const bool line_gone = std::ranges::none_of(removal.objects, [&](const RemovedObject& removed) { return removed.file == edit.path; });
    if (line_gone) plan.notes.push_back("Edits " + shown(edit.path) + ": resources");
    put_edit(plan.edits, std::move(edit));
  }
  return Result<void>{};
}

Result<void> check_others_keep(const App& app, const PlanContext& context, const std::vector<FileEdit>& edits) {
  std::vector<std::string> paths;
  for (const auto& edit : edits) paths.push_back(edit.path);
  for (const auto& name : who_shares(app, context, paths)) {
    const auto& other = *std::ranges::find(context.apps, name, &App::name);
    // Its name may be none that whoever asks may know.
    const auto why = [](const std::string& what) { return refused(fmt::format("another App is made from these files, too, and would {}: only people do that, by a pull request of their own", what)); };
    const auto before = render_edited(context.mirror, other, context.head, {}, context.render);
    if (!before) continue;
    const auto after = render_edited(context.mirror, other, context.head, edits, context.render);
    if (!after) return why("render no more");
    for (const auto& was : *before) {
      if (find_manifest(*after, was.ref) == nullptr) return why("lose " + to_string(was.ref));
    }
  }
  return Result<void>{};
}

}  // namespace driftwarden::planning
