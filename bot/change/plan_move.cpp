// An App goes elsewhere: one commit that says so, wherever its place is said.
#include "bot/change/move.hpp"
#include "bot/change/plan_parts.hpp"
#include "bot/change/secret_guard.hpp"
#include "bot/watch/app_files.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/edit.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::planning {
namespace {

using nlohmann::json;

constexpr std::size_t kNamed = 3;

struct Move {
  const App& here;
  App there;
  const PlanContext& context;
  const ClusterConfig& cluster;
};

bool is_text_file(const std::string& path) { return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json"); }

Result<std::vector<TreeEntry>> files_of(const Move& move) {
  TRY(auto entries, move.context.mirror.read_tree(move.context.head, move.here.path));
  for (auto& entry : entries) entry.path = joined(move.here.path, entry.path);
  return entries;
}

/// Manifests that name the old namespace name the new one.
std::string text_there(const Move& move, const TreeEntry& file) {
  return is_text_file(file.path) ? with_namespace(file.content, move.here.namespace_, move.there.namespace_) : file.content;
}

/// By its place: the files go where the rule looks for them then.
Result<void> move_files(const Move& move, VerbPlan& plan) {
  TRY(const auto files, files_of(move));
  TRY(const auto taken, id_at(move.context.mirror, move.context.head, move.there.path));
  if (!taken.empty()) return refused(fmt::format("{} is in Git already", shown(move.there.path)));
  for (const auto& other : move.context.apps) {
    if (other.name == move.here.name || other.repository != move.here.repository || other.orphans) continue;
    if (is_below(other.path, move.here.path)) return refused(fmt::format("{} lies inside of {}: move that first", other.name, move.here.path));
  }
  for (const auto& file : files) {
    plan.edits.push_back({file.path, std::nullopt});
    plan.edits.push_back({move.there.path + file.path.substr(move.here.path.size()), text_there(move, file)});
  }
  plan.notes.push_back(fmt::format("{} {} from {} to {}", files.size(), files.size() == 1 ? "file goes" : "files go", move.here.path, move.there.path));
  return Result<void>{};
}

Result<void> edit_namespaces(const Move& move, VerbPlan& plan) {
  if (move.here.namespace_ == move.there.namespace_) return Result<void>{};
  TRY(const auto files, files_of(move));
  for (const auto& file : files) {
    auto text = text_there(move, file);
    if (text != file.content) plan.edits.push_back({file.path, std::move(text)});
  }
  return Result<void>{};
}

/// The keys of an App's entry that say where it is. `prefix`: where the entry is in the document.
std::vector<ValueEdit> place_edits(const Move& move, const json& entry, const std::string& prefix) {
  std::vector<ValueEdit> edits;
  edits.push_back({prefix + ".cluster", json(move.there.cluster).dump()});
  if (move.here.namespace_ != move.there.namespace_) edits.push_back({prefix + ".namespace", json(move.there.namespace_).dump()});
  if (entry.contains("environment") && !move.there.environment.empty()) edits.push_back({prefix + ".environment", json(move.there.environment).dump()});
  return edits;
}

Result<void> edit_app_file(const Move& move, const std::string& text, VerbPlan& plan) {
  const auto path = app_file_path(move.here.name);
  TRY(const auto documents, parse_yaml(text, path));
  if (documents.empty() || !documents.front().is_object()) return refused(path + " can't be read");
  TRY(auto edited, edit_yaml(text, path, 0, place_edits(move, documents.front(), "")));
  plan.edits.push_back({path, std::move(edited)});
  plan.notes.push_back("Edits " + path);
  return edit_namespaces(move, plan);
}

/// Found in the directory of `config_from`, when that is in the same repository.
Result<bool> edit_config_file(const Move& move, VerbPlan& plan) {
  const auto& from = move.context.config.from_git;
  if (!from || from->repository != move.here.repository) return false;
  const auto entries = move.context.mirror.read_tree(move.context.head, from->path);
  if (!entries) return false;
  for (const auto& entry : *entries) {
    if (!is_text_file(entry.path)) continue;
    const auto path = joined(from->path, entry.path);
    const auto documents = parse_yaml(entry.content, path);
    if (!documents) continue;
    for (std::size_t i = 0; i < documents->size(); ++i) {
      const auto& document = (*documents)[i];
      const auto* apps = document.is_object() ? find_value(document, ".apps") : nullptr;
      if (apps == nullptr || !apps->is_array()) continue;
      for (const auto& app : *apps) {
        if (!app.is_object() || text_member(app, "name") != move.here.name) continue;
        TRY(auto edited, edit_yaml(entry.content, path, i, place_edits(move, app, fmt::format(".apps[name={}]", json_quoted(move.here.name)))));
        plan.edits.push_back({path, std::move(edited)});
        plan.notes.push_back("Edits " + path);
        CHECK_OK(edit_namespaces(move, plan));
        return true;
      }
    }
  }
  return false;
}

/// What Argo CD knows the cluster by, as its URL or by name.
std::string alias_of(const ClusterConfig& cluster, bool as_url) {
  const auto is_url = [](const std::string& alias) { return alias.find("://") != std::string::npos; };
  const auto found = std::ranges::find_if(cluster.aliases, [&](const std::string& alias) { return is_url(alias) == as_url; });
  if (found != cluster.aliases.end()) return *found;
  return as_url ? std::string() : cluster.name;
}

Result<void> edit_application(const Move& move, VerbPlan& plan) {
  const auto& held = *move.context.application;
  if (held.app.repository != move.here.repository) {
    return refused(fmt::format("the Application of {} is kept in the repository {}, and its files in {}: edit its destination there", move.here.name, shown(held.app.repository), shown(move.here.repository)));
  }
  const bool we_ask = held.app.deployer.kind != DeployerKind::None && held.app.deployer.may_sync;
  if (we_ask && held.report.state == AppState::OutOfSync) {
    return refused(fmt::format("{} holds the Application of {}, and would be synced with it: it has other differences at this moment. Settle them first (`diff {}`)", held.app.name, move.here.name, held.app.name));
  }
  const auto* destination = find_value(*held.manifest.body, ".spec.destination");
  if (destination == nullptr || !destination->is_object()) return refused(fmt::format("{} has no destination", to_string(held.manifest.ref)));
  const bool by_url = !text_member(*destination, "server").empty();
  std::vector<ValueEdit> edits;
  if (move.here.cluster != move.there.cluster) {
    const auto place = alias_of(move.cluster, by_url);
    if (place.empty()) {
      return refused(fmt::format("{} names its cluster by URL, and I don't know the one of {}: add it to `aliases` of that cluster in my configuration", to_string(held.manifest.ref), move.there.cluster));
    }
    edits.push_back({by_url ? ".spec.destination.server" : ".spec.destination.name", json(place).dump()});
  }
  if (move.here.namespace_ != move.there.namespace_) edits.push_back({".spec.destination.namespace", json(move.there.namespace_).dump()});
  auto rendered = render_edited(move.context.mirror, held.app, move.context.head, {}, move.context.render);
  if (!rendered) return wrap(fmt::format("rendering {}", held.app.name), rendered.error());
  const auto source = source_at(held.app, move.context, move.context.head, std::move(*rendered));
  TRY(const auto made, edit_source(source, {{held.manifest.ref, edits}}));
  auto of_source = plan_from(made);
  std::ranges::move(of_source.edits, std::back_inserter(plan.edits));
  std::ranges::move(of_source.notes, std::back_inserter(plan.notes));
  plan.notes.push_back(fmt::format("{} is put in force with {}, which holds it", to_string(held.manifest.ref), held.app.name));
  return edit_namespaces(move, plan);
}

std::string command_of(const App& app) { return fmt::format("change `cluster` of the App {}", app.name); }

/// The one place that says where it is.
Result<void> say_the_new_place(const Move& move, VerbPlan& plan) {
  const auto& app = move.here;
  const auto app_file = move.context.mirror.read_file(move.context.head, app_file_path(app.name));
  if (!app_file && app_file.error().kind != ErrorKind::NotFound) return app_file.error();
  if (app.deployer.kind == DeployerKind::Flux) {
    return refused(fmt::format("{} is deployed by {}, which lives in the cluster that it deploys to: move that to the other cluster's Flux by a pull request of your own", app.name,
                               to_string(app.deployer.object)));
  }
  if (app.deployer.kind == DeployerKind::ArgoCd) {
    if (!move.context.application) {
      return refused(fmt::format("{} says where {} goes, and stands in no Git that I watch (perhaps an ApplicationSet makes it): change it there", to_string(app.deployer.object), app.name));
    }
    CHECK_OK(edit_application(move, plan));
    if (app_file) CHECK_OK(edit_app_file(move, *app_file, plan));
    return Result<void>{};
  }
  if (paths_rule_of(app, move.context.config) != nullptr) return move_files(move, plan);
  if (app_file) return edit_app_file(move, *app_file, plan);
  TRY(const auto in_config, edit_config_file(move, plan));
  if (in_config) return Result<void>{};
  return refused(fmt::format("where {} goes is said in my configuration, and that isn't in this repository: {} there", app.name, command_of(app)));
}

std::string some(const std::vector<std::string>& names) {
  const std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamed)));
  return join(first, ", ") + (names.size() > first.size() ? fmt::format(" and {} more", names.size() - first.size()) : "");
}

