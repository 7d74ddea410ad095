#pragma once
// A look at a cluster has one deadline, however many questions it asks.
#include "gitops/base/async.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <string>
#include <utility>

namespace driftwarden {

inline constexpr Duration kLongestLook{8'000};

template <class T>
asio::awaitable<Result<T>> in_time(Clock& clock, std::string cluster, asio::awaitable<Result<T>> look) {
  auto raced = with_deadline(clock, clock.mono_now() + kLongestLook, std::move(look));
  auto seen = co_await std::move(raced);
  if (seen || seen.error().kind != ErrorKind::Timeout) co_return seen;
  co_return Error{ErrorKind::Timeout, fmt::format("{} gave no whole answer within {}: try again, or name one workload", cluster, format_duration(kLongestLook))};
}

}  // namespace driftwarden
