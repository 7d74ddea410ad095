#include "bot/change/issuer_notice.hpp"

#include "bot/change/change_steps.hpp"
#include "bot/config/policy.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_slack_id(const std::string& text) {
  return text.size() > 2 && (text.front() == 'U' || text.front() == 'W') && std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

/// "" for who isn't in Slack: the bot itself, a login of the forge.
std::string slack_id_of(const Config& config, const PersonId& who) {
  if (const auto* person = find_person(config, who)) return person->slack;
  return is_slack_id(who) ? who : std::string();
}

/// They see the card change there anyway.
bool asked_in_that_dm(const Change& change, const std::string& slack_id) {
  const auto is_theirs = [&](const std::string& channel) { return channel.starts_with('D') || channel == slack_id; };
  return change.card ? is_theirs(change.card->channel) : is_theirs(change.channel);
}

}  // namespace

Result<void> enqueue_issuer_notice(storage::Transaction& tx, const Change& change, WallTime now) {
  if (!is_final(change.state)) return Result<void>{};
  const bool ended_by_requester = (change.state == ChangeState::Cancelled || change.state == ChangeState::Rejected) && change.closed_by == change.requester;
  if (ended_by_requester || change.requester.empty() || change.requester == "driftwarden") return Result<void>{};
  storage::OutboxRow row;
  row.key = fmt::format("told:{}:{}", change.id, to_string(change.state));
  row.kind = "slack.issuer";
  row.lane = row.key;
  row.payload = json{{"change", change.id}, {"state", to_string(change.state)}}.dump();
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

slack::Message issuer_message(const Change& change, const std::string& permalink) {
  const auto name = change_name(change.id);
  const auto shown = permalink.empty() ? fmt::format("*{}*", name) : fmt::format("*{}*", view::link(permalink, name));
  auto text = fmt::format("Your {} ({}) on *{}*: {}", shown, view::intent_words(change), slack::escape(without_control_characters(change.app)),
                          view::standing_words(change, counted_approvers(change), false, view::slack_dialect()));
  if (!change.pull_request_url.empty()) text += " \u00b7 " + view::link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request));
  return view::text_message(std::move(text));
}

asio::awaitable<Result<std::string>> tell_issuer(IssuerParts parts, storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  std::function<Result<std::optional<Change>>(storage::Transaction&)> load = [id = payload.at("change").get<std::int64_t>()](storage::Transaction& tx) { return tx.find_change(id); };
  auto loading = parts.store.query<std::optional<Change>>(std::move(load));
  auto change = co_await std::move(loading);
  if (!change) co_return change.error();
  if (!*change || to_string((**change).state) != payload.at("state").get<std::string>()) co_return std::string("it went on");
  const auto slack_id = slack_id_of(parts.config, (**change).requester);
  if (slack_id.empty() || asked_in_that_dm(**change, slack_id)) co_return std::string("nobody to tell");
  std::string permalink;
  if ((**change).card) {
    slack::JsonPtr arguments = std::make_shared<const json>(json{{"channel", (**change).card->channel}, {"message_ts", (**change).card->ts}});
    const auto answer = co_await parts.messenger.api().call("chat.getPermalink", std::move(arguments));
    if (answer) permalink = (*answer)->value("permalink", std::string{});
  }
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = slack_id;
  shown.message = issuer_message(**change, permalink);
  shown.only_there = true;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await parts.messenger.show(std::move(shown));
  if (posted) co_return posted->ts;
  const auto code = unwritable_code(posted.error());
  if (code.empty()) co_return posted.error();
  log_info("slack", fmt::format("{}: {} gets no direct message ({})", row.key, slack_id, code));
  co_return "not told: " + code;
}

}  // namespace driftwarden
