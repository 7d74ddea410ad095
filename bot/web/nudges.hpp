#pragma once
// What webhooks make us look at, and how often: a forge may send hundreds in a minute, and a look costs requests of a limit.
#include "bot/web/web.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/clock.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// Does something at once, and then at most once per `every`: what comes meanwhile is done as one at its end. Not for threads.
class Throttle {
 public:
  Throttle(asio::any_io_executor executor, Clock& clock, Duration every, std::function<void()> action);
  void nudge();
  asio::awaitable<void> stop() { co_await tasks_.join(); }

 private:
  void act();
  asio::awaitable<void> act_later();

  Clock& clock_;
  Duration every_;
  std::function<void()> action_;
  MonoTime next_{};
  bool waiting_ = false;
  TaskGroup tasks_;
};

/// A push is looked at in Git and among the pull requests; a pull request by whoever follows those and by the Changes; a check, a status or a
/// comment by the Changes alone.
class Nudges {
 public:
  struct Targets {
    std::function<void(const std::vector<std::string>& urls)> repositories;
    std::function<void()> pulls;
    std::function<void()> changes;
  };
  /// `trusted`: the webhooks are signed, so each push is looked at as it comes.
  Nudges(asio::any_io_executor executor, Clock& clock, bool trusted, Targets targets);
  /// `parts` must not outlive this.
  void connect(WebParts& parts);
  asio::awaitable<void> stop();

 private:
  void push(const std::vector<std::string>& urls);
  void fetch();

  Targets targets_;
  std::set<std::string> urls_;  ///< pushed to since the last look
  bool all_ = false;            ///< some push didn't say where
  Throttle repositories_;
  Throttle pulls_;
  Throttle changes_;
};

}  // namespace driftwarden
