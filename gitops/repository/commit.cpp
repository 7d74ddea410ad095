// What a commit is to hold, without a work tree: blobs and trees straight into the object store.
#include "gitops/base/text.hpp"
#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <map>

namespace driftwarden::libgit {

namespace {

/// What is to become of one name of a folder: a file or folder put there, its removal, or changes further down.
struct Node {
  enum class Kind { Folder, Put, Remove };
  Kind kind = Kind::Folder;
  git_oid id{};
  std::optional<git_filemode_t> mode;  ///< absent: as it was, or a plain file
  bool replaces_folder = false;
  std::map<std::string, Node> children;
};

Error invalid(std::string message) { return Error{ErrorKind::InvalidInput, std::move(message)}; }

std::string shown(const std::string& path) { return ellipsize(valid_utf8(without_control_characters(path)), 200); }

Result<void> place(Node& root, const std::string& path, Node leaf) {
  if (path.find('\0') != std::string::npos) return invalid(fmt::format("{}: a path holds no zero byte", shown(path)));
  Node* node = &root;
  for (const auto& part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return invalid(fmt::format("{} is no path from the repository's root", shown(path)));
    if (node->kind != Node::Kind::Folder) return invalid(fmt::format("{} lies below another edited file", shown(path)));
    node = &node->children[part];
  }
  if (!node->children.empty()) return invalid(fmt::format("{} is edited as a file and as a folder", shown(path)));
  *node = std::move(leaf);
  return Result<void>{};
}

const git_tree_entry* find(const git_tree* tree, const std::string& name) {
  return tree == nullptr ? nullptr : git_tree_entry_byname(tree, name.c_str());
}

Result<Handle<git_tree>> load_tree(git_repository* repository, const git_oid& id) {
  Handle<git_tree> tree;
  if (int code = git_tree_lookup(into(tree), repository, &id); code < 0) return last_error("reading tree " + short_id(to_hex(id)), code);
  return tree;
}

class TreeWriter {
 public:
  explicit TreeWriter(git_repository* repository) : repository_(repository) {}

  /// The changed copy of `base` (null: an empty folder); nothing when no file is left, as Git keeps no empty folders.
  Result<std::optional<git_oid>> write(const git_tree* base, const Node& node, const std::string& below) {
    Handle<git_treebuilder> builder;
    if (int code = git_treebuilder_new(into(builder), repository_, base); code < 0) return last_error("writing a folder", code);
    for (const auto& [name, child] : node.children) {
      CHECK_OK(change(builder.get(), find(base, name), name, child, below + name));
    }
    if (git_treebuilder_entrycount(builder.get()) == 0) return std::optional<git_oid>();
    git_oid id;
    if (int code = git_treebuilder_write(&id, builder.get()); code < 0) return last_error("writing a folder", code);
    return std::optional<git_oid>(id);
  }

 private:
  Result<void> change(git_treebuilder* builder, const git_tree_entry* old, const std::string& name, const Node& child, const std::string& path) {
    const bool was_folder = old != nullptr && git_tree_entry_type(old) == GIT_OBJECT_TREE;
    if (child.kind != Node::Kind::Folder && was_folder && !child.replaces_folder) return invalid(fmt::format("{} is a folder", shown(path)));
    if (child.kind == Node::Kind::Remove) return remove(builder, old, name);
    if (child.kind == Node::Kind::Put && !child.mode && old != nullptr && git_tree_entry_filemode(old) == GIT_FILEMODE_LINK) {
      return invalid(fmt::format("{} is a symbolic link: edit the file that it names", shown(path)));
    }
    if (child.kind == Node::Kind::Put) return put(builder, name, child.id, child.mode.value_or(kept_mode(old)), path);
    if (old != nullptr && !was_folder && puts_anything(child)) return invalid(fmt::format("{} is a file, no folder", shown(path)));
    if (!was_folder && !puts_anything(child)) return Result<void>{};
    Handle<git_tree> below;
    if (was_folder) {
      TRY(below, load_tree(repository_, *git_tree_entry_id(old)));
    }
    TRY(auto written, write(below.get(), child, path + "/"));
    if (!written) return remove(builder, old, name);
    return put(builder, name, *written, GIT_FILEMODE_TREE, path);
  }

  static bool puts_anything(const Node& node) {
    if (node.kind != Node::Kind::Folder) return node.kind == Node::Kind::Put;
    for (const auto& [name, child] : node.children) {
      if (puts_anything(child)) return true;
    }
    return false;
  }

  static git_filemode_t kept_mode(const git_tree_entry* old) {
    const bool executable = old != nullptr && git_tree_entry_filemode(old) == GIT_FILEMODE_BLOB_EXECUTABLE;
    return executable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
  }

