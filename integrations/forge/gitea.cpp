// Gitea and Forgejo. Facts as measured on Gitea 1.26: shared reference, forges-and-gitops section 3.
#include "gitops/base/text.hpp"
#include "integrations/forge/checks.hpp"
#include "integrations/forge/forge.hpp"
#include "integrations/forge/forge_api.hpp"
#include "integrations/forge/forge_json.hpp"
#include "integrations/forge/gates.hpp"
#include "integrations/forge/gitea_json.hpp"
#include "integrations/forge/issue_comments.hpp"
#include "integrations/net/url.hpp"

#include <algorithm>

namespace driftwarden::forge {

using namespace gitea;

namespace {

constexpr Duration kMergePatience{20'000};
constexpr Duration kFirstMergeWait{250};
constexpr Duration kLongestMergeWait{2'000};
constexpr std::size_t kPageSize = 50;
constexpr std::size_t kPagesMax = 100;
constexpr std::size_t kOpenMax = 200;
constexpr std::size_t kLongestComment = 65'536;

std::string pull_path(std::int64_t number) { return "/pulls/" + std::to_string(number); }

bool is_try_again(const net::HttpResponse& response) {
  return response.status == 405 && to_lower(words_of(response)).find("try again later") != std::string::npos;
}

/// The server may give fewer to a page than was asked for, so a short page isn't the last one.
bool is_last_page(const net::HttpResponse& response, std::size_t entries, std::size_t seen) {
  return entries == 0 || response.headers.find("X-Total-Count") == std::to_string(seen);
}

bool is_hidden(const Error& error) { return error.kind == ErrorKind::Denied || error.kind == ErrorKind::NotFound; }

bool demands(const BranchRules& rules, const std::string& context) {
  if (!rules.is_protected) return false;
  return rules.every_context || std::ranges::any_of(rules.required_contexts, [&](const auto& one) { return glob_match(one, context); });
}

/// "https://git.acme.test", whatever path the forge lives below: its links name that as well.
std::string server_of(const std::string& api_url) {
  const auto url = net::parse_url(api_url);
  return url ? url->scheme + "://" + url->authority() : std::string();
}

std::string encoded_project(const std::string& project) {
  std::vector<std::string> parts = split(project, '/');
  for (auto& part : parts) part = net::percent_encode(part);
  return join(parts, "/");
}

Dialect make_dialect(const ForgeOptions& options) {
  Dialect dialect;
  dialect.name = "Gitea";
  dialect.root = api_root(options.api_url, "/api/v1");
  dialect.project = "/repos/" + encoded_project(options.project);
  dialect.project_name = options.project;
  dialect.auth_prefix = "token ";
  dialect.scopes = "write:repository, write:issue, read:user";
  return dialect;
}

class GiteaForge final : public Forge {
 public:
  GiteaForge(net::HttpClient& http, Clock& clock, const ForgeOptions& options)
      : server_(server_of(options.api_url)), api_(http, clock, make_dialect(options), make_fixed_token(options.token)) {}

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
  asio::awaitable<Result<std::optional<PullRequest>>> find_in_list(std::string branch, std::string base, PullRequestState state);
  asio::awaitable<Result<ReviewPage>> read_reviews(std::int64_t number);
  /// Their ids by name.
  asio::awaitable<Result<std::map<std::string, std::int64_t>>> read_labels();
  asio::awaitable<Result<BranchRules>> rules_of(std::string branch);
  asio::awaitable<Result<std::map<std::string, std::string>>> read_states(std::string sha);
  /// After a merge that was accepted, or may have been.
  asio::awaitable<Result<PullRequest>> wait_until_merged(std::int64_t number, MonoTime deadline);
  /// Gitea answers 500, without words, where what is written to isn't there: NotFound when `path` isn't.
  asio::awaitable<Error> explain(Error error, std::string path);
  Result<PullRequest> read_pull(const std::string& method, const std::string& path, const net::HttpResponse& response) const;

  std::string server_;
  ForgeApi api_;
  std::optional<Account> account_;
};

Result<PullRequest> GiteaForge::read_pull(const std::string& method, const std::string& path, const net::HttpResponse& response) const {
  auto pull = parse_pull_request(response.body);
  if (!pull) return api_.unreadable(method, path);
  return std::move(*pull);
}

asio::awaitable<Result<std::optional<PullRequest>>> GiteaForge::find_open(std::string branch, std::string base) {
  // A slash in the base, encoded or not, isn't told apart from the one between the two names.
  if (base.find('/') != std::string::npos) co_return co_await find_in_list(branch, base, PullRequestState::Open);
  const std::string path = "/pulls/" + net::percent_encode(base) + "/" + net::percent_encode(branch);
  auto response = co_await api_.read(path);
  if (response) {
    CO_TRY(auto pull, read_pull("GET", path, *response));
    const bool ours = !pull.from_fork && pull.branch == branch && pull.base == base;
    if (pull.state == PullRequestState::Open && ours) co_return std::optional<PullRequest>(std::move(pull));
    co_return co_await find_in_list(branch, base, PullRequestState::Open);
  }
  if (response.error().kind != ErrorKind::NotFound) co_return response.error();
  // No such pull request, or no such project?
  CO_CHECK_OK(co_await api_.read(""));
  co_return std::optional<PullRequest>{};
}

asio::awaitable<Result<std::optional<PullRequest>>> GiteaForge::find_merged(std::string branch, std::string base) {
  return find_in_list(std::move(branch), std::move(base), PullRequestState::Merged);
}

asio::awaitable<Result<std::optional<PullRequest>>> GiteaForge::find_in_list(std::string branch, std::string base, PullRequestState state) {
  const std::string listed = state == PullRequestState::Open ? "open" : "closed";
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/pulls?state=" + listed + "&sort=recentupdate&limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto pulls = parse_pull_requests(response.body);
    if (!pulls) co_return api_.unreadable("GET", path);
    if (pulls->empty()) break;
    const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return !pull.from_fork && pull.branch == branch && pull.base == base && pull.state == state; });
    if (found != pulls->end()) co_return std::optional<PullRequest>(std::move(*found));
  }
  co_return std::optional<PullRequest>{};
}

asio::awaitable<Result<PullRequest>> GiteaForge::open(PullRequestDraft draft) {
  CO_TRY(const auto response, co_await api_.write("POST", "/pulls", render_draft(draft), Repeat::Never));
  CO_TRY(auto pull, read_pull("POST", "/pulls", response));
  auto labelled = co_await label(pull.number, std::move(draft.labels));
  if (!labelled && labelled.error().kind == ErrorKind::Cancelled) co_return labelled.error();
  co_return std::move(pull);
}

asio::awaitable<Result<PullRequest>> GiteaForge::get(std::int64_t number) {
  CO_TRY(const auto response, co_await api_.read(pull_path(number)));
  co_return read_pull("GET", pull_path(number), response);
}

asio::awaitable<Result<std::vector<Review>>> GiteaForge::reviews(std::int64_t number) {
  CO_TRY(auto read, co_await read_reviews(number));
  co_return std::move(read.reviews);
}

asio::awaitable<Result<ReviewPage>> GiteaForge::read_reviews(std::int64_t number) {
  ReviewPage all;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = pull_path(number) + "/reviews?limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto read = parse_reviews(response.body);
    if (!read) co_return api_.unreadable("GET", path);
    std::ranges::move(read->reviews, std::back_inserter(all.reviews));
    all.counted.merge(read->counted);
    all.entries += read->entries;
    if (is_last_page(response, read->entries, all.entries)) break;
  }
  co_return all;
}

