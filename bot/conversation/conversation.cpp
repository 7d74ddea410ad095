#include "bot/conversation/conversation.hpp"

#include "bot/config/policy.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kAttempts = 3;
constexpr std::size_t kRowsLookedAt = 256;  ///< one person's burst must not hide what others say
constexpr std::size_t kLanesAtOnce = 8;
constexpr Duration kLookForLinksEvery = std::chrono::seconds{10};
constexpr Duration kLookAtLeastEvery{5000};

std::string error_words(const Error& error) {
  if (is_transient(error)) return fmt::format(":hourglass: That did not work just now: {}. Try again in a moment.", slack::escape(error.message));
  return fmt::format(":x: {}", slack::escape(error.message));
}

json reply_payload(const Request& request, const Reply& reply) {
  json payload{{"channel", request.channel}, {"thread_ts", request.thread_ts}, {"text", reply.message.text}, {"blocks", reply.message.blocks ? *reply.message.blocks : json()}};
  // A direct message is for one person's eyes anyway.
  if (request.channel.empty()) payload["channel"] = request.user;
  const bool direct = request.channel.empty() || request.channel.starts_with('D') || request.channel.starts_with('U');
  // A slash command's answer is for who typed it, as Slack's own commands do.
  // A file can't be shown to one person only.
  const bool for_one = (request.kind == Request::Kind::Slash && !reply.shared) || (reply.private_ && !direct);
  if (for_one && !reply.file) payload["user"] = request.user;
  if (reply.file) payload["file"] = {{"title", reply.file->title}, {"content", reply.file->content}};
  return payload;
}

/// What must be answered in order: what one person says, and what is said in one place.
std::vector<std::string> lanes_of(const std::optional<Request>& request) {
  if (!request) return {};
  return {"user " + request->team + " " + request->user, "place " + request->channel + " " + request->thread_ts};
}

/// The command that a form amounts to: read by the same grammar as if it had been typed.
std::string command_text(const Request& request) {
  if (request.kind != Request::Kind::Modal || !request.text.starts_with("create-app")) return request.text;
  const auto value = [&](const char* name) {
    const auto found = request.values.find(name);
    return found == request.values.end() ? std::string() : std::string(trim(without_control_characters(found->second)));
  };
  std::string text = "create-app " + value("name");
  for (const auto* part : {"like", "image", "port", "cluster", "namespace", "repository", "path", "channel"}) {
    if (const auto said = value(part); !said.empty()) text += fmt::format(" {} {}", part, said);
  }
  if (const auto reason = value("reason"); !reason.empty()) text += " because " + reason;
  return text;
}

void fill_from_form(const Request& request, Command& command) {
  if (request.kind != Request::Kind::Modal) return;
  const auto take = [&](const char* name, std::string& into) {
    if (const auto found = request.values.find(name); found != request.values.end()) into = std::string(trim(found->second));
  };
  if (command.verb == Verb::Approve) {
    take("code", command.code);
    take("name", command.typed_name);
    std::erase(command.code, ' ');
  } else if (command.verb == Verb::Reject) {
    take("reason", command.reason);
    command.reason = without_control_characters(command.reason);
  }
}

Result<void> enqueue_reply(storage::Transaction& tx, const storage::InboxRow& inbox, const Request& request, const Reply& reply, WallTime now) {
  if (reply.silent) return Result<void>{};
  storage::OutboxRow row;
  row.key = "reply:" + inbox.key;
  row.kind = "slack.reply";
  row.lane = row.key;
  row.payload = reply_payload(request, reply).dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

}  // namespace

Conversation::Conversation(asio::any_io_executor executor, Services services, Messenger& messenger, slack::Identity identity)
    : services_(std::move(services)), messenger_(messenger), identity_(std::move(identity)), wake_(executor), link_asked_(executor), tasks_(executor) {
  if (services_.team.empty()) services_.team = identity_.team_id;
  if (services_.workspace_url.empty()) services_.workspace_url = identity_.url;
  if (services_.api == nullptr) services_.api = &messenger_.api();
  if (services_.random == nullptr) services_.random = system_random_.get();
  services_.on_link_asked = [this] { link_asked_.notify(); };
  services_.outbox.on("slack.reply", [this](storage::OutboxRow row) { return deliver_reply(std::move(row)); }, Outbox::kWordsWait);
}

void Conversation::start() {
  tasks_.spawn("inbox", run());
  tasks_.spawn("links", follow_links());
}

asio::awaitable<void> Conversation::stop() { co_await tasks_.join(); }

asio::awaitable<Result<slack::JsonPtr>> Conversation::accept(slack::Envelope envelope) {
  storage::InboxRow row;
  row.key = slack::dedupe_key(envelope);
  row.type = envelope.type;
  row.payload = envelope.payload->dump();
  row.received_at = services_.clock.wall_now();
  std::function<Result<bool>(storage::Transaction&)> work = [row](storage::Transaction& tx) { return tx.add_inbox(row); };
  auto working = services_.store.query<bool>(std::move(work));
  auto fresh = co_await std::move(working);
  if (!fresh) co_return fresh.error();
  if (*fresh) wake_.notify();
  co_return slack::JsonPtr{};
}

