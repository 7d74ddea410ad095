#include "bot/audit/others_commits.hpp"

#include "bot/audit/details.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"
#include "integrations/slack/slack.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kRowsOfChanges = 5000;
constexpr std::size_t kRowsOfCommits = 1000;
constexpr std::size_t kOpenChanges = 1000;
constexpr std::size_t kCommitsListed = 200;
constexpr std::size_t kAppsListed = 2000;  ///< `audit APP` finds the row by this list
constexpr std::size_t kPeopleListed = 50;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestUrl = 500;
constexpr std::size_t kShaSize = 40;
constexpr const char* kOwn = "driftwarden";

std::string short_sha(const std::string& sha) { return sha.substr(0, 7); }

/// What the rows of a Change say that it was merged as: a member's name can't stand unescaped in a text.
void add_merged(const std::string& detail, std::set<std::string>& own) {
  constexpr std::string_view kMember = "\"merged\":\"";
  for (auto at = detail.find(kMember); at != std::string::npos; at = detail.find(kMember, at + 1)) {
    const auto begin = at + kMember.size();
    if (detail.find('"', begin) == begin + kShaSize) own.insert(detail.substr(begin, kShaSize));
  }
}

void add_texts(const ordered_json& detail, const char* key, std::set<std::string>& seen) {
  const auto list = detail.find(key);
  if (list == detail.end() || !list->is_array()) return;
  for (const auto& one : *list) {
    if (one.is_string()) seen.insert(one.get<std::string>());
  }
}

/// A commit that goes on to another branch, as from staging to production, has its row there, too.
void add_seen(const AuditEntry& entry, const CommitPlace& place, std::set<std::string>& seen) {
  const auto detail = detail_of(entry);
  const auto says = [&](const char* key, const std::string& text) { return detail.contains(key) && detail.at(key) == text; };
  if (!says("repository", place.repository) || !says("branch", place.branch)) return;
  for (const auto* key : {"brought", "commits", "lost"}) add_texts(detail, key, seen);
  if (entry.action == "commit.landed") seen.insert(entry.on);
}

Result<std::vector<AuditRow>> rows_of(storage::Transaction& tx, const char* action, std::size_t limit, std::int64_t after_seq = 0) {
  storage::AuditQuery query;
  query.action = action;
  query.limit = limit;
  query.after_seq = after_seq;
  return tx.audit(query);
}

/// Behind that number lie the rows since then. By number they are read from the end of the log; by time all rows of a kind would be.
Result<std::int64_t> seq_before(storage::Transaction& tx, WallTime since) {
  storage::AuditQuery query;
  query.since = since;
  query.limit = 1;
  query.newest_first = false;
  TRY(const auto first, tx.audit(query));
  return first.empty() ? std::numeric_limits<std::int64_t>::max() : first.front().seq - 1;
}

/// The Change that a message says it is of; 0 = none.
std::int64_t change_in(const std::string& message) {
  constexpr std::string_view kTrailer = "\nDriftwarden-Change: ";
  const auto at = message.rfind(kTrailer);
  if (at == std::string::npos) return 0;
  const auto begin = at + kTrailer.size();
  return parse_change_name(trim(message.substr(begin, message.find('\n', begin) - begin))).value_or(0);
}

bool holds(const Arrival& arrival, const std::string& sha) { return arrival.commit.sha == sha || std::ranges::find(arrival.brought, sha) != arrival.brought.end(); }

/// Never without its brackets: what people call themselves can't pass for anything else.
std::string text_of(const CommitPerson& person) {
  return fmt::format("{} <{}>", ellipsize(without_control_characters(person.name), kLongestName), ellipsize(without_control_characters(person.email), kLongestName));
}

/// The person whose e-mail it is, else as the commit says it.
std::string who_is(const CommitPerson& person, const Config& config) {
  const auto* known = person.email.empty() ? nullptr : person_by_email(config, person.email);
  return known == nullptr ? text_of(person) : known->name;
}

/// The first of them, and how many others there are.
void put_list(ordered_json& detail, const char* key, const char* rest_key, const std::vector<std::string>& all, std::size_t most) {
  auto list = ordered_json::array();
  for (std::size_t i = 0; i < std::min(most, all.size()); ++i) list.push_back(all[i]);
  detail[key] = std::move(list);
  if (all.size() > most) detail[rest_key] = all.size() - most;
}

AuditEntry entry_of(const char* action, const CommitPlace& place, std::string subject, std::string on, const std::vector<std::string>& apps, ordered_json facts) {
  ordered_json detail{{"repository", place.repository}, {"branch", place.branch}};
  detail.update(facts);
  put_list(detail, "apps", "more_apps", apps, kAppsListed);
  AuditEntry entry;
  entry.actor = kOwn;
  entry.action = action;
  if (apps.size() == 1) entry.app = apps.front();
  entry.subject = std::move(subject);
  entry.on = std::move(on);
  entry.detail = detail.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return entry;
}

}  // namespace

