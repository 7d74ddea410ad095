// The shell around SendQueue: sends what it says, when it says.
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "integrations/slack/send_queue.hpp"
#include "integrations/slack/slack.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace driftwarden::slack {
namespace {

constexpr int kMaxRefusals = 10;
constexpr Duration kFirstPause{1'000};
constexpr Duration kLongestPause{60'000};
constexpr Duration kIdle{3'600'000};
const std::string kEdit = "chat.update";
const std::string kPost = "chat.postMessage";

Duration pause_after(int refusals) { return std::min<Duration>(kLongestPause, kFirstPause * (1 << std::min(refusals, 6))); }

struct Waiter {
  explicit Waiter(asio::any_io_executor executor) : done(std::move(executor)) {}
  Signal done;
  std::optional<Result<MessageRef>> result;
};

class PacedSender final : public Sender {
 public:
  PacedSender(asio::any_io_executor executor, WebApi& api, Clock& clock, SenderOptions options)
      : executor_(executor), api_(api), clock_(clock), queue_(options), changed_(executor), tasks_(executor) {}

  asio::awaitable<Result<MessageRef>> send(Outgoing outgoing) override;
  std::size_t waiting() const override { return queue_.waiting(); }
  asio::awaitable<void> stop() override;

 private:
  asio::awaitable<void> pump();
  asio::awaitable<void> carry_out(SendQueue::Job job);
  asio::awaitable<Result<MessageRef>> call(Outgoing outgoing);
  void heed_slack();
  MonoTime pause_until(const SendQueue::Job& job) const;
  void settle(const std::vector<Ticket>& waiters, const Result<MessageRef>& result);

  asio::any_io_executor executor_;
  WebApi& api_;
  Clock& clock_;
  SendQueue queue_;
  std::map<Ticket, std::shared_ptr<Waiter>> waiters_;
  Ticket last_ticket_ = 0;
  bool pumping_ = false;
  bool stopped_ = false;
  Signal changed_;
  TaskGroup tasks_;
};

asio::awaitable<Result<MessageRef>> PacedSender::send(Outgoing outgoing) {
  if (stopped_) co_return Error{ErrorKind::Cancelled, "the sender was stopped"};
  if (!std::exchange(pumping_, true)) tasks_.spawn("slack sender", pump());
  const auto ticket = ++last_ticket_;
  auto waiter = std::make_shared<Waiter>(executor_);
  waiters_[ticket] = waiter;
  queue_.add(ticket, std::move(outgoing));
  changed_.notify();
  auto woken = co_await waiter->done.wait();
  if (waiter->result) co_return std::move(*waiter->result);
  waiters_.erase(ticket);
  queue_.withdraw(ticket);
  co_return std::move(woken).error();
}

asio::awaitable<void> PacedSender::pump() {
  while (!stopped_) {
    heed_slack();
    while (auto job = queue_.next(clock_.mono_now())) tasks_.spawn("slack message", carry_out(std::move(*job)));
    const auto due = queue_.next_due().value_or(clock_.mono_now() + kIdle);
    auto woken = co_await changed_.wait_until(clock_, due);
    if (!woken) co_return;
  }
}

/// What waits here can still be overtaken and coalesced; what waits inside a call can't.
void PacedSender::heed_slack() {
  if (const auto until = api_.held_until(kEdit)) queue_.hold(true, *until);
  if (const auto until = api_.held_until(kPost)) queue_.hold(false, *until);
}

MonoTime PacedSender::pause_until(const SendQueue::Job& job) const {
  const auto ours = clock_.mono_now() + pause_after(job.refusals);
  return std::max(ours, api_.held_until(job.is_edit() ? kEdit : kPost).value_or(ours));
}

asio::awaitable<void> PacedSender::carry_out(SendQueue::Job job) {
  auto outgoing = job.outgoing;
  auto result = co_await call(std::move(outgoing));
  if (!result && result.error().kind == ErrorKind::RateLimited && job.refusals < kMaxRefusals) {
    const auto until = pause_until(job);
    const auto pause = std::chrono::ceil<Duration>(until - clock_.mono_now());
    log_warn("slack", fmt::format("channel {} pauses for {} ms: {}", job.outgoing.channel, pause.count(), result.error().message));
    queue_.put_back(std::move(job), until);
  } else {
    const auto posted = result ? std::optional<MessageRef>(*result) : std::nullopt;
    queue_.finish(job, posted);
    settle(job.waiters, result);
  }
  changed_.notify();
}

asio::awaitable<Result<MessageRef>> PacedSender::call(Outgoing outgoing) {
  if (!outgoing.ts) {
    auto posted = co_await api_.post(outgoing.channel, outgoing.thread_ts, outgoing.message);
    co_return posted;
  }
  MessageRef at;
  at.channel = outgoing.channel;
  at.ts = *outgoing.ts;
  auto edited = co_await api_.update(at, outgoing.message);
  if (!edited) co_return std::move(edited).error();
  co_return at;
}

void PacedSender::settle(const std::vector<Ticket>& waiters, const Result<MessageRef>& result) {
  for (const auto ticket : waiters) {
    const auto found = waiters_.find(ticket);
    if (found == waiters_.end()) continue;
    found->second->result = result;
    found->second->done.notify();
    waiters_.erase(found);
  }
}

asio::awaitable<void> PacedSender::stop() {
  stopped_ = true;
  // In a coroutine thread of its own: join() switches cancellation off, which must not leak to the caller.
  auto joined = asio::co_spawn(executor_, tasks_.join(), asio::use_awaitable);
  co_await std::move(joined);
  const Result<MessageRef> cancelled = Error{ErrorKind::Cancelled, "the sender was stopped"};
  std::vector<Ticket> all;
  for (const auto& [ticket, waiter] : waiters_) all.push_back(ticket);
  settle(all, cancelled);
}

}  // namespace

std::unique_ptr<Sender> create_sender(asio::any_io_executor executor, WebApi& api, Clock& clock, SenderOptions options) {
  return std::make_unique<PacedSender>(std::move(executor), api, clock, options);
}

}  // namespace driftwarden::slack
