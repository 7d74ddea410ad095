#pragma once
// The other end of Socket Mode for tests: real sockets on loopback, a clock of the test's own.
#include "gitops/base/async.hpp"
#include "integrations/net/http_server.hpp"
#include "integrations/slack/slack.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <set>

namespace driftwarden::slack::test {

using driftwarden::test::ManualClock;
using driftwarden::test::run;
using nlohmann::json;

/// Only open_connection() means something.
class UrlGiver final : public WebApi {
 public:
  asio::awaitable<Result<JsonPtr>> call(std::string, JsonPtr) override { co_return Error{ErrorKind::InvalidInput, "not here"}; }
  asio::awaitable<Result<Identity>> auth_test() override { co_return Identity{}; }
  asio::awaitable<Result<std::string>> open_connection() override {
    ++asked;
    if (!failures.empty()) {
      auto failure = failures.front();
      failures.pop_front();
      co_return failure;
    }
    co_return url + std::to_string(asked);
  }
  asio::awaitable<Result<std::string>> channel_id(std::string name) override { co_return name; }
  asio::awaitable<Result<MessageRef>> post(std::string, std::string, Message) override { co_return MessageRef{}; }
  asio::awaitable<Result<void>> update(MessageRef, Message) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> post_ephemeral(std::string, std::string, std::string, Message) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> open_view(std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> publish_home(std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> update_view(std::string, std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> upload_file(std::string, std::string, std::string, std::string) override { co_return Result<void>{}; }
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string, std::string, std::string, std::string) override {
    co_return std::optional<MessageRef>{};
  }
  std::string url;
  int asked = 0;
  std::deque<Error> failures;
};

inline std::string event_text(const std::string& id, const std::string& text = "hi") {
  return json{{"type", "events_api"},
              {"envelope_id", id},
              {"accepts_response_payload", false},
              {"payload", {{"event_id", "Ev-" + id}, {"event", {{"type", "app_mention"}, {"text", text}}}}}}
      .dump();
}

class SocketModeFixture : public testing::Test {
 protected:
  void start(SocketModeOptions options = {}) {
    mode = create_socket_mode(io.get_executor(), api, clock, *random, options);
    auto ended = [this](const std::exception_ptr& thrown, Result<void> value) {
      result.emplace(thrown ? Result<void>(Error{ErrorKind::Corrupt, "run() threw"}) : std::move(value));
    };
    EnvelopeSink sink = [this](Envelope envelope) { return take(std::move(envelope)); };
    asio::co_spawn(io, mode->run(std::move(sink)), asio::bind_cancellation_slot(stop.slot(), std::move(ended)));
  }

  /// Runs the loop, in real time, until `holds` does or a minute has passed.
  template <class Condition>
  bool until(Condition holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
    return holds();
  }
  bool until_state(SocketState state) {
    return until([&] { return mode->state() == state; });
  }
  /// The same with the clock running along, past any back-off.
  bool until_state_in_time(SocketState state) {
    return until([&] {
      clock.advance(std::chrono::milliseconds(100));
      return mode->state() == state;
    });
  }
  /// A little real time, for what must not happen.
  void linger() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
    until([&] { return std::chrono::steady_clock::now() >= end; });
  }

  asio::awaitable<Result<JsonPtr>> take(Envelope envelope) {
    const auto id = envelope.envelope_id;
    taken.push_back(id);
    while (held.contains(id)) CO_CHECK_OK(co_await clock.sleep_for(std::chrono::seconds(1)));
    if (refused.contains(id)) co_return Error{ErrorKind::Unavailable, "the disk is full"};
    stored.push_back(id);
    if (answers.contains(id)) co_return answers[id];
    co_return JsonPtr();
  }

  void TearDown() override {
    if (mode && !result) {
      stop.emit(asio::cancellation_type::terminal);
      EXPECT_TRUE(until([&] { return result.has_value(); }));
      if (result) {
        EXPECT_EQ(result->error().kind, ErrorKind::Cancelled);
      }
    }
  }

  asio::io_context io;
  ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(3);
  UrlGiver api;
  asio::cancellation_signal stop;
  std::unique_ptr<SocketMode> mode;
  std::optional<Result<void>> result;
  std::vector<std::string> taken;
  std::vector<std::string> stored;
  std::set<std::string> refused;
  std::set<std::string> held;
  std::map<std::string, JsonPtr> answers;
};

}  // namespace driftwarden::slack::test
