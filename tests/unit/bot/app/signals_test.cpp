#include "bot/app/signals.hpp"

#include "gitops/base/async.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace driftwarden {
namespace {

TEST(Signals, EveryHangupIsTold) {
  asio::io_context io;
  int told = 0;
  TaskGroup tasks(io.get_executor());
  std::function<void()> count = [&] {
    ++told;
    if (told == 2) tasks.cancel();
    if (told == 1) std::raise(SIGHUP);
  };
  tasks.spawn("hangups", follow_hangups(std::move(count)));
  io.poll();
  std::raise(SIGHUP);
  io.run_for(std::chrono::seconds{60});
  EXPECT_EQ(told, 2);
  EXPECT_EQ(tasks.running(), 0U);
}

}  // namespace
}  // namespace driftwarden