asio::awaitable<void> Conversation::run() {
  while (true) {
    std::function<Result<std::vector<storage::InboxRow>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.pending_inbox(kRowsLookedAt); };
    auto working = services_.store.query<std::vector<storage::InboxRow>>(std::move(work));
    auto rows = co_await std::move(working);
    if (rows) {
      start_ready(std::move(*rows));
    } else {
      log_error("inbox", rows.error().message);
    }
    auto woken = co_await wake_.wait_until(services_.clock, services_.clock.mono_now() + kLookAtLeastEvery);
    if (!woken) co_return;
  }
}

void Conversation::start_ready(std::vector<storage::InboxRow> rows) {
  std::set<std::string> taken;
  for (const auto& [id, lanes] : running_) taken.insert(lanes.begin(), lanes.end());
  for (auto& row : rows) {
    if (running_.size() >= kLanesAtOnce) return;
    if (running_.contains(row.id)) continue;
    auto lanes = lanes_of(request_from(row.type, json::parse(row.payload, nullptr, false), identity_.user_id));
    const bool waits = std::ranges::any_of(lanes, [&](const std::string& lane) { return taken.contains(lane); });
    // What waits holds up what was said after it, too.
    taken.insert(lanes.begin(), lanes.end());
    if (waits) continue;
    running_.emplace(row.id, std::move(lanes));
    tasks_.spawn("inbox row", answer_safely(std::move(row)));
  }
}

/// One request that goes wrong must not end those that follow. One that couldn't be finished is taken up again after a while.
asio::awaitable<void> Conversation::answer_safely(storage::InboxRow row) {
  const auto id = row.id;
  const auto key = row.key;
  bool finished = false;
  std::exception_ptr cancelled;
  try {
    finished = co_await answer(std::move(row));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) {
      cancelled = std::current_exception();
    } else {
      log_error("inbox", key + ": " + failure.what());
    }
  } catch (const std::exception& failure) {
    log_error("inbox", key + ": " + failure.what());
  }
  running_.erase(id);
  if (cancelled) std::rethrow_exception(cancelled);
  if (finished) wake_.notify();
}

asio::awaitable<bool> Conversation::answer(storage::InboxRow row) {
  const auto payload = json::parse(row.payload, nullptr, false);
  const auto request = request_from(row.type, payload, identity_.user_id);
  Answer nothing;
  nothing.reply.silent = true;
  if (!request) {
    auto skipped = co_await finish(row, std::nullopt, std::move(nothing));
    if (!skipped) log_error("inbox", skipped.error().message);
    co_return skipped.has_value();
  }
  std::function<Result<void>(storage::Transaction&)> begin = [id = row.id](storage::Transaction& tx) { return tx.begin_inbox(id); };
  auto beginning = services_.store.transact(std::move(begin));
  if (auto begun = co_await std::move(beginning); !begun) {
    log_error("inbox", begun.error().message);
    co_return false;
  }
  Result<Answer> answered = Error{ErrorKind::Corrupt, "the command ended by an exception; the log has more"};
  if (row.attempts < kAttempts) {
    try {
      answered = co_await handle(*request);
    } catch (const std::exception& failure) {
      log_error("inbox", fmt::format("{}: {}", without_values(request->text), failure.what()));
    }
  }
  if (!answered && answered.error().kind == ErrorKind::Cancelled) co_return false;
  Answer final_answer;
  if (answered) {
    final_answer = std::move(*answered);
  } else {
    final_answer = say(error_words(answered.error()));
  }
  auto finished = co_await finish(row, request, std::move(final_answer));
  if (finished) co_return true;
  // The deed was refused or failed: that is the answer, then.
  log_warn("inbox", fmt::format("{}: {}", without_values(request->text), finished.error().message));
  Answer apology = say(error_words(finished.error()));
  auto told = co_await finish(row, request, std::move(apology));
  if (!told) log_error("inbox", told.error().message);
  co_return told.has_value();
}

/// While a link waits for its proof, the forges are asked for it.
asio::awaitable<void> Conversation::follow_links() {
  while (true) {
    auto waiting = co_await look_for_link_proofs(services_);
    if (!waiting) log_warn("link", waiting.error().message);
    if (waiting && *waiting == 0) {
      auto asked = co_await link_asked_.wait();
      if (!asked) co_return;
    }
    auto slept = co_await services_.clock.sleep_for(kLookForLinksEvery);
    if (!slept) co_return;
  }
}

