#pragma once
// Is the server there, and do all watches speak? Judged from what was heard of it and what failed. Pure.
#include "gitops/base/clock.hpp"
#include "gitops/drift/live_source.hpp"

#include <map>
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

  /// From here on the watch of this kind must show life; known ones keep their time.
  void expect(const WatchedKind& kind, MonoTime now);
  /// Part of a list, a watch that opened, an event or a bookmark.
  void alive(const WatchedKind& kind, MonoTime now);
  void watch_failed(const WatchedKind& kind, std::string why);
  /// Not watched any more, or its failure is the kind's own.
  void release(const WatchedKind& kind);

  /// The news since the last call, if any. Unreachable: nothing heard for the limit, or nothing of one watch; two failed probes with two
  /// failed requests. After that the server must speak, and each of the silent watches.
  std::optional<ReachChange> take_change(MonoTime now);

  MonoTime heard_at() const { return heard_at_; }
  bool known_unreachable() const { return told_ == false; }
  /// Whether `heard` and `alive` can be news: else nobody need ask.
  bool settled() const { return told_ == true && requests_failed_ == 0 && probes_failed_ == 0; }
  /// The server is well and serves the watch of some other kind: what goes wrong with this one is its own.
  bool well_without(const WatchedKind& kind) const;
  /// When silence alone becomes news.
  MonoTime next_due() const;
  /// What is known of the cluster is as of then: the oldest word among silent watches, else the last word. Nothing before the first.
  std::optional<MonoTime> as_of(MonoTime now) const;

 private:
  struct Watch {
    MonoTime alive_at;
    std::string why;
  };
  std::string tell_silent(MonoTime now) const;

  MonoTime heard_at_;
  Duration limit_;
  bool heard_once_ = false;
  int requests_failed_ = 0;
  int probes_failed_ = 0;
  std::string why_;
  std::map<WatchedKind, Watch> watches_;
  std::optional<bool> told_;
};

}  // namespace driftwarden::kubernetes
