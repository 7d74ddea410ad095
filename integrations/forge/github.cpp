// github.com, data residency and GHES. Facts: shared reference, forges-and-gitops section 1; requests and answers are held against GitHub's own
// OpenAPI description by tests/contract/github.
#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge.hpp"
#include "integrations/forge/forge_api.hpp"
#include "integrations/forge/forge_json.hpp"
#include "integrations/forge/gates.hpp"
#include "integrations/forge/github_app.hpp"
#include "integrations/forge/github_gate.hpp"
#include "integrations/forge/github_json.hpp"
#include "integrations/forge/issue_comments.hpp"
#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {

using namespace github;

namespace {

constexpr Duration kMergePatience{20'000};
constexpr Duration kRefusedPatience{5'000};  ///< a refusal that a status set a moment ago may still lift
constexpr Duration kFirstMergeWait{500};
constexpr Duration kLongestMergeWait{4'000};
constexpr Duration kComputingWait{700};
constexpr int kComputingTries = 4;
constexpr std::size_t kPagesMax = 30;
constexpr std::size_t kOpenPagesMax = 2;
constexpr std::size_t kLongestComment = 65'536;

std::string pull_path(std::int64_t number) { return "/pulls/" + std::to_string(number); }

Dialect make_dialect(const ForgeOptions& options) {
  const auto slash = options.project.find('/');
  const auto name = slash == std::string::npos ? std::string() : options.project.substr(slash + 1);
  Dialect dialect;
  dialect.name = "GitHub";
  dialect.root = api_root(options.api_url, "");
  dialect.project = "/repos/" + net::percent_encode(options.project.substr(0, slash)) + "/" + net::percent_encode(name);
  dialect.project_name = options.project;
  dialect.headers = {{"Accept", "application/vnd.github+json"}, {"X-GitHub-Api-Version", "2022-11-28"}};
  dialect.scopes = "Contents, Pull requests and Commit statuses: write; Metadata: read";
  dialect.pace.emplace();
  return dialect;
}

bool is_hidden(const Error& error) { return error.kind == ErrorKind::Denied || error.kind == ErrorKind::NotFound; }

class GithubForge final : public Forge {
 public:
  GithubForge(net::HttpClient& http, Clock& clock, const ForgeOptions& options, std::shared_ptr<GithubApp> app)
      : app_(std::move(app)),
        owner_(options.project.substr(0, options.project.find('/'))),
        api_(http, clock, make_dialect(options), app_ ? std::shared_ptr<Credentials>(app_) : make_fixed_token(options.token)) {}

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
  asio::awaitable<Result<Pull>> read_pull(std::int64_t number);
  asio::awaitable<Result<std::vector<ReviewEntry>>> read_reviews(std::int64_t number, std::string head_sha);
  /// What the token may not see is left out.
  asio::awaitable<Result<BranchRules>> read_rules(std::string branch);
  asio::awaitable<Result<States>> read_states(std::string sha);
  /// After an accepted merge: GitHub may need a moment to show it, but `merged_sha` is the truth already.
  asio::awaitable<Result<PullRequest>> finish_merge(PullRequest pull, std::string merged_sha);

  std::shared_ptr<GithubApp> app_;
  std::string owner_;
  ForgeApi api_;
  std::optional<Account> account_;
};

asio::awaitable<Result<Pull>> GithubForge::read_pull(std::int64_t number) {
  CO_TRY(const auto response, co_await api_.read(pull_path(number)));
  auto pull = parse_pull(response.body);
  if (!pull) co_return api_.unreadable("GET", pull_path(number));
  co_return std::move(*pull);
}

asio::awaitable<Result<PullRequest>> GithubForge::get(std::int64_t number) {
  CO_TRY(auto read, co_await read_pull(number));
  co_return std::move(read.pull);
}

asio::awaitable<Result<std::optional<PullRequest>>> GithubForge::find_open(std::string branch, std::string base) {
  const std::string path = "/pulls?state=open&head=" + net::percent_encode(owner_ + ":" + branch) + "&base=" + net::percent_encode(base) + "&per_page=100";
  CO_TRY(const auto response, co_await api_.read(path));
  auto pulls = parse_pulls(response.body);
  if (!pulls) co_return api_.unreadable("GET", path);
  const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return !pull.from_fork && pull.branch == branch && pull.base == base; });
  if (found == pulls->end()) co_return std::optional<PullRequest>{};
  co_return std::optional<PullRequest>(std::move(*found));
}

asio::awaitable<Result<std::optional<PullRequest>>> GithubForge::find_merged(std::string branch, std::string base) {
  const std::string path = "/pulls?state=closed&head=" + net::percent_encode(owner_ + ":" + branch) + "&base=" + net::percent_encode(base) + "&per_page=100";
  CO_TRY(const auto response, co_await api_.read(path));
  auto pulls = parse_pulls(response.body);
  if (!pulls) co_return api_.unreadable("GET", path);
  const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return !pull.from_fork && pull.branch == branch && pull.base == base && pull.state == PullRequestState::Merged; });
  if (found == pulls->end()) co_return std::optional<PullRequest>{};
  co_return std::optional<PullRequest>(std::move(*found));
}

