#include "bot/app/sources.hpp"

#include <utility>

namespace driftwarden {
namespace {

Deployments::Parts deployment_parts(const FleetGround& ground, Fleet& fleet, std::function<void(std::string, std::string)> on_notice) {
  Deployments::Parts parts;
  parts.executor = ground.executor;
  parts.clock = &ground.clock;
  parts.random = &ground.random;
  parts.config = &ground.config;
  parts.fleet = &fleet;
  parts.servers = server_urls(ground.config);
  parts.on_notice = std::move(on_notice);
  return parts;
}

PlanWatch::Parts plan_parts(const FleetGround& ground, Fleet& fleet, const std::string& directory) {
  PlanWatch::Parts parts;
  parts.executor = ground.executor;
  parts.pool = ground.pool;
  parts.clock = &ground.clock;
  parts.random = &ground.random;
  parts.config = &ground.config;
  parts.fleet = &fleet;
  parts.terraform = terraform::create_tool(ground.clock, ground.pool);
  parts.ansible = ansible::create_runner(ground.clock);
  parts.directory = directory;
  return parts;
}

}  // namespace

Sources::Sources(const FleetGround& ground, Fleet& fleet, const std::string& directory, std::function<void(std::string, std::string)> on_notice)
    : deployments_(deployment_parts(ground, fleet, std::move(on_notice))), plans_(plan_parts(ground, fleet, directory)) {
  fleet.observe(deployments_);
}

void Sources::listen(Fleet::Listener& listener) {
  listener.on_apps_changed = [this, before = std::move(listener.on_apps_changed)] {
    if (before) before();
    look_again();
  };
  listener.on_head = [this, before = std::move(listener.on_head)](std::string repository, std::string head) {
    plans_.on_head(repository, head);
    if (before) before(std::move(repository), std::move(head));
  };
}

void Sources::start() {
  deployments_.start();
  plans_.start();
}

asio::awaitable<void> Sources::stop() {
  co_await deployments_.stop();
  co_await plans_.stop();
}

void Sources::look_again() {
  deployments_.look_again();
  plans_.look_again();
}

}  // namespace driftwarden
