#pragma once
// Every row of the audit log to a collector: RFC 5424 over TCP, octet-counted (RFC 6587), at least once and in order. The collector being away holds up
// nothing else: rows are read from the log when it is back.
#include "bot/outbox/async_store.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/byte_stream.hpp"

#include <functional>
#include <memory>
#include <string>

namespace driftwarden {

/// "<length> <message>"
std::string octet_counted(const std::string& message);

class AuditSyslog {
 public:
  using Connect = std::function<asio::awaitable<Result<std::unique_ptr<net::ByteStream>>>()>;
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    Random* random = nullptr;
    AsyncStore* store = nullptr;
    Connect connect;        ///< bounds its own time
    std::string collector;  ///< "logs.acme.example:601": what is remembered of it goes by this
    std::string host;       ///< of this machine, as the messages name it
    std::string instance;   ///< of the log
  };
  explicit AuditSyslog(Parts parts);

  void start();
  asio::awaitable<void> stop();
  /// Whether the last connection stands; for the metrics.
  bool connected() const { return connected_; }

 private:
  struct Line;
  asio::awaitable<void> run();
  /// Until the connection breaks; why it did.
  asio::awaitable<Error> send_rows(std::shared_ptr<Line> line);
  asio::awaitable<void> watch(std::shared_ptr<Line> line);
  asio::awaitable<Result<std::int64_t>> acknowledged();
  asio::awaitable<Result<std::vector<AuditRow>>> rows_after(std::int64_t seq);
  asio::awaitable<Result<void>> acknowledge(std::int64_t seq);

  Parts parts_;
  bool connected_ = false;
  TaskGroup tasks_;
};

}  // namespace driftwarden
