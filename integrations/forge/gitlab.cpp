// GitLab. Facts: shared reference, forges-and-gitops section 2. Merge requests are addressed by their iid.
#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge.hpp"
#include "integrations/forge/forge_api.hpp"
#include "integrations/forge/forge_json.hpp"
#include "integrations/forge/gates.hpp"
#include "integrations/forge/gitlab_json.hpp"
#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {

using namespace gitlab;

namespace {

constexpr Duration kMergePatience{20'000};
constexpr Duration kFirstWait{400};
constexpr Duration kLongestWait{3'000};
constexpr int kSettleTries = 5;
constexpr std::size_t kPagesMax = 30;
constexpr std::size_t kOpenPagesMax = 2;
constexpr std::size_t kNotePagesMax = 5;
constexpr std::size_t kLongestNote = 1'000'000;

std::string request_path(std::int64_t number) { return "/merge_requests/" + std::to_string(number); }

Dialect make_dialect(const ForgeOptions& options) {
  Dialect dialect;
  dialect.name = "GitLab";
  dialect.root = api_root(options.api_url, "/api/v4");
  dialect.project = "/projects/" + net::percent_encode(options.project);
  dialect.project_name = options.project;
  dialect.auth_header = "PRIVATE-TOKEN";
  dialect.auth_prefix = "";
  dialect.scopes = "api, write_repository; role Developer, or whoever may merge";
  return dialect;
}

bool is_hidden(const Error& error) { return error.kind == ErrorKind::Denied || error.kind == ErrorKind::NotFound; }

/// The approvals, and the head that they may belong to.
struct HeadApprovals {
  Approvals approvals;
  std::string head_sha;
  std::optional<WallTime> since{};  ///< when the head came; nothing: it isn't known to have stayed
};

class GitlabForge final : public Forge {
 public:
  GitlabForge(net::HttpClient& http, Clock& clock, const ForgeOptions& options)
      : web_url_(api_root(options.api_url, "/api/v4")), api_(http, clock, make_dialect(options), make_fixed_token(options.token)) {
    web_url_ = web_url_.substr(0, web_url_.size() - std::string_view("/api/v4").size()) + "/" + options.project;
  }

  asio::awaitable<Result<std::optional<PullRequest>>> find_open(std::string branch, std::string base) override;
  asio::awaitable<Result<std::optional<PullRequest>>> find_merged(std::string branch, std::string base) override;
  asio::awaitable<Result<PullRequest>> open(PullRequestDraft draft) override;
  asio::awaitable<Result<PullRequest>> get(std::int64_t number) override;
  asio::awaitable<Result<std::vector<Review>>> reviews(std::int64_t number) override;
  asio::awaitable<Result<PullRequest>> merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) override;
  asio::awaitable<Result<void>> update(std::int64_t number, std::string title, std::string body) override;
  asio::awaitable<Result<void>> close(std::int64_t number) override;
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override;
  asio::awaitable<Result<void>> set_status(std::string sha, CommitStatus status) override;
  asio::awaitable<Result<std::vector<PullRequest>>> open_pull_requests(std::string base) override;
  asio::awaitable<Result<MergeGate>> merge_gate(std::int64_t number) override;
  asio::awaitable<Result<std::vector<Check>>> checks(std::int64_t number) override;
  asio::awaitable<Result<void>> upsert_comment(std::int64_t number, std::string marker, std::string text) override;
  asio::awaitable<Result<void>> label(std::int64_t number, std::vector<std::string> labels) override;
  asio::awaitable<Result<void>> request_reviewers(std::int64_t number, std::vector<std::string> logins) override;
  asio::awaitable<Result<std::vector<Comment>>> comments_since(WallTime since) override;
  asio::awaitable<Result<Account>> account() override;
  asio::awaitable<Result<ProjectRights>> rights() override;
  asio::awaitable<Result<std::optional<bool>>> requires_status(std::string branch, std::string context) override;
  asio::awaitable<Result<Secret<std::string>>> git_token() override { return api_.token(); }

 private:
  asio::awaitable<Result<MergeRequest>> read_request(std::int64_t number);
  asio::awaitable<Result<Approvals>> read_approvals(std::int64_t number);
  /// Who approved and when, as far as the head tells that stayed meanwhile.
  asio::awaitable<Result<HeadApprovals>> approvals_of_head(std::int64_t number);
  /// When the merge request came to this head; nothing where GitLab doesn't say.
  asio::awaitable<Result<std::optional<WallTime>>> read_head_time(std::int64_t number, std::string head_sha);
  /// Older servers don't say when somebody approved: then the notes do.
  asio::awaitable<Result<Approvals>> with_times(std::int64_t number, Approvals approvals);
  asio::awaitable<Result<std::map<std::string, CheckState>>> read_checks(std::string sha, std::string name);
  asio::awaitable<Result<PullRequest>> wait_until_merged(std::int64_t number, MonoTime deadline);
  /// GitLab fills in the head a moment after it made the merge request.
  asio::awaitable<Result<PullRequest>> wait_for_head(PullRequest pull);

  std::string web_url_;
  ForgeApi api_;
  std::optional<Account> account_;
};

asio::awaitable<Result<MergeRequest>> GitlabForge::read_request(std::int64_t number) {
  CO_TRY(const auto response, co_await api_.read(request_path(number)));
  auto request = parse_merge_request(response.body);
  if (!request) co_return api_.unreadable("GET", request_path(number));
  co_return std::move(*request);
}

asio::awaitable<Result<PullRequest>> GitlabForge::get(std::int64_t number) {
  CO_TRY(auto request, co_await read_request(number));
  co_return std::move(request.pull);
}

asio::awaitable<Result<std::optional<PullRequest>>> GitlabForge::find_open(std::string branch, std::string base) {
  const std::string path =
      "/merge_requests?state=opened&source_branch=" + net::percent_encode(branch) + "&target_branch=" + net::percent_encode(base) + "&per_page=100";
  // Anybody's fork may hold a branch of this name, and more of them than a page takes.
  CO_TRY(const auto pages, co_await api_.read_pages(path, kPagesMax));
  for (const auto& page : pages) {
    auto pulls = parse_merge_requests(page);
    if (!pulls) co_return api_.unreadable("GET", path);
    const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return !pull.from_fork && pull.branch == branch && pull.base == base; });
    if (found != pulls->end()) co_return std::optional<PullRequest>(std::move(*found));
  }
  co_return std::optional<PullRequest>{};
}

