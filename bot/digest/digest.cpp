#include "bot/digest/digest.hpp"

#include "bot/config/alert_routes.hpp"
#include "bot/config/teams.hpp"
#include "bot/config/time_zone.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Later than that yesterday's digest is no use any more: the next one says it.
constexpr Duration kStillWorthIt = std::chrono::hours{6};
/// The wall clock may be set meanwhile, and the fleet may be late.
constexpr Duration kLookEvery = std::chrono::minutes{1};
constexpr const char* kSince = "digest:since";

bool is_listed(const Config& config, const App& app, const std::string& channel) {
  return std::ranges::any_of(config.teams, [&](const Team& team) { return team.is_private && has_app(team, app) && std::ranges::any_of(team.channels, [&](const std::string& named) { return same_channel(named, channel); }); });
}

/// The one channel that gets everything, but for what isn't to be spoken of there; else where the App's alerts go. Of a private App without a channel of
/// its own nothing is said: "".
std::string channel_for(const Config& config, const App& app) {
  const auto& one = config.alerts.digest->channel;
  const bool is_private = !private_words(config, app).empty();
  const bool fits = may_speak_of(config, app, one) && (!is_private || is_listed(config, app, one));
  if (!one.empty() && fits) return one;
  auto routed = route(config, {.app = &app, .of_app = true});
  return is_private && routed.by_default ? std::string() : std::move(routed.channel);
}

storage::OutboxRow row_of(const std::string& channel, const slack::Message& message, WallTime due, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("digest:{}:{}", channel, format_time(due));
  row.kind = "slack.notice";
  row.lane = row.key;
  json payload{{"channel", channel}, {"text", message.text}, {"priority", "alert"}};
  if (message.blocks) payload["blocks"] = *message.blocks;
  row.payload = payload.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  return row;
}

Result<bool> is_posted(storage::Transaction& tx, const std::string& channel, WallTime due) {
  TRY(const auto last, tx.setting("digest:" + channel));
  const auto posted = last ? parse_time(*last) : Result<WallTime>{WallTime{}};
  return posted && *posted >= due;
}

/// True when this moment's digest is still to be posted; from now on it isn't.
Result<bool> take_turn(storage::Transaction& tx, const std::string& channel, WallTime due) {
  TRY(const auto posted, is_posted(tx, channel, due));
  if (posted) return false;
  CHECK_OK(tx.set_setting("digest:" + channel, format_time(due)));
  return true;
}

/// A bot that was never here before doesn't begin with the digest of this morning.
Result<WallTime> first_here(storage::Transaction& tx, WallTime now) {
  TRY(const auto known, tx.setting(kSince));
  if (known) {
    if (auto since = parse_time(*known)) return *since;
  }
  CHECK_OK(tx.set_setting(kSince, format_time(now)));
  return now;
}

}  // namespace

std::optional<WallTime> digest_due(const Config& config, WallTime now) {
  if (!config.alerts.digest) return std::nullopt;
  const auto& digest = *config.alerts.digest;
  const auto offset = digest.time_zone == nullptr ? std::chrono::seconds{0} : digest.time_zone->offset_at(now);
  const auto today = std::chrono::floor<std::chrono::days>(now + offset);
  for (int back = 0; back <= 8; ++back) {
    const auto midnight = today - std::chrono::days{back};
    const auto weekday = static_cast<int>(std::chrono::weekday{midnight}.iso_encoding()) - 1;
    if (!digest.days.empty() && std::ranges::find(digest.days, weekday) == digest.days.end()) continue;
    const WallTime local = midnight + std::chrono::minutes{digest.at};
    const auto due = digest.time_zone == nullptr ? local : digest.time_zone->from_local(local);
    if (due <= now) return due;
  }
  return std::nullopt;
}

Digest::Digest(asio::any_io_executor executor, Clock& clock, const Config& config, AsyncStore& store, Outbox& outbox, Fleet& fleet, DeployPauses pauses)
    : clock_(clock), config_(config), store_(store), outbox_(outbox), fleet_(fleet), pauses_(std::move(pauses)), tasks_(executor) {}

