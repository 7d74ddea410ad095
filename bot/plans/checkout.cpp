#include "bot/plans/checkout.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOutside = 200;

bool is_yaml(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

/// Git refuses such names itself; a mirror that was tampered with doesn't count on that.
bool is_safe(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos) return false;
  return std::ranges::none_of(split(path, '/'), [](const std::string& part) { return part.empty() || part == "." || part == ".." || to_lower(part) == ".git"; });
}

Result<void> write_file(const fs::path& path, const std::string& content) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (failed || !file) return Error{ErrorKind::Unavailable, fmt::format("{} can't be written", path.string())};
  // The mirror doesn't say which files may be run: scripts say so themselves.
  fs::permissions(path, content.starts_with("#!") ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write, failed);
  return Result<void>{};
}

Result<void> write_entries(const std::vector<TreeEntry>& entries, const std::string& below, const fs::path& root) {
  for (const auto& entry : entries) {
    const auto path = join_path(below, entry.path);
    if (!is_safe(path)) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" is no path for a file", without_control_characters(path))};
    CHECK_OK(write_file(root / path, entry.content));
  }
  return Result<void>{};
}

/// As much of a repository as `git rev-parse --show-toplevel` wants: Terragrunt asks for it.
Result<void> write_git_skeleton(const fs::path& root) {
  std::error_code failed;
  for (const auto* name : {".git/objects", ".git/refs"}) fs::create_directories(root / name, failed);
  CHECK_OK(write_file(root / ".git/HEAD", "ref: refs/heads/main\n"));
  return write_file(root / ".git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
}

Result<void> write_parts(Mirror& mirror, const App& app, const std::string& commit, const fs::path& root) {
  TRY(auto paths, outside_paths(mirror, app, commit));
  paths.push_back(tool_directory(app));
  for (const auto& path : outermost(std::move(paths))) {
    const auto entries = mirror.read_tree(commit, path);
    if (entries) {
      CHECK_OK(write_entries(*entries, path, root));
      continue;
    }
    const auto file = mirror.read_file(commit, path);
    if (!file) return wrap("reading " + path, entries.error());
    if (is_safe(path)) CHECK_OK(write_file(root / path, *file));
  }
  return Result<void>{};
}

/// Terraform's and Terragrunt's files, and those of Ansible.
bool names_others(const App& app, std::string_view path) {
  if (app.kind == AppKind::Ansible) return is_yaml(path) || path.ends_with(".cfg");
  return path.ends_with(".tf") || path.ends_with(".tofu") || path.ends_with(".hcl") || path.ends_with(".tf.json");
}

/// What stands above a unit and is found by looking upwards.
std::vector<std::string> files_above(const App& app, const std::string& directory) {
  std::vector<std::string> names;
  if (app.plan.tool == PlanTool::Terragrunt) names = {"terragrunt.hcl", "root.hcl", "common.hcl", "account.hcl", "region.hcl", "env.hcl"};
  std::vector<std::string> paths;
  for (auto at = directory; !names.empty() && !at.empty();) {
    const auto slash = at.rfind('/');
    at = slash == std::string::npos ? std::string() : at.substr(0, slash);
    for (const auto& name : names) paths.push_back(join_path(at, name));
  }
  return paths;
}

class Finder {
 public:
  Finder(Mirror& mirror, const App& app, std::string commit) : mirror_(mirror), app_(app), commit_(std::move(commit)), own_(tool_directory(app)) {}

  Result<std::vector<std::string>> find() {
    TRY(const auto entries, mirror_.read_tree(commit_, own_));
    take_tree(entries, own_);
    if (!app_.plan.inventory.empty()) {
      if (const auto inventory = resolve_path(own_, app_.plan.inventory)) visit(*inventory);
    }
    for (const auto& path : files_above(app_, own_)) {
      if (mirror_.tree_id(commit_, path)) found_.insert(path);
    }
    return std::vector<std::string>(found_.begin(), found_.end());
  }

 private:
  void take_tree(const std::vector<TreeEntry>& entries, const std::string& below) {
    for (const auto& entry : entries) {
      if (!names_others(app_, entry.path)) continue;
      const auto path = join_path(below, entry.path);
      const auto slash = path.rfind('/');
      const auto directory = slash == std::string::npos ? std::string() : path.substr(0, slash);
      for (const auto& named : named_paths(entry.content, directory)) visit(named);
    }
  }

  void visit(const std::string& path) {
    if (path.empty() || lies_in(path, own_) || lies_in(own_, path) || found_.size() >= kMostOutside || found_.contains(path)) return;
    if (!mirror_.tree_id(commit_, path)) return;
    found_.insert(path);
    // Modules name modules.
    if (const auto entries = mirror_.read_tree(commit_, path)) take_tree(*entries, path);
  }

  Mirror& mirror_;
  const App& app_;
  std::string commit_;
  std::string own_;
  std::set<std::string> found_;
};

}  // namespace

