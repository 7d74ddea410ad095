// Where the deed is somebody else's: Argo CD and Flux put Git in force, Terraform and Ansible carry out a plan.
#include "bot/change/changes.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/cause.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kOthersTakeTheirTime = std::chrono::minutes{15};
constexpr Duration kLookEvery{250};
constexpr Duration kLooksLate{5'000};
constexpr Duration kLooksRarely{30'000};  // who says so waits for a time or for somebody, not for its own work
constexpr Duration kMostPause{60'000};
constexpr Duration kLongestDeploy = std::chrono::hours{1};

/// What a plan is kept under: "c-12".
std::string plan_id(const Change& change) { return to_lower(change_name(change.id)); }

std::string in_its_own_time(const App& app, const std::string& why) {
  const auto by = to_string(app.deployer.kind);
  return fmt::format("{} puts it in force in its own time: {}", by, why.empty() ? fmt::format("I am not to ask it (`sync: false`)") : why);
}

std::string plan_words(const App& app, const DriftReport& report) {
  const auto tool = to_string(app.plan.tool);
  if (report.state == AppState::Synced) return fmt::format("{} has nothing to change", tool);
  if (report.state == AppState::Unknown) return fmt::format("what {} makes of it isn't known: {}", tool, report.reason);
  return fmt::format("{} now plans to change {} {}", tool, report.objects.size(), app.kind == AppKind::Ansible ? "tasks" : report.objects.size() == 1 ? "resource" : "resources");
}

}  // namespace

Duration Changes::patience_for(const Change& change, const App& app) const {
  const bool others = app.deployer.kind != DeployerKind::None || is_live(change.verb);
  return others && change.verb != ChangeVerb::Restart ? std::max(parts_.verify_for, kOthersTakeTheirTime) : parts_.verify_for;
}

asio::awaitable<Result<std::string>> Changes::tell_applied(std::int64_t id, std::size_t objects, std::string note) {
  std::function<ChangeStep(Change)> event = [objects, note, now = parts_.clock->wall_now()](Change current) { return on_applied(std::move(current), objects, now, note); };
  auto stepping = step(id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return fmt::format("{} objects", objects);
}

Changes::Vigil& Changes::keep_vigil(std::int64_t change, const std::string& words) {
  auto& vigil = vigils_[change];
  const auto now = parts_.clock->wall_now();
  if (vigil.looked && vigil.counts) vigil.waited += std::min(std::chrono::duration_cast<Duration>(now - *vigil.looked), vigil.pause + kLooksLate);
  if (vigil.words != words) vigil.waited = Duration{0};
  vigil.words = words;
  vigil.looked = now;
  return vigil;
}

std::optional<Duration> Changes::next_look(const Change& change, const DeployProgress& progress) {
  auto& vigil = keep_vigil(change.id, progress.words);
  const bool suspended = progress.words.find(" is suspended") != std::string::npos;
  vigil.counts = !suspended && progress.look_again < kLooksRarely;
  vigil.pause = suspended ? std::max(progress.look_again, kMostPause) : progress.look_again;
  if (!vigil.counts) return vigil.pause;
  if (vigil.waited >= std::max(parts_.verify_for, kLongestDeploy)) {
    vigils_.erase(change.id);
    return std::nullopt;
  }
  vigil.pause = std::clamp(Duration{vigil.waited / 8}, progress.look_again, kMostPause);
  return vigil.pause;
}

/// Asks the App's deployer, and looks again until it is done. Whoever may not be asked syncs by itself: that is for verify to wait for.
asio::awaitable<Result<std::string>> Changes::deploy(storage::OutboxRow row, Change change, App app) {
  if (!vigils_[change.id].checked) {
    const auto merged = co_await merged_state(change, app);
    if (!merged) co_return merged.error();
    vigils_[change.id].checked = true;
  }
  if (!app.deployer.may_sync) co_return co_await tell_applied(change.id, 0, in_its_own_time(app, ""));
  if (!parts_.hands.deploy) co_return Error{ErrorKind::InvalidInput, fmt::format("{} deploys {}, and I don't speak with it", to_string(app.deployer.kind), app.name)};
  auto asking = parts_.hands.deploy(app, change.merged_sha, deploy_id(change), change.requester);
  const auto progress = co_await std::move(asking);
  if (!progress && progress.error().kind == ErrorKind::Denied) co_return co_await tell_applied(change.id, 0, in_its_own_time(app, progress.error().message));
  if (!progress) co_return wrap(fmt::format("asking {} to sync", to_string(app.deployer.kind)), progress.error());
  switch (progress->state) {
    case DeployProgress::State::Done: break;
    case DeployProgress::State::Failed: co_return Error{ErrorKind::InvalidInput, progress->words};
    case DeployProgress::State::Waiting: {
      const auto pause = next_look(change, *progress);
      if (pause) co_return co_await wait_for(std::move(row), std::move(change), progress->words, *pause);
      const auto note = fmt::format("{} has been at it for {} without getting any further ({}): now it is only looked whether it comes into force", to_string(app.deployer.kind),
                                    format_age(std::max(parts_.verify_for, kLongestDeploy)), progress->words);
      co_return co_await tell_applied(change.id, 0, without_values(note));
    }
  }
  co_return co_await tell_applied(change.id, parts_.fleet->report(app.name).objects_total, std::string());
}

asio::awaitable<Result<Proposal>> Changes::proposed_apply(Change change, App app) {
  if (!parts_.hands.save_plan || is_rendered(app)) co_return Error{ErrorKind::InvalidInput, app.name + " isn't planned by a tool: there is nothing to apply"};
  auto saving = parts_.hands.save_plan(app, plan_id(change));
  auto saved = co_await std::move(saving);
  if (!saved) co_return wrap("planning " + app.name, saved.error());
  Proposal proposal;
  proposal.diff = saved->text;
  proposal.content.head_sha = saved->revision;
  proposal.content.diff_digest = saved->digest;
  proposal.notes.push_back(fmt::format("Planned by {} at {}: exactly this is applied, or nothing", to_string(app.plan.tool), saved->revision.substr(0, 7)));
  proposal.risk.tier = saved->destructive ? RiskTier::Destructive : RiskTier::Medium;
  proposal.risk.reasons.push_back(saved->destructive ? "it destroys or replaces what is there" : "it changes what runs outside of any cluster");
  proposal.risk.deletes = saved->deletes;
  proposal.cost = std::move(saved->cost);
  proposal.cost_trouble = saved->cost_trouble;
  if (!proposal.cost_trouble.empty()) proposal.notes.push_back("What it costs isn't known: " + proposal.cost_trouble);
  co_return proposal;
}

asio::awaitable<Result<std::string>> Changes::apply_plan(storage::OutboxRow, Change change, App app) {
  if (!parts_.hands.apply_saved) co_return Error{ErrorKind::InvalidInput, "nothing here applies plans any more"};
  auto applying = parts_.hands.apply_saved(app, plan_id(change), change.content.diff_digest);
  const auto applied = co_await std::move(applying);
  if (!applied && applied.error().kind == ErrorKind::Conflict) co_return Error{ErrorKind::InvalidInput, applied.error().message + "; nothing was applied: say `apply` again to have it planned anew"};
  if (!applied) co_return applied.error();
  co_return co_await tell_applied(change.id, 0, *applied);
}

void Changes::forget_plan(const Change& change) {
  if (change.verb == ChangeVerb::Apply && is_final(change.state) && parts_.hands.drop_saved) parts_.hands.drop_saved(plan_id(change));
}

/// What Git says now is planned once more: after an apply there must be nothing left; after anything else that is what was to be found out.
asio::awaitable<Result<std::string>> Changes::verify_planned(Change change, App app, WallTime deadline) {
  while (change.verb != ChangeVerb::Apply) {
    std::function<Result<bool>(Mirror&)> look = [sha = change.merged_sha](Mirror& mirror) -> Result<bool> {
      TRY(const auto head, mirror.head());
      return mirror.is_ancestor(sha, head);
    };
    auto looking = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(look));
    const auto fetched = co_await std::move(looking);
    if (fetched && *fetched) break;
    if (parts_.clock->wall_now() >= deadline) co_return Error{ErrorKind::InvalidInput, "it was merged, but the merged revision could not be fetched"};
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  if (!parts_.hands.plan_now) co_return Error{ErrorKind::InvalidInput, fmt::format("nothing here plans {} any more", app.name)};
  auto planning = parts_.hands.plan_now(app.name);
  const auto report = co_await std::move(planning);
  if (!report) co_return wrap("planning " + app.name, report.error());
  auto words = plan_words(app, *report);
  if (change.verb == ChangeVerb::Apply && report->state != AppState::Synced) co_return Error{ErrorKind::InvalidInput, "it was applied, but " + words};
  auto told = co_await tell_verified(change.id, words);
  if (!told) co_return told.error();
  co_return words;
}

}  // namespace driftwarden
