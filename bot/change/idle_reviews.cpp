#include "bot/change/idle_reviews.hpp"

#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr const char* kAction = "review.refused";
constexpr std::size_t kRowsLookedAt = 200;

bool has_counted(const Change& change, const PersonId& who, const std::string& commit) {
  return std::ranges::any_of(change.approvals, [&](const Approval& approval) { return approval.by == who && approval.of.head_sha == commit; });
}

std::string why_idle(const forge::Review& review, const Change& change, const App& app, const Person* person) {
  if (review.by_bot) return "bots don't approve";
  if (person == nullptr) return "nobody is known to be this login on the forge";
  if (review.stale || review.commit_sha != change.content.head_sha) return "it was given to another commit than the one to be merged";
  if (change.quorum.typed_name && review.body.find(app.name) == std::string::npos) return "it destroys something, and the review doesn't name the App";
  return {};
}

AuditEntry entry_of(const Change& change, const IdleReview& review) {
  AuditEntry entry;
  entry.actor = review.who;
  entry.action = kAction;
  entry.app = change.app;
  entry.subject = change_name(change.id);
  entry.detail = fmt::format(R"({{"via":"forge","pull_request":"#{}","rule":{}}})", change.pull_request, json_quoted(review.why));
  entry.where = change.pull_request_url;
  entry.on = review.on;
  return entry;
}

}  // namespace

std::vector<IdleReview> idle_reviews(const std::vector<forge::Review>& reviews, const Change& change, const App& app, const Config& config, const std::string& api_url) {
  std::map<std::string, forge::Review> last_words;
  for (const auto& review : reviews) {
    if (review.state != forge::ReviewState::Commented) last_words.insert_or_assign(review.user, review);
  }
  std::vector<IdleReview> idle;
  for (const auto& [user, review] : last_words) {
    if (review.state != forge::ReviewState::Approved) continue;
    const auto* person = review.by_bot ? nullptr : person_by_forge(config, user, api_url);
    auto why = why_idle(review, change, app, person);
    if (why.empty() || (person != nullptr && has_counted(change, person->name, review.commit_sha))) continue;
    idle.push_back({person == nullptr ? user + "@forge" : person->name, review.commit_sha, std::move(why)});
  }
  return idle;
}

asio::awaitable<Result<void>> audit_reviews(AsyncStore& store, Change change, std::vector<IdleReview> reviews) {
  if (reviews.empty()) co_return Result<void>{};
  std::function<Result<void>(storage::Transaction&)> work = [change, reviews](storage::Transaction& tx) -> Result<void> {
    storage::AuditQuery query;
    query.action = kAction;
    query.subject = change_name(change.id);
    query.limit = kRowsLookedAt;
    TRY(const auto known, tx.audit(query));
    for (const auto& review : reviews) {
      const auto entry = entry_of(change, review);
      // The row may say more by now: who is meant, in all their names.
      const auto same = [&](const AuditRow& row) { return row.entry.actor == entry.actor && row.entry.on == entry.on && row.entry.detail.find(json_quoted(review.why)) != std::string::npos; };
      if (known.size() >= kRowsLookedAt || std::ranges::any_of(known, same)) continue;
      auto appended = tx.append_audit(entry);
      if (!appended) return appended.error();
    }
    return Result<void>{};
  };
  auto working = store.transact(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace driftwarden
