// Writing a commit without a work tree: blobs and trees straight into the object store.
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

Result<git_oid> apply(git_repository* repository, const git_oid& base, const Node& changes) {
  TRY(auto tree, load_tree(repository, base));
  TRY(auto written, TreeWriter(repository).write(tree.get(), changes, ""));
  if (!written) return invalid("this would leave the repository empty");
  return *written;
}

Result<git_oid> restored_tree(git_repository* repository, const git_oid& base, const std::string& path, const std::string& revision) {
  TRY(auto past, find_commit(repository, revision));
  if (path.empty()) return *git_commit_tree_id(past.get());
  TRY(auto entry, entry_at(past.get(), path));
  Node root;
  Node leaf;
  leaf.kind = entry ? Node::Kind::Put : Node::Kind::Remove;
  leaf.replaces_folder = true;
  if (entry) {
    git_oid_fromstr(&leaf.id, entry->id.c_str());
    leaf.mode = static_cast<git_filemode_t>(entry->mode);
  }
  CHECK_OK(place(root, path, std::move(leaf)));
  return apply(repository, base, root);
}

Result<git_oid> edited_tree(git_repository* repository, const git_oid& base, const std::vector<FileEdit>& edits) {
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
  return apply(repository, base, root);
}

/// A chat name may hold anything; a line break in it would become a header of the commit.
std::string signature_text(const std::string& text, std::string_view fallback) {
  auto clean = valid_utf8(without_control_characters(text));
  std::erase_if(clean, [](char c) { return c == '<' || c == '>'; });
  const auto trimmed = trim(clean);
  return std::string(trimmed.empty() ? fallback : trimmed);
}

Result<Handle<git_signature>> signature(const CommitPerson& person, WallTime at) {
  const auto name = signature_text(person.name, "unknown");
  const auto email = signature_text(person.email, "unknown@invalid");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  Handle<git_signature> made;
  if (int code = git_signature_new(into(made), name.c_str(), email.c_str(), seconds, 0); code < 0) {
    auto error = last_error(fmt::format("the name of {}", name), code);
    error.kind = ErrorKind::InvalidInput;
    return error;
  }
  return made;
}

Result<std::string> clean_message(const std::string& message) {
  auto text = valid_utf8(message);
  std::erase_if(text, [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F; });
  git_buf pretty = {};
  if (int code = git_message_prettify(&pretty, text.c_str(), 0, '#'); code < 0) return last_error("the commit's message", code);
  std::string out(pretty.ptr == nullptr ? "" : pretty.ptr, pretty.size);
  git_buf_dispose(&pretty);
  if (out.empty()) return invalid("a commit needs a message");
  return out;
}

Result<void> move_branch(git_repository* repository, const std::string& branch, const git_oid& id) {
  const auto name = "refs/heads/" + branch;
  int valid = 0;
  if (branch.empty() || git_reference_name_is_valid(&valid, name.c_str()) < 0 || valid == 0) {
    return invalid(fmt::format("\"{}\" is no branch name", shown(branch)));
  }
  Handle<git_reference> moved;
  if (int code = git_reference_create(into(moved), repository, name.c_str(), &id, 1, nullptr); code < 0) {
    return last_error("moving branch " + branch, code);
  }
  return Result<void>{};
}

}  // namespace

Result<std::string> write_commit(git_repository* repository, const CommitRequest& request) {
  TRY(auto base, find_commit(repository, request.base));
  git_oid tree_id = *git_commit_tree_id(base.get());
  if (!request.restore_path.empty()) {
    TRY(tree_id, restored_tree(repository, tree_id, normal_path(request.restore_path), request.restore_revision));
  }
  if (!request.edits.empty()) {
    TRY(tree_id, edited_tree(repository, tree_id, request.edits));
  }
  if (git_oid_equal(&tree_id, git_commit_tree_id(base.get())) != 0) return invalid("this would change nothing");

  TRY(auto tree, load_tree(repository, tree_id));
  TRY(auto author, signature(request.author, request.at));
  TRY(auto committer, signature(request.committer, request.at));
  TRY(auto message, clean_message(request.message));
  git_oid id;
  const git_commit* parents[] = {base.get()};
  // No encoding: "UTF-8" would write a header that Git itself leaves out.
  if (int code = git_commit_create(&id, repository, nullptr, author.get(), committer.get(), nullptr, message.c_str(), tree.get(), 1, parents); code < 0) {
    return last_error("writing the commit", code);
  }
  CHECK_OK(move_branch(repository, request.branch, id));
  return to_hex(id);
}

}  // namespace driftwarden::libgit
