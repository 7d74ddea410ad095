// From a request to a pull request that people can decide on.
#include "bot/change/changes.hpp"
#include "bot/change/plan.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

/// The commit and what it changes in Git.
struct Written {
  std::string commit;
  std::string git_diff;
};

/// `left_behind`: an earlier try may have pushed the branch and got no further, so that nobody was shown it; then it makes way.
Result<Written> write_and_push(Mirror& mirror, const CommitRequest& request, const std::string& remote_head_of_branch, bool left_behind) {
  Written written;
  TRY(written.commit, mirror.commit(request));
  TRY(const auto files, mirror.diff(request.base, written.commit, ""));
  for (const auto& file : files) written.git_diff += file.patch;
  auto pushed = mirror.push(request.branch, request.branch, remote_head_of_branch);
  if (!pushed && pushed.error().kind == ErrorKind::Conflict && left_behind) {
    CHECK_OK(mirror.delete_remote_branch(request.branch));
    pushed = mirror.push(request.branch, request.branch, "");
  }
  if (!pushed) return pushed.error();
  return written;
}

}  // namespace

asio::awaitable<Result<CommitRequest>> Changes::plan(Change change, App app, std::string head, std::string audit_id) {
  std::vector<FileEdit> adopted;
  if (change.verb == ChangeVerb::Adopt) {
    const auto report = parts_.fleet->report(app.name);
    const auto manifests = parts_.fleet->desired(app.name);
    if (!manifests || report.state == AppState::Unknown) co_return Error{ErrorKind::Unavailable, app.name + " is not judged yet"};
    std::function<Result<std::vector<FileEdit>>(Mirror&)> work = [app, report, desired = *manifests, head](Mirror& mirror) {
      const std::function<Result<std::string>(const std::string&)> source = [&](const std::string& file) { return mirror.read_file(head, app.path.empty() ? file : app.path + "/" + file); };
      return plan_adoption(app, report, desired, source);
    };
    auto working = parts_.fleet->repository(app.repository).with_mirror<std::vector<FileEdit>>(std::move(work));
    auto edits = co_await std::move(working);
    if (!edits) co_return edits.error();
    adopted = std::move(*edits);
  }
  if (change.verb == ChangeVerb::Ignore) {
    auto rules = co_await ignore_file_at(app, head);
    if (!rules) co_return rules.error();
    if (!rules->warnings.empty()) co_return Error{ErrorKind::InvalidInput, "the ignore file has a mistake that somebody must mend first: " + rules->warnings.front()};
    adopted.push_back(plan_ignore(change, app, std::move(rules->rules)));
  }
  co_return plan_commit(change, app, *parts_.config, head, audit_id, std::move(adopted));
}

asio::awaitable<Result<ImportedRules>> Changes::ignore_file_at(App app, std::string revision) {
  std::function<Result<ImportedRules>(Mirror&)> read = [name = app.name, revision](Mirror& mirror) -> Result<ImportedRules> {
    const auto path = ignore_path(name);
    const auto text = mirror.read_file(revision, path);
    if (!text && text.error().kind == ErrorKind::NotFound) return ImportedRules{};
    if (!text) return text.error();
    return parse_ignore_file(*text, path);
  };
  auto reading = parts_.fleet->repository(app.repository).with_mirror<ImportedRules>(std::move(read));
  co_return co_await std::move(reading);
}

asio::awaitable<Result<std::string>> Changes::effect_of(Change change, App app, std::string commit) {
  const auto report = parts_.fleet->report(app.name);
  const auto manifests = parts_.fleet->desired(app.name);
  if (!manifests) co_return Error{ErrorKind::Unavailable, app.name + " is not rendered yet"};
  const auto before = *manifests;
  // The commit was only just made here; what it changes for the App is its rendering against today's.
  auto after = co_await parts_.fleet->render_at(app, commit);
  if (!after) co_return after.error();
  auto text = effect_text(before, after->manifests, *parts_.redactor);
  if (change.verb == ChangeVerb::Adopt) co_return text;
  if (report.state == AppState::OutOfSync && change.verb == ChangeVerb::Sync && text.empty()) {
    const std::function<JsonPtr(const ObjectRef&)> live = [&](const ObjectRef& ref) { return parts_.fleet->live(app, ref); };
    text = undo_text(report, before, live, *parts_.redactor);
  }
  co_return text;
}

