// What of a pull request is said: the comment, the messages, the status.
#include "bot/change/judge_gates.hpp"
#include "bot/pulls/pull_watch.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

}  // namespace

Result<PullSaid> load_said(storage::Transaction& tx, const std::string& repository, std::int64_t number) {
  PullSaid said;
  TRY(said.note, tx.find_pull_note(repository, number));
  TRY(const auto messages, tx.setting(pull_messages_setting(repository, number)));
  if (messages) said.messages = pull_messages_from(*messages);
  return said;
}

/// A forge that takes no status of a fork's commit, or of one that is gone, is asked no more.
asio::awaitable<Result<std::string>> PullWatch::put_status(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  auto* forge = forge_of(payload.at("repository").get<std::string>());
  if (forge == nullptr) co_return std::string("the repository has no forge any more");
  forge::CommitStatus status;
  status.context = kGatesStatus;
  status.state = payload.at("good").get<bool>() ? forge::StatusState::Success : forge::StatusState::Failure;
  status.description = payload.at("description").get<std::string>();
  status.target_url = payload.at("url").get<std::string>();
  auto telling = forge->set_status(payload.at("sha").get<std::string>(), std::move(status));
  const auto told = co_await std::move(telling);
  if (told) co_return std::string("told");
  const bool refused = told.error().kind == ErrorKind::NotFound || told.error().kind == ErrorKind::Denied || told.error().kind == ErrorKind::InvalidInput;
  if (!refused) co_return told.error();
  log_warn("pulls", told.error().message);
  co_return std::string("the forge doesn't take it");
}

asio::awaitable<Result<std::string>> PullWatch::put_comment(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  auto* forge = forge_of(payload.at("repository").get<std::string>());
  if (forge == nullptr) co_return std::string("the repository has no forge any more");
  auto commenting = forge->upsert_comment(payload.at("number").get<std::int64_t>(), std::string(kPullMarker), payload.at("text").get<std::string>());
  const auto done = co_await std::move(commenting);
  if (!done && done.error().kind == ErrorKind::NotFound) co_return std::string("the pull request is gone");
  if (!done) co_return done.error();
  co_return std::string("commented");
}

asio::awaitable<Result<std::string>> PullWatch::show_message(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto repository = payload.at("repository").get<std::string>();
  const auto number = payload.at("number").get<std::int64_t>();
  const auto channel = payload.at("channel").get<std::string>();
  std::function<Result<PullSaid>(storage::Transaction&)> load = [repository, number](storage::Transaction& tx) { return load_said(tx, repository, number); };
  auto loading = parts_.store->query<PullSaid>(std::move(load));
  auto said = co_await std::move(loading);
  if (!said) co_return said.error();
  const auto known = said->messages.find(channel);
  Messenger::Shown shown;
  shown.key = fmt::format("pull:{}:{}", repository, number);
  shown.channel = channel;
  if (known != said->messages.end()) shown.at = known->second;
  shown.message.text = payload.at("text").get<std::string>();
  shown.message.blocks = std::make_shared<const json>(payload.at("blocks"));
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  const auto before = shown.at;
  auto showing = parts_.messenger->show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  if (before == *posted) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [repository, number, channel, at = *posted](storage::Transaction& tx) -> Result<void> {
    TRY(auto latest, load_said(tx, repository, number));
    latest.messages[channel] = at;
    CHECK_OK(tx.set_setting(pull_messages_setting(repository, number), to_json_text(latest.messages)));
    if (!latest.note || latest.note->channel != channel) return Result<void>{};
    latest.note->message = at;
    return tx.save_pull_note(*latest.note);
  };
  auto keeping = parts_.store->transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

}  // namespace driftwarden
