#include "bot/conversation/handlers.hpp"
#include "gitops/base/log.hpp"
#include "gitops/diff/print.hpp"
#include "gitops/manifest/value_path.hpp"

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

nlohmann::json without_server_fields(nlohmann::json object) {
  object.erase("status");
  if (auto metadata = object.find("metadata"); metadata != object.end() && metadata->is_object()) {
    for (const auto* key : {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"}) metadata->erase(key);
  }
  return object;
}

/// The live object seen through what Git speaks of: Git's manifest with every drifted field as it is live. Defaults and status stay out.
nlohmann::json as_live(nlohmann::json manifest, const ObjectDrift& drift) {
  for (const auto& field : drift.fields) {
    const auto live = field.live ? nlohmann::json::parse(*field.live, nullptr, false) : nlohmann::json();
    auto set = set_value(manifest, field.path, field.live ? &live : nullptr);
    if (!set) log_debug("diff", set.error().message);
  }
  return manifest;
}

/// What a sync would do to one object ("-" live, "+" Git), redacted.
std::string object_diff(const Services& services, const App& app, const ObjectDrift& drift) {
  const auto* manifest = find_desired(services.fleet.desired(app.name), drift.object);
  const auto live = services.fleet.live(app, drift.object);
  const auto desired_json = manifest == nullptr ? nlohmann::json() : services.redactor.redact(*manifest->body);
  if (drift.verdict == Verdict::Missing || manifest == nullptr) {
    return unified_yaml_diff(desired_json, manifest == nullptr && live ? without_server_fields(services.redactor.redact(*live)) : nlohmann::json());
  }
  return unified_yaml_diff(desired_json, as_live(desired_json, drift));
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
    if (diff.text.empty()) diff.text = to_text(drift);
    whole += fmt::format("# {} (- live, + Git)\n{}\n", diff.title, diff.text);
    diffs.push_back(std::move(diff));
  }
  const bool as_file = whole.size() > kInlineBytes;
  auto answer = say(view::diff_message(app, report, diffs, as_file));
  if (as_file) answer.reply.file = FileUpload{app.name + ".diff", std::move(whole)};
  co_return answer;
}

}  // namespace driftwarden
