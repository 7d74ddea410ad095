#pragma once
// Lets one coroutine (or a few) in at a time: so that thirty watches share one discovery and one run of a credential plugin.
#include "gitops/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace driftwarden::kubernetes {

namespace asio = boost::asio;

class Gate {
 public:
  explicit Gate(asio::any_io_executor executor, std::size_t places = 1);
  /// Held until the value is destroyed.
  using Pass = std::shared_ptr<void>;
  /// Cancelled when the coroutine is.
  asio::awaitable<Result<Pass>> enter();
  bool idle() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace driftwarden::kubernetes
