#include "bot/health/pulse.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/slack/slack.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kAskEvery{5'000};
constexpr Duration kLookEvery{30'000};  // without a heartbeat
constexpr Duration kHeartbeatPatience{10'000};
constexpr std::size_t kLongestAnswer = 64U << 10U;

struct Counted {
  storage::StoreFigures figures;
  std::size_t waivers = 0;
};

Result<Counted> count_all(storage::Transaction& tx, WallTime now) {
  Counted counted;
  TRY(counted.figures, tx.figures(now));
  TRY(const auto waivers, tx.open_waivers());
  counted.waivers = static_cast<std::size_t>(std::ranges::count_if(waivers, [now](const Waiver& waiver) { return is_active(waiver, now); }));
  return counted;
}

storage::OutboxRow row_of(const Complaint& complaint, const std::string& channel, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("health:{}:{}:{}", complaint.about, complaint.over ? "over" : "stuck", now.time_since_epoch().count());
  row.kind = "slack.notice";
  row.lane = "health:" + complaint.about;
  const auto text = fmt::format("{} Driftwarden: {}.", complaint.over ? ":white_check_mark:" : ":warning:", slack::escape(complaint.words));
  row.payload = fmt::format(R"({{"channel":{},"text":{}}})", json_quoted(channel), json_quoted(text));
  row.created_at = now;
  row.not_before = now;
  return row;
}

}  // namespace

net::HttpRequest heartbeat_request(const HeartbeatConfig& heartbeat) {
  net::HttpRequest request("GET", heartbeat.url.reveal());
  request.timeout = kHeartbeatPatience;
  request.max_response_bytes = kLongestAnswer;
  return request;
}

Pulse::Pulse(Parts parts) : parts_(std::move(parts)), started_(parts_.clock->wall_now()), tasks_(parts_.executor) {}

void Pulse::start() {
  started_ = parts_.clock->wall_now();
  tasks_.spawn("pulse of the database", ask_database());
  tasks_.spawn("heartbeat", beat());
}

void Pulse::note(const Result<void>& answer) {
  database_.waiting_since.reset();
  if (answer) {
    database_ = {};
    return;
  }
  if (answer.error().kind == ErrorKind::Cancelled) return;
  database_.failure = answer.error().message;
  database_.damaged = answer.error().kind == ErrorKind::Corrupt;
  if (!database_.failing_since) database_.failing_since = parts_.clock->wall_now();
}

asio::awaitable<void> Pulse::ask_database() {
  while (true) {
    const auto now = parts_.clock->wall_now();
    database_.waiting_since = now;
    std::function<Result<Counted>(storage::Transaction&)> count = [now](storage::Transaction& tx) { return count_all(tx, now); };
    auto counting = parts_.store->query<Counted>(std::move(count));
    auto counted = co_await std::move(counting);
    if (counted) {
      note({});
      figures_ = std::move(counted->figures);
      open_waivers_ = counted->waivers;
    } else {
      note(counted.error());
    }
    const auto slept = co_await parts_.clock->sleep_for(kAskEvery);
    if (!slept) co_return;
  }
}

std::vector<Ailment> Pulse::ailments() const {
  Vitals vitals;
  vitals.now = parts_.clock->wall_now();
  vitals.started = started_;
  vitals.database = database_;
  if (figures_) {
    vitals.inbox_oldest = figures_->inbox_oldest;
    vitals.outbox_oldest_due = figures_->outbox_oldest_due;
  }
  parts_.look(vitals);
  return ailments_of(vitals);
}

asio::awaitable<void> Pulse::beat() {
  while (true) {
    const auto every = parts_.config->heartbeat ? parts_.config->heartbeat->every : kLookEvery;
    const auto slept = co_await parts_.clock->sleep_for(every);
    if (!slept) co_return;
    const auto now = parts_.clock->wall_now();
    const auto found = ailments();
    auto complaints = complaints_.step(found, now);
    if (!complaints.empty() && !parts_.config->slack.admin_channel.empty()) {
      auto complaining = complain(std::move(complaints));
      co_await std::move(complaining);
    }
    if (parts_.config->heartbeat && found.empty()) co_await send_heartbeat();
    if (parts_.config->heartbeat && !found.empty()) log_warn("health", "no heartbeat: " + found.front().words);
  }
}

asio::awaitable<void> Pulse::complain(std::vector<Complaint> complaints) {
  for (const auto& complaint : complaints) log_warn("health", complaint.words, {{"about", complaint.about}});
  std::function<Result<void>(storage::Transaction&)> work = [complaints, channel = parts_.config->slack.admin_channel, now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<void> {
    for (const auto& complaint : complaints) {
      auto queued = tx.enqueue(row_of(complaint, channel, now));
      if (!queued) return queued.error();
    }
    return Result<void>{};
  };
  auto working = parts_.store->transact(std::move(work));
  const auto kept = co_await std::move(working);
  if (!kept) log_warn("health", kept.error().message);
  parts_.outbox->wake();
}

asio::awaitable<Result<void>> Pulse::write_mark() {
  std::function<Result<void>(storage::Transaction&)> work = [now = parts_.clock->wall_now()](storage::Transaction& tx) { return tx.set_setting("heartbeat", format_time(now)); };
  auto working = parts_.store->transact(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<void> Pulse::send_heartbeat() {
  auto marking = write_mark();
  const auto written = co_await std::move(marking);
  note(written);
  std::string trouble;
  if (!written) {
    trouble = "no heartbeat, the database can't be written: " + written.error().message;
  } else {
    auto request = heartbeat_request(*parts_.config->heartbeat);
    auto sending = parts_.http->send(std::move(request));
    const auto answer = co_await std::move(sending);
    // What went wrong could name the address, and who knows that could beat in our place.
    if (!answer) trouble = fmt::format("the heartbeat was not heard: {}", to_string(answer.error().kind));
    if (answer && !answer->ok()) trouble = fmt::format("the heartbeat was not heard: HTTP {}{}", answer->status, answer->status / 100 == 3 ? ", a redirect, which isn't followed" : "");
  }
  ++(trouble.empty() ? heartbeats_ : failed_heartbeats_);
  if (!trouble.empty() && trouble != last_trouble_) log_warn("health", trouble);
  last_trouble_ = trouble;
}

}  // namespace driftwarden
