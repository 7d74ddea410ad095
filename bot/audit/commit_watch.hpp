#pragma once
// What reaches a deployed branch past the bot leaves its row, once per commit: pushed directly, or merged by people. How far each branch was looked at
// stands in the store, in the transaction of the rows. The first sight of a branch has none.
#include "bot/audit/others_commits.hpp"
#include "bot/outbox/outbox.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

class CommitWatch {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    const Config* config = nullptr;
    AsyncStore* store = nullptr;
    Outbox* outbox = nullptr;  ///< its "slack.notice" is somebody else's
    /// Git work on the mirror of a repository.
    std::function<asio::awaitable<Result<void>>(std::string repository, std::function<Result<void>(Mirror&)> work)> in_mirror;
    std::function<std::vector<AppPaths>(const std::string& repository)> apps;
    /// The pull request, where it is merged; empty: nobody can be asked.
    std::function<asio::awaitable<Result<std::optional<ConfirmedPull>>>(std::string repository, std::int64_t number)> find_merged{};
  };
  explicit CommitWatch(Parts parts);

  void start();
  asio::awaitable<void> stop();
  void on_head(const std::string& repository, const std::string& head);

 private:
  struct Lane;
  struct Cursor;
  struct Sorted;
  asio::awaitable<void> follow(std::shared_ptr<Lane> lane);
  /// The repository's Apps, with those that were there when it was looked at last: a commit that takes one away touches it.
  std::vector<AppPaths> apps_around(const Lane& lane) const;
  /// False: something must settle first.
  asio::awaitable<Result<bool>> look(const Lane& lane, std::string head);
  asio::awaitable<Result<std::optional<Cursor>>> load(std::string repository);
  asio::awaitable<Result<void>> begin_at(CommitPlace place, Cursor cursor);
  asio::awaitable<Result<Arrivals>> arrivals(std::string repository, std::string since, std::string head);
  asio::awaitable<Result<Sorted>> sort(CommitPlace place, Cursor cursor, std::string head, Arrivals arrived);
  asio::awaitable<Result<void>> describe(CommitPlace place, std::string before, std::vector<AppPaths> apps, std::shared_ptr<Sorted> sorted);
  asio::awaitable<Result<void>> ask_for_pulls(std::string repository, std::shared_ptr<Sorted> sorted);
  asio::awaitable<Result<void>> write(CommitPlace place, Cursor before, std::shared_ptr<const Sorted> sorted);

  Parts parts_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;  ///< by repository
  TaskGroup tasks_;
};

}  // namespace driftwarden
