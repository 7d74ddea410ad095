#include "gitops/repository/objects.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <set>

namespace driftwarden::libgit {

namespace {

constexpr std::size_t kMaxTreeBytes = 64U << 20U;
constexpr int kMaxDepth = 64;
constexpr int kMaxLinks = 5;

std::string describe(const std::string& path) { return path.empty() ? "the repository's root" : path; }

Result<Handle<git_tree>> tree_by_id(git_repository* repository, const std::string& id) {
  git_oid oid;
  git_oid_fromstr(&oid, id.c_str());
  Handle<git_tree> tree;
  if (int code = git_tree_lookup(into(tree), repository, &oid); code < 0) return last_error("reading tree " + short_id(id), code);
  return tree;
}

Result<std::string> blob_by_id(git_repository* repository, const git_oid& id, std::size_t& budget) {
  Handle<git_blob> blob;
  if (int code = git_blob_lookup(into(blob), repository, &id); code < 0) return last_error("reading file " + short_id(to_hex(id)), code);
  const auto size = static_cast<std::size_t>(git_blob_rawsize(blob.get()));
  if (size > budget) return Error{ErrorKind::InvalidInput, "more than 64 MiB of files; point the app at a smaller folder"};
  budget -= size;
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())), size);
}

/// Where the link at `link_path` leads, as a path from the root; nothing when it leaves the repository.
std::optional<std::string> follow(const std::string& link_path, const std::string& target) {
  if (target.empty() || target.front() == '/') return std::nullopt;
  auto parts = split(link_path, '/');
  parts.pop_back();
  for (const auto& part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  return join(parts, "/");
}

class TreeReader {
 public:
  TreeReader(git_repository* repository, git_commit* commit) : repository_(repository), commit_(commit) {}

  Result<void> walk(const git_tree* tree, const std::string& root, const std::string& below, int depth) {
    if (depth > kMaxDepth) return Error{ErrorKind::InvalidInput, fmt::format("{}: folders nested deeper than {}", root, kMaxDepth)};
    for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
      const PathEntry here{to_hex(*git_tree_entry_id(entry)), static_cast<unsigned>(git_tree_entry_filemode(entry))};
      const std::string path = below + git_tree_entry_name(entry);
      if (here.is_tree()) {
        TRY(auto child, tree_by_id(repository_, here.id));
        CHECK_OK(walk(child.get(), root, path + "/", depth + 1));
      } else if (!here.is_submodule()) {
        TRY(auto content, read(here, root.empty() ? path : root + "/" + path, 0));
        files_.push_back({path, std::move(content)});
      }
    }
    return Result<void>{};
  }

  Result<std::string> read(const PathEntry& entry, const std::string& path, int links) {
    git_oid id;
    git_oid_fromstr(&id, entry.id.c_str());
    TRY(auto content, blob_by_id(repository_, id, budget_));
    if (!entry.is_link()) return content;
    const auto target = links < kMaxLinks ? follow(path, content) : std::nullopt;
    std::optional<PathEntry> found;
    if (target) {
      TRY(found, entry_at(commit_, *target));
    }
    if (!found || found->is_tree() || found->is_submodule()) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} is a symbolic link that names no file of this repository", path)};
    }
    return read(*found, *target, links + 1);
  }

  std::vector<TreeEntry> take() { return std::move(files_); }

 private:
  git_repository* repository_;
  git_commit* commit_;
  std::size_t budget_ = kMaxTreeBytes;
  std::vector<TreeEntry> files_;
};

bool lies_below(const std::string& path, const std::string& folder) { return folder.empty() || path == folder || path.starts_with(folder + "/"); }

/// Walks trees, and reads nothing of their files but where links lead.
class LinkFinder {
 public:
  LinkFinder(git_repository* repository, git_commit* commit, std::string root) : repository_(repository), commit_(commit), root_(std::move(root)) {}

  Result<void> walk(const std::string& tree_id, const std::string& folder, int depth) {
    if (depth > kMaxDepth) return Error{ErrorKind::InvalidInput, fmt::format("{}: folders nested deeper than {}", root_, kMaxDepth)};
    TRY(const auto tree, tree_by_id(repository_, tree_id));
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const PathEntry here{to_hex(*git_tree_entry_id(entry)), static_cast<unsigned>(git_tree_entry_filemode(entry))};
      const auto path = (folder.empty() ? "" : folder + "/") + git_tree_entry_name(entry);
      if (here.is_tree()) CHECK_OK(walk(here.id, path, depth + 1));
      if (here.is_link()) CHECK_OK(note(here, path, 0));
    }
    return Result<void>{};
  }

  Result<void> note(const PathEntry& link, const std::string& path, int links) {
    git_oid id;
    git_oid_fromstr(&id, link.id.c_str());
    auto budget = kMaxTreeBytes;
    TRY(const auto text, blob_by_id(repository_, id, budget));
    const auto target = follow(path, text);
    if (!target || links >= kMaxLinks) return Result<void>{};
    if (!lies_below(*target, root_)) found_.insert(*target);
    TRY(const auto entry, entry_at(commit_, *target));
    return entry && entry->is_link() ? note(*entry, *target, links + 1) : Result<void>{};
  }

  std::vector<std::string> take() const { return {found_.begin(), found_.end()}; }

 private:
  git_repository* repository_;
  git_commit* commit_;
  std::string root_;
  std::set<std::string> found_;
};

}  // namespace

