#pragma once
// One coroutine at a time, in the order in which they came. For the one I/O thread.
#include "gitops/base/async.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

namespace driftwarden {

class Gate {
  struct State {
    bool taken = false;
    std::deque<std::shared_ptr<Signal>> waiting{};
  };

 public:
  /// Lets the next one in when it goes.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Turn(Turn&& other) noexcept : state_(std::move(other.state_)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    ~Turn() {
      if (!state_) return;
      if (state_->waiting.empty()) {
        state_->taken = false;
        return;
      }
      auto next = std::move(state_->waiting.front());
      state_->waiting.pop_front();
      next->notify();
    }

   private:
    std::shared_ptr<State> state_;
  };

  /// Cancelled when the coroutine is.
  asio::awaitable<Result<Turn>> enter() { return enter(state_); }

 private:
  static asio::awaitable<Result<Turn>> enter(std::shared_ptr<State> state) {
    if (!std::exchange(state->taken, true)) co_return Turn(std::move(state));
    auto turn_came = std::make_shared<Signal>(co_await asio::this_coro::executor);
    state->waiting.push_back(turn_came);
    auto waited = co_await turn_came->wait();
    if (waited) co_return Turn(std::move(state));
    const auto place = std::ranges::find(state->waiting, turn_came);
    if (place != state->waiting.end()) {
      state->waiting.erase(place);
    } else {
      // It was called and cancelled at once: the turn goes on to the next.
      const Turn passed_on(std::move(state));
    }
    co_return waited.error();
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace driftwarden
