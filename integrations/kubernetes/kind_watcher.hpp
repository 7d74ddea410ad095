#pragma once
// Follows one kind on one server and tells the sink. Obeys WatchFsm.
#include "gitops/base/async.hpp"
#include "integrations/kubernetes/cluster.hpp"
#include "integrations/kubernetes/discovery.hpp"
#include "integrations/kubernetes/gate.hpp"
#include "integrations/kubernetes/raw_object.hpp"
#include "integrations/kubernetes/reachability.hpp"
#include "integrations/kubernetes/watch_event.hpp"
#include "integrations/kubernetes/watch_fsm.hpp"
#include "integrations/net/backoff.hpp"

#include <functional>
#include <memory>

namespace driftwarden::kubernetes {

/// What all watchers of a cluster share; outlives them.
struct WatchContext {
  Clock& clock;
  Random& random;
  const ClusterOptions& options;
  ApiClient& api;
  Discovery& discovery;
  Reachability& reach;
  Gate lists;                    ///< so many lists at a time
  std::set<WatchedKind> queued;  ///< kinds that wait for the gate
  DigestKey digest_key;
  std::function<void()> on_alive;                                 ///< a watch showed life while the server was thought to be in trouble
  std::function<void(const std::string& why)> on_request_failed;  ///< no connection, or a 5xx
  std::function<void()> on_definition_changed;                    ///< a CustomResourceDefinition came, changed or went
  std::function<void()> on_list_read;                             ///< a whole list was read
};

class KindWatcher : public std::enable_shared_from_this<KindWatcher> {
 public:
  KindWatcher(asio::any_io_executor executor, std::shared_ptr<WatchContext> context, WatchedKind kind, LiveSink& sink);
  /// `owner` keeps what the context refers to alive for as long as the watch runs.
  void start(std::shared_ptr<void> owner);
  /// Ends a pause early: the server is back.
  void wake();
  /// The same, only when the kind wasn't served or was forbidden.
  void wake_if_failed();
  /// From here on the sink hears nothing more; the rest ends by itself.
  void abandon();
  /// The same, and waits for that end.
  asio::awaitable<void> stop();
  const WatchedKind& kind() const { return kind_; }

 private:
  static asio::awaitable<void> run(std::shared_ptr<KindWatcher> self, std::shared_ptr<void> owner);
  asio::awaitable<Result<WatchStep>> perform(WatchStep step);
  asio::awaitable<Result<WatchStep>> resolve();
  asio::awaitable<Result<WatchStep>> list_page();
  asio::awaitable<Result<WatchStep>> open_watch();
  asio::awaitable<Result<WatchStep>> read_watch();
  asio::awaitable<Result<WatchStep>> sleep(WatchStep step);
  asio::awaitable<Result<WatchStep>> read_list(std::shared_ptr<ApiStream> opened);
  asio::awaitable<Result<WatchStep>> refused(std::shared_ptr<ApiStream> opened, std::string step);
  Result<void> take_item(std::string_view text);
  Result<WatchStep> take_event(std::string_view line);
  Result<WatchStep> take_strange_event(std::string_view line);
  void tell(const WatchStep& step);
  void alive();
  /// `text` is the object; `content` and `ref` are already known, or the parser says what is wrong.
  Result<void> deliver(const LiveGlimpse* glimpse, std::string_view text);
  WatchStep fail(Error error);
  const char* accept(bool list) const;
  std::string list_path() const;
  std::string watch_path();

  std::shared_ptr<WatchContext> context_;
  WatchedKind kind_;
  LiveSink& sink_;
  WatchFsm fsm_;
  net::Backoff backoff_;
  Signal woken_;
  TaskGroup tasks_;
  ApiResource resource_;
  std::shared_ptr<ApiStream> stream_;
  LineBuffer lines_;
  RawEvent event_;
  bool hung_ = false;  ///< the last watch said nothing at all and had to be given up: the next must prove itself
  MonoTime opened_at_{};
  bool heard_event_ = false;
  Error why_failed_;
  WatchStep::Pause pausing_ = WatchStep::Pause::None;
  bool failing_ = false;  ///< and it was said in the log
  bool refused_ = false;  ///< what failed last was an answer
  int refusals_ = 0;      ///< since the last sign of life
  bool stopped_ = false;
};

}  // namespace driftwarden::kubernetes