asio::awaitable<Result<std::optional<PullRequest>>> GitlabForge::find_merged(std::string branch, std::string base) {
  const std::string path =
      "/merge_requests?state=merged&source_branch=" + net::percent_encode(branch) + "&target_branch=" + net::percent_encode(base) + "&order_by=created_at&sort=desc&per_page=100";
  CO_TRY(const auto response, co_await api_.read(path));
  auto pulls = parse_merge_requests(response.body);
  if (!pulls) co_return api_.unreadable("GET", path);
  const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return !pull.from_fork && pull.branch == branch && pull.base == base; });
  if (found == pulls->end()) co_return std::optional<PullRequest>{};
  co_return std::optional<PullRequest>(std::move(*found));
}

asio::awaitable<Result<PullRequest>> GitlabForge::wait_for_head(PullRequest pull) {
  for (int tries = 1; pull.head_sha.empty() && tries < kSettleTries; ++tries) {
    CO_CHECK_OK(co_await api_.clock().sleep_for(kFirstWait));
    CO_TRY(pull, co_await get(pull.number));
  }
  co_return pull;
}

asio::awaitable<Result<PullRequest>> GitlabForge::open(PullRequestDraft draft) {
  auto response = co_await api_.write("POST", "/merge_requests", render_draft(draft), Repeat::Never);
  if (!response) {
    Error error = response.error();
    const bool missing = error.message.find("does not exist") != std::string::npos;
    if (missing && (error.kind == ErrorKind::InvalidInput || error.kind == ErrorKind::Conflict)) error.kind = ErrorKind::NotFound;
    co_return error;
  }
  auto request = parse_merge_request(response->body);
  if (!request) co_return api_.unreadable("POST", "/merge_requests");
  co_return co_await wait_for_head(std::move(request->pull));
}

