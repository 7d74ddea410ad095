// What is proposed without a pull request: what Git knows nothing of, and what a broken glass lets pass while Git is away.
#include "bot/change/changes.hpp"
#include "bot/change/quorum_facts.hpp"
#include "bot/change/set_out.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/crypto.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {
using nlohmann::json;
}  // namespace

/// What is approved is the list of workloads.
asio::awaitable<Result<Proposal>> Changes::proposed_restart(Change change, App app) {
  const auto desired = parts_.fleet->desired(app.name);
  if (!desired) co_return Error{ErrorKind::Unavailable, app.name + " is not rendered yet"};
  const auto workloads = plan_restart(change, app, *desired);
  if (!workloads) co_return workloads.error();
  Proposal proposal;
  proposal.diff = restart_text(*workloads);
  proposal.content.diff_digest = sha256_hex(proposal.diff);
  co_return proposal;
}

/// Nothing in Git.
asio::awaitable<Result<std::string>> Changes::propose_live(Change change, App app) {
  Result<Proposal> made = Error{ErrorKind::Corrupt, ""};
  if (change.verb == ChangeVerb::Apply) {
    made = co_await proposed_apply(change, app);
  } else {
    made = co_await proposed_restart(change, app);
  }
  if (!made) co_return made.error();
  auto& proposal = *made;
  if (change.verb == ChangeVerb::Apply) proposal.expiry = approval_expiry(*parts_.config, app, to_string(change.verb), proposal.risk.tier);
  auto asking = quorum_facts(*parts_.store, *parts_.config, change, proposal, parts_.clock->wall_now());
  CO_TRY(auto facts, co_await std::move(asking));
  proposal.quorum = quorum_for_places(change, app, std::move(facts));
  std::function<ChangeStep(Change)> event = [proposal = *made, now = parts_.clock->wall_now()](Change current) { return on_proposed(std::move(current), proposal, now); };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return proposal.content.diff_digest;
}

/// The commit is made on what was fetched last, and rests in the mirror until Git can be reached.
asio::awaitable<Result<std::string>> Changes::propose_behind_broken_glass(Change change, App app, std::string audit_id, Error why) {
  const bool ours = is_rendered(app) && app.deployer.kind == DeployerKind::None && change.verb != ChangeVerb::Move;
  if (!ours) co_return Error{why.kind, fmt::format("Git can't be reached, and without it nothing can be put in force for {}: {}", app.name, why.message)};
  std::function<Result<std::string>(Mirror&)> look = [](Mirror& mirror) { return mirror.head(); };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<std::string>(std::move(look));
  const auto head = co_await std::move(looking);
  if (!head) co_return head.error();
  auto written = co_await write(change, app, *head, audit_id);
  if (!written) co_return wrap("proposing " + change_name(change.id), written.error());
  auto judged = co_await judge(change, app, *written);
  if (!judged) co_return wrap("what the commit would change", judged.error());
  auto proposal = std::move(written->proposal);
  proposal.notes.insert(proposal.notes.begin(), fmt::format("Git can't be reached ({}): applied from my mirror of {}, the pull request follows when it is back.", why.message,
                                                            head->substr(0, 7)));
  std::function<ChangeStep(Change)> event = [proposal, now = parts_.clock->wall_now()](Change current) { return on_broken_glass(std::move(current), proposal, now); };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return proposal.content.head_sha;
}

/// Git is back: the same is asked for again, without the glass, so that Git gets it by a pull request that somebody else approves.
asio::awaitable<Result<std::string>> Changes::follow_up(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app) co_return app.error();
  auto head = co_await parts_.fleet->repository(app->repository).fetch();
  if (!head) co_return head.error();
  if (auto* forge = forge_of(*app)) {
    const auto there = co_await forge->find_open(change->branch, parts_.fleet->repository_config(app->repository).branch);
    if (!there) co_return there.error();
  }
  Change again;
  again.app = change->app;
  again.verb = change->verb;
  again.review = change->review;
  again.requester = change->requester;
  again.reason = fmt::format("follow-up of {}, which was applied behind a broken glass{}", change_name(change->id), change->reason.empty() ? "" : ": " + change->reason);
  again.target_revision = change->verb == ChangeVerb::Sync ? *head : change->target_revision;
  again.argument = change->argument;
  again.channel = change->channel;
  again.quorum = quorum_for(*parts_.config, *app, to_string(change->verb));
  const auto now = parts_.clock->wall_now();
  if (const auto expiry = approval_expiry(*parts_.config, *app, to_string(change->verb))) again.expires_at = now + *expiry;
  const auto mark = fmt::format("follow-up of {},", change_name(change->id));
  std::function<Result<std::string>(storage::Transaction&)> ask = [again, mark, id = change->id, now](storage::Transaction& tx) -> Result<std::string> {
    TRY(const auto known, tx.changes({again.app, false, 50}));
    const auto asked = std::ranges::find_if(known, [&](const Change& other) { return other.reason.starts_with(mark); });
    if (asked != known.end()) return change_name(asked->id);
    TRY(auto added, tx.add_change(again));
    const auto by = added.id;
    TRY(const auto committed, set_out(tx, std::move(added), now));
    TRY(auto first, tx.find_change(id));
    if (first) {
      TRY(const auto told, commit_step(tx, on_followed_up(std::move(*first), by, now), now));
      (void)told;
    }
    return change_name(committed.next.id);
  };
  auto asking = parts_.store->query<std::string>(std::move(ask));
  auto asked = co_await std::move(asking);
  parts_.outbox->wake();
  co_return asked;
}

}  // namespace driftwarden