std::string tool_directory(const App& app) {
  if (app.kind != AppKind::Ansible || !is_yaml(app.path)) return app.path;
  const auto slash = app.path.rfind('/');
  return slash == std::string::npos ? std::string() : app.path.substr(0, slash);
}

std::string playbook_of(const App& app) {
  if (!is_yaml(app.path)) return {};
  const auto slash = app.path.rfind('/');
  return slash == std::string::npos ? app.path : app.path.substr(slash + 1);
}

Result<bool> write_checkout(Mirror& mirror, const App& app, const std::string& commit, const std::string& directory) {
  std::error_code failed;
  const fs::path root(directory);
  fs::remove_all(root, failed);
  fs::create_directories(root, failed);
  if (!failed) fs::permissions(root, fs::perms::owner_all, failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("the directory {} can't be made: {}", directory, failed.message())};
  CHECK_OK(write_git_skeleton(root));
  const auto all = mirror.read_tree(commit, "");
  if (all) {
    CHECK_OK(write_entries(*all, "", root));
    return true;
  }
  if (all.error().kind != ErrorKind::InvalidInput) return all.error();
  CHECK_OK(write_parts(mirror, app, commit, root));
  return false;
}

std::vector<std::string> named_paths(std::string_view text, const std::string& directory) {
  std::set<std::string> paths;
  const auto take = [&](std::string_view word) {
    std::string_view from = directory;
    for (const std::string_view prefix : {"${get_repo_root()}/", "${get_path_from_repo_root()}/", "${path.module}/", "${path.root}/", "${get_terragrunt_dir()}/", "{{ playbook_dir }}/"}) {
      if (!word.starts_with(prefix)) continue;
      if (prefix == "${get_repo_root()}/") from = "";
      word.remove_prefix(prefix.size());
      if (from.empty() && word.starts_with("/")) word.remove_prefix(1);
    }
    if (word.find("${") != std::string_view::npos || word.find("{{") != std::string_view::npos) return;
    if (!word.starts_with("../") && !word.starts_with("./") && word != ".." && !from.empty()) return;
    std::string plain(word);
    // Terraform's "modules//vpc": two parts of one path.
    for (auto at = plain.find("//"); at != std::string::npos; at = plain.find("//")) plain.erase(at, 1);
    if (const auto query = plain.find('?'); query != std::string::npos) plain.erase(query);
    while (plain.ends_with('/')) plain.pop_back();
    if (plain.empty() || plain.size() > 300 || plain.find_first_of("*\n\\$") != std::string::npos) return;
    if (auto path = resolve_path(from, plain)) paths.insert(*std::move(path));
  };
  for (const auto& line : split(text, '\n')) {
    const auto pieces = split(line, '"');
    for (std::size_t i = 1; i < pieces.size(); i += 2) take(pieces[i]);
    // YAML: "- import_playbook: ../base.yml".
    const auto colon = line.rfind(": ");
    if (colon != std::string::npos && pieces.size() == 1) take(trim(std::string_view(line).substr(colon + 2)));
  }
  return {paths.begin(), paths.end()};
}

Result<std::vector<std::string>> outside_paths(Mirror& mirror, const App& app, const std::string& commit) { return Finder(mirror, app, commit).find(); }

Result<PlanInputs> plan_inputs(Mirror& mirror, const App& app, const std::string& commit) {
  PlanInputs inputs;
  TRY(inputs[app.path], mirror.tree_id(commit, app.path));
  const auto directory = tool_directory(app);
  TRY(inputs[directory], mirror.tree_id(commit, directory));
  TRY(const auto outside, outside_paths(mirror, app, commit));
  for (const auto& path : outside) {
    auto id = mirror.tree_id(commit, path);
    inputs[path] = id ? *std::move(id) : std::string();
  }
  return inputs;
}

bool inputs_moved(Mirror& mirror, const PlanInputs& known, const std::string& commit) {
  return std::ranges::any_of(known, [&](const auto& input) {
    const auto id = mirror.tree_id(commit, input.first);
    return (id ? *id : std::string()) != input.second;
  });
}

}  // namespace driftwarden
