#include "bot/outbox/messenger.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kClockSlack{120'000};  // Slack's clock and ours may differ
constexpr std::size_t kMaxBlocks = 50;
constexpr std::size_t kMaxText = 4000;
constexpr std::size_t kChannelsKnown = 5000;

// Sources: reference slack.md section 2.2, chat.postMessage and chat.postEphemeral.
constexpr std::array<std::string_view, 13> kUnwritable{
    "channel_not_found", "not_in_channel",        "is_archived",   "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
    "user_not_found",    "messages_tab_disabled", "user_disabled", "cannot_dm_bot",     "restricted_action_non_threadable_channel", "user_not_in_channel",
    "restricted_action_thread_locked"};

std::string slack_ts(WallTime time) { return fmt::format("{}.000000", std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()); }

slack::JsonPtr key_metadata(const std::string& key) {
  return std::make_shared<const json>(json{{"event_type", "driftwarden"}, {"event_payload", {{"key", key}}}});
}

std::string channel_words(const std::string& channel) {
  if (channel.starts_with('#')) return slack::escape(channel);
  if (channel.starts_with('U') || channel.starts_with('W')) return fmt::format("<@{}>", slack::escape(channel));
  if (channel.starts_with('D')) return "a direct message";
  return fmt::format("<#{}>", slack::escape(channel));
}

std::string way_out(std::string_view code) {
  if (code == "is_archived") return "unarchive it, or route to another channel";
  if (code.starts_with("restricted_action")) return "let me post there, or route to another channel";
  if (code.starts_with("user_") || code == "cannot_dm_bot" || code == "messages_tab_disabled") return "is that still the right person?";
  return "invite me there";
}

std::string diversion_line(const std::string& channel, const std::string& code) {
  return fmt::format(":mailbox_with_mail: I can't write to {} ({}): {}.", channel_words(channel), code, way_out(code));
}

/// The line goes before all else; the last block gives way where there are too many.
slack::Message with_line(slack::Message message, const std::string& line) {
  message.text = line + "\n" + message.text;
  if (message.text.size() > kMaxText) {
    auto end = kMaxText - 3;
    while (end > 0 && (static_cast<unsigned char>(message.text[end]) & 0xc0U) == 0x80U) --end;
    message.text.resize(end);
    message.text += "\u2026";
  }
  if (!message.blocks || !message.blocks->is_array()) return message;
  auto blocks = *message.blocks;
  if (blocks.size() >= kMaxBlocks) blocks.erase(blocks.end() - 1);
  json context{{"type", "context"}, {"elements", json::array({{{"type", "mrkdwn"}, {"text", line}, {"verbatim", true}}})}};
  blocks.insert(blocks.begin(), std::move(context));
  message.blocks = std::make_shared<const json>(std::move(blocks));
  return message;
}

bool is_code_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_code_letter(text[at - 1])) && (end == text.size() || !is_code_letter(text[end]))) return true;
  }
  return false;
}

}  // namespace

std::string unwritable_code(const Error& error) {
  if (is_transient(error) || error.kind == ErrorKind::Cancelled) return {};
  if (error.message.starts_with("no channel #")) return "channel_not_found";  // WebApi::channel_id found none of that name
  const auto found = std::ranges::find_if(kUnwritable, [&](std::string_view code) { return has_word(error.message, code); });
  return found == kUnwritable.end() ? std::string() : std::string(*found);
}

asio::awaitable<Result<MessageRef>> Messenger::show(Shown shown) {
  auto original = shown;
  const bool diverted = co_await is_diverted(shown.channel, shown.at);
  const auto channel = shown.at && !diverted ? shown.at->channel : shown.channel;
  // A message that went to the admin channel keeps its line when it is edited there.
  if (diverted) shown.message = with_line(std::move(shown.message), diversion_line(shown.channel, known_[shown.channel]));
  auto sent = co_await show_there(std::move(shown));
  // An edit elsewhere says nothing of the channel it was meant for.
  const bool in_its_channel = !original.at || original.at->channel == original.channel;
  if (sent && in_its_channel) co_await remember(original.channel, "");
  const auto code = sent ? std::string() : unwritable_code(sent.error());
  if (code.empty() || original.only_there || original.edit_only || admin_channel_.empty() || channel == admin_channel_) co_return sent;
  auto fallen = co_await fall_back(std::move(original), code);
  if (!fallen && !unwritable_code(fallen.error()).empty()) co_return sent;  // the first trouble says more
  co_return fallen;
}

