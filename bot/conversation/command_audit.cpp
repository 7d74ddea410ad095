// audit: what the log says, to whom it may say it.
#include "bot/audit/details.hpp"
#include "bot/audit/others_commits.hpp"
#include "bot/audit/report.hpp"
#include "bot/audit/trace.hpp"
#include "bot/audit/words.hpp"
#include "bot/config/alert_routes.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/record_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

namespace driftwarden {
namespace {

constexpr std::size_t kRowsPerPage = 15;
constexpr int kMostPages = 50;
constexpr std::size_t kRowsSifted = 5000;      ///< where not every row is for everybody, or wanted
constexpr std::size_t kRowsReported = 20'000;  ///< what one answer may cost
constexpr Duration kReportedSpan = std::chrono::hours{24 * 30};
constexpr std::size_t kShortReport = 2500;  ///< longer ones come as a file, too
constexpr std::string_view kSilence = "silence ";

/// What the log says, and what must be known to tell whether it may be said.
struct Found {
  std::vector<AuditRow> rows;
  bool more = false;
  std::map<std::int64_t, Silence> silences;  ///< that the rows are about
};

/// A row about an App that the caller may not know of isn't there for them.
bool may_read(const Services& services, const Call& call, const AuditEntry& entry) {
  const bool names_an_app = services.fleet.app(entry.subject) != nullptr;
  return may_know_of(services, call, entry.app) && (!names_an_app || may_know_of(services, call, entry.subject));
}

/// 0 = another subject than a silence.
std::int64_t silence_of(const AuditEntry& entry) {
  const std::string_view subject = entry.subject;
  if (!subject.starts_with(kSilence)) return 0;
  std::int64_t number = 0;
  const auto digits = subject.substr(kSilence.size());
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return failed == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

Result<void> add_silences(storage::Transaction& tx, Found& found) {
  for (const auto& row : found.rows) {
    const auto number = silence_of(row.entry);
    if (number == 0 || found.silences.contains(number)) continue;
    TRY(auto silence, tx.find_silence(number));
    if (silence) found.silences.emplace(number, std::move(*silence));
  }
  return Result<void>{};
}

/// One that may be about an App that they don't see isn't there for them, unless it is their own.
bool may_read_silence(const Services& services, const Call& call, std::int64_t number, const std::map<std::int64_t, Silence>& silences, const std::vector<App>& hidden) {
  if (number == 0 || hidden.empty()) return true;
  const auto found = silences.find(number);
  if (found == silences.end()) return false;
  if (is_same_person(services.config, caller_id(call), found->second.owner)) return true;
  return std::ranges::none_of(hidden, [&](const App& app) { return may_be_meant(services.config, found->second.match, app); });
}

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.'; }

bool holds_name(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    const bool begins = at == 0 || !is_name_character(text[at - 1]);
    if (begins && (end == text.size() || !is_name_character(text[end]))) return true;
  }
  return false;
}

/// What people typed, and what is about no App, may name one all the same.
bool names_hidden(const AuditEntry& entry, const std::vector<App>& hidden) {
  if (!entry.app.empty() && !entry.action.ends_with(".refused")) return false;
  return std::ranges::any_of(hidden, [&](const App& app) { return holds_name(entry.detail, app.name) || holds_name(entry.subject, app.name); });
}

/// Leaves what the caller may read.
void sift(const Services& services, const Call& call, Found& found) {
  auto hidden = services.fleet.apps();
  std::erase_if(hidden, [&](const App& app) { return is_visible(services.config, caller_id(call), app); });
  std::erase_if(found.rows, [&](const AuditRow& row) {
    return !may_read(services, call, row.entry) || names_hidden(row.entry, hidden) || !may_read_silence(services, call, silence_of(row.entry), found.silences, hidden);
  });
}

bool some_are_hidden(const Services& services) {
  return std::ranges::any_of(services.config.teams, [](const Team& team) { return team.is_private; });
}

/// "https://acme.slack.com/archives/C123/p1700000000000100"; "" where the row names no message.
std::string message_url(const std::string& where, const std::string& workspace_url) {
  if (where.starts_with("https://") || where.starts_with("http://")) return where;
  const auto message = message_of(where);
  if (!message || workspace_url.empty()) return {};
  auto ts = message->ts;
  std::erase(ts, '.');
  return fmt::format("{}{}archives/{}/p{}", workspace_url, workspace_url.ends_with('/') ? "" : "/", message->channel, ts);
}

PersonId person_meant(const Config& config, const std::string& word) {
  if (word.empty()) return {};
  if (const auto* person = person_called(config, word)) return person->name;
  return word.starts_with('@') ? word.substr(1) : word;
}

storage::AuditQuery query_of(const Services& services, const Call& call) {
  const auto& asked = call.command.audit;
  storage::AuditQuery query;
  query.app = call.command.app;
  query.actor = person_meant(services.config, asked.by);
  if (asked.since) query.since = services.clock.wall_now() - *asked.since;
  return query;
}

asio::awaitable<Result<Found>> read_log(Services& services, storage::AuditQuery query) {
  std::function<Result<Found>(storage::Transaction&)> work = [query, with_silences = some_are_hidden(services)](storage::Transaction& tx) -> Result<Found> {
    Found found;
    TRY(found.rows, tx.audit(query));
    found.more = found.rows.size() >= query.limit;
    if (with_silences) CHECK_OK(add_silences(tx, found));
    return found;
  };
  auto working = services.store.query<Found>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<Found>> read_trace(Services& services, std::string key) {
  std::function<Result<Found>(storage::Transaction&)> work = [key, with_silences = some_are_hidden(services)](storage::Transaction& tx) -> Result<Found> {
    Found found;
    TRY(auto traced, trace(tx, key));
    found.rows = std::move(traced.rows);
    if (with_silences) CHECK_OK(add_silences(tx, found));
    return found;
  };
  auto working = services.store.query<Found>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<Found>> find_rows(Services& services, storage::AuditQuery query, std::string about) {
  if (about.empty()) co_return co_await read_log(services, std::move(query));
  co_return co_await read_trace(services, std::move(about));
}

void keep_wanted(const storage::AuditQuery& query, bool refused, std::vector<AuditRow>& rows) {
  std::erase_if(rows, [&](const AuditRow& row) {
    if (refused && !row.entry.action.ends_with(".refused")) return true;
    if (!query.app.empty() && !concerns_app(row.entry, query.app)) return true;
    if (!query.actor.empty() && row.entry.actor != query.actor) return true;
    return query.since && row.at < *query.since;
  });
}

std::string title_of(const Call& call, const storage::AuditQuery& query) {
  const auto& asked = call.command.audit;
  std::string title;
  const auto add = [&](const std::string& words) { title += (title.empty() ? "" : " ") + words; };
  if (!query.app.empty()) add("of " + query.app);
  if (!asked.about.empty()) add("about " + asked.about);
  if (!query.actor.empty()) add("by " + query.actor);
  if (asked.refused) add("of what was refused");
  if (asked.since) add("since " + format_duration(*asked.since));
  return title;
}

/// Leaves the rows of this page; what is behind them is said.
view::AuditPage page_of_rows(const Services& services, const Call& call, const storage::AuditQuery& query, const std::vector<AuditRow>& rows) {
  const auto number = std::min(call.command.page, kMostPages);
  view::AuditPage page;
  page.title = title_of(call, query);
  page.oldest_first = !call.command.audit.about.empty();
  page.page = number;
  auto plain = call.command;
  plain.page = 1;
  page.command = to_text(plain);
  const auto first = std::min(rows.size(), kRowsPerPage * static_cast<std::size_t>(number - 1));
  const auto last = std::min(rows.size(), first + kRowsPerPage);
  page.more = rows.size() > last && number < kMostPages;
  for (auto i = first; i < last; ++i) {
    const auto& row = rows[i];
    page.lines.push_back({row.seq, row.at, row.entry.actor, deed_words(row.entry), message_url(row.entry.where, services.workspace_url)});
  }
  if (page.title.empty() && number == 1 && !rows.empty()) page.head = fmt::format("{}:{}", rows.front().seq, rows.front().hash.substr(0, 12));
  return page;
}

asio::awaitable<Result<Answer>> report(Services& services, Call call) {
  const auto now = services.clock.wall_now();
  auto query = query_of(services, call);
  if (!query.since) query.since = now - kReportedSpan;
  query.limit = kRowsReported;
  auto reading = read_log(services, query);
  auto found = co_await std::move(reading);
  if (!found) co_return found.error();
  const bool cut = found->more;
  const auto all = found->rows.size();
  sift(services, call, *found);
  const bool hidden = found->rows.size() < all;
  std::ranges::reverse(found->rows);
  const auto text = to_text(make_report(found->rows, query.since, now));
  std::string note;
  if (cut) note = fmt::format("Only the newest {} rows were looked at: `driftwarden audit report` in a terminal looks at all.", kRowsReported);
  if (hidden) note += (note.empty() ? "" : " ") + std::string("Rows about Apps that aren't yours to see are left out.");
  auto answer = say(view::audit_report_message(text, note));
  if (text.size() > kShortReport) answer.reply.file = FileUpload{"audit-report.txt", text};
  co_return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_audit(Services& services, Call call) {
  const auto asked = call.command.audit;
  if (asked.report) co_return co_await report(services, std::move(call));
  auto query = query_of(services, call);
  const auto page = static_cast<std::size_t>(std::min(call.command.page, kMostPages));
  query.limit = asked.refused || some_are_hidden(services) ? kRowsSifted : kRowsPerPage * page + 1;
  auto reading = find_rows(services, query, asked.about);
  auto found = co_await std::move(reading);
  if (!found) co_return found.error();
  sift(services, call, *found);
  keep_wanted(query, asked.refused, found->rows);
  co_return say(view::audit_message(page_of_rows(services, call, query, found->rows)));
}

}  // namespace driftwarden
