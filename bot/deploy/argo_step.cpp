#include "bot/deploy/argo_step.hpp"

#include "bot/deploy/argo_opinion.hpp"
#include "bot/deploy/argo_source.hpp"
#include "gitops/base/text.hpp"
#include "integrations/argocd/operation.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using State = DeployProgress::State;
using argocd::Application;

constexpr Duration kWatching{2'000};
constexpr Duration kItsOwnTime{10'000};
constexpr Duration kWindow{60'000};

std::string short_id(const std::string& revision) { return revision.substr(0, 7); }
std::string called(const Application& application) { return fmt::format("Application {}/{}", application.ref.namespace_, application.ref.name); }

DeployTool::Step progress(State state, std::string words, Duration look_again = kWatching) {
  DeployTool::Step step;
  step.progress.state = state;
  step.progress.words = std::move(words);
  step.progress.look_again = look_again;
  return step;
}

bool is_synced_at(const Application& application, const std::string& revision) {
  return application.sync_status == "Synced" && std::ranges::find(application.revisions, revision) != application.revisions.end();
}

bool was_synced(const Application& application, const std::string& revision) {
  return std::ranges::find(application.history, revision) != application.history.end();
}

/// By a sync that nobody of us asked for, or one that went on to something newer; nothing = not yet.
std::optional<DeployTool::Step> done_already(const Application& application, const std::string& revision) {
  if (is_synced_at(application, revision)) return progress(State::Done, fmt::format("Argo CD has synced {}", short_id(revision)));
  const auto& operation = application.operation;
  if (operation && operation->phase == "Succeeded" && operation->revision == revision) return progress(State::Done, fmt::format("Argo CD has synced {}", short_id(revision)));
  // With auto-sync, what was synced before and isn't in force now was followed by something newer: it isn't taken back.
  if (!application.automated || !was_synced(application, revision) || application.sync_status != "Synced" || application.revisions.empty()) return std::nullopt;
  return progress(State::Done, fmt::format("Argo CD has synced {}, and gone on to {} since", short_id(revision), short_id(application.revisions.front())));
}

/// The dry source's commit is hydrated first, by Argo CD; what is synced is the hydrated one.
DeployTool::Step hydrated_step(const Application& application, const std::string& revision) {
  if (application.hydrated_dry != revision) return progress(State::Waiting, fmt::format("Argo CD has yet to hydrate {} to {}", short_id(revision), application.hydrate_to), kItsOwnTime);
  if (is_synced_at(application, application.hydrated_commit)) return progress(State::Done, fmt::format("Argo CD has synced {}, hydrated as {}", short_id(revision), short_id(application.hydrated_commit)));
  return progress(State::Waiting, fmt::format("{} is hydrated as {}; Argo CD has yet to sync it", short_id(revision), short_id(application.hydrated_commit)), kItsOwnTime);
}

/// Why its target doesn't contain the revision, which Argo CD must then not be asked for; "" = it does, as far as is known.
std::string followed_elsewhere(const Application& application, const DeployTool::Wanted& wanted) {
  const auto* source = argocd::written_source(application);
  if (source == nullptr || !source->chart.empty()) return {};
  const auto target = without_control_characters(source->target_revision);
  const bool fixed = is_fixed_revision(target);
  if (fixed && wanted.revision.starts_with(target)) return {};
  if (fixed) return fmt::format("{} is pinned to {}, which isn't {}: change its targetRevision where it is written", called(application), target, short_id(wanted.revision));
  if (wanted.branch.empty() || follows_branch(target, wanted.branch)) return {};
  return fmt::format("the targetRevision of {} is \"{}\", and the change went to \"{}\": {} comes into force once \"{}\" contains it", called(application), target, wanted.branch,
                     short_id(wanted.revision), target);
}

std::string in_its_own_time(const Application& application, const std::string& revision) {
  if (application.automated) return fmt::format("Argo CD will sync {} in its own time: Driftwarden isn't to ask it (\"sync: false\")", short_id(revision));
  return fmt::format("somebody has to sync {} in Argo CD: its auto-sync is off, and Driftwarden isn't to ask it (\"sync: false\")", called(application));
}

Duration until_window(const argocd::WindowVerdict& verdict, WallTime now) {
  if (!verdict.until) return kWindow;
  return std::clamp(std::chrono::duration_cast<Duration>(*verdict.until - now), kWatching, kWindow);
}

}  // namespace

Result<DeployTool::Step> argo_step(const Deployer& deployer, const Application& application, const nlohmann::json& object, const argocd::Project* project,
                                   const DeployTool::Wanted& wanted, WallTime now, const argocd::ZoneOffset& offset) {
  const auto& revision = wanted.revision;
  const bool hydrates = !application.hydrate_to.empty();
  const auto outcome = argocd::outcome_of(application, wanted.id, hydrates ? std::string() : revision);
  const auto detail = outcome.message.empty() ? std::string() : ": " + ellipsize(without_control_characters(outcome.message), 500);
  if (outcome.state == argocd::SyncState::Running) return progress(State::Waiting, fmt::format("Argo CD is syncing {}{}", short_id(revision), detail));
  if (outcome.state == argocd::SyncState::Succeeded) return progress(State::Done, fmt::format("Argo CD has synced {}{}", short_id(revision), detail));
  if (outcome.state == argocd::SyncState::Failed) return progress(State::Failed, fmt::format("Argo CD couldn't sync {}{}", short_id(revision), detail));
  const auto elsewhere = followed_elsewhere(application, wanted);
  if (hydrates && (elsewhere.empty() || application.hydrated_dry == revision)) return hydrated_step(application, revision);
  if (auto done = done_already(application, revision)) return *done;
  if (!elsewhere.empty()) return progress(State::Failed, elsewhere);
  if (application.paused) return progress(State::Waiting, fmt::format("{} isn't reconciled: somebody set argocd.argoproj.io/skip-reconcile", called(application)), kWindow);
  if (project != nullptr) {
    const auto verdict = argocd::may_sync(*project, application, true, now, offset);
    if (!verdict.open) return progress(State::Waiting, "Argo CD may not sync now: " + argo_window_words(verdict), until_window(verdict, now));
  }
  if (!deployer.may_sync) return progress(State::Waiting, in_its_own_time(application, revision), kItsOwnTime);
  argocd::SyncRequest request;
  request.revision = revision;
  request.id = wanted.id;
  request.requested_by = wanted.requested_by;
  // Who lets it sync by itself has said what it may delete; of others, what was merged is what is wanted.
  request.prune = !application.automated || application.prune;
  auto patch = argocd::sync_patch(application, object, request);
  if (!patch && patch.error().kind == ErrorKind::Conflict) {
    const auto words = argo_operation_words(application);
    return progress(State::Waiting, fmt::format("Argo CD is busy with another operation ({}); it is asked for {} after that", words.empty() ? "its end isn't known" : words, short_id(revision)));
  }
  if (!patch) return patch.error();
  auto step = progress(State::Waiting, fmt::format("Argo CD is asked to sync {}", short_id(revision)));
  DeployTool::Step::Patch sent;
  sent.ref = application.ref;
  sent.body = std::make_shared<const nlohmann::json>(std::move(*patch));
  step.patch = std::move(sent);
  return step;
}

}  // namespace driftwarden