asio::awaitable<Result<forge::PullRequest>> Changes::pull_request_for(Change change, App app, std::string branch, std::string diff, std::string audit_id) {
  auto* forge = forge_of(app);
  const auto base = parts_.fleet->repository_config(app.repository).branch;
  auto existing = co_await forge->find_open(branch, base);
  if (!existing) co_return existing.error();
  if (*existing) co_return **existing;
  forge::PullRequestDraft draft;
  draft.title = view::pull_request_title(change);
  draft.body = view::pull_request_body(change, app, diff, audit_id);
  draft.branch = branch;
  draft.base = base;
  co_return co_await forge->open(std::move(draft));
}

asio::awaitable<Result<std::string>> Changes::propose(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto audit_id = payload.at("audit").get<std::string>();
  auto change = co_await load(payload.at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Requested) co_return std::string("proposed already");
  const auto* known = parts_.fleet->app(change->app);
  if (known == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const App app = *known;
  auto head = co_await parts_.fleet->repository(app.repository).fetch();
  if (!head) co_return head.error();
  auto request = co_await plan(*change, app, *head, audit_id);
  if (!request) co_return request.error();

  // An earlier try may have pushed this branch, perhaps on an older head: then it is moved, from exactly what was found there.
  auto* forge = change->review == ReviewMode::PullRequest ? forge_of(app) : nullptr;
  std::string remote_head;
  const bool made_before = row.attempts > 1 || !change->branch.empty();
  if (forge != nullptr && made_before) {
    const auto existing = co_await forge->find_open(request->branch, parts_.fleet->repository_config(app.repository).branch);
    if (!existing) co_return wrap("looking for an earlier pull request", existing.error());
    if (*existing) remote_head = (**existing).head_sha;
  }
  const bool left_behind = made_before && remote_head.empty();
  std::function<Result<Written>(Mirror&)> write = [wanted = *request, remote_head, left_behind](Mirror& mirror) { return write_and_push(mirror, wanted, remote_head, left_behind); };
  auto writing = parts_.fleet->repository(app.repository).with_mirror<Written>(std::move(write));
  auto written = co_await std::move(writing);
  if (!written) co_return wrap("proposing " + change_name(change->id), written.error());

  Result<std::string> effect = written->git_diff;  // of an ignore, which changes nothing but its own file
  if (change->verb != ChangeVerb::Ignore) effect = co_await effect_of(*change, app, written->commit);
  if (!effect) co_return wrap("what the commit would change", effect.error());
  Proposal proposal;
  proposal.branch = request->branch;
  proposal.base_sha = request->base;
  proposal.content.head_sha = written->commit;
  proposal.content.diff_digest = sha256_hex(written->git_diff);
  proposal.diff = *effect;
  if (forge != nullptr) {
    auto pull_request = co_await pull_request_for(*change, app, proposal.branch, proposal.diff, audit_id);
    if (!pull_request) co_return wrap("opening the pull request", pull_request.error());
    proposal.pull_request = pull_request->number;
    proposal.pull_request_url = pull_request->url;
  }
  std::function<ChangeStep(Change)> event = [proposal, now = parts_.clock->wall_now()](Change current) { return on_proposed(std::move(current), proposal, now); };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return written->commit;
}

asio::awaitable<Result<std::string>> Changes::publish_status(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  const auto* app = parts_.fleet->app(change->app);
  auto* forge = app == nullptr ? nullptr : forge_of(*app);
  if (forge == nullptr || change->pull_request == 0) co_return std::string("no forge");
  forge::CommitStatus status;
  const auto counted = counted_approvers(*change);
  const bool refused = is_final(change->state) && change->state != ChangeState::Done;
  const bool enough = static_cast<int>(counted.size()) >= change->quorum.need;
  if (refused) {
    status.state = forge::StatusState::Failure;
  } else {
    status.state = enough ? forge::StatusState::Success : forge::StatusState::Pending;
  }
  status.description = refused ? fmt::format("{} is {}", change_name(change->id), to_string(change->state))
                               : fmt::format("{}: {} of {} approvals by somebody other than {}", change_name(change->id), counted.size(), change->quorum.need, change->requester);
  status.target_url = change->pull_request_url;
  auto published = co_await forge->set_status(change->content.head_sha, std::move(status));
  if (!published) co_return published.error();
  co_return std::string("published");
}

asio::awaitable<Result<std::string>> Changes::close_pull_request(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  const auto* app = parts_.fleet->app(change->app);
  auto* forge = app == nullptr ? nullptr : forge_of(*app);
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
  auto text = fmt::format("{} is {}{}.", change_name(change->id), to_string(change->state), change->failure.empty() ? "" : ": " + change->failure);
  auto said = co_await forge->comment(change->pull_request, std::move(text));
  if (!said) log_warn("forge", said.error().message);
  auto closed = co_await forge->close(change->pull_request);
  if (!closed) co_return closed.error();
  co_return std::string("closed");
}

}  // namespace driftwarden
