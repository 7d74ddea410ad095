#include "bot/conversation/handlers.hpp"
#include "gitops/diff/drift_diff.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kInlineBytes = 6000;

const Manifest* find_desired(const std::vector<Manifest>* manifests, const ObjectRef& ref) {
  if (manifests == nullptr) return nullptr;
  const auto found = std::ranges::find_if(*manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
  return found == manifests->end() ? nullptr : &*found;
}

std::string object_diff(const Services& services, const App& app, const ObjectDrift& drift) {
  const auto* manifest = find_desired(services.fleet.desired(app.name), drift.object);
  const auto live = services.fleet.live(app, drift.object);
  const auto desired_json = manifest == nullptr ? nlohmann::json() : services.redactor.redact(*manifest->body);
  const auto live_json = live == nullptr ? nlohmann::json() : services.redactor.redact(*live);
  return drift_diff(manifest == nullptr ? nullptr : &desired_json, live == nullptr ? nullptr : &live_json, drift);
}

}  // namespace

asio::awaitable<Result<Answer>> handle_diff(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  const auto report = services.fleet.report(app.name);
  std::vector<view::ObjectDiff> diffs;
  std::string whole;
  for (const auto& drift : report.objects) {
    if (drift.verdict == Verdict::Unknown) continue;
    view::ObjectDiff diff{to_string(drift.object), object_diff(services, app, drift)};
    whole += fmt::format("# {} (- live, + Git)\n{}\n", diff.title, diff.text);
    diffs.push_back(std::move(diff));
  }
  const bool as_file = whole.size() > kInlineBytes;
  auto answer = say(view::diff_message(app, report, diffs, as_file));
  if (as_file) answer.reply.file = FileUpload{app.name + ".diff", std::move(whole)};
  co_return answer;
}

}  // namespace driftwarden
