#pragma once
// How one kind is followed, without doing it: list, watch, and what to do when something goes wrong. Pure.
//
//   Resolve -> List (page by page) -> Watch -> Read ... -> Watch
//     ^          ^      |               |
//     |          +------+---- 410 ------+        Sleep stands between any two after a failure
//     +--- 403, 404, or refused again and again: the kind failed, tried again about once a minute
#include "gitops/base/result.hpp"

#include <string>
#include <utility>

namespace driftwarden::kubernetes {

struct WatchStep {
  enum class Do { Resolve, List, Watch, Read, Sleep };
  enum class Pause { None, BackOff, Kind };
  Do what = Do::Resolve;
  Pause pause = Pause::None;  ///< of Sleep
  bool relist = false;        ///< tell the sink that a list begins
  bool listed = false;        ///< tell the sink that the list is complete
  bool failed = false;        ///< tell the sink that the kind can't be watched
  bool forget = false;        ///< ask discovery anew where the kind is
  bool operator==(const WatchStep&) const = default;
};

class WatchFsm {
 public:
  WatchStep start();
  WatchStep on_resolved();
  /// A page of the list; `continue_token` "" = the last one.
  WatchStep on_page(const std::string& resource_version, const std::string& continue_token);
  WatchStep on_opened();
  /// An object or a bookmark came.
  WatchStep on_event(const std::string& resource_version);
  /// 410, as a status or as an event: our version is too old for the server.
  WatchStep on_gone();
  /// The server ended the watch as it said it would; `quick` when it did so at once and without an event.
  WatchStep on_ended(bool quick);
  /// Whatever was under way failed otherwise.
  WatchStep on_failed(ErrorKind kind);
  /// The server answers others and refuses this kind again and again.
  WatchStep on_refused();
  WatchStep on_slept();

  const std::string& resource_version() const { return resource_version_; }
  const std::string& continue_token() const { return continue_; }
  /// True once after progress: the back-off may start anew.
  bool take_progress() { return std::exchange(progressed_, false); }

 private:
  WatchStep list_from_start();
  WatchStep sleep(WatchStep::Pause pause, WatchStep::Do then);

  WatchStep::Do now_ = WatchStep::Do::Resolve;
  WatchStep::Do after_sleep_ = WatchStep::Do::Resolve;
  std::string resource_version_;
  std::string continue_;
  bool progressed_ = false;
  int gone_in_a_row_ = 0;
  int corrupt_in_a_row_ = 0;
  int quick_ends_ = 0;
};

}  // namespace driftwarden::kubernetes
