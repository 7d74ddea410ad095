// The commit object itself: who, when, why, signed or not, and the branch that points at it.
#include "gitops/base/text.hpp"
#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

namespace driftwarden::libgit {

namespace {

Error invalid(std::string message) { return Error{ErrorKind::InvalidInput, std::move(message)}; }

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
    return invalid(fmt::format("\"{}\" is no branch name", ellipsize(valid_utf8(without_control_characters(branch)), 200)));
  }
  Handle<git_reference> moved;
  if (int code = git_reference_create(into(moved), repository, name.c_str(), &id, 1, nullptr); code < 0) {
    return last_error("moving branch " + branch, code);
  }
  return Result<void>{};
}

/// Owns what libgit2 wrote.
struct Buffer {
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { git_buf_dispose(&raw); }
  std::string text() const { return {raw.ptr == nullptr ? "" : raw.ptr, raw.size}; }
  git_buf raw{};
};

/// The commit's bytes: what is signed.
Result<std::string> unsigned_bytes(git_repository* repository, const NewCommit& wanted) {
  git_oid tree_id;
  git_oid_fromstr(&tree_id, wanted.tree.c_str());
  Handle<git_tree> tree;
  if (int code = git_tree_lookup(into(tree), repository, &tree_id); code < 0) return last_error("reading tree " + short_id(wanted.tree), code);
  TRY(auto author, signature(wanted.author, wanted.at));
  TRY(auto committer, signature(wanted.committer, wanted.at));
  TRY(auto message, clean_message(wanted.message));
  auto parents = wanted.parents;
  Buffer bytes;
  // No encoding: "UTF-8" would write a header that Git itself leaves out.
  if (int code = git_commit_create_buffer(&bytes.raw, repository, author.get(), committer.get(), nullptr, message.c_str(), tree.get(), parents.size(), parents.data()); code < 0) {
    return last_error("writing the commit", code);
  }
  return bytes.text();
}

Result<git_oid> store_unsigned(git_repository* repository, const std::string& bytes) {
  git_oid id;
  git_odb* objects = nullptr;
  int code = git_repository_odb(&objects, repository);
  if (code == 0) code = git_odb_write(&id, objects, bytes.data(), bytes.size(), GIT_OBJECT_COMMIT);
  git_odb_free(objects);
  if (code < 0) return last_error("writing the commit", code);
  return id;
}

}  // namespace

Result<UnsignedCommit> compose(git_repository* repository, const NewCommit& wanted) {
  TRY(auto bytes, unsigned_bytes(repository, wanted));
  return UnsignedCommit{std::move(bytes), wanted.branch};
}

std::optional<std::string> find_signed(git_repository* repository, const UnsignedCommit& commit) {
  const auto head = read_ref(repository, "refs/heads/" + commit.branch);
  if (!head) return std::nullopt;
  git_oid id;
  git_oid_fromstr(&id, head->c_str());
  Buffer signed_by;
  Buffer content;
  const bool is_signed = git_commit_extract_signature(&signed_by.raw, &content.raw, repository, &id, nullptr) == 0;
  git_error_clear();
  return is_signed && content.text() == commit.bytes ? head : std::nullopt;
}

Result<std::string> store_commit(git_repository* repository, const UnsignedCommit& commit, const std::string& signature) {
  git_oid id;
  if (signature.empty()) {
    TRY(id, store_unsigned(repository, commit.bytes));
  } else {
    // Somebody else may have signed the same meanwhile.
    if (auto before = find_signed(repository, commit)) return *before;
    if (int code = git_commit_create_with_signature(&id, repository, commit.bytes.c_str(), signature.c_str(), "gpgsig"); code < 0) {
      return last_error("writing the signed commit", code);
    }
  }
  CHECK_OK(move_branch(repository, commit.branch, id));
  return to_hex(id);
}

}  // namespace driftwarden::libgit
