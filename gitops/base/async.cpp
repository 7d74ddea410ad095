#include "gitops/base/async.hpp"

#include "gitops/base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <list>
#include <vector>

namespace driftwarden {

struct TaskGroup::State {
  struct Child {
    std::string name;
    asio::cancellation_signal signal;
  };
  using Children = std::list<std::shared_ptr<Child>>;
  asio::any_io_executor executor;
  Children children;
  bool closed = false;  ///< cancelled: whoever comes late is cancelled as well
  asio::steady_timer ended;

  explicit State(asio::any_io_executor ex) : executor(std::move(ex)), ended(executor, asio::steady_timer::time_point::max()) {}

  void finish(Children::iterator child, const std::exception_ptr& thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::operation_aborted) log_error("task", (*child)->name + " ended by an error: " + error.what());
    } catch (const std::exception& error) {
      log_error("task", (*child)->name + " ended by an exception: " + error.what());
    }
    children.erase(child);
    if (children.empty()) ended.cancel();
  }
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  auto child = state_->children.insert(state_->children.end(), std::make_shared<State::Child>());
  (*child)->name = std::move(name);
  auto finished = [state = state_, child](const std::exception_ptr& thrown) { state->finish(child, thrown); };
  const auto keep = *child;
  asio::co_spawn(state_->executor, std::move(task), asio::bind_cancellation_slot(keep->signal.slot(), std::move(finished)));
  if (state_->closed) keep->signal.emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel() {
  state_->closed = true;
  // Emitting may end a child at once, and so change the list under our feet.
  const std::vector<std::shared_ptr<State::Child>> snapshot(state_->children.begin(), state_->children.end());
  for (const auto& child : snapshot) child->signal.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> TaskGroup::join() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto keep = state_;
  cancel();
  while (!keep->children.empty()) co_await keep->ended.async_wait(asio::as_tuple(asio::use_awaitable));
}

std::size_t TaskGroup::running() const { return state_->children.size(); }

struct Signal::State {
  asio::steady_timer timer;
  std::uint64_t notified = 0;
  std::uint64_t seen = 0;
  explicit State(asio::any_io_executor ex) : timer(std::move(ex), asio::steady_timer::time_point::max()) {}
};

Signal::Signal(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
Signal::~Signal() { state_->timer.cancel(); }

void Signal::notify() {
  ++state_->notified;
  state_->timer.cancel();
}

asio::awaitable<Result<void>> Signal::wait() {
  auto state = state_;
  while (state->seen == state->notified) {
    auto [failed] = co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (state->seen == state->notified) co_return Error{ErrorKind::Cancelled, "the wait was cancelled", failed};
  }
  state->seen = state->notified;
  co_return Result<void>{};
}

asio::awaitable<Result<bool>> Signal::wait_until(Clock& clock, MonoTime deadline) {
  auto woken = co_await with_deadline<void>(clock, deadline, wait());
  if (woken) co_return true;
  if (woken.error().kind == ErrorKind::Timeout) co_return false;
  co_return woken.error();
}

}  // namespace driftwarden
