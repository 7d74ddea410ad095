#pragma once
#include "integrations/forge/forge.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/integrations/forge/fake_http.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <optional>

namespace driftwarden::test {

/// A forge's client over answers from a list, at a time that stands still.
class ForgeTest : public testing::Test {
 protected:
  /// What `task` ended with after `pass` went by; Timeout when it goes on.
  template <class T>
  Result<T> in(Duration pass, asio::awaitable<Result<T>> task) {
    auto done = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(io, std::move(task), [done](const std::exception_ptr& thrown, Result<T> result) {
      if (!thrown) done->emplace(std::move(result));
    });
    clock.advance(pass);
    if (!*done) return Error{ErrorKind::Timeout, "the call goes on"};
    return std::move(**done);
  }
  static net::HttpResponse with(net::HttpResponse response, std::string name, std::string value) {
    response.headers.set(std::move(name), std::move(value));
    return response;
  }

  asio::io_context io;
  ManualClock clock{io};
  FakeHttp http;
};

}  // namespace driftwarden::test
