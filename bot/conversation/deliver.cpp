// An answer on its way: stored with what it did, posted once, and edited while it goes on.
#include "bot/audit/audited.hpp"
#include "bot/audit/details.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/conversation/run_once.hpp"
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
constexpr std::size_t kMaxBlocks = 50;
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
  // A slash command's answer is for who typed it, as Slack's own commands do.
  const bool by_itself = request.kind == Request::Kind::Slash && !reply.shared;
  const bool secret = (reply.private_ || keep_private) && !is_personal(request.channel);
  if (!by_itself && !secret) return {request.channel, request.thread_ts, false};
  // A file can't be shown to one person only, and what only one sees can't be edited.
  if (reply.file || goes_on) return {request.user, "", false};
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

/// The message by which it was said, as the audit log names it.
std::string said_where(const std::optional<Request>& request) {
  if (!request) return {};
  return where_of(request->message ? *request->message : MessageRef{request->channel, request->thread_ts});
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

slack::Message with_trouble(slack::Message message, const std::string& trouble) {
  message.text += "\n" + trouble;
  if (!message.blocks || !message.blocks->is_array()) return message;
  auto blocks = *message.blocks;
  if (blocks.size() >= kMaxBlocks) blocks.erase(blocks.end() - 1);
  json context{{"type", "context"}, {"elements", json::array({{{"type", "mrkdwn"}, {"text", trouble}, {"verbatim", true}}})}};
  blocks.push_back(std::move(context));
  message.blocks = std::make_shared<const json>(std::move(blocks));
  return message;
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
      AuditedTransaction said(tx, [where = said_where(request)](AuditEntry& entry) { said_in(entry, where); });
      TRY(reply, answer.deed(said));
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
  const auto channel = payload.at("channel").get<std::string>();
  auto thread_ts = payload.at("thread_ts").get<std::string>();
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
    shown.only_there = is_personal(channel);
    if (row.attempts > 1) shown.maybe_since = row.created_at;
    auto copy = shown.message;
    auto posted = co_await messenger_.show(std::move(shown));
    if (!posted) co_return posted.error();
    // A person's name stands for a conversation that only now is known; what was diverted has no thread there.
    if (posted->channel != channel) thread_ts.clear();
    follow_up(row.key, *posted, thread_ts);
    ButtonMessage with_button{row.key, channel, *posted};
    auto watching = watch_button(services_.store, std::move(with_button), copy.blocks, services_.clock.wall_now());
    if (auto watched = co_await std::move(watching); !watched) co_return watched.error();
    if (payload.contains("file")) {
      auto delivering = deliver_file(row.key, *posted, thread_ts, payload.at("file"), std::move(copy));
      co_return co_await std::move(delivering);
    }
  }
  co_return std::string("told");
}

/// What could not be posted is said where the answer promises it.
asio::awaitable<Result<std::string>> Conversation::deliver_file(std::string key, MessageRef at, std::string thread_ts, json file, slack::Message message) {
  auto uploading = messenger_.api().upload_file(at.channel, thread_ts, file.at("title").get<std::string>(), file.at("content").get<std::string>());
  auto uploaded = co_await std::move(uploading);
  if (uploaded) co_return std::string("told");
  const auto why = uploaded.error();
  if (is_transient(why) || why.kind == ErrorKind::Cancelled) co_return why;
  log_warn("slack", fmt::format("{}: the file could not be posted: {}", key, why.message));
  Messenger::Shown shown;
  shown.key = std::move(key);
  shown.channel = at.channel;
  shown.at = at;
  shown.message = with_trouble(std::move(message), fmt::format(":warning: The file could not be posted: {}", slack::escape(ellipsize(why.message, 500))));
  shown.only_there = true;
  shown.edit_only = true;
  auto edited = co_await messenger_.show(std::move(shown));
  if (!edited && (is_transient(edited.error()) || edited.error().kind == ErrorKind::Cancelled)) co_return edited.error();
  co_return "told, without its file: " + why.message;
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
  while (true) {
    const auto now = services_.clock.mono_now();
    const bool last = now >= until;
    // They share what Slack allows.
    const auto pause = std::max(progress.every, kShortestPause) * static_cast<std::int64_t>(*following_);
    const auto left = std::max<Duration>(std::chrono::ceil<Duration>(until - now), kShortestPause);
    auto slept = co_await services_.clock.sleep_for(std::min<Duration>(pause, left));
    if (!slept) co_return;
    // Its last words may come a little late; what hangs is left alone.
    auto asking = with_deadline(services_.clock, std::max(until, now) + pause * 10, next_of(progress));
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
    shown.priority = slack::Sender::Priority::Progress;
    shown.only_there = true;
    shown.edit_only = true;
    auto edited = co_await messenger_.show(std::move(shown));
    if (!edited && !is_transient(edited.error())) {
      // Who deletes the message has seen enough.
      const auto kind = edited.error().kind;
      if (kind != ErrorKind::Cancelled && kind != ErrorKind::NotFound) log_warn("progress", edited.error().message);
      co_return;
    }
    if (last) co_return;
  }
}

}  // namespace driftwarden
