#include "bot/outbox/unwritable.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

const std::string kSetting = "unwritable";

std::string name_of(const std::string& channel) {
  if (channel.starts_with('#')) return slack::escape(channel);
  if (channel.starts_with('D')) return "a direct message";
  return fmt::format("<{}{}>", is_personal(channel) ? '@' : '#', slack::escape(channel));
}

std::string words_of(const std::string& channel, const std::string& why) {
  const auto name = name_of(channel);
  if (why.empty()) return fmt::format(":white_check_mark: I can write to {} again.", name);
  return fmt::format(":warning: I can't write to {} ({}). What is for it comes here until I can; I say this once.", name, slack::escape(why));
}

Result<void> keep(storage::Transaction& tx, const std::string& channel, const std::string& why, const std::string& admin_channel, WallTime now) {
  TRY(auto channels, unwritable_channels(tx));
  if (channels.contains(channel) != why.empty()) return Result<void>{};
  if (why.empty()) {
    channels.erase(channel);
  } else {
    channels[channel] = why;
  }
  CHECK_OK(tx.set_setting(kSetting, json(channels).dump(-1, ' ', false, json::error_handler_t::replace)));
  storage::OutboxRow row;
  row.key = fmt::format("unwritable:{}:{}:{}", channel, why.empty() ? "over" : "since", now.time_since_epoch().count());
  row.kind = "slack.notice";
  row.lane = "unwritable:" + channel;
  row.payload = json{{"channel", admin_channel}, {"text", words_of(channel, why)}}.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

asio::awaitable<void> tell(AsyncStore& store, Outbox& outbox, WallTime now, std::string admin_channel, std::string channel, std::string why) {
  std::function<Result<void>(storage::Transaction&)> work = [=](storage::Transaction& tx) { return keep(tx, channel, why, admin_channel, now); };
  auto working = store.transact(std::move(work));
  auto done = co_await std::move(working);
  if (!done) log_error("slack", fmt::format("{} can't be written ({}), and that could not be stored: {}", channel, why, done.error().message));
  outbox.wake();
}

}  // namespace

Result<std::map<std::string, std::string>> unwritable_channels(storage::Transaction& tx) {
  TRY(const auto kept, tx.setting(kSetting));
  std::map<std::string, std::string> channels;
  const auto known = json::parse(kept.value_or("{}"), nullptr, false);
  if (!known.is_object()) return channels;
  for (const auto& [channel, why] : known.items()) {
    if (why.is_string()) channels.emplace(channel, why.get<std::string>());
  }
  return channels;
}

Messenger::Trouble tell_of_unwritable(AsyncStore& store, Outbox& outbox, Clock& clock, std::string admin_channel) {
  return [&store, &outbox, &clock, admin_channel = std::move(admin_channel)](std::string channel, std::string why) {
    return tell(store, outbox, clock.wall_now(), admin_channel, std::move(channel), std::move(why));
  };
}

}  // namespace driftwarden
