#include "integrations/kubernetes/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace driftwarden::kubernetes {

struct Gate::State {
  asio::steady_timer opened;
  std::size_t places;
  std::size_t taken = 0;
  State(asio::any_io_executor executor, std::size_t places_) : opened(std::move(executor), asio::steady_timer::time_point::max()), places(places_) {}
};

Gate::Gate(asio::any_io_executor executor, std::size_t places) : state_(std::make_shared<State>(std::move(executor), places)) {}

bool Gate::idle() const { return state_->taken == 0; }

asio::awaitable<Result<Gate::Pass>> Gate::enter() {
  auto state = state_;
  while (state->taken >= state->places) {
    co_await state->opened.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) co_return Error{ErrorKind::Cancelled, "the wait was cancelled"};
  }
  ++state->taken;
  co_return Pass(nullptr, [state](void*) {
    --state->taken;
    state->opened.cancel();
  });
}

}  // namespace driftwarden::kubernetes
