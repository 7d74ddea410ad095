#pragma once
// Everything that doctor asks of the outside has a deadline.
#include "gitops/base/async.hpp"

namespace driftwarden {

inline constexpr Duration kDoctorPatience = std::chrono::seconds{10};

template <class T>
asio::awaitable<Result<T>> doctor_in_time(Clock& clock, asio::awaitable<Result<T>> task) {
  auto bounded = with_deadline<T>(clock, clock.mono_now() + kDoctorPatience, std::move(task));
  auto result = co_await std::move(bounded);
  if (!result && result.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Timeout, "no answer within 10 s"};
  co_return result;
}

}  // namespace driftwarden
