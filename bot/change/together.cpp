#include "bot/change/together.hpp"

#include "bot/change/change_steps.hpp"
#include "bot/view/together_view.hpp"
#include "gitops/base/crypto.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

/// One setting for all: settings don't go away. By the message's key, as long as one of its Changes goes on.
constexpr const char* kSetting = "together";
constexpr std::size_t kMost = 200;

Result<void> read_all(storage::Transaction& tx, json& all) {
  TRY(const auto text, tx.setting(kSetting));
  all = text && !text->empty() ? json::parse(*text, nullptr, false) : json::object();
  if (!all.is_object()) all = json::object();
  return Result<void>{};
}

Result<void> keep_all(storage::Transaction& tx, const json& all) {
  return tx.set_setting(kSetting, all.empty() ? std::string() : all.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<void> enqueue_show(storage::Transaction& tx, const std::string& key, const std::string& mark, WallTime now) {
  storage::OutboxRow row;
  row.key = fmt::format("{} {} {}", key, mark, now.time_since_epoch().count());
  row.kind = "slack.together";
  row.lane = key;
  row.coalesce = key;
  row.payload = json{{"key", key}}.dump();
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

/// The message as it was left, and its Changes as they are; those that are forgotten by now are left out.
struct Standing {
  json entry;
  std::vector<view::TogetherRow> rows;
  bool over = true;
};

Result<Standing> standing_of(storage::Transaction& tx, const std::string& key) {
  Standing standing;
  json all;
  CHECK_OK(read_all(tx, all));
  standing.entry = all.value(key, json());
  if (!standing.entry.is_object()) return standing;
  for (const auto& id : standing.entry.at("changes")) {
    TRY(auto change, tx.find_change(id.get<std::int64_t>()));
    if (!change) continue;
    if (!is_final(change->state)) standing.over = false;
    auto counted = counted_approvers(*change);
    standing.rows.push_back({std::move(*change), std::move(counted)});
  }
  return standing;
}

/// What was shown last, and where; nothing is kept of one whose Changes all ended.
Result<void> keep_shown(storage::Transaction& tx, const std::string& key, const MessageRef& at, const std::string& digest, bool over) {
  json all;
  CHECK_OK(read_all(tx, all));
  if (!all.contains(key)) return Result<void>{};
  if (over) {
    all.erase(key);
  } else {
    all[key]["at"] = {{"channel", at.channel}, {"ts", at.ts}};
    all[key]["digest"] = digest;
  }
  return keep_all(tx, all);
}

asio::awaitable<Result<void>> remember_shown(AsyncStore& store, std::string key, MessageRef at, std::string digest, bool over) {
  std::function<Result<void>(storage::Transaction&)> work = [key, at, digest, over](storage::Transaction& tx) { return keep_shown(tx, key, at, digest, over); };
  auto working = store.transact(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace

Result<void> tell_together(storage::Transaction& tx, const Together& together, WallTime now) {
  json all;
  CHECK_OK(read_all(tx, all));
  // Those that were asked for first are decided first: their messages stay as they are.
  while (all.size() >= kMost) {
    auto oldest = all.begin();
    for (auto at = all.begin(); at != all.end(); ++at) {
      if (at->at("changes").front() < oldest->at("changes").front()) oldest = at;
    }
    all.erase(oldest);
  }
  all[together.key] = {{"about", together.about}, {"channel", together.channel}, {"changes", together.changes}};
  CHECK_OK(keep_all(tx, all));
  return enqueue_show(tx, together.key, "new", now);
}

Result<void> refresh_together(storage::Transaction& tx, const Change& change, WallTime now) {
  json all;
  CHECK_OK(read_all(tx, all));
  for (const auto& [key, entry] : all.items()) {
    const auto& changes = entry.at("changes");
    if (std::none_of(changes.begin(), changes.end(), [&](const json& id) { return id == change.id; })) continue;
    CHECK_OK(enqueue_show(tx, key, fmt::format("{} {} {}", change_name(change.id), to_string(change.state), change.approvals.size()), now));
  }
  return Result<void>{};
}

asio::awaitable<Result<std::string>> show_together(AsyncStore& store, Messenger& messenger, storage::OutboxRow row) {
  const auto key = json::parse(row.payload).at("key").get<std::string>();
  std::function<Result<Standing>(storage::Transaction&)> look = [key](storage::Transaction& tx) { return standing_of(tx, key); };
  auto looking = store.query<Standing>(std::move(look));
  auto standing = co_await std::move(looking);
  if (!standing) co_return standing.error();
  const auto& entry = standing->entry;
  if (!entry.is_object() || standing->rows.empty()) co_return std::string("all of it is over");
  Messenger::Shown shown;
  shown.key = key;
  shown.channel = entry.at("channel").get<std::string>();
  if (entry.contains("at")) shown.at = MessageRef{entry.at("at").at("channel").get<std::string>(), entry.at("at").at("ts").get<std::string>()};
  shown.message = view::together_message(standing->rows, entry.at("about").get<std::string>());
  const auto digest = sha256_hex(shown.message.text + shown.message.blocks->dump(-1, ' ', false, json::error_handler_t::replace));
  const bool same = shown.at && entry.value("digest", "") == digest;
  if (same && !standing->over) co_return std::string("it says so already");
  auto at = shown.at;
  if (!same) {
    // Whoever deleted it, or shut its channel, has seen enough.
    shown.edit_only = shown.at.has_value();
    if (row.attempts > 1) shown.maybe_since = row.created_at;
    auto posted = co_await messenger.show(std::move(shown));
    const bool gone = !posted && at && (posted.error().kind == ErrorKind::NotFound || !unwritable_code(posted.error()).empty());
    if (!posted && !gone) co_return posted.error();
    if (posted) at = *posted;
  }
  auto remembering = remember_shown(store, key, *at, digest, standing->over);
  auto remembered = co_await std::move(remembering);
  if (!remembered) co_return remembered.error();
  co_return at->ts;
}

}  // namespace driftwarden
