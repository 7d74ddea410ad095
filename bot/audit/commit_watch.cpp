#include "bot/audit/commit_watch.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/repository/committer.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kRowsAtOnce = 50;   ///< what is older than that many gets one row
constexpr std::size_t kPullsAsked = 20;   ///< of one round
constexpr Duration kAskWithin{10'000};
constexpr Duration kLookAgain{15'000};    ///< a Change may be about to be written down
constexpr Duration kTryAgain{60'000};
constexpr Duration kPatience = std::chrono::minutes{15};  ///< with a Change whose commit this seems to be
// A merge is written down about when it happens; clocks are put right now and then.
constexpr Duration kBefore = std::chrono::hours{24};
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kLookUps = 100'000;

std::string setting_name(const std::string& repository) { return "commits_seen " + repository; }

std::string first_parent(const Arrival& arrival) { return arrival.commit.parents.empty() ? std::string() : arrival.commit.parents.front(); }

Result<std::vector<std::string>> touched_by(Mirror& mirror, const Arrival& arrival, const std::vector<AppPaths>& apps) {
  return touched_apps(mirror, first_parent(arrival), arrival.commit.sha, apps);
}

/// Of many commits: each by itself where that is affordable, else what lies between the first and the last.
Result<std::vector<std::string>> touched_by_all(Mirror& mirror, const std::vector<OthersCommit>& commits, const std::vector<AppPaths>& apps) {
  if (commits.size() * apps.size() > kLookUps) return touched_apps(mirror, first_parent(commits.front().arrival), commits.back().arrival.commit.sha, apps);
  std::set<std::string> all;
  for (const auto& commit : commits) {
    TRY(const auto touched, touched_by(mirror, commit.arrival, apps));
    all.insert(touched.begin(), touched.end());
  }
  return std::vector<std::string>(all.begin(), all.end());
}

Result<void> enqueue_notice(storage::Transaction& tx, const CommitPlace& place, const std::string& payload, std::int64_t seq, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("force-push of {}, row {}", place.repository, seq);
  row.kind = "slack.notice";
  row.lane = "repository:" + place.repository;
  row.payload = payload;
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

struct CommitWatch::Lane {
  Lane(CommitPlace place_, std::string id_, const asio::any_io_executor& executor) : place(std::move(place_)), id(std::move(id_)), moved(executor) {}
  CommitPlace place;
  std::string id;  ///< of where it is and which branch: another one is begun anew
  std::string head;
  std::vector<AppPaths> apps{};  ///< as of the last look
  Signal moved;
};

/// How far a branch was looked at.
struct CommitWatch::Cursor {
  std::string id{};
  std::string head{};
  WallTime at{};
  std::string waits_for{};      ///< a commit that seems to be an open Change's
  WallTime waits_since{};
  std::string waits_at{};       ///< the head then: all up to it was there, and isn't waited for once more
  bool operator==(const Cursor&) const = default;

  std::string text() const {
    return json{{"id", id}, {"head", head}, {"at", format_time(at)}, {"waits_for", waits_for}, {"waits_since", format_time(waits_since)}, {"waits_at", waits_at}}.dump();
  }
  /// Nothing where it can't be read.
  static std::optional<Cursor> from(const std::string& text) {
    const auto read = json::parse(text, nullptr, false);
    if (!read.is_object() || text_at(read, "head").empty()) return std::nullopt;
    const auto at = parse_time(text_at(read, "at"));
    const auto since = parse_time(text_at(read, "waits_since"));
    return Cursor{text_at(read, "id"), text_at(read, "head"), at ? *at : WallTime{}, text_at(read, "waits_for"), since ? *since : WallTime{}, text_at(read, "waits_at")};
  }
};

/// What arrived, by whose it is.
struct CommitWatch::Sorted {
  Arrivals arrived;
  std::string head{};
  std::vector<OthersCommit> many;    ///< oldest first: these have one row together
  std::vector<std::string> many_apps{};
  std::vector<OthersCommit> single;  ///< and these, younger ones, one each
  std::vector<std::string> apps_of_rewriting{};
  Cursor after{};
};

CommitWatch::CommitWatch(Parts parts) : parts_(std::move(parts)), tasks_(parts_.executor) {
  for (const auto& repository : parts_.config->repositories) {
    auto id = sha256_hex(repository.url + "\n" + repository.branch).substr(0, kIdLength);
    lanes_.emplace(repository.name, std::make_shared<Lane>(CommitPlace{repository.name, repository.branch}, std::move(id), parts_.executor));
  }
}

void CommitWatch::start() {
  for (const auto& [name, lane] : lanes_) tasks_.spawn("commits of " + name, follow(lane));
}

asio::awaitable<void> CommitWatch::stop() { co_await tasks_.join(); }

void CommitWatch::on_head(const std::string& repository, const std::string& head) {
  const auto lane = lanes_.find(repository);
  if (lane == lanes_.end() || lane->second->head == head) return;
  lane->second->head = head;
  lane->second->moved.notify();
}

asio::awaitable<void> CommitWatch::follow(std::shared_ptr<Lane> lane) {
  std::string told;
  while (true) {
    if (lane->head.empty()) {
      auto first = co_await lane->moved.wait();
      if (!first) co_return;
      continue;
    }
    const auto head = lane->head;
    auto apps = parts_.apps(lane->place.repository);
    const auto done = co_await look(*lane, head);
    if (!done && done.error().kind == ErrorKind::Cancelled) co_return;
    if (!done && done.error().message != told) log_warn("audit", fmt::format("commits of {}: {}", lane->place.repository, done.error().message));
    told = done ? std::string() : done.error().message;
    if (done && *done) lane->apps = std::move(apps);
    if (lane->head != head) continue;
    if (done && *done) {
      auto moved = co_await lane->moved.wait();
      if (!moved) co_return;
      continue;
    }
    const auto pause = done ? kLookAgain : kTryAgain;
    auto moved = co_await lane->moved.wait_until(*parts_.clock, parts_.clock->mono_now() + pause);
    if (!moved) co_return;
  }
}

std::vector<AppPaths> CommitWatch::apps_around(const Lane& lane) const {
  auto apps = parts_.apps(lane.place.repository);
  std::set<std::string> names;
  for (const auto& app : apps) names.insert(app.app);
  std::ranges::copy_if(lane.apps, std::back_inserter(apps), [&](const AppPaths& app) { return !names.contains(app.app); });
  return apps;
}

asio::awaitable<Result<bool>> CommitWatch::look(const Lane& lane, std::string head) {
  const auto place = lane.place;
  const auto id = lane.id;
  auto loading = load(place.repository);
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded.error();
  if (!*loaded || (*loaded)->id != id) {
    Cursor first;
    first.id = id;
    first.head = head;
    first.at = parts_.clock->wall_now();
    auto beginning = begin_at(place, std::move(first));
    const auto begun = co_await std::move(beginning);
    if (!begun) co_return begun.error();
    co_return true;
  }
  const Cursor cursor = **loaded;
  if (cursor.head == head) co_return true;
  auto finding = arrivals(place.repository, cursor.head, head);
  auto arrived = co_await std::move(finding);
  if (!arrived) co_return arrived.error();
  auto sorting = sort(place, cursor, head, std::move(*arrived));
  auto sorted_now = co_await std::move(sorting);
  if (!sorted_now) co_return sorted_now.error();
  auto sorted = std::make_shared<Sorted>(std::move(*sorted_now));
  const bool all = sorted->after.waits_for.empty();
  if (all) sorted->after.head = head;
  if (sorted->after == cursor) co_return false;
  sorted->head = head;
  auto describing = describe(place, cursor.head, apps_around(lane), sorted);
  const auto described = co_await std::move(describing);
  if (!described) co_return described.error();
  auto asking = ask_for_pulls(place.repository, sorted);
  const auto asked = co_await std::move(asking);
  if (!asked) co_return asked.error();
  auto writing = write(place, cursor, sorted);
  const auto written = co_await std::move(writing);
  if (!written) co_return written.error();
  if (sorted->arrived.rewritten) parts_.outbox->wake();
  co_return all;
}

asio::awaitable<Result<std::optional<CommitWatch::Cursor>>> CommitWatch::load(std::string repository) {
  std::function<Result<std::optional<Cursor>>(storage::Transaction&)> work = [repository](storage::Transaction& tx) -> Result<std::optional<Cursor>> {
    TRY(const auto kept, tx.setting(setting_name(repository)));
    return kept ? Cursor::from(*kept) : std::optional<Cursor>{};
  };
  auto working = parts_.store->query<std::optional<Cursor>>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> CommitWatch::begin_at(CommitPlace place, Cursor cursor) {
  std::function<Result<void>(storage::Transaction&)> work = [name = setting_name(place.repository), text = cursor.text()](storage::Transaction& tx) { return tx.set_setting(name, text); };
  auto working = parts_.store->transact(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<Arrivals>> CommitWatch::arrivals(std::string repository, std::string since, std::string head) {
  auto found = std::make_shared<Arrivals>();
  std::function<Result<void>(Mirror&)> work = [found, since, head](Mirror& mirror) -> Result<void> {
    TRY(*found, find_arrivals(mirror, since, head));
    return Result<void>{};
  };
  auto working = parts_.in_mirror(std::move(repository), std::move(work));
  const auto done = co_await std::move(working);
  if (!done) co_return done.error();
  co_return std::move(*found);
}

/// Oldest first, up to what an open Change may be about to write down as its own.
asio::awaitable<Result<CommitWatch::Sorted>> CommitWatch::sort(CommitPlace place, Cursor cursor, std::string head, Arrivals arrived) {
  const auto now = parts_.clock->wall_now();
  std::set<std::string> elsewhere;
  for (const auto& [name, lane] : lanes_) {
    if (name == place.repository) continue;
    for (const auto& app : parts_.apps(name)) elsewhere.insert(app.app);
  }
  std::function<Result<KnownCommits>(storage::Transaction&)> work = [place, since = cursor.at - kBefore, elsewhere](storage::Transaction& tx) {
    return load_known_commits(tx, place, since, [&](const std::string& app) { return !elsewhere.contains(app); });
  };
  auto working = parts_.store->query<KnownCommits>(std::move(work));
  const auto known = co_await std::move(working);
  if (!known) co_return known.error();
  Sorted sorted;
  sorted.after.id = cursor.id;
  sorted.after.at = now;
  sorted.after.head = cursor.head;
  bool was_there = !cursor.waits_for.empty() && !arrived.rewritten;
  for (const auto& arrival : arrived.all) {
    const auto judged = judge(arrival, *known);
    const bool waited = was_there && now - cursor.waits_since >= kPatience;
    const bool has_before = !arrival.commit.parents.empty();
    if (judged.origin == CommitOrigin::Claimed && !waited && has_before) {
      sorted.after.waits_for = arrival.commit.sha;
      sorted.after.waits_since = was_there ? cursor.waits_since : now;
      sorted.after.waits_at = was_there ? cursor.waits_at : head;
      sorted.after.at = cursor.at;
      // The rewriting has its row now, and isn't to be seen again.
      if (arrived.rewritten && sorted.after.head == cursor.head) sorted.after.head = arrival.commit.parents.front();
      break;
    }
    sorted.after.head = arrival.commit.sha;
    if (judged.origin == CommitOrigin::Claimed || judged.origin == CommitOrigin::Others) sorted.single.push_back({arrival, judged.change, judged.proven});
    if (arrival.commit.sha == cursor.waits_at) was_there = false;
  }
  if (sorted.single.size() > kRowsAtOnce) {
    const auto older = sorted.single.end() - static_cast<std::ptrdiff_t>(kRowsAtOnce);
    sorted.many.assign(std::make_move_iterator(sorted.single.begin()), std::make_move_iterator(older));
    sorted.single.erase(sorted.single.begin(), older);
  }
  if (arrived.more && sorted.many.empty() && !sorted.single.empty()) sorted.single.front().has_older = true;
  sorted.arrived = std::move(arrived);
  co_return sorted;
}

asio::awaitable<Result<void>> CommitWatch::describe(CommitPlace place, std::string before, std::vector<AppPaths> apps, std::shared_ptr<Sorted> sorted) {
  std::function<Result<void>(Mirror&)> work = [sorted, before, apps = std::move(apps)](Mirror& mirror) -> Result<void> {
    for (auto& commit : sorted->single) {
      TRY(commit.committer, committer_of(mirror, commit.arrival.commit.sha));
      TRY(commit.apps, touched_by(mirror, commit.arrival, apps));
    }
    if (!sorted->many.empty()) {
      TRY(sorted->many_apps, touched_by_all(mirror, sorted->many, apps));
    }
    if (sorted->arrived.rewritten && sorted->arrived.knows_lost) {
      TRY(sorted->apps_of_rewriting, touched_apps(mirror, before, sorted->head, apps));
    }
    return Result<void>{};
  };
  auto working = parts_.in_mirror(place.repository, std::move(work));
  co_return co_await std::move(working);
}

/// The youngest first. A forge that is away isn't waited for: what the message says stands in the row then.
asio::awaitable<Result<void>> CommitWatch::ask_for_pulls(std::string repository, std::shared_ptr<Sorted> sorted) {
  std::size_t asked = 0;
  bool answers = static_cast<bool>(parts_.find_merged);
  for (auto commit = sorted->single.rbegin(); commit != sorted->single.rend(); ++commit) {
    commit->said_pull = pull_request_in(commit->arrival.commit.message);
    if (!commit->said_pull || !answers || asked++ >= kPullsAsked) continue;
    auto asking = parts_.find_merged(repository, *commit->said_pull);
    auto bounded = with_deadline(*parts_.clock, parts_.clock->mono_now() + kAskWithin, std::move(asking));
    const auto answer = co_await std::move(bounded);
    if (!answer && answer.error().kind == ErrorKind::Cancelled) co_return answer.error();
    answers = answer || !is_transient(answer.error());
    if (answer && *answer && (*answer)->merged_sha == commit->arrival.commit.sha) commit->pull = **answer;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> CommitWatch::write(CommitPlace place, Cursor before, std::shared_ptr<const Sorted> sorted) {
  std::vector<AuditEntry> rows;
  if (sorted->arrived.rewritten) rows.push_back(rewritten_row(place, before.head, sorted->head, sorted->arrived, sorted->apps_of_rewriting));
  if (!sorted->many.empty()) rows.push_back(caught_up_row(place, sorted->many, sorted->many_apps, sorted->arrived.more, *parts_.config));
  for (const auto& commit : sorted->single) rows.push_back(landed_row(place, commit, *parts_.config));
  std::string told;
  if (sorted->arrived.rewritten && !parts_.config->slack.admin_channel.empty()) {
    told = json{{"channel", parts_.config->slack.admin_channel}, {"text", rewritten_words(place, before.head, sorted->head, sorted->arrived)}}.dump();
  }
  std::function<Result<void>(storage::Transaction&)> work = [place, before, rows, told, after = sorted->after, now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<void> {
    const auto name = setting_name(place.repository);
    TRY(const auto kept, tx.setting(name));
    if (!kept || Cursor::from(*kept) != before) return Error{ErrorKind::Conflict, "somebody else looked at them meanwhile"};
    for (const auto& entry : rows) {
      TRY(const auto row, tx.append_audit(entry));
      if (entry.action == "commit.rewritten" && !told.empty()) CHECK_OK(enqueue_notice(tx, place, told, row.seq, now));
    }
    return tx.set_setting(name, after.text());
  };
  auto working = parts_.store->transact(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace driftwarden
