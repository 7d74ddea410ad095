#pragma once
// The composition root: the one place that makes concrete adapters and ties them together.
#include "bot/config/config.hpp"
#include "bot/leader/elector.hpp"
#include "gitops/base/random.hpp"
#include "storage/store.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace driftwarden {

struct BotOptions {
  std::string cache_directory;  ///< Git mirrors; "" = beside the database
  Duration verify_for = std::chrono::minutes{10};
  std::shared_ptr<const Environment> environment{};  ///< null: the config isn't read again
  std::unique_ptr<storage::Store> store{};           ///< null: it is opened
  std::function<bool()> may_speak{};                 ///< with several instances: asked before anything goes out, from any thread
  std::function<LeaderFigures()> leader{};           ///< with several instances: for metrics
};

/// A running Driftwarden. Everything happens on the io_context's thread, but for a pool for Git and rendering and one thread for the database.
class Bot {
 public:
  /// `config` is kept. Errors: the database or the HTTP port can't be opened, a kubeconfig is wrong.
  static Result<std::unique_ptr<Bot>> create(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options);
  virtual ~Bot() = default;
  /// Runs until cancelled, or until Slack refuses the tokens for good.
  virtual asio::awaitable<Result<void>> run() = 0;
  /// Set when run() ended because a new config is made of other connections: stop this bot and make one of it.
  virtual std::optional<Config> wanted_config() = 0;
  /// Reads the config again (SIGHUP).
  virtual void reload_again() = 0;
  /// Takes no more envelopes, begins nothing new, and returns when what is under way has ended, or after `bound`. stop() comes after.
  virtual asio::awaitable<void> drain(Duration bound) = 0;
  /// Stops taking envelopes, cancels the watches, lets what is under way end, closes the database.
  virtual asio::awaitable<void> stop() = 0;
  /// "" when every App was judged and the socket is open, else what is missing.
  virtual std::string not_ready() const = 0;
  virtual std::uint16_t http_port() const = 0;
};

}  // namespace driftwarden
