#pragma once
// The App Home of each person who opened it: their Apps, what waits for them, what is open. Published anew when something of it moves, at a calm pace.
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "bot/view/home_view.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/async.hpp"
#include "integrations/slack/slack.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

/// What all pages of one round are made of.
struct HomeFacts;

class Home {
 public:
  Home(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Fleet& fleet, slack::WebApi& api);
  /// "https://acme.slack.com/", for links to cards.
  void set_workspace_url(std::string url) { workspace_url_ = std::move(url); }
  void start();
  asio::awaitable<void> stop();
  /// This person looks at it now.
  void on_opened(const std::string& slack_id);
  /// Something that it shows may have moved: whoever has it open sees that within seconds. Cheap, and as often as one likes.
  void on_moved();

 private:
  asio::awaitable<void> run();
  void forget_the_gone();
  /// Who is to be shown it now, who waited longest first; `next` is when the first of the others is.
  std::vector<std::string> take_due(std::optional<MonoTime>& next);
  asio::awaitable<void> publish_all(std::vector<std::string> people);
  asio::awaitable<Result<void>> publish(std::string slack_id, std::shared_ptr<const HomeFacts> facts);
  /// It is tried again after a while, a few times.
  void try_again(const std::string& slack_id);

  Clock& clock_;
  const Config& config_;
  AsyncStore& store_;
  Fleet& fleet_;
  slack::WebApi& api_;
  std::set<std::string> wanted_;
  std::map<std::string, WallTime> opened_;        ///< who opened it when: kept fresh for an hour
  std::map<std::string, std::string> published_;  ///< digest of what each was shown
  std::map<std::string, MonoTime> published_at_;  ///< at most every few seconds
  std::map<std::string, int> failures_;           ///< in a row
  std::string workspace_url_;
  bool moved_ = false;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
