#pragma once
// A Git server in the process: objects in a bare repository, refs in memory, the smart protocol spoken by hand. People and the forge write to it
// directly, the bot through its mirror.
#include "gitops/repository/libgit.hpp"
#include "gitops/repository/transport.hpp"
#include "tests/sim/ground.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::sim {

struct GitAuthor {
  std::string name;
  std::string email;
};

class GitRemote {
 public:
  /// `directory` must be new; `objects_of` (a GitRemote's directory, or "") lends its objects.
  GitRemote(Ground& ground, std::string name, const std::string& directory, const std::string& objects_of);
  ~GitRemote();
  GitRemote(const GitRemote&) = delete;
  GitRemote& operator=(const GitRemote&) = delete;

  const std::string& name() const { return name_; }
  const std::string& directory() const { return directory_; }
  std::string head(const std::string& branch) const;
  std::vector<std::string> branches() const;
  /// As somebody who isn't the bot. `parent` "" = the first commit. The new head.
  std::string commit(const std::string& branch, const std::map<std::string, std::string>& files, const GitAuthor& author, const std::string& message);
  /// As the forge does it: one commit on the base with what `head` brings. Conflict when that isn't clean.
  Result<std::string> squash(const std::string& branch, const std::string& head, const GitAuthor& author, const std::string& message);
  bool merges_cleanly(const std::string& branch, const std::string& head) const;
  void point(const std::string& branch, const std::string& commit);

  /// "" when there is none.
  std::string file(const std::string& commit, const std::string& path) const;
  /// Files below it, path -> text.
  std::map<std::string, std::string> tree(const std::string& commit, const std::string& path) const;
  std::vector<std::string> parents(const std::string& commit) const;
  bool contains(const std::string& descendant, const std::string& ancestor) const;
  std::string message(const std::string& commit) const;

  /// When a commit was first seen here.
  std::map<std::string, MonoTime> born;
  /// People who wrote a commit of a branch beside the bot: by commit, those behind it included.
  std::map<std::string, std::set<std::string>> writers;
  /// The bot moved a branch: before the move.
  std::function<void(const std::string& branch, const std::string& before, const std::string& after)> on_push;

  std::unique_ptr<GitTransport> transport();

  // What the protocol needs.
  std::string advertisement(bool for_push) const;
  std::string pack(const std::vector<std::string>& wants, const std::vector<std::string>& haves) const;
  /// The server's report.
  std::string receive(const std::string& bytes);
  Ground& ground() { return ground_; }

 private:
  libgit::Handle<git_commit> find(const std::string& commit) const;
  std::string store(const std::string& tree, const std::vector<std::string>& parents, const GitAuthor& author, const std::string& message);
  void note(const std::string& commit);

  Ground& ground_;
  std::string name_;
  std::string directory_;
  libgit::Handle<git_repository> repository_;
  std::map<std::string, std::string> refs_;
};

}  // namespace driftwarden::sim
