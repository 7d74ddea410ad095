// refresh: look again now, at Git, at Argo CD or Flux; plan again what a tool plans.
#include "bot/conversation/handlers.hpp"
#include "bot/home/status_row.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr Duration kPlanTakes = std::chrono::minutes{15};

slack::Message standing(Services& services, const App& app, const std::vector<std::string>& lines) {
  return with_lines(view::app_status_message(status_row(services.fleet, app), services.clock.wall_now()), lines);
}

struct Planning {
  Services& services;
  App app;
  bool done = false;
};

asio::awaitable<std::optional<slack::Message>> plan_once(std::shared_ptr<Planning> planning) {
  if (std::exchange(planning->done, true)) co_return std::nullopt;
  auto asking = planning->services.hands.plan_now(planning->app.name);
  const auto report = co_await std::move(asking);
  if (!report) co_return view::text_message(fmt::format(":x: *{}* could not be planned: {}", slack::escape(planning->app.name), slack::escape(ellipsize(report.error().message, 1500))));
  auto row = status_row(planning->services.fleet, planning->app);
  row.report = *report;
  co_return view::app_status_message(row, planning->services.clock.wall_now());
}

Answer plan_again(Services& services, const App& app) {
  auto answer = say(fmt::format(":hourglass_flowing_sand: {} plans *{}* ...", to_string(app.plan.tool), slack::escape(app.name)));
  Progress progress;
  progress.every = Duration{1000};
  progress.longest = kPlanTakes;
  progress.next = [planning = std::make_shared<Planning>(Planning{services, app})] { return plan_once(planning); };
  answer.progress = std::move(progress);
  return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_refresh(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  std::vector<std::string> lines;
  auto head = co_await services.fleet.repository(app.repository).fetch();
  services.fleet.nudge(app.repository);
  if (head) {
    lines.push_back(fmt::format(":arrows_counterclockwise: Git is at {}.", view::code_span(view::short_sha(*head))));
  } else {
    lines.push_back(fmt::format(":warning: Git could not be asked: {}", slack::escape(ellipsize(head.error().message, 300))));
  }
  if (app.kind != AppKind::Kubernetes) {
    if (!services.hands.plan_now) co_return say(fmt::format(":warning: Nothing here plans *{}*.", slack::escape(app.name)));
    co_return plan_again(services, app);
  }
  if (app.deployer.kind != DeployerKind::None && services.hands.refresh) {
    auto asking = services.hands.refresh(app);
    const auto asked = co_await std::move(asking);
    const auto by = std::string(to_string(app.deployer.kind));
    lines.push_back(asked ? fmt::format(":arrows_counterclockwise: {} looks at Git again.", by) : fmt::format(":warning: {} could not be asked: {}", by, slack::escape(ellipsize(asked.error().message, 300))));
  }
  co_return say(standing(services, app, lines));
}

}  // namespace driftwarden