asio::awaitable<Result<PullRequest>> GithubForge::open(PullRequestDraft draft) {
  auto response = co_await api_.write("POST", "/pulls", render_draft(draft), Repeat::Never);
  if (!response) {
    Error error = response.error();
    const auto says = [&](const char* words) { return error.message.find(words) != std::string::npos; };
    if (error.kind == ErrorKind::InvalidInput && says("already exists")) error.kind = ErrorKind::Conflict;
    if (error.kind == ErrorKind::InvalidInput && (says("head invalid") || says("base invalid"))) error.kind = ErrorKind::NotFound;
    co_return error;
  }
  auto read = parse_pull(response->body);
  if (!read) co_return api_.unreadable("POST", "/pulls");
  auto labelled = co_await label(read->pull.number, std::move(draft.labels));
  if (!labelled && labelled.error().kind == ErrorKind::Cancelled) co_return labelled.error();
  co_return std::move(read->pull);
}

asio::awaitable<Result<std::vector<ReviewEntry>>> GithubForge::read_reviews(std::int64_t number, std::string head_sha) {
  const std::string path = pull_path(number) + "/reviews?per_page=100";
  CO_TRY(const auto pages, co_await api_.read_pages(path, kPagesMax));
  std::vector<ReviewEntry> all;
  for (const auto& page : pages) {
    auto entries = parse_reviews(page, head_sha);
    if (!entries) co_return api_.unreadable("GET", path);
    std::ranges::move(*entries, std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<Result<std::vector<Review>>> GithubForge::reviews(std::int64_t number) {
  CO_TRY(const auto read, co_await read_pull(number));
  CO_TRY(auto entries, co_await read_reviews(number, read.pull.head_sha));
  std::vector<Review> all;
  for (auto& entry : entries) all.push_back(std::move(entry.review));
  co_return all;
}

asio::awaitable<Result<PullRequest>> GithubForge::finish_merge(PullRequest pull, std::string merged_sha) {
  pull.state = PullRequestState::Merged;
  pull.mergeable.reset();
  if (!merged_sha.empty()) pull.merged_sha = std::move(merged_sha);
  // GitHub may have deleted it itself.
  if (is_own_branch(pull)) {
    (void)co_await api_.send_once("DELETE", "/git/refs/" + net::percent_encode("heads/" + pull.branch), "");
  }
  co_return pull;
}

asio::awaitable<Result<PullRequest>> GithubForge::merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) {
  const std::string path = pull_path(number) + "/merge";
  const std::string body = render_merge(head_sha, method, message);
  const auto start = api_.clock().mono_now();
  for (Duration wait = kFirstMergeWait;; wait = std::min(wait * 2, kLongestMergeWait)) {
    auto response = co_await api_.send_once("PUT", path, body);
    if (!response && response.error().kind == ErrorKind::RateLimited) co_return response.error();
    Error error = !response ? response.error() : response->ok() ? Error{} : api_.refusal("PUT", path, *response);
    const bool accepted = response && response->ok();
    if (!accepted && (error.kind == ErrorKind::Denied || error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Cancelled)) co_return error;
    // Refused, or merged by an earlier try whose answer was lost, or by a person: the pull request itself tells.
    auto read = co_await read_pull(number);
    if (accepted) {
      if (!read) co_return read.error();
      co_return co_await finish_merge(std::move(read->pull), merged_sha_of(response->body));
    }
    Duration patience = kMergePatience;
    if (read) {
      const auto& pull = read->pull;
      if (pull.state == PullRequestState::Merged && pull.head_sha == head_sha) co_return co_await finish_merge(std::move(read->pull), "");
      if (pull.head_sha != head_sha) co_return Error{ErrorKind::Conflict, error.message + "; the pull request's head is now " + pull.head_sha};
      if (pull.mergeable == false) co_return Error{ErrorKind::Conflict, error.message + "; it conflicts with " + pull.base};
      if (read->mergeable_state == "behind") co_return Error{ErrorKind::Conflict, error.message + "; update the branch from " + pull.base + " first"};
      const bool settled = pull.state != PullRequestState::Open || pull.draft || error.message.find("not allowed") != std::string::npos;
      if (settled || error.kind == ErrorKind::InvalidInput) co_return error;
      // Once nothing is being computed any more a refusal soon is final.
      if (error.kind == ErrorKind::Conflict && pull.mergeable) patience = kRefusedPatience;
    }
    if (api_.clock().mono_now() + wait > start + patience) co_return error;
    CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
  }
}

asio::awaitable<Result<void>> GithubForge::update(std::int64_t number, std::string title, std::string body) {
  CO_CHECK_OK(co_await api_.write("PATCH", pull_path(number), render_update(title, body), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GithubForge::close(std::int64_t number) {
  CO_CHECK_OK(co_await api_.write("PATCH", pull_path(number), R"({"state":"closed"})", Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GithubForge::comment(std::int64_t number, std::string text) {
  const auto body = render_comment(cut_comment(std::move(text), kLongestComment));
  CO_CHECK_OK(co_await api_.write("POST", "/issues/" + std::to_string(number) + "/comments", body, Repeat::Never));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GithubForge::upsert_comment(std::int64_t number, std::string marker, std::string text) {
  CO_TRY(const auto us, co_await account());
  auto body = marked_comment(marker, std::move(text), kLongestComment);
  co_return co_await upsert_issue_comment(api_, number, us.login, std::move(marker), std::move(body), "?per_page=100");
}

asio::awaitable<Result<void>> GithubForge::label(std::int64_t number, std::vector<std::string> labels) {
  if (labels.empty()) co_return Result<void>{};
  CO_CHECK_OK(co_await api_.write("POST", "/issues/" + std::to_string(number) + "/labels", render_labels(labels), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GithubForge::request_reviewers(std::int64_t number, std::vector<std::string> logins) {
  co_return co_await request_pull_reviewers(api_, number, std::move(logins));
}

asio::awaitable<Result<void>> GithubForge::set_status(std::string sha, CommitStatus status) {
  auto written = co_await api_.write("POST", "/statuses/" + net::percent_encode(sha), render_status(status), Repeat::Safe);
  if (written) co_return Result<void>{};
  Error error = written.error();
  if (error.message.find("No commit found") != std::string::npos) error.kind = ErrorKind::NotFound;
  co_return error;
}

asio::awaitable<Result<std::vector<PullRequest>>> GithubForge::open_pull_requests(std::string base) {
  const std::string path = "/pulls?state=open&base=" + net::percent_encode(base) + "&sort=created&direction=desc&per_page=100";
  CO_TRY(const auto pages, co_await api_.read_pages(path, kOpenPagesMax));
  std::vector<PullRequest> all;
  for (const auto& page : pages) {
    auto pulls = parse_pulls(page);
    if (!pulls) co_return api_.unreadable("GET", path);
    std::ranges::move(*pulls, std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<Result<BranchRules>> GithubForge::read_rules(std::string branch) {
  BranchRules rules;
  const auto name = net::percent_encode(branch);
  CO_TRY(const auto plain, co_await api_.read("/branches/" + name));
  if (!add_branch(rules, plain.body)) co_return api_.unreadable("GET", "/branches/" + name);
  auto rulesets = co_await api_.read_pages("/rules/branches/" + name + "?per_page=100", kPagesMax);
  if (!rulesets && !is_hidden(rulesets.error())) co_return rulesets.error();
  if (rulesets) {
    for (const auto& page : *rulesets) add_rulesets(rules, page);
  }
  if (is_protected(plain.body)) {
    // Needs Administration: read. A branch that only rulesets protect answers 404.
    auto classic = co_await api_.read("/branches/" + name + "/protection");
    if (!classic && !is_hidden(classic.error())) co_return classic.error();
    if (classic) add_protection(rules, classic->body);
  }
  co_return rules;
}

asio::awaitable<Result<States>> GithubForge::read_states(std::string sha) {
  // The combined state alone is "pending" where nothing reports at all.
  const auto commit = "/commits/" + net::percent_encode(sha);
  States states;
  auto statuses = co_await api_.read_pages(commit + "/status?per_page=100", kPagesMax);
  if (!statuses && !is_hidden(statuses.error())) co_return statuses.error();
  if (statuses) {
    for (const auto& page : *statuses) add_statuses(states, page);
  }
  auto runs = co_await api_.read_pages(commit + "/check-runs?per_page=100", kPagesMax);
  if (!runs && !is_hidden(runs.error())) co_return runs.error();
  if (runs) {
    for (const auto& page : *runs) add_check_runs(states, page);
  }
  co_return states;
}

asio::awaitable<Result<MergeGate>> GithubForge::merge_gate(std::int64_t number) {
  GateInputs inputs;
  for (int tries = 1;; ++tries) {
    CO_TRY(inputs.pull, co_await read_pull(number));
    const auto& pull = inputs.pull.pull;
    // Being asked is what starts GitHub working it out.
    if (pull.state != PullRequestState::Open || pull.mergeable || tries >= kComputingTries) break;
    CO_CHECK_OK(co_await api_.clock().sleep_for(kComputingWait));
  }
  const auto pull = inputs.pull.pull;
  if (pull.state != PullRequestState::Open) co_return decide_gate(inputs);
  CO_TRY(inputs.rules, co_await read_rules(pull.base));
  CO_TRY(inputs.states, co_await read_states(pull.head_sha));
  CO_TRY(inputs.reviews, co_await read_reviews(number, pull.head_sha));
  co_return decide_gate(inputs);
}

asio::awaitable<Result<std::vector<Check>>> GithubForge::checks(std::int64_t number) {
  CO_TRY(const auto read, co_await read_pull(number));
  const auto commit = "/commits/" + net::percent_encode(read.pull.head_sha);
  std::vector<Check> all;
  auto statuses = co_await api_.read_pages(commit + "/status?per_page=100", kPagesMax);
  if (!statuses && !is_hidden(statuses.error())) co_return statuses.error();
  if (statuses) {
    for (const auto& page : *statuses) add_status_checks(all, page);
  }
  auto runs = co_await api_.read_pages(commit + "/check-runs?per_page=100", kPagesMax);
  if (!runs && !is_hidden(runs.error())) co_return runs.error();
  if (runs) {
    for (const auto& page : *runs) add_run_checks(all, page);
  }
  if (all.empty()) co_return all;
  auto rules = co_await read_rules(read.pull.base);
  if (!rules && !is_hidden(rules.error())) co_return rules.error();
  if (rules) {
    for (auto& check : all) check.required = demands(*rules, check.name);
  }
  co_return tidy_checks(std::move(all));
}

asio::awaitable<Result<std::vector<Comment>>> GithubForge::comments_since(WallTime since) {
  const auto from = net::percent_encode(format_time(std::chrono::floor<std::chrono::seconds>(since)));
  const std::string path = "/issues/comments?sort=created&direction=asc&since=" + from + "&per_page=100";
  CO_TRY(const auto pages, co_await api_.read_pages(path, kPagesMax));
  std::vector<Comment> all;
  for (const auto& page : pages) {
    auto comments = parse_comments(page);
    if (!comments) co_return api_.unreadable("GET", path);
    std::ranges::move(*comments, std::back_inserter(all));
  }
  co_return in_order(std::move(all), since);
}

asio::awaitable<Result<Account>> GithubForge::account() {
  if (account_) co_return *account_;
  Account account;
  if (app_) {
    CO_TRY(account, co_await app_->account());
  } else {
    CO_TRY(const auto response, co_await api_.read("~/user"));
    const auto body = parse_json(response.body);
    account.login = text_at(body, "login");
    account.is_app = text_at(body, "type") == "Bot";
    if (account.login.empty()) co_return api_.unreadable("GET", "~/user");
  }
  account_ = account;
  co_return account;
}

asio::awaitable<Result<ProjectRights>> GithubForge::rights() {
  CO_TRY(const auto response, co_await api_.read(""));
  const auto body = parse_json(response.body);
  // Of an App's installation GitHub says nothing here.
  const auto& permissions = object_at(body, "permissions");
  ProjectRights rights;
  rights.read = maybe_flag_at(permissions, "pull").value_or(true);
  rights.push = maybe_flag_at(permissions, "push");
  rights.pull_requests = maybe_flag_at(body, "has_pull_requests");
  rights.clock_ahead = net::clock_ahead(response.headers, api_.clock().wall_now());
  co_return rights;
}

asio::awaitable<Result<std::optional<bool>>> GithubForge::requires_status(std::string branch, std::string context) {
  CO_TRY(const auto rules, co_await read_rules(std::move(branch)));
  co_return demands(rules, context);
}

}  // namespace

std::unique_ptr<Forge> create_github(net::HttpClient& http, Clock& clock, ForgeOptions options) {
  std::shared_ptr<GithubApp> app;
  if (options.app) app = std::make_shared<GithubApp>(http, clock, make_dialect(options), *options.app);
  return std::make_unique<GithubForge>(http, clock, options, std::move(app));
}

}  // namespace driftwarden::forge