asio::awaitable<Result<Approvals>> GitlabForge::read_approvals(std::int64_t number) {
  const auto path = request_path(number) + "/approvals";
  CO_TRY(const auto response, co_await api_.read(path));
  auto approvals = parse_approvals(response.body);
  if (!approvals) co_return api_.unreadable("GET", path);
  co_return std::move(*approvals);
}

asio::awaitable<Result<Approvals>> GitlabForge::with_times(std::int64_t number, Approvals approvals) {
  if (std::ranges::none_of(approvals.by, [](const Approval& one) { return one.at == WallTime{}; })) co_return approvals;
  const auto path = request_path(number) + "/notes?sort=desc&order_by=created_at&per_page=100";
  const auto pages = co_await api_.read_pages(path, kNotePagesMax);
  if (!pages && is_hidden(pages.error())) co_return approvals;
  if (!pages) co_return pages.error();
  for (const auto& page : *pages) {
    const auto times = parse_approval_times(page);
    if (!times) co_return api_.unreadable("GET", path);
    for (auto& one : approvals.by) {
      if (const auto known = times->find(one.user); known != times->end() && one.at == WallTime{}) one.at = known->second;
    }
  }
  co_return approvals;
}

asio::awaitable<Result<std::optional<WallTime>>> GitlabForge::read_head_time(std::int64_t number, std::string head_sha) {
  const auto path = request_path(number) + "/versions?per_page=100";
  const auto response = co_await api_.read(path);
  if (!response && is_hidden(response.error())) co_return std::optional<WallTime>{};
  if (!response) co_return response.error();
  const auto times = parse_version_times(response->body);
  if (!times) co_return api_.unreadable("GET", path);
  const auto found = times->find(head_sha);
  if (found == times->end()) co_return std::optional<WallTime>{};
  co_return std::optional<WallTime>(found->second);
}

asio::awaitable<Result<HeadApprovals>> GitlabForge::approvals_of_head(std::int64_t number) {
  // An approval names no commit, is reset some time after a push, and stays where the project doesn't reset it: it belongs to a head that is the
  // same before and after, with nothing under way, and that was there when it was given.
  HeadApprovals found;
  for (int tries = 1; !found.since && tries <= kSettleTries; ++tries) {
    if (tries > 1) CO_CHECK_OK(co_await api_.clock().sleep_for(kFirstWait));
    CO_TRY(const auto before, co_await read_request(number));
    CO_TRY(found.approvals, co_await read_approvals(number));
    std::optional<WallTime> since = WallTime{};
    if (!found.approvals.by.empty()) {
      CO_TRY(found.approvals, co_await with_times(number, found.approvals));
      CO_TRY(since, co_await read_head_time(number, before.pull.head_sha));
    }
    CO_TRY(const auto after, co_await read_request(number));
    const auto unsettled = [](const std::string& status) { return status == "checking" || status == "approvals_syncing"; };
    const bool same = !after.pull.head_sha.empty() && before.pull.head_sha == after.pull.head_sha;
    found.head_sha = after.pull.head_sha;
    if (same && !unsettled(before.status) && !unsettled(after.status)) found.since = since;
  }
  co_return found;
}

asio::awaitable<Result<std::vector<Review>>> GitlabForge::reviews(std::int64_t number) {
  CO_TRY(const auto given, co_await approvals_of_head(number));
  std::vector<Review> all;
  const auto add = [&](const std::string& user, ReviewState state, bool of_head) {
    Review review;
    review.user = user;
    review.state = state;
    review.commit_sha = of_head ? given.head_sha : "";
    review.stale = !of_head;
    review.by_bot = is_token_account(user) || (account_ && account_->login == user);
    all.push_back(std::move(review));
  };
  for (const auto& one : given.approvals.by) add(one.user, ReviewState::Approved, given.since && one.at > *given.since);
  auto reviewers = co_await api_.read(request_path(number) + "/reviewers");
  if (!reviewers && !is_hidden(reviewers.error())) co_return reviewers.error();
  if (reviewers) {
    for (const auto& user : parse_objectors(reviewers->body)) add(user, ReviewState::ChangesRequested, given.since.has_value());
  }
  co_return all;
}

