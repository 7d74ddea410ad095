#include "bot/change/try_on_cluster.hpp"

#include "bot/change/plan_parts.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr Duration kOneWithin{10'000};
constexpr std::size_t kMostTried = 30;

struct Tried {
  const Manifest* object = nullptr;
  bool is_new = false;
};

std::map<std::string, const Manifest*> by_id(const std::vector<Manifest>& manifests) {
  std::map<std::string, const Manifest*> known;
  for (const auto& manifest : manifests) known.emplace(object_id(manifest.ref), &manifest);
  return known;
}

std::vector<Tried> to_try(const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  const auto known = by_id(before);
  std::vector<Tried> found;
  for (const auto& manifest : after) {
    const auto was = known.find(object_id(manifest.ref));
    if (was == known.end() || *was->second->body != *manifest.body) found.push_back({&manifest, was == known.end()});
  }
  return found;
}

/// The server's words in one line, without what a webhook may have quoted.
std::string words(const std::string& message) { return ellipsize(trim(without_control_characters(hide_secrets(message))), 500); }

/// "" where the server takes it; else why that isn't known. The error is a refusal, in the server's words.
asio::awaitable<Result<std::string>> try_one(kubernetes::Cluster& cluster, Clock& clock, Manifest object, bool is_new) {
  const auto name = to_string(object.ref);
  if (is_new) {
    auto asking = cluster.get(object.ref);
    const auto there = co_await with_deadline<JsonPtr>(clock, clock.mono_now() + kOneWithin, std::move(asking));
    if (there) co_return planning::refused(fmt::format("{} is in {} already, and not from this App's Git", name, cluster.name()));
    if (there.error().kind == ErrorKind::Cancelled) co_return there.error();
  }
  kubernetes::ApplyOptions options;
  options.dry_run = true;
  auto asking = cluster.apply(object.body, std::move(options));
  const auto answer = co_await with_deadline<kubernetes::ApplyOutcome>(clock, clock.mono_now() + kOneWithin, std::move(asking));
  if (!answer && answer.error().kind == ErrorKind::Cancelled) co_return answer.error();
  const auto said = words(answer ? answer->message : answer.error().message);
  if (answer && answer->status < 400) co_return std::string{};
  // A webhook that knows no dry-run says nothing about the object, and neither does a missing right.
  const bool tells_nothing = answer ? answer->status == 403 || said.find("does not support dry run") != std::string::npos : answer.error().kind != ErrorKind::InvalidInput;
  if (tells_nothing) co_return fmt::format("{} could not be asked about {} ({}): nobody knows yet whether it takes it", cluster.name(), name, said);
  co_return planning::refused(fmt::format("{} refuses {}: {}", cluster.name(), name, said));
}

}  // namespace

std::string taken_by_another(Fleet& fleet, const App& app, const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  auto made = to_try(before, after);
  std::erase_if(made, [](const Tried& tried) { return !tried.is_new; });
  if (made.empty()) return {};
  for (const auto& other : fleet.apps()) {
    if (other.name == app.name || other.cluster != app.cluster || !is_rendered(other)) continue;
    const auto theirs = fleet.desired(other.name);
    if (!theirs) continue;
    for (const auto& one : made) {
      if (planning::find_manifest(*theirs, one.object->ref) != nullptr) return fmt::format("{} is another App's", to_string(one.object->ref));
    }
  }
  return {};
}

asio::awaitable<Result<std::vector<std::string>>> try_on_cluster(Fleet& fleet, Clock& clock, App app, std::vector<Manifest> before, std::vector<Manifest> after) {
  std::vector<std::string> notes;
  auto* cluster = fleet.cluster(app.cluster);
  if (cluster == nullptr) co_return notes;
  std::size_t accepted = 0;
  const auto all = to_try(before, after);
  for (const auto& wanted : all) {
    if (accepted == kMostTried) break;
    auto trying = try_one(*cluster, clock, *wanted.object, wanted.is_new);
    const auto unknown = co_await std::move(trying);
    if (!unknown) co_return unknown.error();
    if (!unknown->empty()) {
      notes.push_back(*unknown);
      co_return notes;
    }
    ++accepted;
  }
  if (accepted > 0) notes.push_back(fmt::format("Dry-run on {}: it accepts {} object{}", app.cluster, accepted, accepted == 1 ? "" : "s"));
  co_return notes;
}

}  // namespace driftwarden