asio::awaitable<Result<PullRequest>> GiteaForge::wait_until_merged(std::int64_t number, MonoTime deadline) {
  Duration wait = kFirstMergeWait;
  for (;;) {
    CO_TRY(auto pull, co_await get(number));
    if (pull.state == PullRequestState::Merged && !pull.merged_sha.empty()) co_return pull;
    if (api_.clock().mono_now() + wait > deadline) {
      co_return Error{ErrorKind::Unavailable, "pull request " + std::to_string(number) + ": the forge accepted the merge but doesn't show it as merged"};
    }
    CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
    wait = std::min(wait * 2, kLongestMergeWait);
  }
}

asio::awaitable<Result<PullRequest>> GiteaForge::merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) {
  const std::string path = pull_path(number) + "/merge";
  CO_TRY(const auto before, co_await get(number));
  const std::string body = render_merge(head_sha, method, message, is_own_branch(before));
  const auto deadline = api_.clock().mono_now() + kMergePatience;
  for (Duration wait = kFirstMergeWait;; wait = std::min(wait * 2, kLongestMergeWait)) {
    auto response = co_await api_.send_once("POST", path, body);
    if (response && response->ok()) co_return co_await wait_until_merged(number, deadline);
    Error error = response ? api_.refusal("POST", path, *response) : response.error();
    const bool again = response ? is_try_again(*response) || is_transient(error) : is_transient(error);
    if (error.kind != ErrorKind::Conflict && !again) co_return error;
    // Merged by an earlier try whose answer was lost, or by a person: what was asked for is done.
    auto pull = co_await get(number);
    if (pull && pull->state == PullRequestState::Merged && pull->head_sha == head_sha) co_return co_await wait_until_merged(number, deadline);
    const bool moved = pull && pull->head_sha != head_sha;
    if (moved) co_return Error{ErrorKind::Conflict, error.message + "; the pull request's head is now " + pull->head_sha};
    if (!again) co_return error;
    if (api_.clock().mono_now() + wait > deadline) {
      if (error.kind == ErrorKind::Conflict)
        error.message += "; it said so for " + format_duration(kMergePatience) + ": does the branch conflict with its base?";
      co_return error;
    }
    CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
  }
}

