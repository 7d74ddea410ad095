#include "bot/conversation/handlers.hpp"
#include "bot/conversation/logs_read.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/inspect_view.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kLinesInline = 200;
constexpr std::size_t kLinesAtFirst = 20;   ///< of a follow
constexpr std::size_t kMostLines = 5000;
constexpr std::size_t kWindowBytes = 8192;  ///< of a follow: more than a message shows
constexpr Duration kFollowEvery{2500};
constexpr Duration kOverlap{10'000};        ///< the servers' clocks and ours
constexpr int kFailuresBorne = 3;

LogsAsked asked_of(const LogsRequest& request) {
  LogsAsked asked;
  asked.workload = request.target;
  asked.container = request.container;
  asked.previous = request.previous;
  asked.since = request.since;
  asked.grep = request.grep;
  asked.tail = request.tail > 0 ? std::min(static_cast<std::size_t>(request.tail), kMostLines) : 100;
  return asked;
}

/// A slash command's answer is seen by who asked: here, or in a direct message when it has a file or goes on.
bool is_for_one(const Call& call) { return call.request.kind == Request::Kind::Slash; }

/// Logs may hold what no filter knows: who read them is kept.
AuditEntry read_entry(const Call& call, const LogText& log) {
  AuditEntry entry;
  entry.actor = call.caller.person.empty() ? call.caller.slack_id : call.caller.person;
  entry.action = "logs.read";
  entry.app = call.command.app;
  entry.subject = call.command.logs.target;
  entry.detail = fmt::format(R"({{"sources":{},"lines":{},"previous":{},"follow":{}}})", json_list(log.sources), log.lines, call.command.logs.previous, call.command.logs.follow);
  return entry;
}

Result<Reply> audited(storage::Transaction& tx, const AuditEntry& entry, const Reply& reply) {
  auto appended = tx.append_audit(entry);
  if (!appended) return appended.error();
  return reply;
}

std::string file_name(const Call& call) {
  auto target = call.command.logs.target;
  std::ranges::replace(target, '/', '-');
  return call.command.app + (target.empty() ? "" : "-" + target) + ".log";
}

/// One `logs ... follow` under way.
struct Following {
  Following(Services& services_, App app_, LogsAsked asked_, MonoTime until_) : services(services_), app(std::move(app_)), asked(std::move(asked_)), until(until_) {}
  Services& services;
  App app;
  LogsAsked asked;
  MonoTime until;
  MonoTime polled{};
  LogText log;  ///< its text is the window that is shown
  std::string again;
  int failures = 0;
  bool over = false;
};

slack::Message follow_message(const Following& following, const std::string& note) {
  view::LogsShown how;
  how.follows = !following.over;
  how.asked = following.again;
  how.note = note;
  const auto shown = view::tail_of(following.log.text, kLinesInline);
  auto log = following.log;
  log.cut = false;
  return view::logs_message(following.app, log, shown, how);
}

void keep_window(Following& following, LogText more) {
  auto& log = following.log;
  log.text += more.text;
  if (log.text.size() > kWindowBytes) {
    const auto line = log.text.find('\n', log.text.size() - kWindowBytes);
    log.text.erase(0, line == std::string::npos ? log.text.size() - kWindowBytes : line + 1);
  }
  log.lines += more.lines;
  log.sources = std::move(more.sources);
  log.troubles = std::move(more.troubles);
  following.asked.after = std::move(more.newest);
}

/// True by itself, should the process die and nobody say more.
std::string following_words(const Following& following, MonoTime now) {
  const auto left = std::chrono::duration_cast<Duration>(following.until - now);
  return fmt::format(":arrows_counterclockwise: following until {}", view::clock_span(following.services.clock.wall_now() + left));
}

asio::awaitable<std::optional<slack::Message>> follow_step(std::shared_ptr<Following> following) {
  if (following->over) co_return std::nullopt;
  auto& services = following->services;
  const auto now = services.clock.mono_now();
  auto asked = following->asked;
  asked.since = std::chrono::duration_cast<Duration>(now - following->polled) + kOverlap;
  asked.tail = kMostLines;
  // The App may have lost its place in Git since it began.
  if (services.fleet.app(following->app.name) == nullptr) following->until = now;
  auto looking = read_logs(services.fleet, following->app, std::move(asked));
  auto timed = in_time(services.clock, following->app.cluster, std::move(looking));
  auto more = co_await std::move(timed);
  if (more) {
    following->failures = 0;
    following->polled = now;
    keep_window(*following, std::move(*more));
  } else if (!is_transient(more.error()) || ++following->failures >= kFailuresBorne) {
    following->over = true;
    co_return follow_message(*following, ":x: Not followed any more: " + slack::escape(more.error().message));
  }
  const auto after = services.clock.mono_now();
  if (after + kFollowEvery >= following->until) {
    following->over = true;
    co_return follow_message(*following, fmt::format(":checkered_flag: Followed for {}; that is the end of it.", format_age(services.config.chat.follow_logs)));
  }
  co_return follow_message(*following, following_words(*following, after));
}

Answer follow_answer(Services& services, const Call& call, const App& app, LogsAsked asked, LogText log) {
  const auto now = services.clock.mono_now();
  auto following = std::make_shared<Following>(services, app, std::move(asked), now + services.config.chat.follow_logs);
  following->polled = now;
  following->again = to_text(call.command);
  const auto entry = read_entry(call, log);
  keep_window(*following, std::move(log));
  Answer answer;
  answer.reply.message = follow_message(*following, following_words(*following, now));
  answer.reply.private_ = is_for_one(call);
  answer.deed = [entry, reply = answer.reply](storage::Transaction& tx) { return audited(tx, entry, reply); };
  Progress progress;
  progress.every = kFollowEvery;
  progress.longest = services.config.chat.follow_logs;
  progress.next = [following] { return follow_step(following); };
  answer.progress = std::move(progress);
  return answer;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_logs(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto asked = asked_of(call.command.logs);
  const bool follows = call.command.logs.follow && !call.command.logs.previous;
  if (follows && call.command.logs.tail == 0) asked.tail = kLinesAtFirst;
  auto looking = read_logs(services.fleet, app, asked);
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  auto log = co_await std::move(timed);
  if (!log) co_return log.error();
  if (follows) co_return follow_answer(services, call, app, std::move(asked), std::move(*log));
  const auto shown = view::tail_of(log->text, kLinesInline);
  view::LogsShown how;
  how.asked = to_text(call.command);
  how.previous = call.command.logs.previous;
  how.with_file = !shown.is_whole();
  if (call.command.logs.tail > static_cast<int>(kMostLines)) how.note = fmt::format("at most {} lines are read", kMostLines);
  Reply reply;
  reply.message = view::logs_message(app, *log, shown, how);
  reply.private_ = is_for_one(call);
  if (how.with_file) reply.file = FileUpload{file_name(call), log->text};
  Answer answer;
  answer.reply = reply;
  const auto entry = read_entry(call, *log);
  answer.deed = [entry, reply](storage::Transaction& tx) { return audited(tx, entry, reply); };
  co_return answer;
}

}  // namespace driftwarden