asio::awaitable<Result<PullRequest>> GitlabForge::wait_until_merged(std::int64_t number, MonoTime deadline) {
  for (Duration wait = kFirstWait;; wait = std::min(wait * 2, kLongestWait)) {
    CO_TRY(auto pull, co_await get(number));
    if (pull.state == PullRequestState::Merged && !pull.merged_sha.empty()) co_return pull;
    if (api_.clock().mono_now() + wait > deadline) {
      co_return Error{ErrorKind::Unavailable, "merge request " + std::to_string(number) + ": GitLab accepted the merge but doesn't show it as merged"};
    }
    CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
  }
}

asio::awaitable<Result<PullRequest>> GitlabForge::merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) {
  const std::string path = request_path(number) + "/merge";
  const auto deadline = api_.clock().mono_now() + kMergePatience;
  CO_TRY(auto request, co_await read_request(number));
  for (Duration wait = kFirstWait;; wait = std::min(wait * 2, kLongestWait)) {
    const auto& pull = request.pull;
    if (pull.state == PullRequestState::Merged && pull.head_sha == head_sha) co_return co_await wait_until_merged(number, deadline);
    if (pull.head_sha != head_sha) {
      co_return Error{ErrorKind::Conflict, "merge request " + std::to_string(number) + ": its head is now " + pull.head_sha + ", not " + head_sha};
    }
    auto response = co_await api_.send_once("PUT", path, render_merge(head_sha, method, message, is_own_branch(pull)));
    if (response && response->ok()) co_return co_await wait_until_merged(number, deadline);
    Error error = response ? api_.refusal("PUT", path, *response) : response.error();
    if (!response && error.kind == ErrorKind::RateLimited) co_return error;
    // 401 and 403: may not merge. 405, 406, 422: not now. 409: another head.
    const bool refused = error.kind == ErrorKind::Conflict || error.kind == ErrorKind::InvalidInput;
    if (!refused && !is_transient(error)) co_return error;
    auto again = co_await read_request(number);
    if (!again) co_return error;
    request = std::move(*again);
    const bool changed = request.pull.head_sha != head_sha || request.pull.state == PullRequestState::Merged;
    // The pipeline goes on for longer than anyone waits here.
    const bool may_come = is_computing(request.status) || request.status == "mergeable" || is_transient(error);
    if (!changed && (!may_come || request.pull.state != PullRequestState::Open || api_.clock().mono_now() + wait > deadline)) {
      if (refused) error.kind = ErrorKind::Conflict;
      if (refused && !request.status.empty()) error.message += "; GitLab says \"" + request.status + "\"";
      co_return error;
    }
    if (!changed) CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
  }
}

