#include "bot/change/changes.hpp"

#include "bot/audit/details.hpp"
#include "bot/change/hold_notices.hpp"
#include "bot/change/issuer_notice.hpp"
#include "bot/change/together.hpp"
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/cause.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kGitComesBack = std::chrono::hours{24 * 7};
constexpr Duration kLookForApps{2'000};
constexpr Duration kAppsAreSettled{60'000};  // a start takes its time; what takes longer is told

Result<void> enqueue_effect(storage::Transaction& tx, const Change& change, ChangeEffect effect, const std::string& audit_id, WallTime now) {
  storage::OutboxRow row;
  row.kind = to_string(effect);
  row.lane = fmt::format("change:{}", change.id);
  row.created_at = now;
  row.not_before = now;
  row.payload = json{{"change", change.id}, {"audit", audit_id}}.dump();
  // One effect per content and round of approval: content that moves away and back is approved anew, a repeated step is not a new effect.
  row.key = fmt::format("change:{}:{}:{}:{}", change.id, row.kind, change.content.head_sha, change.approvals.size());
  if (effect == ChangeEffect::ShowCard || effect == ChangeEffect::ShowOnForge) {
    row.key += fmt::format(":{}:{}:{}:{}", to_string(change.state), change.approvals.size(), now.time_since_epoch().count(), change.waiting_for);
    row.coalesce = fmt::format("change:{}:{}", change.id, row.kind);
    row.lane = fmt::format("{}:{}", row.kind, change.id);
  }
  // Neither keeps anything else waiting.
  if (effect == ChangeEffect::Remind || effect == ChangeEffect::FollowUp) row.lane = fmt::format("{}:{}", row.kind, change.id);
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

/// The alert shows the Change that is under way.
Result<void> refresh_alert(storage::Transaction& tx, const std::string& app, WallTime now) {
  TRY(const auto open, open_incident_of(tx, app));
  if (open && open->message) return enqueue_alert(tx, *open, now);
  return Result<void>{};
}

}  // namespace

Result<ChangeStep> commit_step(storage::Transaction& tx, ChangeStep step, WallTime now) {
  if (!step.refusal.empty()) return step;
  std::optional<Change> before;
  if (step.audit && step.next.id != 0) {
    TRY(before, tx.find_change(step.next.id));
  }
  if (step.next.id == 0) {
    TRY(step.next, tx.add_change(std::move(step.next)));
  } else {
    CHECK_OK(tx.save_change(step.next));
  }
  std::string audit_id;
  if (step.audit) {
    step.audit->subject = change_name(step.next.id);
    complete(*step.audit, before, step.next);
    TRY(const auto row, tx.append_audit(*step.audit));
    audit_id = fmt::format("{}:{}", row.seq, row.hash);
  }
  for (const auto effect : step.effects) CHECK_OK(enqueue_effect(tx, step.next, effect, audit_id, now));
  if (is_final(step.next.state)) CHECK_OK(forget_checks(tx, step.next.id));
  CHECK_OK(enqueue_issuer_notice(tx, step.next, now));
  CHECK_OK(refresh_together(tx, step.next, now));
  CHECK_OK(refresh_alert(tx, step.next.app, now));
  return step;
}

Changes::Changes(Parts parts) : parts_(std::move(parts)), nudged_(parts_.executor), tasks_(parts_.executor) {
  const auto on = [this](ChangeEffect effect, asio::awaitable<Result<std::string>> (Changes::*handler)(storage::OutboxRow)) {
    const bool words = effect == ChangeEffect::ShowCard || effect == ChangeEffect::Remind;
    const auto patience = effect == ChangeEffect::FollowUp ? kGitComesBack : words ? Outbox::kWordsWait : Duration{0};
    parts_.outbox->on(std::string(to_string(effect)), [this, handler](storage::OutboxRow row) { return (this->*handler)(std::move(row)); }, patience);
  };
  on(ChangeEffect::Propose, &Changes::propose);
  on(ChangeEffect::ShowOnForge, &Changes::show_on_forge);
  on(ChangeEffect::Remind, &Changes::remind);
  on(ChangeEffect::FollowUp, &Changes::follow_up);
  parts_.outbox->on("slack.issuer", [this](storage::OutboxRow row) { return tell_issuer({*parts_.config, *parts_.store, *parts_.messenger}, std::move(row)); }, Outbox::kWordsWait);
  parts_.outbox->on("hold.follow-up", [this](storage::OutboxRow row) { return follow_up_break_glass(std::move(row)); });
  parts_.outbox->on("slack.checks", [this](storage::OutboxRow row) { return show_checks(std::move(row)); }, Outbox::kWordsWait);
  parts_.outbox->on("slack.together", [this](storage::OutboxRow row) { return show_together(*parts_.store, *parts_.messenger, std::move(row)); }, Outbox::kWordsWait);
  on(ChangeEffect::Merge, &Changes::merge);
  on(ChangeEffect::Apply, &Changes::apply);
  on(ChangeEffect::Verify, &Changes::verify);
  on(ChangeEffect::ClosePullRequest, &Changes::close_pull_request);
  on(ChangeEffect::ShowCard, &Changes::show_card);
  parts_.outbox->on_gave_up([this](storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) { return gave_up(tx, row, why, now); },
                            [this](const storage::OutboxRow& row) { tasks_.spawn("after giving up", after_giving_up(row)); });
}

void Changes::start() { tasks_.spawn("forges", follow_forges()); }

asio::awaitable<void> Changes::stop() { co_await tasks_.join(); }

forge::Forge* Changes::forge_of(const App& app) {
  const auto found = parts_.forges.find(app.repository);
  return found == parts_.forges.end() ? nullptr : found->second;
}

Signer Changes::signer_of(const App& app) const {
  const auto found = parts_.signers.find(app.repository);
  return found == parts_.signers.end() ? Signer{} : found->second;
}

std::optional<App> Changes::app_of(const Change& change) const {
  if (const auto* known = parts_.fleet->app(change.app)) return *known;
  if (change.verb != ChangeVerb::CreateApp) return std::nullopt;
  auto made = created_app(change, *parts_.config, parts_.fleet->apps());
  if (!made) return std::nullopt;
  return std::move(*made);
}

bool Changes::is_settled(const Change& change, bool and_deployer) const {
  if (parts_.fleet->apps_are_known()) return true;
  const auto* known = parts_.fleet->app(change.app);
  if (known == nullptr) return false;
  if (!and_deployer || !is_rendered(*known) || known->deployer.kind != DeployerKind::None) return true;
  const bool others_deploy = std::ranges::any_of(parts_.config->discover, [](const DiscoverRule& rule) { return rule.kind == DiscoverKind::ArgoCd || rule.kind == DiscoverKind::Flux; });
  // A broken glass doesn't wait for a cluster that is away.
  return !others_deploy || (!change.break_glass.empty() && parts_.fleet->apps_are_known_as_far_as_can_be());
}

asio::awaitable<Result<App>> Changes::settled_app_of(storage::OutboxRow row, Change change, bool and_deployer) {
  if (is_settled(change, and_deployer)) {
    unsettled_since_.reset();
    auto known = app_of(change);
    if (!known) co_return Error{ErrorKind::NotFound, change.app + " is not configured any more"};
    co_return std::move(*known);
  }
  const auto now = parts_.clock->mono_now();
  if (!unsettled_since_) unsettled_since_ = now;
  const std::string words = "Git, Argo CD and Flux to say which Apps there are, and who deploys them";
  const bool waits = change.state == ChangeState::Merged || change.state == ChangeState::Applying || (change.state == ChangeState::Approved && !is_being_merged(change));
  if (and_deployer && waits && now - *unsettled_since_ >= kAppsAreSettled) co_return co_await wait_for(std::move(row), std::move(change), words, kLookForApps);
  parts_.outbox->put_off(row, kLookForApps);
  co_return Error{ErrorKind::Unavailable, "waiting for " + words};
}

asio::awaitable<Result<Change>> Changes::load(std::int64_t id) {
  std::function<Result<Change>(storage::Transaction&)> work = [id](storage::Transaction& tx) -> Result<Change> {
    TRY(auto change, tx.find_change(id));
    if (!change) return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(id))};
    return std::move(*change);
  };
  auto working = parts_.store->query<Change>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<ChangeStep>> Changes::step(std::int64_t id, std::function<ChangeStep(Change)> event) {
  std::function<Result<ChangeStep>(storage::Transaction&)> work = [id, event = std::move(event), now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<ChangeStep> {
    TRY(auto change, tx.find_change(id));
    if (!change) return Error{ErrorKind::NotFound, fmt::format("There is no Change {}.", change_name(id))};
    return commit_step(tx, event(std::move(*change)), now);
  };
  auto working = parts_.store->query<ChangeStep>(std::move(work));
  auto stepped = co_await std::move(working);
  parts_.outbox->wake();
  if (stepped && stepped->refusal.empty() && is_final(stepped->next.state)) {
    forget_plan(stepped->next);
    parts_.on_ended(stepped->next.app);
  }
  co_return stepped;
}

asio::awaitable<Result<std::string>> Changes::show_card(storage::OutboxRow row) {
  const auto id = json::parse(row.payload).at("change").get<std::int64_t>();
  auto change = co_await load(id);
  if (!change) co_return change.error();
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app && app.error().kind == ErrorKind::NotFound) co_return std::string("the App is gone");
  if (!app) co_return app.error();
  auto looking = waivers_for(*parts_.store, *parts_.config, *change, *app, parts_.clock->wall_now());
  const auto waivers = co_await std::move(looking);
  Messenger::Shown shown;
  shown.key = fmt::format("change:{}", id);
  shown.channel = change->channel;
  shown.thread_ts = change->thread_ts;
  shown.at = change->card;
  const auto counted = counted_approvers(*change);
  shown.message = view::card_message(*change, *app, counted, approvers_left(*parts_.config, *change, *app, counted), waivers);
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await parts_.messenger->show(std::move(shown));
  if (!posted) co_return posted.error();
  if (change->card == *posted) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [id, at = *posted](storage::Transaction& tx) -> Result<void> {
    TRY(auto latest, tx.find_change(id));
    if (!latest) return Result<void>{};
    latest->card = at;
    return tx.save_change(*latest);
  };
  auto keeping = parts_.store->transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

/// In the card's thread, to those who may approve and have not.
asio::awaitable<Result<std::string>> Changes::remind(storage::OutboxRow row) {
  const auto id = json::parse(row.payload).at("change").get<std::int64_t>();
  auto change = co_await load(id);
  if (!change) co_return change.error();
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app && app.error().kind != ErrorKind::NotFound) co_return app.error();
  if (!app || change->state != ChangeState::Proposed || !change->card) co_return std::string("nobody needs to be reminded");
  const auto counted = counted_approvers(*change);
  std::vector<std::string> slack_ids;
  for (const auto& person : approvers_left(*parts_.config, *change, *app, counted)) {
    const auto* known = find_person(*parts_.config, person);
    const bool excluded = std::ranges::find(change->quorum.excluded, person) != change->quorum.excluded.end();
    if (known != nullptr && !known->slack.empty() && !excluded) slack_ids.push_back(known->slack);
  }
  Messenger::Shown shown;
  shown.key = fmt::format("reminder:{}", id);
  shown.channel = change->card->channel;
  shown.thread_ts = change->card->ts;
  shown.message = view::reminder_message(*change, *app, slack_ids);
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await parts_.messenger->show(std::move(shown));
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

/// Words that reached nobody are told to the admins.
Result<void> Changes::report_undelivered(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const {
  storage::OutboxRow notice;
  notice.key = fmt::format("undelivered:{}", row.id);
  notice.kind = "slack.notice";
  notice.lane = notice.key;
  const auto text = fmt::format(":warning: A message could not be delivered ({}): {}", row.key, why.message);
  notice.payload = json{{"channel", parts_.config->slack.admin_channel}, {"text", slack::escape(text)}}.dump(-1, ' ', false, json::error_handler_t::replace);
  notice.created_at = now;
  notice.not_before = now;
  auto queued = tx.enqueue(notice);
  if (!queued) return queued.error();
  return Result<void>{};
}

namespace {

/// "C-12", "incident 7": what the row of the outbox was for.
std::string subject_of(const json& payload) {
  const auto number_at = [&](const char* key) { return payload.is_object() && payload.contains(key) && payload.at(key).is_number_integer() ? payload.at(key).get<std::int64_t>() : 0; };
  if (const auto id = number_at("change"); id != 0) return change_name(id);
  if (const auto id = number_at("incident"); id != 0) return fmt::format("incident {}", id);
  if (const auto id = number_at("hold"); id != 0) return fmt::format("hold {}", id);
  return {};
}

Result<void> audit_given_up(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why) {
  const auto payload = json::parse(row.payload, nullptr, false);
  AuditEntry entry;
  entry.actor = "driftwarden";
  entry.action = "effect.given-up";
  entry.subject = subject_of(payload);
  entry.detail = fmt::format(R"({{"kind":{},"key":{},"attempts":{},"why":{}}})", json_quoted(row.kind), json_quoted(row.key), row.attempts, json_quoted(without_values(why.message)));
  if (const auto id = parse_change_name(entry.subject)) {
    TRY(const auto change, tx.find_change(*id));
    if (change) entry.app = change->app;
    if (change) complete(entry, std::nullopt, *change);
  } else if (payload.is_object() && payload.contains("incident") && payload.at("incident").is_number_integer()) {
    TRY(const auto incident, tx.find_incident(payload.at("incident").get<std::int64_t>()));
    if (incident) entry.app = incident->app;
    if (incident) complete(entry, *incident);
  } else if (payload.is_object() && payload.contains("channel") && payload.at("channel").is_string()) {
    entry.where = payload.at("channel").get<std::string>();
  }
  auto appended = tx.append_audit(entry);
  if (!appended) return appended.error();
  return Result<void>{};
}

}  // namespace

Result<void> Changes::gave_up(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const {
  CHECK_OK(audit_given_up(tx, row, why));
  if (row.kind == "audit.anchor") {
    const auto words = fmt::format(":warning: The head of the audit log could not be committed to Git: {}", slack::escape(without_values(why.message)));
    CHECK_OK(enqueue_notice(tx, row.key + " given up", parts_.config->slack.admin_channel, words, now));
  }
  const auto effect = change_effect_from(row.kind);
  const bool words = row.kind.starts_with("slack.") || effect == ChangeEffect::ShowCard;
  if (words && row.kind != "slack.notice") CHECK_OK(report_undelivered(tx, row, why, now));
  if (effect == ChangeEffect::FollowUp) {
    const auto id = json::parse(row.payload).at("change").get<std::int64_t>();
    CHECK_OK(enqueue_notice(tx, fmt::format("follow-up-lost:{}", row.id), parts_.config->slack.admin_channel,
                            fmt::format(":rotating_light: *{}* was applied behind a broken glass, and Git never got it: {}. Bring it into Git by hand.", change_name(id),
                                        slack::escape(without_values(why.message))), now));
  }
  const bool decides = effect == ChangeEffect::Propose || effect == ChangeEffect::Merge || effect == ChangeEffect::Apply || effect == ChangeEffect::Verify;
  if (!decides) return Result<void>{};
  TRY(auto change, tx.find_change(json::parse(row.payload).at("change").get<std::int64_t>()));
  if (!change) return Result<void>{};
  auto committed = commit_step(tx, on_failed(std::move(*change), without_values(why.message), now), now);
  if (!committed) return committed.error();
  return Result<void>{};
}

/// What was held back while a Change was under way is looked at again.
asio::awaitable<void> Changes::after_giving_up(storage::OutboxRow row) {
  if (!change_effect_from(row.kind)) co_return;
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change || !is_final(change->state)) co_return;
  forget_plan(*change);
  parts_.on_ended(change->app);
}

}  // namespace driftwarden
