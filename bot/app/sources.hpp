#pragma once
// Where Apps come from beside the config and the repositories' heads: Argo CD, Flux, and the tools that plan. For the bot and for one pass in a terminal.
#include "bot/app/connections.hpp"
#include "bot/deploy/deployments.hpp"
#include "bot/plans/plan_watch.hpp"

#include <functional>
#include <string>

namespace driftwarden {

class Sources {
 public:
  /// `directory`: for checkouts and saved plans. `on_notice`: something that people should put right.
  Sources(const FleetGround& ground, Fleet& fleet, const std::string& directory, std::function<void(std::string source, std::string what)> on_notice);

  /// What the fleet has to tell them goes into `listener`.
  void listen(Fleet::Listener& listener);
  /// After the fleet.
  void start();
  asio::awaitable<void> stop();
  /// The config was exchanged.
  void look_again();

  Deployments& deployments() { return deployments_; }
  PlanWatch& plans() { return plans_; }

 private:
  Deployments deployments_;
  PlanWatch plans_;
};

}  // namespace driftwarden
