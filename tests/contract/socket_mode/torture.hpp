#pragma once
// Our Socket Mode client and the sandbox's workspace in one process, over real sockets, with all times shortened some sixty times.
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_client.hpp"
#include "integrations/net/http_server.hpp"
#include "integrations/sandbox/workspace/workspace.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace driftwarden::test {

using nlohmann::json;

/// The bot's inbox in memory: takes an envelope over once per dedupe_key, and "works on it" later.
class Inbox {
 public:
  Inbox(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  asio::awaitable<Result<slack::JsonPtr>> take(slack::Envelope envelope);

  std::size_t arrived = 0;
  std::size_t duplicates = 0;  ///< known by their key
  std::size_t refused = 0;     ///< "the disk is full": not stored, not acknowledged
  std::map<std::string, int> handled;  ///< by what the envelope is about, not by its key: an event's text, an action's trigger

 private:
  Clock& clock_;
  Random& random_;
  std::map<std::string, int> keys_;
};

class TortureWorld {
 public:
  explicit TortureWorld(std::uint64_t seed);
  ~TortureWorld();

  void start();  ///< returns when connected
  asio::awaitable<json> post(std::string path, json body);
  /// Runs until `done` or the end of `patience`; whether it was `done`.
  bool run_until(const std::function<bool()>& done, Duration patience);
  double seconds() const;
  void stop_drivers();  ///< before what they use is gone

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<sandbox::Workspace> workspace;
  std::unique_ptr<net::HttpServer> server;
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<slack::WebApi> api;
  std::unique_ptr<slack::SocketMode> socket;
  Inbox inbox;
  TaskGroup tasks;
  std::string error;  ///< what a driver found wrong

 private:
  asio::awaitable<void> keep_connected();
  void end(const std::string& what, asio::awaitable<void> ending);
  MonoTime started_;
};

}  // namespace driftwarden::test