asio::awaitable<bool> Messenger::is_diverted(std::string channel, std::optional<MessageRef> at) {
  const auto known = known_.find(channel);
  if (!at || admin_channel_.empty() || channel == admin_channel_ || known == known_.end() || known->second.empty()) co_return false;
  const auto admins = co_await api_.channel_id(admin_channel_);
  co_return admins && at->channel == *admins && channel != *admins;
}

asio::awaitable<Result<MessageRef>> Messenger::show_there(Shown shown) {
  slack::Sender::Outgoing outgoing;
  if (!shown.at && shown.maybe_since) {
    auto searched = shown;
    auto found = co_await find_earlier(std::move(searched), slack_ts(*shown.maybe_since - kClockSlack));
    if (!found) co_return found.error();
    shown.at = *found;
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
  const bool gone = shown.at && !sent && sent.error().kind == ErrorKind::NotFound && unwritable_code(sent.error()).empty();
  if (!gone || shown.edit_only) co_return sent;
  // Somebody deleted the message: say it anew rather than fall silent.
  again.ts.reset();
  again.thread_ts = shown.thread_ts;
  co_return co_await sender_.send(std::move(again));
}

/// Its id; of a person that of the conversation with them, since a direct message can be searched by that only.
asio::awaitable<Result<std::string>> Messenger::searchable(std::string channel) {
  if (!is_personal(channel) || channel.starts_with('D')) co_return co_await api_.channel_id(std::move(channel));
  slack::JsonPtr arguments = std::make_shared<const json>(json{{"users", channel}});
  const auto opened = co_await api_.call("conversations.open", std::move(arguments));
  if (!opened && is_transient(opened.error())) co_return opened.error();
  if (!opened || !(*opened)->contains("channel")) co_return channel;
  co_return (*opened)->at("channel").value("id", channel);
}

/// Where an earlier try left it. An error only when looking again may help.
asio::awaitable<Result<std::optional<MessageRef>>> Messenger::find_earlier(Shown shown, std::string oldest_ts) {
  std::optional<MessageRef> nothing;
  auto channel = co_await searchable(shown.channel);
  if (!channel) co_return channel.error();
  auto found = co_await api_.find_posted(*channel, shown.thread_ts, oldest_ts, shown.key);
  if (found) co_return *found;
  if (is_transient(found.error()) || found.error().kind == ErrorKind::Cancelled) co_return found.error();
  log_warn("slack", fmt::format("can't look for {} in {} (posting it, perhaps again): {}", shown.key, shown.channel, found.error().message));
  co_return nothing;
}

asio::awaitable<Result<MessageRef>> Messenger::fall_back(Shown shown, std::string code) {
  log_warn("slack", fmt::format("{} can't be written ({}): {} goes to the admin channel", shown.channel, code, shown.key));
  co_await remember(shown.channel, code);
  Shown there;
  there.key = shown.key;
  there.channel = admin_channel_;
  there.priority = shown.priority;
  there.message = with_line(std::move(shown.message), diversion_line(shown.channel, code));
  // An edit of what is out of reach, or a second try: it may be there already.
  std::optional<std::string> oldest;
  if (shown.at) oldest = shown.at->ts;
  if (shown.maybe_since) oldest = slack_ts(*shown.maybe_since - kClockSlack);
  if (oldest) {
    auto searched = there;
    auto found = co_await find_earlier(std::move(searched), *oldest);
    if (!found) co_return found.error();
    there.at = *found;
  }
  co_return co_await show_there(std::move(there));
}

asio::awaitable<void> Messenger::remember(std::string channel, std::string code) {
  const auto known = known_.find(channel);
  if (known != known_.end() && known->second.empty() == code.empty()) co_return;
  if (known_.size() >= kChannelsKnown) std::erase_if(known_, [](const auto& entry) { return entry.second.empty(); });
  known_[channel] = code;
  if (trouble_ && channel != admin_channel_) co_await trouble_(std::move(channel), std::move(code));
}

asio::awaitable<Result<void>> Messenger::whisper(std::string channel, std::string user, std::string thread_ts, slack::Message message) {
  auto copy = message;
  auto told = co_await api_.post_ephemeral(channel, user, thread_ts, std::move(copy));
  if (told || unwritable_code(told.error()).empty()) co_return told;
  slack::Sender::Outgoing outgoing;
  outgoing.channel = user;
  outgoing.message = std::move(message);
  auto sent = co_await sender_.send(std::move(outgoing));
  if (!sent) co_return sent.error();
  co_return Result<void>{};
}

}  // namespace driftwarden