asio::awaitable<Result<void>> GitlabForge::update(std::int64_t number, std::string title, std::string body) {
  CO_CHECK_OK(co_await api_.write("PUT", request_path(number), render_update(title, body), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GitlabForge::close(std::int64_t number) {
  CO_CHECK_OK(co_await api_.write("PUT", request_path(number), R"({"state_event":"close"})", Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GitlabForge::comment(std::int64_t number, std::string text) {
  const auto body = render_note(cut_comment(std::move(text), kLongestNote));
  CO_CHECK_OK(co_await api_.write("POST", request_path(number) + "/notes", body, Repeat::Never));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GitlabForge::upsert_comment(std::int64_t number, std::string marker, std::string text) {
  CO_TRY(const auto us, co_await account());
  const auto body = marked_comment(marker, std::move(text), kLongestNote);
  const auto path = request_path(number) + "/notes";
  CO_TRY(const auto pages, co_await api_.read_pages(path + "?sort=asc&order_by=created_at&per_page=100", kPagesMax));
  for (const auto& page : pages) {
    const auto notes = parse_notes(page);
    if (!notes) co_return api_.unreadable("GET", path);
    const auto* ours = find_marked(*notes, us.login, marker);
    if (ours == nullptr) continue;
    if (says_the_same(ours->body, body)) co_return Result<void>{};
    CO_CHECK_OK(co_await api_.write("PUT", path + "/" + std::to_string(ours->id), render_note(body), Repeat::Safe));
    co_return Result<void>{};
  }
  co_return co_await comment(number, body);
}

asio::awaitable<Result<void>> GitlabForge::label(std::int64_t number, std::vector<std::string> labels) {
  if (labels.empty()) co_return Result<void>{};
  CO_CHECK_OK(co_await api_.write("PUT", request_path(number), render_labels(labels), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GitlabForge::request_reviewers(std::int64_t number, std::vector<std::string> logins) {
  if (logins.empty()) co_return Result<void>{};
  CO_TRY(const auto request, co_await read_request(number));
  // The list is set as a whole; on the free tier GitLab keeps the first one.
  auto ids = request.reviewer_ids;
  for (const auto& login : logins) {
    CO_TRY(const auto response, co_await api_.read("~/users?username=" + net::percent_encode(login)));
    const auto id = parse_user_id(response.body, login);
    if (id && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
  }
  if (ids == request.reviewer_ids) co_return Result<void>{};
  CO_CHECK_OK(co_await api_.write("PUT", request_path(number), render_reviewers(ids), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<std::map<std::string, CheckState>>> GitlabForge::read_checks(std::string sha, std::string name) {
  const auto path = "/repository/commits/" + net::percent_encode(sha) + "/statuses";
  const auto query = "?order_by=id&sort=desc&per_page=100" + (name.empty() ? std::string() : "&name=" + net::percent_encode(name));
  CO_TRY(const auto pages, co_await api_.read_pages(path + query, kPagesMax));
  std::map<std::string, CheckState> all;
  for (const auto& page : pages) {
    auto states = parse_statuses(page);
    if (!states) co_return api_.unreadable("GET", path);
    all.merge(*states);
  }
  co_return all;
}

asio::awaitable<Result<void>> GitlabForge::set_status(std::string sha, CommitStatus status) {
  auto written = co_await api_.write("POST", "/statuses/" + net::percent_encode(sha), render_status(status), Repeat::Safe);
  if (written) co_return Result<void>{};
  const Error error = written.error();
  // GitLab refuses the state that it has already.
  if (error.kind != ErrorKind::InvalidInput || to_lower(error.message).find("transition") == std::string::npos) co_return error;
  auto checks = co_await read_checks(sha, status.context);
  if (!checks) co_return error;
  const auto current = checks->find(status.context);
  if (current != checks->end() && current->second.status == status_word(status.state)) co_return Result<void>{};
  co_return error;
}

asio::awaitable<Result<std::vector<PullRequest>>> GitlabForge::open_pull_requests(std::string base) {
  const std::string path = "/merge_requests?state=opened&target_branch=" + net::percent_encode(base) + "&order_by=created_at&sort=desc&per_page=100";
  CO_TRY(const auto pages, co_await api_.read_pages(path, kOpenPagesMax));
  std::vector<PullRequest> all;
  for (const auto& page : pages) {
    auto pulls = parse_merge_requests(page);
    if (!pulls) co_return api_.unreadable("GET", path);
    std::ranges::move(*pulls, std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<Result<MergeGate>> GitlabForge::merge_gate(std::int64_t number) {
  GateInputs inputs;
  for (int tries = 1;; ++tries) {
    CO_TRY(inputs.request, co_await read_request(number));
    const bool open = inputs.request.pull.state == PullRequestState::Open;
    if (!open || !is_computing(inputs.request.status) || tries >= kSettleTries) break;
    CO_CHECK_OK(co_await api_.clock().sleep_for(kFirstWait));
  }
  if (inputs.request.pull.state != PullRequestState::Open) co_return decide_gate(inputs);
  auto approvals = co_await read_approvals(number);
  if (!approvals && !is_hidden(approvals.error())) co_return approvals.error();
  if (approvals) inputs.approvals = std::move(*approvals);
  auto checks = co_await read_checks(inputs.request.pull.head_sha, "");
  if (!checks && !is_hidden(checks.error())) co_return checks.error();
  if (checks) inputs.checks = std::move(*checks);
  co_return decide_gate(inputs);
}

asio::awaitable<Result<std::vector<Check>>> GitlabForge::checks(std::int64_t number) {
  CO_TRY(const auto request, co_await read_request(number));
  const auto path = "/repository/commits/" + net::percent_encode(request.pull.head_sha) + "/statuses";
  auto pages = co_await api_.read_pages(path + "?order_by=id&sort=desc&per_page=100", kPagesMax);
  std::vector<Check> all;
  if (!pages && is_hidden(pages.error())) co_return all;
  if (!pages) co_return pages.error();
  std::optional<bool> pipelines_count;
  const auto project = co_await api_.read("");
  if (project) {
    pipelines_count = maybe_flag_at(parse_json(project->body), "only_allow_merge_if_pipeline_succeeds");
  } else if (!is_hidden(project.error())) {
    co_return project.error();
  }
  for (const auto& page : *pages) {
    auto checks = parse_checks(page, pipelines_count);
    if (!checks) co_return api_.unreadable("GET", path);
    std::ranges::move(*checks, std::back_inserter(all));
  }
  co_return tidy_checks(std::move(all));
}

asio::awaitable<Result<std::vector<Comment>>> GitlabForge::comments_since(WallTime since) {
  // Whole days, and the day itself is left out.
  const auto day = format_time(std::chrono::floor<std::chrono::days>(since) - std::chrono::days(1)).substr(0, 10);
  const std::string path = "/events?action=commented&target_type=note&after=" + day + "&per_page=100";
  CO_TRY(const auto pages, co_await api_.read_pages(path, kPagesMax));
  std::vector<Comment> all;
  for (const auto& page : pages) {
    auto comments = parse_note_events(page, web_url_);
    if (!comments) co_return api_.unreadable("GET", path);
    std::ranges::move(*comments, std::back_inserter(all));
  }
  co_return in_order(std::move(all), since);
}

asio::awaitable<Result<Account>> GitlabForge::account() {
  if (account_) co_return *account_;
  CO_TRY(const auto response, co_await api_.read("~/user"));
  const auto body = parse_json(response.body);
  Account account;
  account.login = text_at(body, "username");
  account.is_app = flag_at(body, "bot") || is_token_account(account.login);
  if (account.login.empty()) co_return api_.unreadable("GET", "~/user");
  account_ = account;
  co_return account;
}

asio::awaitable<Result<ProjectRights>> GitlabForge::rights() {
  constexpr std::int64_t kDeveloper = 30;
  CO_TRY(const auto response, co_await api_.read(""));
  const auto body = parse_json(response.body);
  const auto& permissions = object_at(body, "permissions");
  const auto role = std::max(number_at(object_at(permissions, "project_access"), "access_level"), number_at(object_at(permissions, "group_access"), "access_level"));
  ProjectRights rights;
  rights.read = true;
  if (role > 0) rights.push = role >= kDeveloper;
  rights.pull_requests = maybe_flag_at(body, "merge_requests_enabled");
  rights.clock_ahead = net::clock_ahead(response.headers, api_.clock().wall_now());
  co_return rights;
}

asio::awaitable<Result<std::optional<bool>>> GitlabForge::requires_status(std::string, std::string) {
  // No status is demanded by its name: every one counts where pipelines must succeed, as a status set by us makes one.
  CO_TRY(const auto response, co_await api_.read(""));
  co_return maybe_flag_at(parse_json(response.body), "only_allow_merge_if_pipeline_succeeds");
}

}  // namespace

std::unique_ptr<Forge> create_gitlab(net::HttpClient& http, Clock& clock, ForgeOptions options) { return std::make_unique<GitlabForge>(http, clock, options); }

}  // namespace driftwarden::forge