/// It renders there, and everything really goes there.
Result<void> check_rendered(const Move& move, VerbPlan& plan) {
  auto before = render_edited(move.context.mirror, move.here, move.context.head, {}, move.context.render);
  if (!before) return wrap(fmt::format("rendering {}", move.here.name), before.error());
  auto after = render_edited(move.context.mirror, move.there, move.context.head, plan.edits, move.context.render);
  if (!after) return wrap(fmt::format("{} doesn't render in its new place", move.here.name), after.error());
  std::vector<std::string> stay;
  std::vector<std::string> sealed;
  std::vector<std::string> data;
  for (const auto& manifest : *after) {
    if (move.here.namespace_ != move.there.namespace_ && manifest.ref.namespace_ == move.here.namespace_) stay.push_back(to_string(manifest.ref));
    if (manifest.ref.kind == "SealedSecret") sealed.push_back(to_string(manifest.ref));
    if (manifest.ref.kind == "StatefulSet" || manifest.ref.kind == "PersistentVolumeClaim") data.push_back(to_string(manifest.ref));
  }
  if (!stay.empty()) return refused(fmt::format("{} would stay in {}: a base, a chart or a generator says so. Change that first", some(stay), move.here.namespace_));
  CHECK_OK(check_sealed(*before, *after));
  const bool elsewhere = move.here.cluster != move.there.cluster;
  if (elsewhere && !sealed.empty()) plan.notes.push_back(fmt::format("{} can be opened on {} only if its controller has the key of {}'s", some(sealed), move.there.cluster, move.here.cluster));
  if (!data.empty()) plan.notes.push_back(fmt::format("The data of {} don't move along: they are deleted with it in the old place", some(data)));
  return Result<void>{};
}

}  // namespace

Result<VerbPlan> plan_move(const Change& change, const App& app, const PlanContext& context) {
  TRY(auto there, moved_app(app, move_record_from(change.argument).to, context.config));
  const auto* cluster = find_cluster(context.config, there.cluster);
  if (app.track == Track::Pin) return refused(fmt::format("{} is pinned to a revision, which says nothing of its place: let it follow the branch first", app.name));
  if (app.deployer.kind == DeployerKind::None && !cluster->apply) return refused(fmt::format("I may not apply to {} (`apply: true` of the cluster), and nobody else deploys {}", there.cluster, app.name));
  const Move move{app, std::move(there), context, *cluster};
  VerbPlan plan;
  CHECK_OK(say_the_new_place(move, plan));
  CHECK_OK(check_rendered(move, plan));
  const auto place = [&](const App& of) { return fmt::format("{}, namespace {}", of.cluster, of.namespace_); };
  plan.notes.push_back(fmt::format("First it is put in force on {}; when it is in sync and healthy there, its objects on {} are {}", place(move.there), place(app),
                                   app.deployer.kind == DeployerKind::None ? "deleted" : fmt::format("{}'s to delete", to_string(app.deployer.kind))));
  return plan;
}

}  // namespace driftwarden::planning
