#include "integrations/sandbox/forge/forge_state.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace driftwarden::sandbox::forge {

void throw_exception_from_error(const Refused& refused, const boost::source_location&) { throw std::runtime_error(refused.message); }

Pull* Repository::find_pull(std::int64_t number) {
  const auto found = std::ranges::find(pulls, number, &Pull::number);
  return found == pulls.end() ? nullptr : &*found;
}

Pull* Repository::find_open(const std::string& head, const std::string& base) {
  const auto found = std::ranges::find_if(pulls, [&](const Pull& pull) { return pull.open() && pull.head == head && pull.base == base; });
  return found == pulls.end() ? nullptr : &*found;
}

bool is_stale(const Pull& pull, const PullReview& review) { return review.state != "REQUEST_REVIEW" && review.commit_id != pull.head_sha; }

void add_review(Pull& pull, PullReview review) {
  if (review.state != "PENDING") std::erase_if(pull.reviews, [&](const PullReview& other) { return other.user == review.user && other.state == "REQUEST_REVIEW"; });
  if (review.is_verdict()) {
    for (auto& other : pull.reviews) other.dismissed = other.dismissed || (other.user == review.user && other.is_verdict());
  }
  pull.reviews.push_back(std::move(review));
}

std::vector<Label> labels_of(const Repository& repository, const Pull& pull) {
  std::vector<Label> labels;
  for (const auto& label : repository.labels) {
    if (std::ranges::find(pull.labels, label.id) != pull.labels.end()) labels.push_back(label);
  }
  return labels;
}

bool is_draft(const Pull& pull) {
  const auto title = to_lower(pull.title);
  return title.starts_with("wip:") || title.starts_with("[wip]");
}

Answer<PullReview> make_review(const Pull& pull, const std::string& user, std::string event, std::string body, std::string commit_id) {
  PullReview review;
  review.user = user;
  const bool known = event == "APPROVED" || event == "REQUEST_CHANGES" || event == "COMMENT";
  if (user == pull.author && event == "APPROVED") return Refused{422, "approve your own pull is not allowed"};
  if (user == pull.author && event == "REQUEST_CHANGES") return Refused{422, "reject your own pull is not allowed"};
  if (event != "APPROVED" && body.empty()) return Refused{422, "review event " + event + " requires a body"};
  review.state = known ? std::move(event) : "PENDING";
  review.body = std::move(body);
  review.commit_id = commit_id.empty() ? pull.head_sha : std::move(commit_id);
  return review;
}

std::vector<StatusEntry> newest_statuses(const std::vector<StatusEntry>& all) {
  std::vector<StatusEntry> newest;
  for (const auto& status : all) {
    const auto found = std::ranges::find(newest, status.context, &StatusEntry::context);
    if (found == newest.end()) {
      newest.push_back(status);
    } else {
      *found = status;
    }
  }
  return newest;
}

std::string combined_state(const std::vector<StatusEntry>& newest) {
  for (const char* worst : {"error", "failure", "warning", "pending", "success"}) {
    if (std::ranges::find(newest, worst, &StatusEntry::state) != newest.end()) return worst;
  }
  return "";
}

}  // namespace driftwarden::sandbox::forge
