#pragma once
// A workspace: what was posted, edited and pressed, and which events the bot still has to be told of.
#include "integrations/slack/slack.hpp"
#include "tests/sim/ground.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::sim {

struct Posted {
  MessageRef at;
  std::string thread_ts;
  std::string user;  ///< set: only they see it
  std::string key;   ///< by which the bot finds it again
  std::string text;
  nlohmann::json blocks;
  Duration since{};  ///< when it was posted
  int edits = 0;
  bool deleted = false;
};

struct Button {
  std::string action_id;
  std::string value;
};
std::vector<Button> buttons_of(const Posted& message);

/// Something that somebody did in Slack, until the bot has taken it.
struct Event {
  std::string key;          ///< by which the bot knows it again
  std::string type;         ///< of the envelope
  nlohmann::json payload;
  std::string who;          ///< Slack id
  std::string text;         ///< the command
  Duration said_at{};
  bool accepted = false;    ///< the bot acknowledged it
  int deliveries = 0;
  std::string button_of;    ///< key of the message whose button it was
};

class SlackModel {
 public:
  explicit SlackModel(Ground& ground) : ground_(ground) {}

  std::vector<Posted> messages;
  std::vector<Event> events;
  std::map<std::string, nlohmann::json> homes;
  /// A message was posted or edited.
  std::function<void(const Posted&)> on_shown;

  const Posted* find(const MessageRef& at) const;
  Posted* find(const MessageRef& at);
  std::vector<const Posted*> with_key(const std::string& key) const;
  std::vector<const Posted*> with_prefix(const std::string& prefix) const;
  MessageRef post(const std::string& channel, const std::string& thread_ts, const std::string& user, const slack::Message& message);
  Result<void> edit(const MessageRef& at, const slack::Message& message);
  std::optional<MessageRef> search(const std::string& channel, const std::string& thread_ts, const std::string& oldest, const std::string& key) const;

  /// Somebody says a command to the bot; the event's index.
  std::size_t mention(const std::string& who, const std::string& text, const std::string& thread_ts = "");
  std::size_t press(const std::string& who, const Posted& message, const Button& button);
  /// `view` is what the bot opened for them.
  std::size_t submit(const std::string& who, const nlohmann::json& view, const std::map<std::string, std::string>& values);
  slack::Envelope envelope(const Event& event) const;

  /// Dialogs that were opened, with for whom: by trigger.
  std::map<std::string, nlohmann::json> dialogs;
  std::map<std::string, MonoTime> held;  ///< methods that Slack holds back

 private:
  std::string next_ts();
  std::size_t add(Event event);
  Ground& ground_;
  std::int64_t last_ts_ = 0;
  int said_ = 0;
};

/// What one life of the bot sees of it.
class SlackPort final : public slack::WebApi {
 public:
  SlackPort(Ground& ground, SlackModel& model) : ground_(ground), model_(model) {}
  asio::awaitable<Result<slack::JsonPtr>> call(std::string method, slack::JsonPtr arguments) override;
  asio::awaitable<Result<slack::Identity>> auth_test() override;
  asio::awaitable<Result<std::string>> open_connection() override;
  asio::awaitable<Result<std::string>> channel_id(std::string name) override;
  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, slack::Message message) override;
  asio::awaitable<Result<void>> update(MessageRef at, slack::Message message) override;
  asio::awaitable<Result<void>> post_ephemeral(std::string channel, std::string user, std::string thread_ts, slack::Message message) override;
  asio::awaitable<Result<void>> open_view(std::string trigger_id, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> publish_home(std::string user, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> update_view(std::string view_id, std::string hash, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> upload_file(std::string channel, std::string thread_ts, std::string title, std::string content) override;
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string channel, std::string thread_ts, std::string oldest_ts, std::string key) override;
  std::optional<MonoTime> held_until(const std::string& method) const override;

 private:
  /// Slack's 429, now and then.
  std::optional<Error> limited(const std::string& method);
  asio::awaitable<Result<MessageRef>> post_once(std::string channel, std::string thread_ts, slack::Message message);
  asio::awaitable<Result<MessageRef>> post_blindly(std::string channel, std::string thread_ts, slack::Message message);
  Ground& ground_;
  SlackModel& model_;
};

}  // namespace driftwarden::sim
