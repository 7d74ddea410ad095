#pragma once
// A workspace in memory: what was posted and edited, with faults on demand.
#include "integrations/slack/slack.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace driftwarden::test {

struct PostedMessage {
  MessageRef at;
  std::string thread_ts;
  std::string user;  ///< set: ephemeral
  std::string key;   ///< from its metadata
  std::vector<slack::Message> versions;
  bool deleted = false;
  const slack::Message& now() const { return versions.back(); }
};

/// Web API and sender in one: a message is out at once.
class FakeSlack : public slack::WebApi, public slack::Sender {
 public:
  std::vector<PostedMessage> messages;
  std::vector<std::string> uploads;
  std::vector<MessageRef> upload_places;  ///< channel and thread of each
  std::deque<Error> upload_failures;      ///< of the next ones
  std::vector<nlohmann::json> views;   ///< dialogs that were opened
  std::map<std::string, std::vector<nlohmann::json>> homes;  ///< by person, each version
  bool triggers_expired = false;
  std::function<asio::awaitable<void>()> before_view;  ///< how long Slack takes to open one
  std::deque<Error> next_failures;     ///< of the next sends, before anything took effect
  std::map<std::string, std::string> unwritable;  ///< channel id -> Slack's code for it
  bool lose_next_answer = false;       ///< the next send takes effect, and its answer is lost

  std::size_t posts() const { return messages.size(); }
  /// All messages whose key starts with `prefix`.
  std::vector<const PostedMessage*> with_key(const std::string& prefix) const;

  asio::awaitable<Result<MessageRef>> send(Outgoing outgoing) override;
  std::size_t waiting() const override { return 0; }

  asio::awaitable<Result<slack::JsonPtr>> call(std::string method, slack::JsonPtr) override { co_return Error{ErrorKind::InvalidInput, method}; }
  asio::awaitable<Result<slack::Identity>> auth_test() override;
  asio::awaitable<Result<std::string>> open_connection() override { co_return std::string(); }
  asio::awaitable<Result<std::string>> channel_id(std::string name) override;
  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, slack::Message message) override { co_return keep(channel, thread_ts, "", message); }
  asio::awaitable<Result<void>> update(MessageRef, slack::Message) override { co_return Error{ErrorKind::InvalidInput, "use the sender"}; }
  asio::awaitable<Result<void>> post_ephemeral(std::string channel, std::string user, std::string thread_ts, slack::Message message) override;
  asio::awaitable<Result<void>> open_view(std::string, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> publish_home(std::string user, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> update_view(std::string, std::string, slack::JsonPtr view) override;
  asio::awaitable<Result<void>> upload_file(std::string channel, std::string thread_ts, std::string title, std::string) override;
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string channel, std::string thread_ts, std::string, std::string key) override;

 private:
  MessageRef keep(const std::string& channel, const std::string& thread_ts, const std::string& user, const slack::Message& message);
};

}  // namespace driftwarden::test
