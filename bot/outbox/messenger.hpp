#pragma once
// Messages that exist once: posted the first time, edited from then on, and found again when a crash came between the post and its record.
// What is for a channel that can't be written goes to the admin channel instead, with a line that says so.
#include "gitops/base/clock.hpp"
#include "integrations/slack/slack.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

class Messenger {
 public:
  struct Shown {
    std::string key;      ///< names the message for good: "incident:7"; kept in its metadata
    std::string channel;  ///< "#shop-prod" or an id
    std::string thread_ts;
    std::optional<MessageRef> at;  ///< where it is already
    slack::Message message;
    slack::Sender::Priority priority = slack::Sender::Priority::Answer;
    bool only_there = false;       ///< for one person's eyes: never in the admin channel instead
    bool edit_only = false;        ///< with `at`: NotFound when the message is gone, rather than said anew
    std::optional<WallTime> maybe_since;  ///< set: an earlier try may have posted it after this moment
  };
  /// Told when a channel turns out not to be writable (`why` is Slack's code), and with "" when it is again; of each channel once at first.
  using Trouble = std::function<asio::awaitable<void>(std::string channel, std::string why)>;

  /// Without an admin channel what can't be posted is an error.
  Messenger(slack::WebApi& api, slack::Sender& sender, std::string admin_channel = "") : api_(api), sender_(sender), admin_channel_(std::move(admin_channel)) {}
  void on_trouble(Trouble trouble) { trouble_ = std::move(trouble); }
  /// What an earlier life found out: channel -> Slack's code.
  void know_unwritable(std::map<std::string, std::string> channels) { known_ = std::move(channels); }

  /// Where it stands then: in the admin channel, perhaps. Who keeps that, replies and edits there.
  asio::awaitable<Result<MessageRef>> show(Shown shown);
  /// For one person's eyes, where they asked; as a direct message where the bot isn't a member.
  asio::awaitable<Result<void>> whisper(std::string channel, std::string user, std::string thread_ts, slack::Message message);
  slack::WebApi& api() { return api_; }

 private:
  asio::awaitable<Result<MessageRef>> show_there(Shown shown);
  asio::awaitable<Result<MessageRef>> fall_back(Shown shown, std::string code);
  asio::awaitable<Result<std::optional<MessageRef>>> find_earlier(Shown shown, std::string oldest_ts);
  asio::awaitable<void> remember(std::string channel, std::string code);
  /// Whether it stands in the admin channel in place of its own.
  asio::awaitable<bool> is_diverted(std::string channel, std::optional<MessageRef> at);
  asio::awaitable<Result<std::string>> searchable(std::string channel);

  slack::WebApi& api_;
  slack::Sender& sender_;
  std::string admin_channel_;
  Trouble trouble_;
  std::map<std::string, std::string> known_;  ///< channel -> why it can't be written, "" = it can
};

/// Slack's code, where an error says that a channel (or a person) can't be written; "" for any other trouble.
std::string unwritable_code(const Error& error);

/// A direct message: the conversation's id, or the person's.
inline bool is_personal(std::string_view channel) { return channel.starts_with('D') || channel.starts_with('U') || channel.starts_with('W'); }

}  // namespace driftwarden
