#include "bot/conversation/bulk.hpp"
#include "bot/conversation/handlers.hpp"
#include "gitops/diff/drift_diff.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

constexpr std::size_t kInlineBytes = 6000;

std::string object_diff(const Services& services, const App& app, const ObjectDrift& drift) {
  const auto manifest = services.fleet.desired(app.name, drift.object);
  const auto live = services.fleet.live(app, drift.object);
  const auto desired_json = !manifest ? nlohmann::json() : services.redactor.redact(*manifest->body);
  const auto live_json = live == nullptr ? nlohmann::json() : services.redactor.redact(*live);
  return drift_diff(!manifest ? nullptr : &desired_json, live == nullptr ? nullptr : &live_json, drift);
}

/// What the tool would do, as last planned.
Answer plan_shown(const Services& services, const App& app, const DriftReport& report) {
  auto text = services.hands.plan_text ? services.hands.plan_text(app.name) : std::string();
  std::vector<view::ObjectDiff> diffs;
  const bool as_file = text.size() > kInlineBytes;
  if (!text.empty() && !as_file) diffs.push_back({fmt::format("{} plan", to_string(app.plan.tool)), text});
  auto answer = say(view::diff_message(app, report, diffs, as_file, services.clock.wall_now()));
  if (as_file) answer.reply.file = FileUpload{app.name + ".plan.txt", std::move(text)};
  return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_diff(Services& services, Call call) {
  if (call.command.incident != 0) co_return co_await diff_group(services, std::move(call));
  const auto app = *services.fleet.app(call.command.app);
  const auto report = services.fleet.report(app.name);
  if (app.kind != AppKind::Kubernetes) co_return plan_shown(services, app, report);
  std::vector<view::ObjectDiff> diffs;
  std::string whole;
  for (const auto& drift : report.objects) {
    if (drift.verdict == Verdict::Unknown || app.orphans) continue;  // of orphans nothing but the name is kept
    view::ObjectDiff diff{to_string(drift.object), object_diff(services, app, drift)};
    whole += fmt::format("# {} (- live, + Git)\n{}\n", diff.title, diff.text);
    diffs.push_back(std::move(diff));
  }
  const bool as_file = whole.size() > kInlineBytes;
  auto answer = say(view::diff_message(app, report, diffs, as_file, services.clock.wall_now()));
  if (as_file) answer.reply.file = FileUpload{app.name + ".diff", std::move(whole)};
  co_return answer;
}

}  // namespace driftwarden
