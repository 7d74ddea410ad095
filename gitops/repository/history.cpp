// Which commit somebody means, and which commits changed a path.
#include "gitops/base/text.hpp"
#include "gitops/repository/objects.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <algorithm>

namespace driftwarden::libgit {

namespace {

constexpr std::size_t kMaxScanned = 50'000;
constexpr std::size_t kMinPrefix = 4;
constexpr unsigned kMaxGenerations = 100'000;

Error unknown_revision(const std::string& text, std::string_view hint) {
  return Error{ErrorKind::NotFound, fmt::format("no commit \"{}\": {}", ellipsize(valid_utf8(without_control_characters(text)), 80), hint)};
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

Result<std::string> by_prefix(git_repository* repository, const std::string& text) {
  git_oid id;
  git_oid_fromstrn(&id, text.c_str(), text.size());
  Handle<git_object> object;
  const int code = git_object_lookup_prefix(into(object), repository, &id, text.size(), GIT_OBJECT_COMMIT);
  if (code == GIT_EAMBIGUOUS) return unknown_revision(text, "several begin like this, give more characters");
  if (code == GIT_ENOTFOUND) return unknown_revision(text, "not on the branch as last fetched; `history` lists what there is");
  if (code < 0) return last_error("looking up " + text, code);
  return to_hex(*git_object_id(object.get()));
}

Result<std::string> by_name(git_repository* repository, const std::string& branch, const std::string& text) {
  if (text == "HEAD") {
    if (auto head = read_ref(repository, tracking_ref(branch))) return *head;
    return unknown_revision(text, "nothing was fetched yet");
  }
  if (auto tracked = read_ref(repository, tracking_ref(text))) return *tracked;
  if (auto local = read_ref(repository, "refs/heads/" + text)) return *local;
  if (!text.empty() && is_hex(text) && text.size() <= GIT_OID_HEXSZ) {
    if (text.size() >= kMinPrefix) return by_prefix(repository, text);
    return unknown_revision(text, "a short id needs at least four characters");
  }
  return unknown_revision(text, "give a commit id, HEAD, HEAD~1 or a branch");
}

/// Splits "HEAD~2" into "HEAD" and 2; no "~" is 0, a malformed count nothing.
std::optional<unsigned> take_generations(std::string& text) {
  const auto tilde = text.find('~');
  if (tilde == std::string::npos) return 0;
  const auto digits = text.substr(tilde + 1);
  text.resize(tilde);
  if (digits.empty()) return 1;
  if (digits.size() > 6 || !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) return std::nullopt;
  const auto count = static_cast<unsigned>(std::stoul(digits));
  return count <= kMaxGenerations ? std::optional(count) : std::nullopt;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : valid_utf8(text); }

/// The first parent, or null for a root commit.
Result<Handle<git_commit>> first_parent(git_commit* commit) {
  if (git_commit_parentcount(commit) == 0) return Handle<git_commit>();
  Handle<git_commit> parent;
  if (int code = git_commit_parent(into(parent), commit, 0); code < 0) {
    return last_error("reading the parent of " + short_id(to_hex(*git_commit_id(commit))), code);
  }
  return parent;
}

}  // namespace

std::string tracking_ref(const std::string& branch) { return "refs/remotes/origin/" + branch; }

std::optional<std::string> read_ref(git_repository* repository, const std::string& name) {
  int valid = 0;
  if (git_reference_name_is_valid(&valid, name.c_str()) < 0 || valid == 0) return std::nullopt;
  git_oid id;
  if (git_reference_name_to_id(&id, repository, name.c_str()) < 0) return std::nullopt;
  return to_hex(id);
}

Result<std::string> resolve(git_repository* repository, const std::string& branch, const std::string& text) {
  std::string name(trim(text));
  if (name.find('\0') != std::string::npos) return unknown_revision(name, "it holds a zero byte");
  const auto generations = take_generations(name);
  if (!generations) return unknown_revision(text, "what follows \"~\" is a small number");
  TRY(auto id, by_name(repository, branch, name));
  TRY(auto commit, find_commit(repository, id));
  for (unsigned i = 0; i < *generations; ++i) {
    TRY(commit, first_parent(commit.get()));
    if (!commit) return unknown_revision(text, fmt::format("the branch has only {} commits before it", i));
  }
  return to_hex(*git_commit_id(commit.get()));
}

CommitPerson committer(git_commit* commit) {
  const git_signature* signature = git_commit_committer(commit);
  return signature == nullptr ? CommitPerson{} : CommitPerson{text_of(signature->name), text_of(signature->email)};
}

CommitInfo to_info(git_commit* commit) {
  CommitInfo info;
  info.sha = to_hex(*git_commit_id(commit));
  if (const git_signature* author = git_commit_author(commit)) info.author = {text_of(author->name), text_of(author->email)};
  info.time = WallTime(std::chrono::seconds(git_commit_time(commit)));
  info.summary = text_of(git_commit_summary(commit));
  info.message = text_of(git_commit_message(commit));
  for (unsigned i = 0; i < git_commit_parentcount(commit); ++i) info.parents.push_back(to_hex(*git_commit_parent_id(commit, i)));
  return info;
}

Result<std::vector<CommitInfo>> history(git_repository* repository, git_commit* from, const std::string& path, std::size_t limit) {
  std::vector<CommitInfo> found;
  TRY(auto commit, find_commit(repository, to_hex(*git_commit_id(from))));
  TRY(auto here, entry_at(commit.get(), path));
  for (std::size_t scanned = 0; commit && scanned < kMaxScanned && found.size() < limit; ++scanned) {
    TRY(auto parent, first_parent(commit.get()));
    std::optional<PathEntry> before;
    if (parent) {
      TRY(before, entry_at(parent.get(), path));
    }
    if (here != before) found.push_back(to_info(commit.get()));
    commit = std::move(parent);
    here = std::move(before);
  }
  return found;
}

}  // namespace driftwarden::libgit
