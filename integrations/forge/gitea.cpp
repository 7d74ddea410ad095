// Gitea and Forgejo. Facts as measured on Gitea 1.26: shared reference, forges-and-gitops section 3.
#include "gitops/base/text.hpp"
#include "integrations/forge/forge.hpp"
#include "integrations/forge/gitea_api.hpp"
#include "integrations/forge/gitea_json.hpp"
#include "integrations/net/url.hpp"

#include <algorithm>

namespace driftwarden::forge {

namespace {

constexpr Duration kMergePatience{20'000};
constexpr Duration kFirstMergeWait{250};
constexpr Duration kLongestMergeWait{2'000};
constexpr std::size_t kPageSize = 50;
constexpr std::size_t kPagesMax = 100;

std::string pull_path(std::int64_t number) { return "/pulls/" + std::to_string(number); }

bool is_try_again(const net::HttpResponse& response) {
  return response.status == 405 && to_lower(words_of(response)).find("try again later") != std::string::npos;
}

class GiteaForge final : public Forge {
 public:
  GiteaForge(net::HttpClient& http, Clock& clock, ForgeOptions options) : api_(http, clock, std::move(options)) {}

  asio::awaitable<Result<std::optional<PullRequest>>> find_open(std::string branch, std::string base) override;
  asio::awaitable<Result<PullRequest>> open(PullRequestDraft draft) override;
  asio::awaitable<Result<PullRequest>> get(std::int64_t number) override;
  asio::awaitable<Result<std::vector<Review>>> reviews(std::int64_t number) override;
  asio::awaitable<Result<PullRequest>> merge(std::int64_t number, std::string head_sha, MergeMethod method, std::string message) override;
  asio::awaitable<Result<void>> close(std::int64_t number) override;
  asio::awaitable<Result<void>> comment(std::int64_t number, std::string text) override;
  asio::awaitable<Result<void>> set_status(std::string sha, CommitStatus status) override;

 private:
  asio::awaitable<Result<std::optional<PullRequest>>> find_in_list(std::string branch, std::string base);
  /// After a merge that was accepted, or may have been.
  asio::awaitable<Result<PullRequest>> wait_until_merged(std::int64_t number, MonoTime deadline);
  /// Gitea answers 500, without words, where what is written to isn't there: NotFound when `path` isn't.
  asio::awaitable<Error> explain(Error error, std::string path);
  Result<PullRequest> read_pull(const std::string& method, const std::string& path, const net::HttpResponse& response) const;

  GiteaApi api_;
};

Result<PullRequest> GiteaForge::read_pull(const std::string& method, const std::string& path, const net::HttpResponse& response) const {
  auto pull = parse_pull_request(response.body);
  if (!pull) return api_.unreadable(method, path);
  return std::move(*pull);
}

asio::awaitable<Result<std::optional<PullRequest>>> GiteaForge::find_open(std::string branch, std::string base) {
  // A slash in the base, encoded or not, isn't told apart from the one between the two names.
  if (base.find('/') != std::string::npos) co_return co_await find_in_list(branch, base);
  const std::string path = "/pulls/" + net::percent_encode(base) + "/" + net::percent_encode(branch);
  auto response = co_await api_.read(path);
  if (response) {
    CO_TRY(auto pull, read_pull("GET", path, *response));
    if (pull.state == PullRequestState::Open && pull.branch == branch && pull.base == base) co_return std::optional<PullRequest>(std::move(pull));
    co_return co_await find_in_list(branch, base);
  }
  if (response.error().kind != ErrorKind::NotFound) co_return response.error();
  // No such pull request, or no such project?
  CO_CHECK_OK(co_await api_.read(""));
  co_return std::optional<PullRequest>{};
}

asio::awaitable<Result<std::optional<PullRequest>>> GiteaForge::find_in_list(std::string branch, std::string base) {
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = "/pulls?state=open&limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto pulls = parse_pull_requests(response.body);
    if (!pulls) co_return api_.unreadable("GET", path);
    if (pulls->empty()) break;
    const auto found = std::ranges::find_if(*pulls, [&](const auto& pull) { return pull.branch == branch && pull.base == base; });
    if (found != pulls->end()) co_return std::optional<PullRequest>(std::move(*found));
  }
  co_return std::optional<PullRequest>{};
}

asio::awaitable<Result<PullRequest>> GiteaForge::open(PullRequestDraft draft) {
  CO_TRY(const auto response, co_await api_.write("POST", "/pulls", render_draft(draft), Repeat::Never));
  co_return read_pull("POST", "/pulls", response);
}

asio::awaitable<Result<PullRequest>> GiteaForge::get(std::int64_t number) {
  CO_TRY(const auto response, co_await api_.read(pull_path(number)));
  co_return read_pull("GET", pull_path(number), response);
}

asio::awaitable<Result<std::vector<Review>>> GiteaForge::reviews(std::int64_t number) {
  std::vector<Review> all;
  std::size_t seen = 0;
  for (std::size_t page = 1; page <= kPagesMax; ++page) {
    const std::string path = pull_path(number) + "/reviews?limit=" + std::to_string(kPageSize) + "&page=" + std::to_string(page);
    CO_TRY(const auto response, co_await api_.read(path));
    auto read = parse_reviews(response.body);
    if (!read) co_return api_.unreadable("GET", path);
    std::ranges::move(read->reviews, std::back_inserter(all));
    seen += read->entries;
    const auto total = response.headers.find("X-Total-Count");
    if (read->entries == 0 || (total && *total == std::to_string(seen))) break;
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
  const std::string body = render_merge(head_sha, method, message);
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
      if (error.kind == ErrorKind::Conflict) error.message += "; it said so for " + format_duration(kMergePatience) + ": does the branch conflict with its base?";
      co_return error;
    }
    CO_CHECK_OK(co_await api_.clock().sleep_for(wait));
  }
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

}  // namespace

std::unique_ptr<Forge> create_gitea(net::HttpClient& http, Clock& clock, ForgeOptions options) {
  return std::make_unique<GiteaForge>(http, clock, std::move(options));
}

}  // namespace driftwarden::forge