asio::awaitable<Result<GrammarContext>> Conversation::context_of(Request request) {
  struct Found {
    std::optional<Incident> incident;
    std::optional<Change> change;
    std::vector<Change> open;
  };
  std::optional<MessageRef> place;
  if (request.kind == Request::Kind::Button) place = request.message;
  const MessageRef thread{request.channel, request.thread_ts};
  std::function<Result<Found>(storage::Transaction&)> work = [place, thread](storage::Transaction& tx) -> Result<Found> {
    Found found;
    for (const auto& message : {place.value_or(thread), thread}) {
      if (message.ts.empty()) continue;
      if (!found.incident) {
        TRY(found.incident, tx.find_incident_by_message(message));
      }
      if (!found.change) {
        TRY(found.change, tx.find_change_by_card(message));
      }
    }
    TRY(found.open, tx.changes({"", true, 20}));
    return found;
  };
  auto working = services_.store.query<Found>(std::move(work));
  auto found = co_await std::move(working);
  if (!found) co_return found.error();
  GrammarContext context;
  for (const auto& app : services_.fleet.apps()) context.apps.push_back(app.name);
  const auto exists = [&](const std::string& app) { return services_.fleet.app(app) != nullptr; };
  if (found->incident && exists(found->incident->app)) context.implied_app = found->incident->app;
  if (found->change) {
    if (exists(found->change->app)) context.implied_app = found->change->app;
    context.implied_change = found->change->id;
  }
  for (const auto& change : found->open) {
    context.open_changes.push_back(change_name(change.id));
    if (context.implied_change == 0 && !context.implied_app.empty() && change.app == context.implied_app) context.implied_change = change.id;
  }
  co_return context;
}

asio::awaitable<Result<Answer>> Conversation::handle(Request request) {
  if (!identity_.team_id.empty() && !request.team.empty() && request.team != identity_.team_id) {
    co_return say(":no_entry: You are a guest from another workspace: I only answer to my own.");
  }
  auto context = co_await context_of(request);
  if (!context) co_return context.error();
  const auto parsed = parse_command(command_text(request), *context);
  if (const auto* trouble = std::get_if<NotUnderstood>(&parsed)) {
    auto answer = say(view::not_understood_message(*trouble));
    answer.reply.private_ = request.kind == Request::Kind::Modal;
    co_return answer;
  }
  Call call;
  call.request = request;
  call.caller.slack_id = request.user;
  if (const auto* person = person_by_slack(services_.config, request.user)) call.caller.person = person->name;
  call.command = std::get<Command>(parsed);
  fill_from_form(request, call.command);
  log_info("command", fmt::format("{} ({}): {}", call.caller.person.empty() ? "somebody" : call.caller.person, request.user, to_log_text(call.command)));
  const auto* app = call.command.app.empty() ? nullptr : services_.fleet.app(call.command.app);
  if (app != nullptr) {
    if (auto answer = check_orphans(call, *app)) co_return *answer;
  }
  co_return co_await handler_of(call.command.verb)(services_, std::move(call));
}

asio::awaitable<Result<void>> Conversation::finish(storage::InboxRow row, std::optional<Request> request, Answer answer) {
  std::function<Result<void>(storage::Transaction&)> work = [row, request, answer, now = services_.clock.wall_now()](storage::Transaction& tx) -> Result<void> {
    auto reply = answer.reply;
    if (answer.deed) {
      TRY(reply, answer.deed(tx));
    }
    if (request) CHECK_OK(enqueue_reply(tx, row, *request, reply, now));
    return tx.finish_inbox(row.id, request ? ellipsize(without_values(request->text), 500) : "ignored");
  };
  auto working = services_.store.transact(std::move(work));
  auto done = co_await std::move(working);
  services_.outbox.wake();
  if (done && answer.afterwards) answer.afterwards();
  co_return done;
}

asio::awaitable<Result<std::string>> Conversation::deliver_reply(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto channel = payload.at("channel").get<std::string>();
  const auto thread_ts = payload.at("thread_ts").get<std::string>();
  slack::Message message;
  message.text = payload.at("text").get<std::string>();
  if (payload.at("blocks").is_array()) message.blocks = std::make_shared<const json>(payload.at("blocks"));
  if (payload.contains("user")) {
    auto told = co_await messenger_.api().post_ephemeral(channel, payload.at("user").get<std::string>(), thread_ts, std::move(message));
    if (!told) co_return told.error();
  } else {
    Messenger::Shown shown;
    shown.key = row.key;
    shown.channel = channel;
    shown.thread_ts = thread_ts;
    shown.message = std::move(message);
    if (row.attempts > 1) shown.maybe_since = row.created_at;
    auto posted = co_await messenger_.show(std::move(shown));
    if (!posted) co_return posted.error();
  }
  if (payload.contains("file")) {
    const auto& file = payload.at("file");
    auto uploaded = co_await messenger_.api().upload_file(channel, thread_ts, file.at("title").get<std::string>(), file.at("content").get<std::string>());
    if (!uploaded) log_warn("slack", "a file could not be posted: " + uploaded.error().message);
  }
  co_return std::string("told");
}

}  // namespace driftwarden
