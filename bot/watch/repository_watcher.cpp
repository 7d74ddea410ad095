#include "bot/watch/repository_watcher.hpp"

#include "gitops/base/log.hpp"
#include "integrations/net/backoff.hpp"

#include <fmt/core.h>

namespace driftwarden {

RepositoryWatcher::RepositoryWatcher(asio::any_io_executor executor, asio::any_io_executor pool, Clock& clock, Random& random, Duration poll, MirrorOptions options)
    : pool_(std::move(pool)), clock_(clock), random_(random), poll_(poll), nudged_(std::move(executor)), shared_(std::make_shared<Shared>()) {
  shared_->options = std::move(options);
}

Result<Mirror*> RepositoryWatcher::Shared::open() {
  const std::lock_guard lock(mutex);
  if (!mirror) {
    TRY(mirror, Mirror::open(options));
  }
  return mirror.get();
}

asio::awaitable<Result<std::string>> RepositoryWatcher::fetch() {
  std::function<Result<std::string>(Mirror&)> work = [](Mirror& mirror) { return mirror.fetch(); };
  auto working = with_mirror<std::string>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<RepositoryWatcher::Fetched>> RepositoryWatcher::fetch_all() {
  std::function<Result<Fetched>(Mirror&)> work = [](Mirror& mirror) -> Result<Fetched> {
    Fetched fetched;
    TRY(fetched.head, mirror.fetch());
    fetched.followed = mirror.followed_id();
    return fetched;
  };
  auto working = with_mirror<Fetched>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<void> RepositoryWatcher::run(Listener listener) {
  net::Backoff backoff(random_, {Duration{1000}, std::max(poll_, Duration{1000})});
  std::string seen;
  std::string followed;
  std::string told;
  while (true) {
    auto head = co_await fetch_all();
    auto wait = poll_;
    if (head) {
      answered_at_ = clock_.wall_now();
      if (!told.empty()) {
        log_info("git", fmt::format("{} answers again", shared_->options.url));
        listener.on_recovered();
      }
      told.clear();
      backoff.reset();
      const bool moved = head->head != seen || head->followed != followed;
      if (moved || (listener.unfinished && listener.unfinished())) {
        seen = head->head;
        followed = head->followed;
        co_await listener.on_head(seen);
      }
    } else {
      if (head.error().kind == ErrorKind::Cancelled) co_return;
      wait = backoff.next();
      if (head.error().message != told) {
        told = head.error().message;
        log_warn("git", fmt::format("{}: {}", shared_->options.url, told));
        listener.on_failure(head.error());
      }
    }
    auto nudged = co_await nudged_.wait_until(clock_, clock_.mono_now() + wait);
    if (!nudged) co_return;
  }
}

}  // namespace driftwarden