std::string normal_path(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path == ".") return {};
  if (path.substr(0, 2) == "./") return normal_path(path.substr(2));
  return std::string(path);
}

Result<Handle<git_commit>> find_commit(git_repository* repository, const std::string& revision) {
  git_oid id;
  if (revision.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, revision.c_str()) < 0) {
    return Error{ErrorKind::NotFound, fmt::format("\"{}\" is no full commit id", ellipsize(without_control_characters(revision), 80))};
  }
  Handle<git_commit> commit;
  const int code = git_commit_lookup(into(commit), repository, &id);
  if (code == GIT_ENOTFOUND) return Error{ErrorKind::NotFound, fmt::format("no commit {} in the mirror; fetch first", short_id(revision))};
  if (code < 0) return last_error("reading commit " + short_id(revision), code);
  return commit;
}

Result<std::optional<PathEntry>> entry_at(git_commit* commit, const std::string& path) {
  if (path.empty()) return std::optional<PathEntry>(PathEntry{to_hex(*git_commit_tree_id(commit)), GIT_FILEMODE_TREE});
  const auto step = [&] { return fmt::format("reading {} at {}", path, short_id(to_hex(*git_commit_id(commit)))); };
  Handle<git_tree> root;
  if (int code = git_commit_tree(into(root), commit); code < 0) return last_error(step(), code);
  Handle<git_tree_entry> entry;
  const int code = git_tree_entry_bypath(into(entry), root.get(), path.c_str());
  if (code == GIT_ENOTFOUND) return std::optional<PathEntry>();
  if (code < 0) return last_error(step(), code);
  return std::optional<PathEntry>(PathEntry{to_hex(*git_tree_entry_id(entry.get())), static_cast<unsigned>(git_tree_entry_filemode(entry.get()))});
}

Result<PathEntry> require_entry(git_commit* commit, const std::string& path) {
  TRY(auto entry, entry_at(commit, path));
  if (entry) return *entry;
  return Error{ErrorKind::NotFound, fmt::format("{} doesn't exist at {}", describe(path), short_id(to_hex(*git_commit_id(commit))))};
}

Result<std::vector<TreeEntry>> read_tree(git_repository* repository, git_commit* commit, const std::string& path) {
  TRY(auto entry, require_entry(commit, path));
  TreeReader reader(repository, commit);
  if (!entry.is_tree()) {
    TRY(auto content, read_file(repository, commit, path));
    return std::vector<TreeEntry>{{split(path, '/').back(), std::move(content)}};
  }
  TRY(auto tree, tree_by_id(repository, entry.id));
  auto done = reader.walk(tree.get(), path, "", 0);
  if (!done) {
    const auto step = fmt::format("reading {} at {}", describe(path), short_id(to_hex(*git_commit_id(commit))));
    return Error{done.error().kind, fmt::format("{}: {}", step, done.error().message)};
  }
  return reader.take();
}

Result<std::vector<DirectoryEntry>> list_tree(git_repository* repository, const std::string& tree_id) {
  TRY(const auto tree, tree_by_id(repository, tree_id));
  std::vector<DirectoryEntry> entries;
  entries.reserve(git_tree_entrycount(tree.get()));
  for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    const PathEntry here{{}, static_cast<unsigned>(git_tree_entry_filemode(entry))};
    auto kind = DirectoryEntryKind::File;
    if (here.is_tree()) kind = DirectoryEntryKind::Directory;
    if (here.is_link()) kind = DirectoryEntryKind::Link;
    if (here.is_submodule()) kind = DirectoryEntryKind::Submodule;
    entries.push_back({git_tree_entry_name(entry), to_hex(*git_tree_entry_id(entry)), kind});
  }
  return entries;
}

Result<std::vector<std::string>> link_targets(git_repository* repository, git_commit* commit, const std::string& path) {
  TRY(const auto entry, require_entry(commit, path));
  LinkFinder finder(repository, commit, path);
  if (entry.is_tree()) CHECK_OK(finder.walk(entry.id, path, 0));
  if (entry.is_link()) CHECK_OK(finder.note(entry, path, 0));
  return finder.take();
}

Result<std::string> read_file(git_repository* repository, git_commit* commit, const std::string& path) {
  TRY(auto entry, require_entry(commit, path));
  if (entry.is_tree() || entry.is_submodule()) return Error{ErrorKind::InvalidInput, fmt::format("{} is no file", describe(path))};
  TreeReader reader(repository, commit);
  return reader.read(entry, path, 0);
}

}  // namespace driftwarden::libgit
