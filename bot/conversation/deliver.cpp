// An answer on its way: stored with what it did, posted once, and edited while it goes on.
#include "bot/conversation/conversation.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kFollowedAtOnce = 20;
constexpr Duration kShortestPause{1000};
constexpr Duration kLongestFollowed = std::chrono::hours{1};

/// Where an answer goes, and for whose eyes.
struct Destination {
  std::string channel;
  std::string thread_ts;
  bool whispered = false;  ///< shown where it was asked, to who asked
};

Destination destination_of(const Request& request, const Reply& reply, bool keep_private, bool goes_on) {
  // The App Home and the menu at the lightning bolt are no place: a direct message is.
  if (request.channel.empty()) return {request.user, "", false};
  const bool direct = request.channel.starts_with('D') || request.channel.starts_with('U');
  // A slash command's answer is for who typed it, as Slack's own commands do.
  const bool by_itself = request.kind == Request::Kind::Slash && !reply.shared;
  const bool secret = (reply.private_ || keep_private) && !direct;
  if (!by_itself && !secret) return {request.channel, request.thread_ts, false};
  // A file can't be shown to one person only, and what only one sees can't be edited.
  if (secret && (reply.file || goes_on)) return {request.user, "", false};
  if (reply.file || goes_on) return {request.channel, request.thread_ts, false};
  // Who acts on a message of the channel itself looks at the channel: a whisper in its thread would not be seen.
  const bool of_the_channel = request.message && request.message->ts == request.thread_ts;
  return {request.channel, of_the_channel ? std::string() : request.thread_ts, true};
}

json reply_payload(const Request& request, const Reply& reply, const Destination& to) {
  json payload{{"channel", to.channel}, {"thread_ts", to.thread_ts}, {"text", reply.message.text}, {"blocks", reply.message.blocks ? *reply.message.blocks : json()}};
  if (to.whispered) payload["user"] = request.user;
  if (reply.file) payload["file"] = {{"title", reply.file->title}, {"content", reply.file->content}};
  return payload;
}

std::string reply_key(const storage::InboxRow& inbox) { return "reply:" + inbox.key; }

Result<void> enqueue_reply(storage::Transaction& tx, const storage::InboxRow& inbox, const json& payload, WallTime now) {
  storage::OutboxRow row;
  row.key = reply_key(inbox);
  row.kind = "slack.reply";
  row.lane = row.key;
  row.payload = payload.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

asio::awaitable<Result<std::optional<slack::Message>>> next_of(Progress& progress) { co_return co_await progress.next(); }

}  // namespace

asio::awaitable<Result<void>> Conversation::finish(storage::InboxRow row, std::optional<Request> request, Answer answer) {
  const bool goes_on = answer.progress && answer.progress->next;
  // Known before the row is: it may be posted at once.
  if (goes_on) progress_[reply_key(row)] = *answer.progress;
  std::function<Result<void>(storage::Transaction&)> work = [row, request, answer, goes_on, now = services_.clock.wall_now()](storage::Transaction& tx) -> Result<void> {
    auto reply = answer.reply;
    if (answer.deed) {
      TRY(reply, answer.deed(tx));
    }
    if (request && !reply.silent) {
      const auto to = destination_of(*request, reply, answer.keep_private, goes_on);
      CHECK_OK(enqueue_reply(tx, row, reply_payload(*request, reply, to), now));
    }
    return tx.finish_inbox(row.id, request ? ellipsize(without_values(request->text), 500) : "ignored");
  };
  auto working = services_.store.transact(std::move(work));
  auto done = co_await std::move(working);
  if (!done) progress_.erase(reply_key(row));
  services_.outbox.wake();
  if (done && request && services_.home != nullptr) services_.home->on_moved();
  if (done && answer.afterwards) answer.afterwards();
  co_return done;
}

asio::awaitable<Result<std::string>> Conversation::deliver_reply(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  auto channel = payload.at("channel").get<std::string>();
  const auto thread_ts = payload.at("thread_ts").get<std::string>();
  slack::Message message;
  message.text = payload.at("text").get<std::string>();
  if (payload.at("blocks").is_array()) message.blocks = std::make_shared<const json>(payload.at("blocks"));
  if (payload.contains("user")) {
    auto told = co_await messenger_.whisper(channel, payload.at("user").get<std::string>(), thread_ts, std::move(message));
    if (!told) co_return told.error();
  } else {
    Messenger::Shown shown;
    shown.key = row.key;
    shown.channel = channel;
    shown.thread_ts = thread_ts;
    shown.message = std::move(message);
    shown.only_there = channel.starts_with('U') || channel.starts_with('W') || channel.starts_with('D');
    if (row.attempts > 1) shown.maybe_since = row.created_at;
    auto posted = co_await messenger_.show(std::move(shown));
    if (!posted) co_return posted.error();
    // A person's name stands for a conversation that only now is known.
    channel = posted->channel;
    follow_up(row.key, *posted, thread_ts);
  }
  if (payload.contains("file")) {
    const auto& file = payload.at("file");
    auto uploaded = co_await messenger_.api().upload_file(channel, thread_ts, file.at("title").get<std::string>(), file.at("content").get<std::string>());
    if (!uploaded) log_warn("slack", "a file could not be posted: " + uploaded.error().message);
  }
  co_return std::string("told");
}

void Conversation::follow_up(const std::string& key, MessageRef at, std::string thread_ts) {
  auto waiting = progress_.extract(key);
  if (waiting.empty()) return;
  if (*following_ >= kFollowedAtOnce) {
    log_warn("progress", fmt::format("{} answers go on already: this one stays as it is", *following_));
    return;
  }
  ++*following_;
  tasks_.spawn("progress", follow_progress(key, std::move(at), std::move(thread_ts), std::move(waiting.mapped())));
}

asio::awaitable<void> Conversation::follow_progress(std::string key, MessageRef at, std::string thread_ts, Progress progress) {
  // However it ends.
  const std::shared_ptr<void> leave(nullptr, [count = following_](void*) { --*count; });
  const auto until = services_.clock.mono_now() + std::min(progress.longest, kLongestFollowed);
  const auto pause = std::max(progress.every, kShortestPause);
  while (services_.clock.mono_now() < until) {
    auto slept = co_await services_.clock.sleep_for(pause);
    if (!slept) co_return;
    // Its last words may come a little late; what hangs is left alone.
    auto asking = with_deadline(services_.clock, until + pause * 10, next_of(progress));
    auto said = co_await std::move(asking);
    if (!said) {
      if (said.error().kind != ErrorKind::Cancelled) log_warn("progress", said.error().message);
      co_return;
    }
    if (!*said) co_return;
    Messenger::Shown shown;
    shown.key = key;
    shown.channel = at.channel;
    shown.thread_ts = thread_ts;
    shown.at = at;
    shown.message = std::move(**said);
    shown.only_there = true;
    auto edited = co_await messenger_.show(std::move(shown));
    if (!edited && !is_transient(edited.error())) {
      if (edited.error().kind != ErrorKind::Cancelled) log_warn("progress", edited.error().message);
      co_return;
    }
  }
}

}  // namespace driftwarden
