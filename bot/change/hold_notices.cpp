#include "bot/change/hold_notices.hpp"

#include "bot/config/policy.hpp"
#include "bot/policy/gate.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kChangesLookedAt = 200;
constexpr std::size_t kChangesNamed = 20;

std::string because(const Hold& hold) { return hold.reason.empty() ? "" : fmt::format("\n> {}", slack::escape(ellipsize(without_control_characters(hold.reason), 500))); }

/// A direct message reaches nobody else.
std::string channel_for(const Config& config, const App* app, const Hold& hold) {
  if (app != nullptr) return channel_of(config, *app);
  const bool shared = !hold.channel.empty() && !hold.channel.starts_with('D') && !hold.channel.starts_with('U');
  return shared ? hold.channel : config.slack.admin_channel;
}

/// What its owner had done on the App while it lasted, oldest first.
Result<std::vector<Change>> done_behind(storage::Transaction& tx, const Hold& hold, WallTime now) {
  TRY(auto changes, tx.changes({hold.scope.name, false, kChangesLookedAt}));
  std::erase_if(changes, [&](const Change& change) { return change.break_glass != hold.owner || change.requested_at < hold.since || change.requested_at > now; });
  std::ranges::reverse(changes);
  return changes;
}

std::string changes_words(const std::vector<Change>& changes) {
  if (changes.empty()) return "Nothing was changed behind it.";
  std::string words = "What was done behind it:";
  for (std::size_t i = 0; i < changes.size() && i < kChangesNamed; ++i) {
    const auto& change = changes[i];
    words += fmt::format("\n\u2022 *{}* {}, {}", change_name(change.id), to_string(change.verb), to_string(change.state));
    if (!change.pull_request_url.empty()) words += fmt::format(": {}", view::link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request)));
  }
  if (changes.size() > kChangesNamed) words += fmt::format("\n\u2026 and {} more", changes.size() - kChangesNamed);
  return words;
}

std::string paged(const Config& config, const App& app) {
  const auto& page = config.policy.break_glass.page;
  return mentions_of(config, page.empty() ? std::vector<std::string>{"owners"} : page, app);
}

}  // namespace

Result<void> enqueue_notice(storage::Transaction& tx, const std::string& key, const std::string& channel, const std::string& mrkdwn, WallTime now) {
  storage::OutboxRow row;
  row.key = key;
  row.kind = "slack.notice";
  row.lane = key;
  row.payload = json{{"channel", channel}, {"text", mrkdwn}}.dump(-1, ' ', false, json::error_handler_t::replace);
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  return Result<void>{};
}

std::string mentions_of(const Config& config, const std::vector<std::string>& parties, const App& app) {
  std::vector<std::string> words;
  const auto add = [&](std::string word) {
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  };
  for (const auto& party : parties) {
    const auto group = std::ranges::find(config.groups, party, &Group::name);
    if (group != config.groups.end() && !group->slack_usergroup.empty()) {
      add(fmt::format("<!subteam^{}>", group->slack_usergroup));
      continue;
    }
    for (const auto& member : members_of(config, party, &app)) {
      const auto* person = find_person(config, member);
      add(person != nullptr && !person->slack.empty() ? fmt::format("<@{}>", person->slack) : "*" + slack::escape(member) + "*");
    }
  }
  return join(words, " ");
}

Result<void> announce_break_glass(storage::Transaction& tx, const Config& config, const App& app, const Hold& hold, WallTime now) {
  const auto whom = paged(config, app);
  const auto text = fmt::format(":rotating_light: {}{}*{}* broke the glass on *{}* until {}: their Changes need no approval and pass freezes. All of it is audited.{}", whom, whom.empty() ? "" : " ",
                                slack::escape(hold.owner), slack::escape(app.name), hold.until ? view::time_span(*hold.until) : "they end it", because(hold));
  return enqueue_notice(tx, fmt::format("hold:{}:begin", hold.id), channel_of(config, app), text, now);
}

Result<void> announce_hold_end(storage::Transaction& tx, const Config& config, const std::vector<App>& apps, const Hold& hold, WallTime now) {
  const auto found = hold.scope.kind == HoldScope::Kind::App ? std::ranges::find(apps, hold.scope.name, &App::name) : apps.end();
  const auto* app = found == apps.end() ? nullptr : &*found;
  const auto owner = slack::escape(hold.owner);
  const auto scope = slack::escape(to_words(hold.scope));
  std::string text;
  switch (hold.kind) {
    case HoldKind::Lock: text = fmt::format(":unlock: The lock of *{}* on *{}* is over.", owner, scope); break;
    case HoldKind::Freeze: text = fmt::format(":sun_with_face: The freeze of *{}* by *{}* is over: Changes go on.", scope, owner); break;
    case HoldKind::Halt: text = fmt::format(":arrow_forward: The halt by *{}* is over: Changes go on.", owner); break;
    case HoldKind::BreakGlass: {
      TRY(const auto changes, done_behind(tx, hold, now));
      const auto whom = app == nullptr ? std::string() : paged(config, *app);
      text = fmt::format(":closed_lock_with_key: {}{}The glass that *{}* broke on *{}* is whole again, after {}. {}{}", whom, whom.empty() ? "" : " ", owner, scope,
                         format_age(std::chrono::duration_cast<Duration>(now - hold.since)), changes_words(changes), because(hold));
      break;
    }
  }
  return enqueue_notice(tx, fmt::format("hold:{}:end", hold.id), channel_for(config, app, hold), text, now);
}

}  // namespace driftwarden
