#pragma once
// Socket Mode's decisions, without I/O and without a clock: what happened goes in with its time, what is to be done comes out.
//
//   Opening -> Greeting -> Live -> Retiring -> Draining -> (gone)
//      |          |          |        |  `-> (gone: its successor is on its way)
//      `----------+----------+--> (gone) -> back off -> Opening of the next
//
// Opening: asking for a URL, TCP, TLS. Greeting: connected, no hello yet. Live: the one in use. Retiring: Slack announced its end,
// the next one is being opened. Draining: the next one is live; this one is read and acknowledged on until it closes.
#include "gitops/base/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::slack {

using SocketId = std::uint64_t;

struct SocketAction {
  enum class Kind { Open, Ack, Ping, Close, BackOff, Stop };
  Kind kind = Kind::Open;
  SocketId socket = 0;
  int failures = 0;   ///< BackOff: how many attempts failed in a row before
  std::string text;   ///< Ack: the frame; Close: why; Stop: why, for people
  bool operator==(const SocketAction&) const = default;
};
using SocketActions = std::vector<SocketAction>;

class SocketFsm {
 public:
  struct Limits {
    Duration silence{30'000};      ///< without a byte
    Duration ping_every{10'000};
    Duration hello_within{10'000};
    Duration drain_within{15'000};
    Duration stable_after{10'000};  ///< a socket that lived so long ends the count of failures
  };
  explicit SocketFsm(Limits limits) : limits_(limits) {}

  SocketActions start();
  SocketActions connected(SocketId socket, MonoTime now);  ///< TCP and TLS are up
  SocketActions hello(SocketId socket, MonoTime now);
  SocketActions frame(SocketId socket, MonoTime now);
  SocketActions disconnect(SocketId socket, const std::string& reason, MonoTime now);
  /// An envelope that came on `socket` is stored; `ack` is the frame that says so.
  SocketActions stored(SocketId socket, std::string ack);
  /// Closed, broken or never opened. `refused`: Slack won't ever accept us, for the reason `why`.
  SocketActions lost(SocketId socket, MonoTime now, bool refused = false, const std::string& why = {});
  SocketActions retry_due();  ///< the back-off is over
  SocketActions tick(MonoTime now);

  bool knows(SocketId socket) const { return sockets_.contains(socket); }
  bool connected() const;  ///< a socket that said hello exists
  bool stopped() const { return stopped_; }
  bool disabled() const { return disabled_; }
  /// When tick() has something to do; nothing when no socket is connected.
  std::optional<MonoTime> next_deadline() const;

 private:
  enum class Phase { Opening, Greeting, Live, Retiring, Draining };
  struct Socket {
    Phase phase = Phase::Opening;
    MonoTime connected_at{};
    MonoTime last_frame{};
    MonoTime next_ping{};
    MonoTime close_by{};  ///< Draining
  };

  static bool usable(const Socket& socket) { return socket.phase >= Phase::Live; }
  MonoTime deadline(const Socket& socket) const;
  std::string overdue(const Socket& socket, MonoTime now) const;
  SocketActions open();
  SocketActions after_loss(const Socket& gone, MonoTime now);
  SocketActions close_all(const std::string& why);
  SocketActions stop(std::string why);
  bool successor_expected() const;
  std::optional<SocketId> socket_for_ack(SocketId came_on) const;

  Limits limits_;
  std::map<SocketId, Socket> sockets_;
  SocketId last_id_ = 0;
  int failures_ = 0;
  bool backing_off_ = false;
  bool stopped_ = false;
  bool disabled_ = false;
  std::vector<std::string> unsent_acks_;
};

}  // namespace driftwarden::slack