Result<KnownCommits> load_known_commits(storage::Transaction& tx, const CommitPlace& place, WallTime since, const std::function<bool(const std::string& app)>& may_be_here) {
  KnownCommits known;
  TRY(const auto before, seq_before(tx, since));
  TRY(const auto of_changes, rows_of(tx, "change.", kRowsOfChanges, before));
  for (const auto& row : of_changes) {
    if (may_be_here(row.entry.app)) add_merged(row.entry.detail, known.own);
  }
  for (const auto* action : {"commit.landed", "commit.caught-up", "commit.rewritten"}) {
    TRY(const auto of_commits, rows_of(tx, action, kRowsOfCommits));
    for (const auto& row : of_commits) add_seen(row.entry, place, known.seen);
  }
  TRY(const auto open, tx.changes({"", true, kOpenChanges}));
  for (const auto& change : open) {
    if (!may_be_here(change.app)) continue;
    if (change.merged_sha.empty()) known.claims.push_back({change.id, change.content.head_sha, change.pull_request});
    else known.own.insert(change.merged_sha);
  }
  return known;
}

JudgedCommit judge(const Arrival& arrival, const KnownCommits& known) {
  const auto& sha = arrival.commit.sha;
  if (known.own.contains(sha)) return {CommitOrigin::Own};
  if (known.seen.contains(sha)) return {CommitOrigin::Seen};
  const auto named = change_in(arrival.commit.message);
  const auto pull = pull_request_in(arrival.commit.message);
  for (const auto& claim : known.claims) {
    const bool by_head = !claim.head.empty() && holds(arrival, claim.head);
    const bool by_pull = claim.pull_request != 0 && pull == claim.pull_request;
    if (by_head || by_pull || claim.change == named) return {CommitOrigin::Claimed, claim.change, by_head};
  }
  return {};
}

AuditEntry landed_row(const CommitPlace& place, const OthersCommit& commit, const Config& config) {
  const auto& info = commit.arrival.commit;
  ordered_json facts{{"by", who_is(info.author, config)}, {"author", text_of(info.author)}};
  if (text_of(commit.committer) != text_of(info.author)) facts["committer"] = text_of(commit.committer);
  facts["committed_at"] = format_time(info.time);
  if (commit.change != 0) facts[commit.proven ? "change" : "says_change"] = change_name(commit.change);
  if (commit.pull) {
    facts["pull_request"] = fmt::format("#{}", commit.pull->number);
    facts["pull_request_url"] = ellipsize(commit.pull->url, kLongestUrl);
    if (!commit.pull->author.empty()) facts["opened_by"] = "@" + ellipsize(without_control_characters(commit.pull->author), kLongestName);
  } else if (commit.said_pull) {
    facts["says_pull_request"] = fmt::format("#{}", *commit.said_pull);
  }
  if (!commit.arrival.brought.empty()) put_list(facts, "brought", "more_brought", commit.arrival.brought, kCommitsListed);
  if (commit.has_older) facts["has_older"] = true;
  return entry_of("commit.landed", place, "commit " + short_sha(info.sha), info.sha, commit.apps, std::move(facts));
}

AuditEntry caught_up_row(const CommitPlace& place, const std::vector<OthersCommit>& commits, const std::vector<std::string>& apps, bool more, const Config& config) {
  std::vector<std::string> shas;
  std::vector<std::string> people;
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    shas.push_back(commit->arrival.commit.sha);
    auto who = who_is(commit->arrival.commit.author, config);
    if (std::ranges::find(people, who) == people.end()) people.push_back(std::move(who));
  }
  ordered_json facts{{"count", commits.size()}};
  if (more) facts["at_least"] = true;
  put_list(facts, "people", "more_people", people, kPeopleListed);
  facts["from"] = format_time(commits.front().arrival.commit.time);
  facts["to"] = format_time(commits.back().arrival.commit.time);
  put_list(facts, "commits", "more_commits", shas, kCommitsListed);
  return entry_of("commit.caught-up", place, fmt::format("{}{} commits", commits.size(), more ? " or more" : ""), shas.front(), apps, std::move(facts));
}

AuditEntry rewritten_row(const CommitPlace& place, const std::string& before, const std::string& after, const Arrivals& arrivals, const std::vector<std::string>& apps) {
  ordered_json facts{{"before", before}, {"after", after}};
  if (arrivals.knows_lost) put_list(facts, "lost", "more_lost", arrivals.lost, kCommitsListed);
  return entry_of("commit.rewritten", place, fmt::format("{} of {}", place.branch, place.repository), after, apps, std::move(facts));
}

std::string rewritten_words(const CommitPlace& place, const std::string& before, const std::string& after, const Arrivals& arrivals) {
  auto text = fmt::format(":warning: Branch *{}* of repository *{}* was rewritten by a force-push: it was at `{}` and is at `{}` now.", slack::escape(place.branch), slack::escape(place.repository),
                          short_sha(before), short_sha(after));
  if (!arrivals.knows_lost) return text + " What it held before is gone from there.";
  const auto gone = arrivals.lost.size();
  text += gone == 1 ? " 1 commit is gone from it." : fmt::format(" {}{} commits are gone from it.", gone, gone == kCommitsListed ? " or more" : "");
  return text + fmt::format(" `audit {}` has the row.", short_sha(after));
}

bool concerns_app(const AuditEntry& entry, const std::string& app) {
  if (entry.app == app) return true;
  if (!entry.action.starts_with("commit.")) return false;
  std::set<std::string> apps;
  add_texts(detail_of(entry), "apps", apps);
  return apps.contains(app);
}

}  // namespace driftwarden
