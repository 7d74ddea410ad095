// What the forge is told of a Change: a commit status that nobody but others can turn green, one sticky comment, and who is asked to look.
#include "bot/change/changes.hpp"
#include "bot/change/judge_gates.hpp"
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/policy/findings.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/log.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kMostAsked = 5;
constexpr std::string_view kSticky = "<!-- driftwarden:change -->";

forge::CommitStatus status_of(const Change& change, const std::vector<PersonId>& counted) {
  forge::CommitStatus status;
  const auto name = change_name(change.id);
  const bool refused = is_final(change.state) && change.state != ChangeState::Done;
  const bool decided = change.state != ChangeState::Requested && change.state != ChangeState::Proposed;
  const auto open = open_seats(change, counted);
  const bool enough = decided && open.all() == 0;
  if (refused) {
    status.state = forge::StatusState::Failure;
    status.description = fmt::format("{} is {}", name, to_string(change.state));
  } else {
    status.state = enough ? forge::StatusState::Success : forge::StatusState::Pending;
    const auto needed = seats_of(change.quorum);
    const auto have = needed == 0 ? static_cast<int>(counted.size()) : needed - open.all();
    status.description = fmt::format("{}: {} of {} approvals by somebody other than {}", name, have, needed, change.requester);
    if (open.extra > 0) status.description += fmt::format("; {} missing for its cost", open.extra);
  }
  status.target_url = change.pull_request_url;
  return status;
}

/// Logins of those whose yes would count: the code owners where they decide, else everybody when they are few.
std::vector<std::string> logins_to_ask(const Change& change, const App& app, const Config& config) {
  auto people = approvers_of(config, change.quorum, app, change.requester);
  const auto is = [](const std::vector<PersonId>& all, const PersonId& person) { return std::ranges::find(all, person) != all.end(); };
  if (!change.quorum.code_owners.empty()) {
    std::erase_if(people, [&](const PersonId& person) { return !is(change.quorum.code_owners, person) && !is(change.quorum.extra.from, person); });
  }
  std::vector<std::string> logins;
  if (people.size() > kMostAsked) return logins;
  for (const auto& id : people) {
    const auto* person = find_person(config, id);
    const bool excluded = std::ranges::find(change.quorum.excluded, id) != change.quorum.excluded.end();
    if (person != nullptr && !person->forge.empty() && !excluded) logins.push_back(person->forge);
  }
  return logins;
}

}  // namespace

asio::awaitable<Result<std::string>> Changes::show_on_forge(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app && app.error().kind != ErrorKind::NotFound) co_return app.error();
  auto* forge = app ? forge_of(*app) : nullptr;
  if (forge == nullptr || change->pull_request == 0) co_return std::string("no forge");
  const auto counted = counted_approvers(*change);
  auto status = status_of(*change, counted);
  auto published = co_await forge->set_status(change->content.head_sha, std::move(status));
  if (!published) co_return published.error();
  auto looking = waivers_for(*parts_.store, *parts_.config, *change, *app, parts_.clock->wall_now());
  const auto waivers = co_await std::move(looking);
  if (!change->gates.empty()) {
    auto judged = gates_status(change_name(change->id), change->gates, change->app, waivers.counting);
    judged.target_url = change->pull_request_url;
    // A forge that requires it must not hold back what a broken glass lets pass, or what no gate of today's config holds.
    if (judged.state == forge::StatusState::Failure && !gate_obstacle(*parts_.config, *change, waivers)) {
      judged.state = forge::StatusState::Success;
      judged.description = fmt::format("{}: {}", change_name(change->id), change->break_glass.empty() ? "nothing blocks any more" : "passed by a broken glass");
    }
    auto told = co_await forge->set_status(change->content.head_sha, std::move(judged));
    if (!told) co_return told.error();
  }
  auto text = fmt::format("{}\n{}", kSticky, view::sticky_comment(*change, *app, counted, approvers_left(*parts_.config, *change, *app, counted), waivers));
  auto said = co_await forge->upsert_comment(change->pull_request, std::string(kSticky), std::move(text));
  if (!said) co_return said.error();
  if (change->state == ChangeState::Proposed && change->approvals.empty()) {
    auto logins = logins_to_ask(*change, *app, *parts_.config);
    if (!logins.empty()) {
      const auto asked = co_await forge->request_reviewers(change->pull_request, std::move(logins));
      if (!asked) log_warn("forge", asked.error().message);
    }
  }
  co_return std::string("shown");
}

asio::awaitable<Result<std::string>> Changes::close_pull_request(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  forget_plan(*change);
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app && app.error().kind != ErrorKind::NotFound) co_return app.error();
  auto* forge = app ? forge_of(*app) : nullptr;
  if (forge == nullptr || change->review != ReviewMode::PullRequest) co_return std::string("no pull request");
  if (change->pull_request == 0) {
    // It may have been opened in the very moment in which the Change ended.
    const auto orphan = co_await forge->find_open(branch_name(*change), parts_.fleet->repository_config(app->repository).branch);
    if (!orphan) co_return orphan.error();
    if (!*orphan) co_return std::string("no pull request");
    change->pull_request = (**orphan).number;
  }
  auto current = co_await forge->get(change->pull_request);
  if (!current) co_return current.error();
  if (current->state != forge::PullRequestState::Open) co_return std::string("closed already");
  auto text = fmt::format("{}\n{}", kSticky, view::sticky_comment(*change, *app, counted_approvers(*change), {}));
  auto said = co_await forge->upsert_comment(change->pull_request, std::string(kSticky), std::move(text));
  if (!said) log_warn("forge", said.error().message);
  auto closed = co_await forge->close(change->pull_request);
  if (!closed) co_return closed.error();
  co_return std::string("closed");
}

}  // namespace driftwarden
