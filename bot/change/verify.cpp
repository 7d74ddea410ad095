// What was applied is watched until it is in force and healthy: one verdict.
#include "bot/change/changes.hpp"
#include "bot/command/ignore_request.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kLookEvery{250};
constexpr Duration kMomentAfterRestart{60'000};

bool is_told(const DriftReport& report, const IgnoreRequest::Field& field) {
  return std::ranges::any_of(report.objects, [&](const ObjectDrift& drift) {
    const auto& ref = drift.object;
    const bool same = ref.group == field.object.group && ref.kind == field.object.kind && ref.namespace_ == field.object.namespace_ && ref.name == field.object.name;
    return same && std::ranges::any_of(drift.fields, [&](const FieldDrift& each) { return is_path_below(each.path, field.path); });
  });
}

constexpr std::string_view kNotInForce = "Git has moved on, or the merged revision was not fetched yet";
constexpr Duration kAddedStays{30'000};
constexpr std::size_t kFieldsNamed = 3;

/// Nothing but fields that Git doesn't have, where who deploys the App says that it is in sync: it leaves those alone, however often it syncs. "" = otherwise.
std::string added_by_hand(const DriftReport& report) {
  if (report.state != AppState::OutOfSync || !report.opinion || report.opinion->state != AppState::Synced) return {};
  std::vector<std::string> fields;
  for (const auto& drift : report.objects) {
    const bool added = drift.verdict == Verdict::OutOfSync && !drift.fields.empty() && std::ranges::all_of(drift.fields, [](const FieldDrift& field) { return field.op == FieldOp::Added; });
    if (drift.verdict != Verdict::Synced && !added) return {};
    for (const auto& field : drift.fields) fields.push_back(fmt::format("{} of {}", ellipsize(field.path, 120), to_string(drift.object)));
  }
  if (fields.empty()) return {};
  const auto more = fields.size() > kFieldsNamed ? fmt::format(" and {} more", fields.size() - kFieldsNamed) : std::string();
  fields.resize(std::min(fields.size(), kFieldsNamed));
  return fmt::format("{} has synced it, and {}{} is still there: it was added by hand, and {} takes nothing away that Git doesn't speak of. Adopt it, or remove it", report.opinion->by,
                     join(fields, ", "), more, report.opinion->by);
}

Error too_late(const Duration& patience, const std::string& waiting_for) {
  return {ErrorKind::InvalidInput, fmt::format("it was applied, but after {} it is still {}", format_age(patience), waiting_for)};
}

}  // namespace

asio::awaitable<Result<void>> Changes::tell_verified(std::int64_t id, std::string note) {
  std::function<ChangeStep(Change)> event = [note, now = parts_.clock->wall_now()](Change current) { return on_verified(std::move(current), now, note); };
  auto stepping = step(id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return Result<void>{};
}

std::string Changes::lacking(const App& app, const std::string& tree, const std::vector<ObjectRef>& leaving) const {
  const bool in_force = parts_.fleet->app(app.name) != nullptr && parts_.fleet->desired_tree(app.name) == tree;
  if (!in_force) return std::string(kNotInForce);
  const auto report = parts_.fleet->report(app.name);
  const bool only_leaving = report.state == AppState::OutOfSync && !leaving.empty() && std::ranges::all_of(report.objects, [&](const ObjectDrift& drift) {
    const bool goes = drift.verdict == Verdict::Extra && std::ranges::any_of(leaving, [&](const ObjectRef& ref) { return same_object(ref, drift.object); });
    return drift.verdict == Verdict::Synced || goes;
  });
  if (report.state != AppState::Synced && !only_leaving) return fmt::format("{} ({} objects differ) {}", to_string(report.state), report.objects.size(), report.reason);
  const auto health = parts_.fleet->health(app.name);
  if (health.health != kubernetes::Health::Healthy) return fmt::format("{}: {}", to_string(health.health), health.why);
  return {};
}

asio::awaitable<Result<std::string>> Changes::verify(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (is_final(change->state)) co_return std::string("it ended already");
  const auto known = co_await settled_app_of(row, *change, false);
  if (!known) co_return known.error();
  App app = *known;
  parts_.fleet->nudge(app.repository);
  // After a restart nothing is rendered or listed yet: that needs a moment of its own.
  const auto patience = patience_for(*change, app);
  const auto deadline = std::max(row.created_at + patience, parts_.clock->wall_now() + kMomentAfterRestart);
  if (!is_rendered(app)) co_return co_await verify_planned(std::move(*change), app, deadline);
  if (change->verb == ChangeVerb::Ignore) co_return co_await verify_ignored(std::move(*change), app, deadline);
  // Git doesn't know of a restart, and not yet of what a broken glass let through.
  const bool ahead_of_git = !change->break_glass.empty() && change->merged_sha == change->content.head_sha;
  if (is_live(change->verb) || ahead_of_git) co_return co_await verify_health(std::move(*change), app, deadline);
  const auto desired = co_await parts_.fleet->render_at(app, change->merged_sha);
  if (!desired) co_return desired.error();
  const auto rests_on = co_await what_it_rests_on(*change, app);
  if (!rests_on) co_return rests_on.error();
  std::optional<WallTime> by_hand_since;
  while (true) {
    const auto waiting_for = lacking(app, desired->tree);
    if (waiting_for.empty()) break;
    if (waiting_for == kNotInForce) {
      auto looking = moved_since(app, *rests_on, change->merged_sha, false);
      auto overtaken = co_await std::move(looking);
      if (overtaken && !overtaken->empty()) break;  // a later commit is in force; whether that one is in sync is for the alerts to say
    }
    const auto now = parts_.clock->wall_now();
    auto added = waiting_for == kNotInForce ? std::string() : added_by_hand(parts_.fleet->report(app.name));
    if (added.empty()) by_hand_since.reset();
    if (!added.empty() && !by_hand_since) by_hand_since = now;
    if (by_hand_since && now - *by_hand_since >= kAddedStays) co_return Error{ErrorKind::InvalidInput, std::move(added)};
    if (now >= deadline) co_return too_late(patience, waiting_for);
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  auto told = co_await tell_verified(change->id, std::string());
  if (!told) co_return told.error();
  co_return std::string("in sync and healthy");
}

asio::awaitable<Result<std::string>> Changes::verify_health(Change change, App app, WallTime deadline) {
  while (true) {
    const auto health = parts_.fleet->health(app.name);
    if (health.health == kubernetes::Health::Healthy) break;
    auto waiting_for = fmt::format("{}: {}", to_string(health.health), health.why);
    if (parts_.clock->wall_now() >= deadline) co_return too_late(parts_.verify_for, waiting_for);
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  auto told = co_await tell_verified(change.id, std::string());
  if (!told) co_return told.error();
  co_return std::string("healthy");
}

/// Nothing is applied: the rule counts as soon as the head with it has been read.
asio::awaitable<Result<std::string>> Changes::verify_ignored(Change change, App app, WallTime deadline) {
  const auto request = ignore_request_from(change.argument);
  while (true) {
    std::function<Result<bool>(Mirror&)> look = [sha = change.merged_sha](Mirror& mirror) -> Result<bool> {
      TRY(const auto head, mirror.head());
      return mirror.is_ancestor(sha, head);
    };
    auto looking = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(look));
    const auto fetched = co_await std::move(looking);
    const auto report = parts_.fleet->report(app.name);
    const bool told = std::ranges::any_of(request.fields, [&](const IgnoreRequest::Field& field) { return is_told(report, field); });
    if (fetched && *fetched && !told && report.state != AppState::Unknown) break;
    if (parts_.clock->wall_now() >= deadline) {
      std::string why = "the merged revision could not be fetched";
      if (report.state == AppState::Unknown) why = app.name + " can't be judged: " + report.reason;
      if (told) why = "its fields are still told as drift: see `ignores " + app.name + "`";
      auto text = "it was merged, but " + why;
      co_return Error{ErrorKind::InvalidInput, std::move(text)};
    }
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  auto told = co_await tell_verified(change.id, std::string());
  if (!told) co_return told.error();
  co_return std::string("the rule counts");
}

}  // namespace driftwarden
