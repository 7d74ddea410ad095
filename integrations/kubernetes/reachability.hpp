#pragma once
// Is the server there? Judged from what was heard of it and what failed. Pure.
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>

namespace driftwarden::kubernetes {

struct ReachChange {
  bool reachable = false;
  std::string why;
  bool operator==(const ReachChange&) const = default;
};

class Reachability {
 public:
  Reachability(MonoTime now, Duration heartbeat_limit) : heard_at_(now), limit_(heartbeat_limit) {}

  /// Any byte of an answer that isn't a 5xx.
  void heard(MonoTime now);
  /// A list or a watch had no connection, or the server says that it can't.
  void request_failed(std::string why);
  void probe_failed(std::string why);
  /// The news since the last call, if any. Silence for the limit is unreachable; so are two failed probes with two failed requests.
  std::optional<ReachChange> take_change(MonoTime now);

  MonoTime heard_at() const { return heard_at_; }
  bool known_unreachable() const { return told_ == false; }

 private:
  MonoTime heard_at_;
  Duration limit_;
  bool heard_once_ = false;
  int requests_failed_ = 0;
  int probes_failed_ = 0;
  std::string why_;
  std::optional<bool> told_;
};

}  // namespace driftwarden::kubernetes
