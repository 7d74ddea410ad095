#pragma once
// libgit2's ground: start-up, owners for its objects, and its errors as ours. Names its types without including its header.
#include "gitops/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

struct git_blob;
struct git_commit;
struct git_config;
struct git_diff;
struct git_index;
struct git_object;
struct git_oid;
struct git_packbuilder;
struct git_patch;
struct git_reference;
struct git_remote;
struct git_repository;
struct git_revwalk;
struct git_signature;
struct git_tree;
struct git_tree_entry;
struct git_treebuilder;

namespace driftwarden::libgit {

struct Free {
  void operator()(git_blob* it) const;
  void operator()(git_commit* it) const;
  void operator()(git_config* it) const;
  void operator()(git_diff* it) const;
  void operator()(git_index* it) const;
  void operator()(git_object* it) const;
  void operator()(git_packbuilder* it) const;
  void operator()(git_patch* it) const;
  void operator()(git_reference* it) const;
  void operator()(git_remote* it) const;
  void operator()(git_repository* it) const;
  void operator()(git_revwalk* it) const;
  void operator()(git_signature* it) const;
  void operator()(git_tree* it) const;
  void operator()(git_tree_entry* it) const;
  void operator()(git_treebuilder* it) const;
};

template <class T>
using Handle = std::unique_ptr<T, Free>;

/// For libgit2's out-parameters: `git_commit_lookup(into(commit), ...)`.
template <class T>
class Into {
 public:
  explicit Into(Handle<T>& handle) : handle_(handle) {}
  ~Into() { handle_.reset(raw_); }
  Into(const Into&) = delete;
  Into& operator=(const Into&) = delete;
  operator T**() { return &raw_; }  // NOLINT: the point of the class

 private:
  Handle<T>& handle_;
  T* raw_ = nullptr;
};
template <class T>
Into<T> into(Handle<T>& handle) {
  return Into<T>(handle);
}

/// Once per process: no configuration of this host is read, objects are checked before they are written.
void initialise();

/// What libgit2 reported last on this thread. `step` says what was being done: "reading commit 4f2c".
Error last_error(std::string_view step, int code);

std::string to_hex(const git_oid& id);
/// The first ten characters, for messages.
std::string short_id(std::string_view id);
/// Bytes that are no UTF-8 become '?', so that no later encoder fails on somebody's old commit message.
std::string valid_utf8(std::string_view text);

}  // namespace driftwarden::libgit
