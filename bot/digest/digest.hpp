#pragma once
// Once a day: what is open, what waits, and what somebody forgot to switch on again. Collecting is the shell's, the rest is pure.
#include "bot/config/config.hpp"
#include "bot/deploy/deployments.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/view/digest_view.hpp"
#include "bot/watch/fleet.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// The last moment at or before `now` when a digest was due; nothing when none is configured.
std::optional<WallTime> digest_due(const Config& config, WallTime now);

/// Pauses that Git or live hold in this App: `suspend: true`, a paused rollout, Argo CD's automated sync taken away, replicas 0. By object.
std::vector<view::Pause> pauses_in(const App& app, const DriftReport& report, const std::vector<Manifest>& desired);

/// The same as the App's deployer has it. `holder` (null = none) is the App whose Desired holds the deployer's object, `held` that object there.
view::Pause pause_of(const DeployPause& pause, const App& app, const App* holder, const Manifest* held);

class Digest {
 public:
  /// `pauses`: what Argo CD and Flux don't do by themselves now (Deployments::pauses); empty = nobody is asked.
  using DeployPauses = std::function<std::vector<DeployPause>()>;
  Digest(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Fleet& fleet, DeployPauses pauses = {});
  void start();
  asio::awaitable<void> stop();
  /// What the digest says now of these Apps, all when empty.
  asio::awaitable<Result<view::DigestContent>> content(std::vector<std::string> apps);

 private:
  asio::awaitable<void> run();
  /// The same of several sets of Apps, with what is stored read once.
  asio::awaitable<Result<std::vector<view::DigestContent>>> contents(std::vector<std::vector<std::string>> sets);
  void add_deployers_pauses(view::DigestContent& content, const std::vector<App>& apps, WallTime now) const;
  asio::awaitable<view::DigestContent> look_at(std::vector<std::string> apps, WallTime now);
  /// False when a channel is to be tried again.
  asio::awaitable<bool> post(WallTime due);
  asio::awaitable<bool> post_in(std::string channel, view::DigestContent content, WallTime due);
  asio::awaitable<Result<std::vector<std::string>>> channels_due(std::vector<std::string> channels, WallTime due);

  Clock& clock_;
  const Config& config_;
  AsyncStore& store_;
  Outbox& outbox_;
  Fleet& fleet_;
  DeployPauses pauses_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
