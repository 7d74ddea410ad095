// What CI says of a Change's pull request, in the Change's thread: one message, edited when it says something else.
#include "bot/change/changes.hpp"
#include "bot/view/checks_view.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string key_of(std::int64_t id) { return fmt::format("checks:{}", id); }

view::CheckRow row_of(const forge::Check& check) {
  static const std::map<forge::Check::State, view::CheckRow::State> kStates{{forge::Check::State::Queued, view::CheckRow::State::Queued},
                                                                           {forge::Check::State::Running, view::CheckRow::State::Running},
                                                                           {forge::Check::State::Passed, view::CheckRow::State::Passed},
                                                                           {forge::Check::State::Failed, view::CheckRow::State::Failed},
                                                                           {forge::Check::State::Skipped, view::CheckRow::State::Skipped}};
  view::CheckRow row;
  row.name = check.name;
  row.state = kStates.at(check.state);
  row.url = check.url;
  row.summary = check.summary;
  row.required = check.required.value_or(false);
  if (check.started && check.finished && *check.finished > *check.started) row.took = std::chrono::duration_cast<Duration>(*check.finished - *check.started);
  return row;
}

json to_json(const view::CheckRow& row) {
  json object{{"name", row.name}, {"state", static_cast<int>(row.state)}, {"url", row.url}, {"summary", row.summary}, {"required", row.required}};
  if (row.took) object["took"] = row.took->count();
  return object;
}

view::CheckRow row_from(const json& object) {
  view::CheckRow row;
  row.name = object.at("name").get<std::string>();
  row.state = static_cast<view::CheckRow::State>(object.at("state").get<int>());
  row.url = object.at("url").get<std::string>();
  row.summary = object.at("summary").get<std::string>();
  row.required = object.at("required").get<bool>();
  if (object.contains("took")) row.took = Duration{object.at("took").get<Duration::rep>()};
  return row;
}

/// Where the message stands and what it says, as kept in the store.
struct Told {
  std::optional<MessageRef> at{};
  std::string digest{};
};

/// One setting for all: settings don't go away. By Change; those that ended are taken out.
constexpr const char* kSetting = "checks";

Result<void> read_told(storage::Transaction& tx, json& all) {
  TRY(const auto text, tx.setting(kSetting));
  all = text ? json::parse(*text, nullptr, false) : json::object();
  if (!all.is_object()) all = json::object();
  return Result<void>{};
}

Told told_from(const json& object) {
  Told told;
  if (!object.is_object()) return told;
  told.digest = object.value("digest", std::string{});
  if (object.contains("ts")) told.at = MessageRef{object.value("channel", std::string{}), object.value("ts", std::string{})};
  return told;
}

json to_json(const Told& told) {
  json object{{"digest", told.digest}};
  if (told.at) {
    object["channel"] = told.at->channel;
    object["ts"] = told.at->ts;
  }
  return object;
}

Result<Told> told_of(storage::Transaction& tx, std::int64_t id) {
  json all;
  CHECK_OK(read_told(tx, all));
  return told_from(all.value(std::to_string(id), json()));
}

/// Of one that ended nothing is kept.
Result<void> keep_told(storage::Transaction& tx, std::int64_t id, const Told& told) {
  TRY(const auto change, tx.find_change(id));
  json all;
  CHECK_OK(read_told(tx, all));
  if (change && !is_final(change->state)) {
    all[std::to_string(id)] = to_json(told);
  } else {
    all.erase(std::to_string(id));
  }
  return tx.set_setting(kSetting, all.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

Result<void> forget_checks(storage::Transaction& tx, std::int64_t id) {
  json all;
  CHECK_OK(read_told(tx, all));
  if (all.erase(std::to_string(id)) == 0) return Result<void>{};
  return tx.set_setting(kSetting, all.dump(-1, ' ', false, json::error_handler_t::replace));
}

asio::awaitable<void> Changes::follow_checks(Change change, App app) {
  if (!change.card) co_return;
  const auto checks = co_await forge_of(app)->checks(change.pull_request);
  if (!checks) {
    log_warn("forge", fmt::format("{}: its checks: {}", change_name(change.id), checks.error().message));
    co_return;
  }
  if (checks->empty()) co_return;
  auto rows = json::array();
  for (const auto& check : *checks) rows.push_back(to_json(row_of(check)));
  const auto said = json{{"change", change.id}, {"rows", rows}}.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto digest = sha256_hex(said);
  if (checks_shown_[change.id] == digest) co_return;
  checks_shown_[change.id] = digest;
  std::function<Result<void>(storage::Transaction&)> work = [id = change.id, said, digest, now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<void> {
    TRY(auto told, told_of(tx, id));
    if (told.digest == digest) return Result<void>{};
    told.digest = digest;
    CHECK_OK(keep_told(tx, id, told));
    storage::OutboxRow row;
    row.kind = "slack.checks";
    row.key = fmt::format("{}:{}:{}", key_of(id), digest.substr(0, 16), now.time_since_epoch().count());
    row.lane = key_of(id);
    row.coalesce = row.lane;
    row.created_at = now;
    row.not_before = now;
    row.payload = said;
    auto queued = tx.enqueue(row);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto working = parts_.store->transact(std::move(work));
  const auto queued = co_await std::move(working);
  if (!queued) log_warn("change", queued.error().message);
  parts_.outbox->wake();
}

asio::awaitable<Result<std::string>> Changes::show_checks(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto id = payload.at("change").get<std::int64_t>();
  auto change = co_await load(id);
  if (!change) co_return change.error();
  if (!change->card) co_return std::string("there is no card");
  std::function<Result<Told>(storage::Transaction&)> look = [id](storage::Transaction& tx) { return told_of(tx, id); };
  auto looking = parts_.store->query<Told>(std::move(look));
  const auto told = co_await std::move(looking);
  if (!told) co_return told.error();
  std::vector<view::CheckRow> rows;
  for (const auto& one : payload.at("rows")) rows.push_back(row_from(one));
  Messenger::Shown shown;
  shown.key = key_of(id);
  shown.channel = change->card->channel;
  shown.thread_ts = change->thread_ts.empty() ? change->card->ts : change->thread_ts;
  shown.at = told->at;
  shown.message = view::checks_message(*change, std::move(rows));
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto posted = co_await parts_.messenger->show(std::move(shown));
  if (!posted) co_return posted.error();
  if (told->at == *posted) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [id, at = *posted](storage::Transaction& tx) -> Result<void> {
    TRY(auto latest, told_of(tx, id));
    latest.at = at;
    return keep_told(tx, id, latest);
  };
  auto keeping = parts_.store->transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

}  // namespace driftwarden