void Digest::start() { tasks_.spawn("digest", run()); }

asio::awaitable<void> Digest::stop() { co_await tasks_.join(); }

asio::awaitable<void> Digest::run() {
  std::function<Result<WallTime>(storage::Transaction&)> first = [now = clock_.wall_now()](storage::Transaction& tx) { return first_here(tx, now); };
  auto asking = store_.query<WallTime>(std::move(first));
  const auto since = co_await std::move(asking);
  auto done = since ? *since : clock_.wall_now();
  while (true) {
    const auto now = clock_.wall_now();
    const auto due = digest_due(config_, now);
    if (due && *due > done && fleet_.ready()) {
      bool all_told = true;
      if (now - *due < kStillWorthIt) all_told = co_await post(*due);
      if (all_told) done = *due;
    }
    auto sleeping = clock_.sleep_for(kLookEvery);
    const auto slept = co_await std::move(sleeping);
    if (!slept) co_return;
  }
}

asio::awaitable<bool> Digest::post(WallTime due) {
  // "#ops" and "ops" are one channel, written as the first App's.
  std::vector<std::pair<std::string, std::vector<std::string>>> apps;
  for (const auto& app : fleet_.apps()) {
    const auto channel = channel_for(config_, app);
    if (channel.empty()) continue;
    auto known = std::ranges::find_if(apps, [&](const auto& entry) { return same_channel(entry.first, channel); });
    if (known == apps.end()) known = apps.insert(apps.end(), {channel, {}});
    known->second.push_back(app.name);
  }
  std::vector<std::string> channels;
  for (const auto& entry : apps) channels.push_back(entry.first);
  auto asking = channels_due(std::move(channels), due);
  auto waiting = co_await std::move(asking);
  if (!waiting) log_warn("digest", waiting.error().message);
  if (!waiting) co_return false;
  if (waiting->empty()) co_return true;
  std::vector<std::vector<std::string>> sets;
  for (const auto& channel : *waiting) sets.push_back(std::ranges::find(apps, channel, &std::pair<std::string, std::vector<std::string>>::first)->second);
  auto collecting = contents(std::move(sets));
  auto collected = co_await std::move(collecting);
  if (!collected) log_warn("digest", collected.error().message);
  if (!collected) co_return false;
  bool all_told = true;
  for (std::size_t at = 0; at < waiting->size(); ++at) {
    auto posting = post_in((*waiting)[at], std::move((*collected)[at]), due);
    const auto told = co_await std::move(posting);
    all_told = all_told && told;
  }
  outbox_.wake();
  co_return all_told;
}

asio::awaitable<Result<std::vector<std::string>>> Digest::channels_due(std::vector<std::string> channels, WallTime due) {
  std::function<Result<std::vector<std::string>>(storage::Transaction&)> ask = [channels = std::move(channels), due](storage::Transaction& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> waiting;
    for (const auto& channel : channels) {
      TRY(const auto posted, is_posted(tx, channel, due));
      if (!posted) waiting.push_back(channel);
    }
    return waiting;
  };
  auto asking = store_.query<std::vector<std::string>>(std::move(ask));
  co_return co_await std::move(asking);
}

asio::awaitable<bool> Digest::post_in(std::string channel, view::DigestContent content, WallTime due) {
  const auto now = clock_.wall_now();
  std::optional<storage::OutboxRow> row;
  if (!view::is_quiet(content)) row = row_of(channel, view::digest_message(content, now), due, now);
  std::function<Result<void>(storage::Transaction&)> work = [channel, due, row](storage::Transaction& tx) -> Result<void> {
    TRY(const auto is_ours, take_turn(tx, channel, due));
    if (!is_ours || !row) return Result<void>{};
    auto queued = tx.enqueue(*row);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto keeping = store_.transact(std::move(work));
  const auto kept = co_await std::move(keeping);
  if (kept) co_return true;
  log_warn("digest", fmt::format("{}: {}", channel, kept.error().message));
  co_return false;
}

}  // namespace driftwarden
