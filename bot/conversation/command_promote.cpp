// promote: what runs well in one environment, into the next.
#include "bot/change/plan.hpp"
#include "bot/command/promotion.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

/// Why the source is nothing to bring any further, "" when it is.
std::string not_fit(Services& services, const App& from) {
  const auto report = services.fleet.report(from.name);
  if (report.state != AppState::Synced) return fmt::format("it is {}", to_string(report.state));
  const auto health = services.fleet.health(from.name);
  const bool well = health.health == kubernetes::Health::Healthy;
  return well ? "" : fmt::format("it is {}{}{}", kubernetes::to_string(health.health), health.why.empty() ? "" : ": ", health.why);
}

/// How long the source has been healthy as it is.
asio::awaitable<Duration> soaked(Services& services, App from) {
  const auto since = co_await healthy_since(services, std::move(from));
  co_return since ? std::chrono::duration_cast<Duration>(services.clock.wall_now() - *since) : Duration{0};
}

}  // namespace

asio::awaitable<Result<Answer>> handle_promote(Services& services, Call call) {
  const auto found = find_promotion(visible_apps(services, call), {call.command.app, call.command.from, call.command.to});
  if (const auto* trouble = std::get_if<PromotionTrouble>(&found)) {
    const NotUnderstood unclear{trouble->message, trouble->suggestions};
    co_return say(view::not_understood_message(unclear));
  }
  const auto& pair = std::get<PromotionPair>(found);
  const auto from = *services.fleet.app(pair.from);
  const auto to = *services.fleet.app(pair.to);
  call.command.app = to.name;
  if (auto refusal = check_policy(services, call, to)) co_return *refusal;
  if (to.orphans || from.orphans) co_return say("What no Git knows can't be promoted.");
  if (!is_rendered(to) || !is_rendered(from)) co_return say("What a tool plans has no images to promote.");
  if (const auto why = kept_elsewhere(ChangeVerb::Promote, to); !why.empty()) co_return say(fmt::format(":information_source: {}.", slack::escape(why)));
  if (const auto why = not_fit(services, from); !why.empty()) {
    co_return say(fmt::format(":no_entry: *{}* is not fit to be promoted to *{}*: {}. `status {}` says more.", slack::escape(from.name), slack::escape(to.name), slack::escape(why), slack::escape(from.name)));
  }
  const auto soak = co_await soaked(services, from);
  const auto wanted = services.config.policy.soak;
  if (soak < wanted) {
    co_return say(fmt::format(":hourglass: *{}* was seen healthy as it is for {}; the policy wants {} before it goes to *{}*.", slack::escape(from.name), format_age(soak), format_duration(wanted),
                              slack::escape(to.name)));
  }
  auto remark = soak == Duration{0} ? std::string() : fmt::format("*{}* has been healthy as it is for {}.", slack::escape(from.name), format_age(soak));
  const PromoteRequest request{from.name};
  co_return request_change(services, call, to, ChangeVerb::Promote, "", to_json_text(request), remark);
}

}  // namespace driftwarden
