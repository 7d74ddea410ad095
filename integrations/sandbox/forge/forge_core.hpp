#pragma once
// What can be done to the sandbox's forge, by the API, by Git and on the pages alike. One I/O thread owns it.
#include "gitops/base/async.hpp"
#include "integrations/net/http_client.hpp"
#include "integrations/sandbox/forge/forge_server.hpp"
#include "integrations/sandbox/forge/forge_state.hpp"
#include "integrations/sandbox/forge/git_program.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace driftwarden::sandbox::forge {

struct PullDraft {
  std::string title;
  std::string body;
  std::string head;
  std::string base;
};

struct MergeOrder {
  std::string method;  ///< Gitea's word: merge, rebase, rebase-merge, squash, fast-forward-only
  std::string expected_head;
  std::string title;
  std::string message;
  bool delete_branch = false;
};

/// One file on a branch, from a form or the contents API.
struct FileCommit {
  std::string user;
  std::string branch;
  std::string new_branch;  ///< made from `branch` for this commit; "" = on `branch` itself
  std::string path;
  std::string content;
  std::string message;
};

/// A comment and the pull request it stands below.
struct Said {
  Pull* pull = nullptr;
  Comment* comment = nullptr;
};

class Core {
 public:
  Core(asio::any_io_executor executor, Clock& clock, Random& random, ForgeServerOptions options);

  Repository* find(const std::string& full_name);
  GitProgram git(const Repository& repository) const;
  std::string directory_of(const std::string& full_name) const;
  const ForgeUser* find_user(const std::string& login) const;
  const ForgeUser* user_of_token(const std::string& token) const;
  WallTime now() const { return clock_.wall_now(); }
  std::string page_url(const Repository& repository) const { return options_.base_url + "/" + repository.full_name(); }
  std::string page_url(const Repository& repository, const Pull& pull) const { return page_url(repository) + "/pulls/" + std::to_string(pull.number); }
  const ForgeServerOptions& options() const { return options_; }
  void set_urls(std::string base_url, std::string webhook_url);
  State& state() { return state_; }
  Result<void> load();
  /// A state that can't be written is logged: the running forge goes on.
  void save();
  /// A secret of this process, for the pages' forms.
  const std::string& form_key() const { return form_key_; }

  /// Makes the open pull requests follow their branches; whoever moved those.
  asio::awaitable<Result<Refs>> follow(std::string repository);
  asio::awaitable<Answer<Pull>> open_pull(std::string repository, std::string user, PullDraft draft);
  asio::awaitable<Answer<PullReview>> review(std::string repository, std::int64_t number, std::string user, PullReview wanted);
  Answer<Comment> comment(const std::string& repository, std::int64_t number, const std::string& user, const std::string& body);
  /// Nulls when there is none.
  Said find_comment(const std::string& repository, std::int64_t id);
  Answer<Comment> edit_comment(const std::string& repository, std::int64_t id, const std::string& user, const std::string& body);
  /// All or nobody, as Gitea; the new requests only.
  Answer<std::vector<PullReview>> request_reviews(const std::string& repository, std::int64_t number, const std::string& user, const std::vector<std::string>& logins);
  Answer<Pull> withdraw_requests(const std::string& repository, std::int64_t number, const std::vector<std::string>& logins);
  Answer<Label> make_label(const std::string& repository, Label label);
  /// Adds those that aren't there; all of them in the end. What isn't known is left out, as Gitea does.
  Answer<std::vector<Label>> add_labels(const std::string& repository, std::int64_t number, const std::vector<std::int64_t>& ids);
  /// The owner of the repository, or a user marked as one.
  bool is_admin(const Repository& repository, const std::string& login) const;
  Answer<Protection> protect(const std::string& repository, Protection rule, bool replace);
  bool may_push(const Repository& repository, const std::string& branch) const;
  /// The new commit.
  asio::awaitable<Answer<std::string>> commit_file(std::string repository, FileCommit wanted);
  Answer<Pull> close(const std::string& repository, std::int64_t number, const std::string& user);
  asio::awaitable<Answer<Pull>> reopen(std::string repository, std::int64_t number, std::string user);
  asio::awaitable<Answer<Pull>> merge(std::string repository, std::int64_t number, std::string user, MergeOrder order);
  asio::awaitable<Answer<StatusEntry>> set_status(std::string repository, std::string sha, StatusEntry status);
  /// Nothing: it conflicts with its base.
  asio::awaitable<Result<bool>> mergeable(std::string repository, Pull pull);
  /// After a push by `user` that changed refs from `before` to `after`.
  asio::awaitable<void> pushed(std::string repository, std::string user, Refs before, Refs after);

  /// Signed like Gitea's, sent in the background, tried once.
  void notify(const std::string& event, const std::string& type, const nlohmann::json& payload);
  void notify_push(const Repository& repository, const std::string& user, const std::string& ref, const std::string& before, const std::string& after);
  void notify_comment(const Repository& repository, const Pull& pull, const Comment& comment, const std::string& user, const std::string& action);
  void notify_status(const Repository& repository, const std::string& sha, const StatusEntry& status);
  void notify_pull(const Repository& repository, const Pull& pull, const std::string& user, const std::string& action);
  asio::awaitable<void> stop() { co_await tasks_.join(); }
  Clock& clock() { return clock_; }

 private:
  asio::awaitable<Result<void>> request_owners(std::string repository, std::int64_t number);
  void follow_one(const Repository& repository, Pull& pull, const Refs& refs);
  asio::awaitable<Result<std::string>> make_merge(GitProgram git, Pull pull, std::string base_sha, std::string user, MergeOrder order);
  asio::awaitable<Answer<std::string>> merge_into_base(Repository repository, Pull pull, std::string user, MergeOrder order);

  Clock& clock_;
  Random& random_;
  ForgeServerOptions options_;
  State state_;
  std::string form_key_;
  std::set<std::string> merging_;                                   ///< "owner/repo#n" while a merge runs
  std::map<std::pair<std::string, std::string>, bool> mergeable_;  ///< by (base, head) commit
  std::unique_ptr<net::HttpClient> http_;
  TaskGroup tasks_;
};

GitPerson to_person(const ForgeUser& user);

}  // namespace driftwarden::sandbox::forge
