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
  std::vector<const PostedMessage*> with_key(const std::string& prefix) const {
    std::vector<const PostedMessage*> found;
    for (const auto& message : messages) {
      if (message.key.starts_with(prefix)) found.push_back(&message);
    }
    return found;
  }

  asio::awaitable<Result<MessageRef>> send(Outgoing outgoing) override {
    if (!next_failures.empty()) {
      auto failure = next_failures.front();
      next_failures.pop_front();
      co_return failure;
    }
    if (const auto closed = unwritable.find(outgoing.channel); closed != unwritable.end()) {
      co_return Error{closed->second == "channel_not_found" ? ErrorKind::NotFound : ErrorKind::Denied, "chat.postMessage: " + closed->second};
    }
    Result<MessageRef> done = Error{ErrorKind::NotFound, "chat.update: message_not_found"};
    if (outgoing.ts) {
      const MessageRef at{outgoing.channel, *outgoing.ts};
      for (auto& message : messages) {
        if (message.at != at || message.deleted) continue;
        message.versions.push_back(outgoing.message);
        done = at;
      }
    } else {
      done = keep(outgoing.channel, outgoing.thread_ts, "", outgoing.message);
    }
    if (lose_next_answer && done) {
      lose_next_answer = false;
      co_return Error{ErrorKind::Timeout, "no answer in time"};
    }
    co_return done;
  }
  std::size_t waiting() const override { return 0; }

  asio::awaitable<Result<slack::JsonPtr>> call(std::string method, slack::JsonPtr) override { co_return Error{ErrorKind::InvalidInput, method}; }
  asio::awaitable<Result<slack::Identity>> auth_test() override {
    slack::Identity identity{"T1", "acme", "UBOT", "BBOT", ""};
    co_return identity;
  }
  asio::awaitable<Result<std::string>> open_connection() override { co_return std::string(); }
  asio::awaitable<Result<std::string>> channel_id(std::string name) override {
    if (name.starts_with('#')) name = "C" + name.substr(1);
    co_return name;
  }
  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, slack::Message message) override { co_return keep(channel, thread_ts, "", message); }
  asio::awaitable<Result<void>> update(MessageRef, slack::Message) override { co_return Error{ErrorKind::InvalidInput, "use the sender"}; }
  asio::awaitable<Result<void>> post_ephemeral(std::string channel, std::string user, std::string thread_ts, slack::Message message) override {
    if (const auto closed = unwritable.find(channel); closed != unwritable.end()) co_return Error{ErrorKind::Denied, "chat.postEphemeral: " + closed->second};
    (void)keep(channel, thread_ts, user, message);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> open_view(std::string, slack::JsonPtr view) override {
    if (before_view) co_await before_view();
    if (triggers_expired) co_return Error{ErrorKind::InvalidInput, "views.open: expired_trigger_id"};
    views.push_back(*view);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> publish_home(std::string user, slack::JsonPtr view) override {
    homes[user].push_back(*view);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> update_view(std::string, std::string, slack::JsonPtr view) override {
    views.push_back(*view);
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> upload_file(std::string channel, std::string thread_ts, std::string title, std::string) override {
    if (!upload_failures.empty()) {
      auto failure = upload_failures.front();
      upload_failures.pop_front();
      co_return failure;
    }
    uploads.push_back(title);
    upload_places.push_back({channel, thread_ts});
    co_return Result<void>{};
  }
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string channel, std::string thread_ts, std::string, std::string key) override {
    std::optional<MessageRef> found;
    for (const auto& message : messages) {
      if (message.at.channel == channel && message.thread_ts == thread_ts && message.key == key && !message.deleted) found = message.at;
    }
    co_return found;
  }

 private:
  MessageRef keep(const std::string& channel, const std::string& thread_ts, const std::string& user, const slack::Message& message) {
    PostedMessage posted;
    posted.at = {channel, fmt::format("{}.000000", 1'800'000'000 + messages.size())};
    posted.thread_ts = thread_ts;
    posted.user = user;
    if (message.metadata) posted.key = message.metadata->at("event_payload").at("key").get<std::string>();
    posted.versions.push_back(message);
    messages.push_back(posted);
    return posted.at;
  }
};

}  // namespace driftwarden::test
