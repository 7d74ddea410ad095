#include "bot/audit/syslog.hpp"

#include "bot/audit/formats.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

constexpr std::size_t kRowsAtOnce = 200;
constexpr Duration kLookEvery{2'000};
constexpr Duration kWriteWithin{30'000};
// TCP says nothing of what the other side took: what it refuses it refuses by hanging up, and by then it has had the time.
constexpr Duration kHangsUpWithin{1'000};
constexpr Duration kBackoffBase{1'000};
constexpr Duration kBackoffMax{300'000};
constexpr int kMostDoublings = 10;

std::string setting_name(const std::string& collector) { return "audit_syslog " + collector; }

}  // namespace

/// One connection.
struct AuditSyslog::Line {
  Line(std::unique_ptr<net::ByteStream> stream_, const asio::any_io_executor& executor) : stream(std::move(stream_)), hung_up(executor) {}
  std::unique_ptr<net::ByteStream> stream;
  Signal hung_up;
  bool gone = false;
};

std::string octet_counted(const std::string& message) { return fmt::format("{} {}", message.size(), message); }

AuditSyslog::AuditSyslog(Parts parts) : parts_(std::move(parts)), tasks_(parts_.executor) {}

void AuditSyslog::start() { tasks_.spawn("syslog", run()); }

asio::awaitable<void> AuditSyslog::stop() { co_await tasks_.join(); }

asio::awaitable<void> AuditSyslog::run() {
  int failures = 0;
  while (true) {
    auto stream = co_await parts_.connect();
    Error why{ErrorKind::Unavailable, ""};
    const auto since = parts_.clock->mono_now();
    if (stream) {
      connected_ = true;
      auto line = std::make_shared<Line>(std::move(*stream), parts_.executor);
      tasks_.spawn("syslog's other side", watch(line));
      why = co_await send_rows(line);
      connected_ = false;
      line->stream->close();
    } else {
      why = stream.error();
    }
    if (why.kind == ErrorKind::Cancelled) co_return;
    // One that hangs up at once must not be called at once.
    if (parts_.clock->mono_now() - since > kBackoffMax) failures = 0;
    if (failures == 0) log_warn("audit", fmt::format("the collector {} gets no rows for now: {}", parts_.collector, why.message));
    failures = std::min(failures + 1, kMostDoublings);
    const auto top = std::min<Duration>(kBackoffBase * (std::int64_t{1} << (failures - 1)), kBackoffMax);
    const auto pause = top / 2 + Duration{static_cast<std::int64_t>(parts_.random->unit() * static_cast<double>(top.count()) / 2)};
    auto slept = co_await parts_.clock->sleep_for(pause);
    if (!slept) co_return;
  }
}

/// A collector has nothing to say: its end is all that is waited for.
asio::awaitable<void> AuditSyslog::watch(std::shared_ptr<Line> line) {
  while (true) {
    auto said = co_await line->stream->read_some();
    if (said && !said->empty()) continue;
    line->gone = true;
    line->hung_up.notify();
    co_return;
  }
}

asio::awaitable<Error> AuditSyslog::send_rows(std::shared_ptr<Line> line) {
  const Error gone{ErrorKind::Unavailable, "it hung up"};
  auto known = co_await acknowledged();
  if (!known) co_return known.error();
  auto sent = *known;
  while (true) {
    auto rows = co_await rows_after(sent);
    if (!rows && rows.error().kind == ErrorKind::Cancelled) co_return rows.error();
    if (!rows) log_warn("audit", rows.error().message);
    const bool any = rows && !rows->empty();
    if (any) {
      std::string bytes;
      for (const auto& row : *rows) bytes += octet_counted(syslog_message(row, parts_.host, parts_.instance));
      auto writing = with_deadline(*parts_.clock, parts_.clock->mono_now() + kWriteWithin, line->stream->write(std::move(bytes)));
      auto written = co_await std::move(writing);
      if (!written) co_return written.error();
      sent = rows->back().seq;
    }
    const auto pause = any ? kHangsUpWithin : kLookEvery;
    auto ended = co_await line->hung_up.wait_until(*parts_.clock, parts_.clock->mono_now() + pause);
    if (!ended) co_return ended.error();
    if (line->gone) co_return gone;
    if (!any) continue;
    auto kept = co_await acknowledge(sent);
    if (!kept) co_return kept.error();
  }
}

asio::awaitable<Result<std::int64_t>> AuditSyslog::acknowledged() {
  std::function<Result<std::int64_t>(storage::Transaction&)> work = [name = setting_name(parts_.collector)](storage::Transaction& tx) -> Result<std::int64_t> {
    TRY(const auto kept, tx.setting(name));
    std::int64_t seq = 0;
    if (kept) std::from_chars(kept->data(), kept->data() + kept->size(), seq);
    return seq;
  };
  auto working = parts_.store->query<std::int64_t>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<std::vector<AuditRow>>> AuditSyslog::rows_after(std::int64_t seq) {
  storage::AuditQuery query;
  query.after_seq = seq;
  query.limit = kRowsAtOnce;
  query.newest_first = false;
  std::function<Result<std::vector<AuditRow>>(storage::Transaction&)> work = [query](storage::Transaction& tx) { return tx.audit(query); };
  auto working = parts_.store->query<std::vector<AuditRow>>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> AuditSyslog::acknowledge(std::int64_t seq) {
  std::function<Result<void>(storage::Transaction&)> work = [name = setting_name(parts_.collector), seq](storage::Transaction& tx) { return tx.set_setting(name, std::to_string(seq)); };
  auto working = parts_.store->transact(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace driftwarden