asio::awaitable<Result<void>> GiteaForge::update(std::int64_t number, std::string title, std::string body) {
  CO_CHECK_OK(co_await api_.write("PATCH", pull_path(number), render_update(title, body), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GiteaForge::close(std::int64_t number) {
  CO_CHECK_OK(co_await api_.write("PATCH", pull_path(number), R"({"state":"closed"})", Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Error> GiteaForge::explain(Error error, std::string path) {
  if (error.kind != ErrorKind::Unavailable) co_return error;
  auto response = co_await api_.send_once("GET", path, "");
  if (response && response->status == 404) co_return api_.refusal("GET", path, *response);
  co_return error;
}

asio::awaitable<Result<void>> GiteaForge::comment(std::int64_t number, std::string text) {
  auto written = co_await api_.write("POST", "/issues/" + std::to_string(number) + "/comments", render_comment(text), Repeat::Never);
  if (written) co_return Result<void>{};
  co_return co_await explain(written.error(), pull_path(number));
}

asio::awaitable<Result<void>> GiteaForge::set_status(std::string sha, CommitStatus status) {
  auto written = co_await api_.write("POST", "/statuses/" + net::percent_encode(sha), render_status(status), Repeat::Safe);
  if (written) co_return Result<void>{};
  co_return co_await explain(written.error(), "/git/commits/" + net::percent_encode(sha));
}

asio::awaitable<Result<std::vector<PullRequest>>> GiteaForge::open_pull_requests(std::string base) {
  std::vector<PullRequest> all;
  std::size_t seen = 0;
  for (std::size_t page = 1; page <= kPagesMax && seen < kOpenMax; ++page) {
    // Servers older than 1.23 don't know base_branch.
    const std::string path =
        "/pulls?state=open&base_branch=" + net::percent_encode(base) + "&limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto pulls = parse_pull_requests(response.body);
    if (!pulls) co_return api_.unreadable("GET", path);
    seen += pulls->size();
    std::ranges::copy_if(*pulls, std::back_inserter(all), [&](const auto& pull) { return pull.base == base && pull.state == PullRequestState::Open; });
    if (is_last_page(response, pulls->size(), seen)) break;
  }
  std::ranges::sort(all, std::greater{}, &PullRequest::number);
  co_return all;
}

asio::awaitable<Result<BranchRules>> GiteaForge::rules_of(std::string branch) {
  // A writer may not read branch_protections, but sees this much of them here.
  const auto path = "/branches/" + net::percent_encode(branch);
  CO_TRY(const auto response, co_await api_.read(path));
  auto rules = parse_branch_rules(response.body);
  if (!rules) co_return api_.unreadable("GET", path);
  co_return std::move(*rules);
}

asio::awaitable<Result<std::map<std::string, std::string>>> GiteaForge::read_states(std::string sha) {
  std::map<std::string, std::string> all;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/commits/" + net::percent_encode(sha) + "/status?limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto states = parse_statuses(response.body);
    if (!states) co_return api_.unreadable("GET", path);
    const auto known = all.size();
    all.merge(*states);
    // Each context comes once, so a page without a new one is past the end.
    if (is_last_page(response, all.size() - known, all.size())) break;
  }
  co_return all;
}

asio::awaitable<Result<MergeGate>> GiteaForge::merge_gate(std::int64_t number) {
  CO_TRY(const auto pull, co_await get(number));
  MergeGate gate = gate_of_state(pull);
  if (pull.state != PullRequestState::Open) co_return gate;
  CO_TRY(const auto rules, co_await rules_of(pull.base));
  if (!rules.is_protected) co_return gate;
  if (!rules.may_merge) gate.blocked_by.push_back("the bot's account may not merge into " + pull.base);
  if (rules.required_approvals > 0) {
    CO_TRY(const auto read, co_await read_reviews(number));
    add_approvals(gate, rules.required_approvals - static_cast<std::int64_t>(read.counted.size()));
  }
  if (!rules.required_contexts.empty() || rules.every_context) {
    CO_TRY(const auto states, co_await read_states(pull.head_sha));
    add_checks(gate, rules.required_contexts, states);
    for (const auto& [context, state] : states) {
      if (rules.every_context && to_lower(context) != kOwnStatus) add_check(gate, context, state);
    }
  }
  co_return gate;
}

asio::awaitable<Result<std::vector<Check>>> GiteaForge::checks(std::int64_t number) {
  CO_TRY(const auto pull, co_await get(number));
  const auto rules = co_await rules_of(pull.base);
  if (!rules && !is_hidden(rules.error())) co_return rules.error();
  std::vector<Check> all;
  std::size_t seen = 0;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/commits/" + net::percent_encode(pull.head_sha) + "/status?limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto read = parse_checks(response.body, server_);
    if (!read) co_return api_.unreadable("GET", path);
    const auto before = tidy_checks(all).size();
    seen += read->size();
    const auto entries = read->size();
    std::ranges::move(*read, std::back_inserter(all));
    // A server that knows no pages here gives the same again.
    if (is_last_page(response, entries, seen) || tidy_checks(all).size() == before) break;
  }
  if (rules) {
    for (auto& check : all) check.required = demands(*rules, check.name);
  }
  co_return tidy_checks(std::move(all));
}

asio::awaitable<Result<void>> GiteaForge::upsert_comment(std::int64_t number, std::string marker, std::string text) {
  CO_TRY(const auto us, co_await account());
  auto body = marked_comment(marker, std::move(text), kLongestComment);
  auto written = co_await upsert_issue_comment(api_, number, us.login, std::move(marker), std::move(body), "");
  if (written) co_return Result<void>{};
  co_return co_await explain(written.error(), pull_path(number));
}

asio::awaitable<Result<std::map<std::string, std::int64_t>>> GiteaForge::read_labels() {
  std::map<std::string, std::int64_t> known;
  std::size_t seen = 0;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/labels?limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    const auto labels = parse_labels(response.body);
    if (!labels) co_return api_.unreadable("GET", path);
    for (const auto& [name, id] : *labels) known.emplace(name, id);
    seen += labels->size();
    if (is_last_page(response, labels->size(), seen)) break;
  }
  co_return known;
}

asio::awaitable<Result<void>> GiteaForge::label(std::int64_t number, std::vector<std::string> labels) {
  if (labels.empty()) co_return Result<void>{};
  CO_TRY(const auto known, co_await read_labels());
  std::vector<std::int64_t> ids;
  for (const auto& name : labels) {
    if (const auto found = known.find(name); found != known.end()) {
      ids.push_back(found->second);
      continue;
    }
    CO_TRY(const auto made, co_await api_.write("POST", "/labels", render_label(name), Repeat::Never));
    const auto id = label_id_of(made.body);
    if (!id) co_return api_.unreadable("POST", "/labels");
    ids.push_back(*id);
  }
  CO_CHECK_OK(co_await api_.write("POST", "/issues/" + std::to_string(number) + "/labels", render_label_ids(ids), Repeat::Safe));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> GiteaForge::request_reviewers(std::int64_t number, std::vector<std::string> logins) {
  co_return co_await request_pull_reviewers(api_, number, std::move(logins));
}

asio::awaitable<Result<std::vector<Comment>>> GiteaForge::comments_since(WallTime since) {
  std::vector<Comment> all;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/issues/comments?since=" + net::percent_encode(format_time(std::chrono::floor<std::chrono::seconds>(since))) +
                             "&limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto comments = parse_comments(response.body);
    if (!comments) co_return api_.unreadable("GET", path);
    const auto entries = comments->size();
    std::ranges::move(*comments, std::back_inserter(all));
    if (is_last_page(response, entries, all.size())) break;
  }
  co_return in_order(std::move(all), since);
}

asio::awaitable<Result<Account>> GiteaForge::account() {
  if (account_) co_return *account_;
  CO_TRY(const auto response, co_await api_.read("~/user"));
  Account account;
  account.login = text_at(parse_json(response.body), "login");
  if (account.login.empty()) co_return api_.unreadable("GET", "~/user");
  account_ = account;
  co_return account;
}

asio::awaitable<Result<ProjectRights>> GiteaForge::rights() {
  CO_TRY(const auto response, co_await api_.read(""));
  const auto body = parse_json(response.body);
  const auto& permissions = object_at(body, "permissions");
  ProjectRights rights;
  rights.read = maybe_flag_at(permissions, "pull").value_or(true);
  rights.push = maybe_flag_at(permissions, "push");
  rights.pull_requests = maybe_flag_at(body, "has_pull_requests");
  rights.clock_ahead = net::clock_ahead(response.headers, api_.clock().wall_now());
  co_return rights;
}

asio::awaitable<Result<std::optional<bool>>> GiteaForge::requires_status(std::string branch, std::string context) {
  auto rules = co_await rules_of(std::move(branch));
  if (!rules) {
    if (rules.error().kind == ErrorKind::Denied) co_return std::optional<bool>{};
    co_return rules.error();
  }
  const bool required = rules->is_protected && std::ranges::any_of(rules->required_contexts, [&](const auto& one) { return glob_match(one, context); });
  co_return std::optional<bool>(required);
}

}  // namespace

std::unique_ptr<Forge> create_gitea(net::HttpClient& http, Clock& clock, ForgeOptions options) { return std::make_unique<GiteaForge>(http, clock, options); }

}  // namespace driftwarden::forge
