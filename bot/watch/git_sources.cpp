#include "bot/watch/git_sources.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::size_t kIdLength = 40;  // as Git's own
constexpr std::size_t kMaxFiles = 100'000;

class GitReader : public SourceReader {
 public:
  GitReader(Mirror& mirror, std::string revision) : mirror_(mirror), revision_(std::move(revision)) {}

  Result<EntryKind> kind(const std::string& path) override {
    const auto id = mirror_.tree_id(revision_, path);
    if (!id) return id.error().kind == ErrorKind::NotFound ? Result<EntryKind>(EntryKind::None) : Result<EntryKind>(id.error());
    const auto content = mirror_.read_file(revision_, path);
    if (content) return EntryKind::File;
    if (content.error().kind == ErrorKind::InvalidInput) return EntryKind::Directory;
    return content.error();
  }

  Result<std::string> read(const std::string& path) override { return mirror_.read_file(revision_, path); }

  Result<std::vector<std::string>> files_below(const std::string& directory) override {
    std::vector<std::string> files;
    const auto tree = mirror_.tree_id(revision_, directory);
    if (!tree) return tree.error().kind == ErrorKind::NotFound ? Result<std::vector<std::string>>(std::move(files)) : Result<std::vector<std::string>>(tree.error());
    std::vector<std::pair<std::string, std::string>> open{{directory, *tree}};
    while (!open.empty()) {
      const auto [path, id] = std::move(open.back());
      open.pop_back();
      TRY(const auto entries, mirror_.list_tree(id));
      for (const auto& entry : entries) {
        auto below = join_path(path, entry.name);
        if (entry.kind == DirectoryEntryKind::Directory) {
          open.emplace_back(std::move(below), entry.id);
        } else if (entry.kind != DirectoryEntryKind::Submodule) {
          files.push_back(std::move(below));
        }
      }
      if (files.size() + open.size() > kMaxFiles) return Error{ErrorKind::InvalidInput, fmt::format("{} holds more than {} files", directory.empty() ? "the repository" : directory, kMaxFiles)};
    }
    std::ranges::sort(files);
    return files;
  }

 private:
  Mirror& mirror_;
  std::string revision_;
};

/// A revision with some files replaced.
class EditedReader final : public SourceReader {
 public:
  EditedReader(Mirror& mirror, std::string revision, const std::vector<FileEdit>& edits) : git_(mirror, std::move(revision)) {
    for (const auto& edit : edits) edits_[edit.path] = edit.content;
  }

  Result<EntryKind> kind(const std::string& path) override {
    const auto edited = edits_.find(path);
    if (edited != edits_.end()) return edited->second ? EntryKind::File : EntryKind::None;
    const bool has_new_files = std::ranges::any_of(edits_, [&](const auto& edit) { return edit.second && lies_in(edit.first, path); });
    return has_new_files ? Result<EntryKind>(EntryKind::Directory) : git_.kind(path);
  }

  Result<std::string> read(const std::string& path) override {
    const auto edited = edits_.find(path);
    if (edited == edits_.end()) return git_.read(path);
    if (edited->second) return *edited->second;
    return Error{ErrorKind::NotFound, path + " is removed"};
  }

  Result<std::vector<std::string>> files_below(const std::string& directory) override {
    TRY(auto files, git_.files_below(directory));
    std::erase_if(files, [&](const std::string& file) { return edits_.contains(file); });
    for (const auto& [path, content] : edits_) {
      if (content && lies_in(path, directory)) files.push_back(path);
    }
    std::ranges::sort(files);
    return files;
  }

  const std::map<std::string, std::optional<std::string>>& edits() const { return edits_; }

 private:
  GitReader git_;
  std::map<std::string, std::optional<std::string>> edits_;
};

/// Of a path that edits alone make there is nothing to read.
Result<void> read_into(std::map<std::string, std::string>& files, Mirror& mirror, const std::string& revision, const std::string& path, bool may_be_missing) {
  auto content = mirror.read_file(revision, path);
  if (content) {
    files[path] = std::move(*content);
    return Result<void>{};
  }
  auto entries = mirror.read_tree(revision, path);
  if (!entries) return may_be_missing && entries.error().kind == ErrorKind::NotFound ? Result<void>{} : Result<void>(entries.error());
  for (auto& entry : *entries) files[join_path(path, entry.path)] = std::move(entry.content);
  return Result<void>{};
}

std::vector<SourceFile> as_list(std::map<std::string, std::string> files) {
  std::vector<SourceFile> list;
  list.reserve(files.size());
  for (auto& [path, content] : files) list.push_back({path, std::move(content)});
  return list;
}

