#include "bot/outbox/messenger.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

constexpr Duration kClockSlack{120'000};  // Slack's clock and ours may differ

std::string slack_ts(WallTime time) { return fmt::format("{}.000000", std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()); }

slack::JsonPtr key_metadata(const std::string& key) {
  return std::make_shared<const nlohmann::json>(nlohmann::json{{"event_type", "driftwarden"}, {"event_payload", {{"key", key}}}});
}

}  // namespace

asio::awaitable<Result<MessageRef>> Messenger::show(Shown shown) {
  slack::Sender::Outgoing outgoing;
  if (!shown.at && shown.maybe_since) {
    auto channel = co_await api_.channel_id(shown.channel);
    if (!channel) co_return channel.error();
    auto found = co_await api_.find_posted(*channel, shown.thread_ts, slack_ts(*shown.maybe_since - kClockSlack), shown.key);
    if (found) {
      shown.at = *found;
    } else if (is_transient(found.error()) || found.error().kind == ErrorKind::Cancelled) {
      co_return found.error();
    } else {
      log_warn("slack", fmt::format("can't look for {} in {} (posting it, perhaps again): {}", shown.key, shown.channel, found.error().message));
    }
  }
  if (shown.at) {
    outgoing.channel = shown.at->channel;
    outgoing.ts = shown.at->ts;
  } else {
    auto channel = co_await api_.channel_id(shown.channel);
    if (!channel) co_return channel.error();
    outgoing.channel = *channel;
    outgoing.thread_ts = shown.thread_ts;
  }
  outgoing.key = shown.key;
  outgoing.priority = shown.priority;
  outgoing.message = std::move(shown.message);
  outgoing.message.metadata = key_metadata(outgoing.key);
  auto again = outgoing;
  auto sent = co_await sender_.send(std::move(outgoing));
  const bool gone = shown.at && !sent && sent.error().kind == ErrorKind::NotFound;
  if (!gone) co_return sent;
  // Somebody deleted the message: say it anew rather than fall silent.
  again.ts.reset();
  again.thread_ts = shown.thread_ts;
  co_return co_await sender_.send(std::move(again));
}

}  // namespace driftwarden
