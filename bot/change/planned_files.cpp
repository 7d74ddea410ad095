#include "bot/change/planned_files.hpp"

#include "bot/change/plan_parts.hpp"
#include "bot/plans/checkout.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kMostDiffering = 20;

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool declares_variables(const std::string& path) { return path.ends_with(".tf") || path.ends_with(".tofu") || path.ends_with(".tf.json"); }

/// The paths of variables' files that the configuration gives to it.
std::vector<std::string> variable_files(const App& app) {
  std::vector<std::string> paths;
  for (const auto& file : app.plan.var_files) {
    if (auto path = resolve_path(app.path, file)) paths.push_back(*std::move(path));
  }
  return paths;
}

void add_declared(Mirror& mirror, const std::string& commit, const std::string& path, HclVariables& variables) {
  const auto entries = mirror.read_tree(commit, path);
  if (!entries) return;
  for (const auto& entry : *entries) {
    if (declares_variables(entry.path)) add_variables(entry.content, variables);
  }
}

/// One of values, which only whoever names it reads.
bool is_others_variables(const App& app, const std::string& file) {
  const auto name = file_name(file);
  const bool values = name.ends_with(".tfvars") || name.ends_with(".tfvars.json");
  if (!values || app.kind != AppKind::Terraform || app.plan.tool == PlanTool::Terragrunt) return false;
  if (name.starts_with("terraform.tfvars") || name.find(".auto.tfvars") != std::string::npos) return false;
  const auto named = variable_files(app);
  return std::ranges::find(named, file) == named.end();
}

bool is_planned_from(const App& app, const PlanInputs& inputs, const std::string& file) {
  if (is_others_variables(app, file)) return false;
  return std::ranges::any_of(inputs, [&](const auto& input) { return lies_in(file, input.first); });
}

Result<PlanInputs> inputs_at(Mirror& mirror, const App& app, const std::string& commit) {
  TRY(auto inputs, plan_inputs(mirror, app, commit));
  for (const auto& path : variable_files(app)) {
    const auto id = mirror.tree_id(commit, path);
    inputs[path] = id ? *id : std::string();
  }
  return inputs;
}

}  // namespace

HclVariables variables_around(Mirror& mirror, const App& app, const std::string& before, const std::string& after) {
  HclVariables variables;
  for (const auto& commit : {before, after}) {
    add_declared(mirror, commit, tool_directory(app), variables);
    const auto outside = outside_paths(mirror, app, commit);
    if (!outside) continue;
    for (const auto& path : *outside) add_declared(mirror, commit, path, variables);
  }
  return variables;
}

Result<std::set<std::string>> planned_elsewhere(Mirror& mirror, const App& app, const std::string& head, const std::string& revision) {
  std::set<std::string> elsewhere;
  for (const auto& commit : {head, revision}) {
    const auto inputs = inputs_at(mirror, app, commit);
    if (!inputs && inputs.error().kind != ErrorKind::NotFound) return inputs.error();
    if (!inputs) continue;
    for (const auto& [path, id] : *inputs) {
      if (lies_in(path, app.path)) continue;
      if (!lies_in(app.path, path)) {
        const auto now = mirror.tree_id(head, path);
        const auto then = mirror.tree_id(revision, path);
        if ((now ? *now : "") != (then ? *then : "")) elsewhere.insert(path);
        continue;
      }
      // The directory around a playbook: what else in it is another one.
      TRY(const auto files, mirror.diff(head, revision, path));
      for (const auto& file : files) {
        if (!lies_in(file.path, app.path) && elsewhere.size() < kMostDiffering) elsewhere.insert(file.path);
      }
    }
  }
  return elsewhere;
}

std::vector<std::string> planned_along(Mirror& mirror, const App& app, const std::vector<App>& apps, const std::string& before, const std::string& after, const std::vector<FileDiff>& files) {
  std::vector<std::string> names;
  for (const auto& other : apps) {
    if (other.name == app.name || other.repository != app.repository || other.orphans || is_rendered(other)) continue;
    const auto inputs = inputs_at(mirror, other, before);
    if (!inputs || !inputs_moved(mirror, *inputs, after)) continue;
    const bool own_playbook = other.kind == AppKind::Ansible && !playbook_of(app).empty() && other.path != app.path;
    const bool touched = std::ranges::any_of(files, [&](const FileDiff& file) { return is_planned_from(other, *inputs, file.path) && !(own_playbook && file.path == app.path); });
    if (touched) names.push_back(other.name);
  }
  return names;
}

std::string after_the_merge(const App& app) {
  const auto tool = to_string(app.plan.tool);
  if (app.kind == AppKind::Ansible) return fmt::format("Merging runs nothing: {} then checks what would come of it, and the playbook is run where you always run it", tool);
  if (!app.plan.apply) return fmt::format("Merging runs nothing: {} then plans what comes of it, and whoever applies it carries that out", tool);
  return fmt::format("Merging runs nothing: {} then plans what comes of it, and `apply {}` carries out exactly that plan, once it is approved", tool, app.name);
}

}  // namespace driftwarden