Result<std::map<std::string, std::string>> outside_ids(Mirror& mirror, const App& app, const std::string& revision, const std::vector<std::string>& paths) {
  std::map<std::string, std::string> ids;
  for (const auto& path : paths) {
    if (path == app.path) continue;
    TRY(ids[path], mirror.tree_id(revision, path));
  }
  return ids;
}

/// "" where there is nothing.
Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto id = mirror.tree_id(revision, path);
  return !id && id.error().kind == ErrorKind::NotFound ? Result<std::string>(std::string()) : id;
}

/// A tree's id says nothing of the files that links in it name.
Result<std::map<std::string, std::string>> link_ids(Mirror& mirror, const App& app, const std::string& revision, const AppSources& sources) {
  std::vector<std::string> paths{app.path};
  for (const auto& [path, id] : sources.outside) paths.push_back(path);
  std::map<std::string, std::string> ids;
  for (const auto& path : paths) {
    TRY(const auto targets, mirror.link_targets(revision, path));
    for (const auto& target : targets) {
      const bool counts_already = std::ranges::any_of(paths, [&](const std::string& source) { return lies_in(target, source); });
      if (counts_already) continue;
      TRY(ids[target], id_at(mirror, revision, target));
    }
  }
  return ids;
}

Result<bool> hold(Mirror& mirror, const std::string& revision, const std::map<std::string, std::string>& ids) {
  for (const auto& [path, id] : ids) {
    TRY(const auto now, id_at(mirror, revision, path));
    if (now != id) return false;
  }
  return true;
}

/// A file that isn't there may come where none of the known ones is.
bool may_gain_sources(const App& app) {
  return app.helm.skip_missing_values || std::ranges::any_of(app.more, [](const SourcePart& part) { return part.helm.skip_missing_values; });
}

}  // namespace

Result<AppSources> find_app_sources(Mirror& mirror, const App& app, const std::string& revision) {
  AppSources sources;
  TRY(sources.own, mirror.tree_id(revision, app.path));
  if (!reads_only_its_path(app)) {
    GitReader reader(mirror, revision);
    TRY(const auto paths, find_sources(reader, app));
    TRY(sources.outside, outside_ids(mirror, app, revision, paths));
  }
  TRY(sources.links, link_ids(mirror, app, revision, sources));
  return sources;
}

Result<AppSources> find_app_sources(Mirror& mirror, const App& app, const std::string& revision, const AppSources& known) {
  if (!known.own.empty() && !may_gain_sources(app)) {
    TRY(const auto own, mirror.tree_id(revision, app.path));
    TRY(const auto outside, hold(mirror, revision, known.outside));
    TRY(const auto links, hold(mirror, revision, known.links));
    const bool same = own == known.own && outside && links;
    if (same) return known;
  }
  return find_app_sources(mirror, app, revision);
}

std::string id_of(const AppSources& sources) {
  if (sources.outside.empty() && sources.links.empty()) return sources.own;
  std::string all = sources.own + '\n';
  for (const auto& [path, id] : sources.outside) all += path + '\0' + id + '\n';
  for (const auto& [path, id] : sources.links) all += "link " + path + '\0' + id + '\n';
  return sha256_hex(all).substr(0, kIdLength);
}

Result<std::vector<SourceFile>> read_sources(Mirror& mirror, const App& app, const std::string& revision, const AppSources& sources) {
  std::map<std::string, std::string> files;
  CHECK_OK(read_into(files, mirror, revision, app.path, false));
  for (const auto& [path, id] : sources.outside) CHECK_OK(read_into(files, mirror, revision, path, false));
  return as_list(std::move(files));
}

Result<std::vector<SourceFile>> read_edited_sources(Mirror& mirror, const App& app, const std::string& revision, const std::vector<FileEdit>& edits) {
  EditedReader reader(mirror, revision, edits);
  std::vector<std::string> paths{app.path};
  if (!reads_only_its_path(app)) {
    TRY(paths, find_sources(reader, app));
  }
  std::map<std::string, std::string> files;
  for (const auto& path : paths) CHECK_OK(read_into(files, mirror, revision, path, true));
  for (const auto& [path, content] : reader.edits()) {
    files.erase(path);
    const bool is_source = std::ranges::any_of(paths, [&](const std::string& source) { return lies_in(path, source); });
    if (content && is_source) files[path] = *content;
  }
  return as_list(std::move(files));
}

}  // namespace driftwarden
