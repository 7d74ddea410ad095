#include "tests/support/fakes/slack.hpp"

namespace driftwarden::test {

std::vector<const PostedMessage*> FakeSlack::with_key(const std::string& prefix) const {
  std::vector<const PostedMessage*> found;
  for (const auto& message : messages) {
    if (message.key.starts_with(prefix)) found.push_back(&message);
  }
  return found;
}

asio::awaitable<Result<MessageRef>> FakeSlack::send(Outgoing outgoing) {
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

asio::awaitable<Result<slack::Identity>> FakeSlack::auth_test() {
  slack::Identity identity{"T1", "acme", "UBOT", "BBOT", ""};
  co_return identity;
}

asio::awaitable<Result<std::string>> FakeSlack::channel_id(std::string name) {
  if (name.starts_with('#')) name = "C" + name.substr(1);
  co_return name;
}

asio::awaitable<Result<void>> FakeSlack::post_ephemeral(std::string channel, std::string user, std::string thread_ts, slack::Message message) {
  if (const auto closed = unwritable.find(channel); closed != unwritable.end()) co_return Error{ErrorKind::Denied, "chat.postEphemeral: " + closed->second};
  (void)keep(channel, thread_ts, user, message);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeSlack::open_view(std::string, slack::JsonPtr view) {
  if (before_view) co_await before_view();
  if (triggers_expired) co_return Error{ErrorKind::InvalidInput, "views.open: expired_trigger_id"};
  views.push_back(*view);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeSlack::publish_home(std::string user, slack::JsonPtr view) {
  homes[user].push_back(*view);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeSlack::update_view(std::string, std::string, slack::JsonPtr view) {
  views.push_back(*view);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeSlack::upload_file(std::string channel, std::string thread_ts, std::string title, std::string) {
  if (!upload_failures.empty()) {
    auto failure = upload_failures.front();
    upload_failures.pop_front();
    co_return failure;
  }
  uploads.push_back(title);
  upload_places.push_back({channel, thread_ts});
  co_return Result<void>{};
}

asio::awaitable<Result<std::optional<MessageRef>>> FakeSlack::find_posted(std::string channel, std::string thread_ts, std::string, std::string key) {
  std::optional<MessageRef> found;
  for (const auto& message : messages) {
    if (message.at.channel == channel && message.thread_ts == thread_ts && message.key == key && !message.deleted) found = message.at;
  }
  co_return found;
}

MessageRef FakeSlack::keep(const std::string& channel, const std::string& thread_ts, const std::string& user, const slack::Message& message) {
  PostedMessage posted;
  posted.at = {channel, fmt::format("{}.000000", 1'800'000'000 + messages.size())};
  posted.thread_ts = thread_ts;
  posted.user = user;
  if (message.metadata) posted.key = message.metadata->at("event_payload").at("key").get<std::string>();
  posted.versions.push_back(message);
  messages.push_back(posted);
  return posted.at;
}

}  // namespace driftwarden::test
