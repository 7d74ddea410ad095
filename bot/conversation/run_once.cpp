#include "bot/conversation/run_once.hpp"

#include "bot/audit/details.hpp"
#include "bot/command/run_it.hpp"
#include "bot/conversation/answer_row.hpp"
#include "bot/view/spent_view.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kRun = "sentence.run";
constexpr Duration kLookedBack = std::chrono::hours{24};  ///< far more than a button is good for: the clock may have been set
constexpr Duration kAfterItsTime{1000};                   ///< it still counts in the very moment

std::string lane_of(const std::string& digest) { return "spent:" + digest; }

/// When it was run; nothing while it wasn't.
Result<std::optional<WallTime>> run_at(storage::Transaction& tx, const std::string& digest, WallTime until) {
  storage::AuditQuery query;
  query.action = kRun;
  query.about = digest;
  query.since = until - kLookedBack;
  TRY(const auto rows, tx.audit(query));
  const auto found = std::ranges::find_if(rows, [&](const AuditRow& row) { return row.entry.on == digest; });
  return found == rows.end() ? std::optional<WallTime>() : found->at;
}

asio::awaitable<Result<std::optional<WallTime>>> look_for_run(AsyncStore& store, std::string digest, WallTime until) {
  std::function<Result<std::optional<WallTime>>(storage::Transaction&)> work = [digest, until](storage::Transaction& tx) { return run_at(tx, digest, until); };
  auto working = store.query<std::optional<WallTime>>(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace

std::string button_digest(const std::optional<MessageRef>& message, const std::string& words) {
  return sha256_hex(fmt::format("{}\n{}", message ? where_of(*message) : std::string(), words));
}

AuditEntry run_entry(const Call& call, const std::string& digest) {
  AuditEntry entry;
  entry.actor = caller_id(call);
  entry.action = kRun;
  entry.app = call.command.app;
  entry.detail = fmt::format(R"({{"command":{}}})", json_quoted(to_log_text(call.command)));
  entry.on = digest;
  return entry;
}

Answer with_run(Answer answer, AuditEntry run, WallTime now) {
  const auto lane = lane_of(run.on);
  answer = with_row(std::move(answer), std::move(run));
  answer.deed = [deed = std::move(answer.deed), lane, now](storage::Transaction& tx) -> Result<Reply> {
    TRY(auto reply, deed(tx));
    CHECK_OK(tx.hurry_outbox(lane, now));
    return reply;
  };
  return answer;
}

asio::awaitable<Result<bool>> was_run(AsyncStore& store, std::string digest, WallTime until) {
  auto looking = look_for_run(store, std::move(digest), until);
  const auto at = co_await std::move(looking);
  if (!at) co_return at.error();
  co_return at->has_value();
}

asio::awaitable<Result<void>> watch_button(AsyncStore& store, ButtonMessage message, slack::JsonPtr blocks, WallTime now) {
  const auto words = blocks ? view::run_it_words(*blocks) : std::nullopt;
  const auto asked = words ? run_it_from(*words) : std::nullopt;
  if (!asked) co_return Result<void>{};
  const auto digest = button_digest(message.at, *words);
  storage::OutboxRow row;
  row.key = lane_of(digest);
  row.kind = "slack.spent";
  row.lane = row.key;
  row.payload = json{{"key", message.key}, {"for", message.channel}, {"channel", message.at.channel}, {"ts", message.at.ts}, {"words", *words}, {"blocks", *blocks}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = asked->until + kAfterItsTime;
  std::function<Result<void>(storage::Transaction&)> work = [row, digest, now, until = asked->until](storage::Transaction& tx) -> Result<void> {
    auto watched = row;
    // Somebody may have been faster than this.
    TRY(const auto ran, run_at(tx, digest, until));
    if (ran) watched.not_before = now;
    auto queued = tx.enqueue(watched);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto working = store.transact(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<std::string>> retire_button(AsyncStore& store, Messenger& messenger, storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto words = payload.at("words").get<std::string>();
  const MessageRef at{payload.at("channel").get<std::string>(), payload.at("ts").get<std::string>()};
  const auto asked = run_it_from(words);
  if (!asked) co_return std::string("there is no button");
  auto looking = look_for_run(store, button_digest(at, words), asked->until);
  const auto pressed = co_await std::move(looking);
  if (!pressed) co_return pressed.error();
  Messenger::Shown shown;
  shown.key = payload.at("key").get<std::string>();
  shown.channel = payload.at("for").get<std::string>();
  shown.at = at;
  shown.message = view::spent_message(payload.at("blocks"), *asked, *pressed);
  shown.priority = slack::Sender::Priority::Progress;
  shown.only_there = true;
  shown.edit_only = true;
  auto edited = co_await messenger.show(std::move(shown));
  if (edited) co_return edited->ts;
  const auto why = edited.error();
  if (is_transient(why) || why.kind == ErrorKind::Cancelled) co_return why;
  // A button that stays does no harm: it answers that it is spent.
  log_info("slack", fmt::format("{}: a spent button stays: {}", row.key, why.message));
  co_return "left as it is: " + why.message;
}

}  // namespace driftwarden