  static Result<void> put(git_treebuilder* builder, const std::string& name, const git_oid& id, git_filemode_t mode, const std::string& path) {
    if (int code = git_treebuilder_insert(nullptr, builder, name.c_str(), &id, mode); code < 0) {
      auto error = last_error(fmt::format("writing {}", shown(path)), code);
      error.kind = ErrorKind::InvalidInput;
      return error;
    }
    return Result<void>{};
  }

  static Result<void> remove(git_treebuilder* builder, const git_tree_entry* old, const std::string& name) {
    if (old == nullptr) return Result<void>{};
    if (int code = git_treebuilder_remove(builder, name.c_str()); code < 0) return last_error(fmt::format("removing {}", shown(name)), code);
    return Result<void>{};
  }

  git_repository* repository_;
};

/// Nothing where no file is left.
Result<std::optional<git_oid>> apply(git_repository* repository, const git_oid& base, const Node& changes) {
  TRY(auto tree, load_tree(repository, base));
  return TreeWriter(repository).write(tree.get(), changes, "");
}

Result<git_oid> empty_tree(git_repository* repository) {
  Handle<git_treebuilder> builder;
  git_oid id;
  int code = git_treebuilder_new(into(builder), repository, nullptr);
  if (code == 0) code = git_treebuilder_write(&id, builder.get());
  if (code < 0) return last_error("writing a folder", code);
  return id;
}

git_oid oid_of(const std::string& hex) {
  git_oid id;
  git_oid_fromstr(&id, hex.c_str());
  return id;
}

Result<std::string> edited_tree(git_repository* repository, const std::string& base, const std::vector<FileEdit>& edits) {
  Node root;
  for (const auto& edit : edits) {
    Node leaf;
    leaf.kind = edit.content ? Node::Kind::Put : Node::Kind::Remove;
    if (edit.content) {
      if (int code = git_blob_create_from_buffer(&leaf.id, repository, edit.content->data(), edit.content->size()); code < 0) {
        return last_error(fmt::format("writing {}", shown(edit.path)), code);
      }
    }
    CHECK_OK(place(root, edit.path, std::move(leaf)));
  }
  TRY(const auto written, apply(repository, oid_of(base), root));
  if (!written) return invalid("this would leave the repository empty");
  return to_hex(*written);
}

}  // namespace

Result<std::string> tree_with_path_of(git_repository* repository, const std::string& tree, const std::string& path, git_commit* commit) {
  std::optional<PathEntry> entry;
  if (commit != nullptr) {
    TRY(entry, entry_at(commit, path));
  }
  if (path.empty() && entry) return entry->id;
  TRY(const auto nothing, empty_tree(repository));
  if (path.empty()) return to_hex(nothing);
  Node root;
  Node leaf;
  leaf.kind = entry ? Node::Kind::Put : Node::Kind::Remove;
  leaf.replaces_folder = true;
  if (entry) {
    leaf.id = oid_of(entry->id);
    leaf.mode = static_cast<git_filemode_t>(entry->mode);
  }
  CHECK_OK(place(root, path, std::move(leaf)));
  TRY(const auto written, apply(repository, oid_of(tree), root));
  return to_hex(written.value_or(nothing));
}

namespace {

/// The first commit of a branch that shares nothing with any other.
Result<UnsignedCommit> compose_root(git_repository* repository, const CommitRequest& request) {
  if (!request.restore_path.empty() || !request.undo_revision.empty() || request.edits.empty()) return invalid("a first commit has edits and nothing to restore");
  TRY(const auto nothing, empty_tree(repository));
  NewCommit wanted{to_hex(nothing), {}, request.branch, request.author, request.committer, request.at, request.message};
  TRY(wanted.tree, edited_tree(repository, wanted.tree, request.edits));
  return compose(repository, wanted);
}

}  // namespace

Result<UnsignedCommit> compose_commit(git_repository* repository, const CommitRequest& request) {
  if (request.base.empty()) return compose_root(repository, request);
  TRY(auto base, find_commit(repository, request.base));
  const auto before = to_hex(*git_commit_tree_id(base.get()));
  NewCommit wanted{before, {base.get()}, request.branch, request.author, request.committer, request.at, request.message};
  const auto path = normal_path(request.restore_path);
  if (!request.undo_revision.empty()) {
    TRY(wanted.tree, undone_tree(repository, base.get(), request.undo_revision, path));
  } else if (!request.restore_path.empty()) {
    TRY(auto past, find_commit(repository, request.restore_revision));
    TRY(wanted.tree, tree_with_path_of(repository, before, path, past.get()));
    TRY(const auto nothing, empty_tree(repository));
    if (wanted.tree == to_hex(nothing)) return invalid("this would leave the repository empty");
  }
  if (!request.edits.empty()) {
    TRY(wanted.tree, edited_tree(repository, wanted.tree, request.edits));
  }
  if (wanted.tree == before) return invalid("this would change nothing");
  return compose(repository, wanted);
}

}  // namespace driftwarden::libgit
