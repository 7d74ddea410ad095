#include "integrations/kubernetes/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace driftwarden::kubernetes {

struct Gate::State {
  asio::steady_timer opened;
  bool taken = false;
  explicit State(asio::any_io_executor executor) : opened(std::move(executor), asio::steady_timer::time_point::max()) {}
};

Gate::Gate(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

asio::awaitable<Result<Gate::Pass>> Gate::enter() {
  auto state = state_;
  while (state->taken) {
    co_await state->opened.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) co_return Error{ErrorKind::Cancelled, "the wait was cancelled"};
  }
  state->taken = true;
  co_return Pass(nullptr, [state](void*) {
    state->taken = false;
    state->opened.cancel();
  });
}

}  // namespace driftwarden::kubernetes
