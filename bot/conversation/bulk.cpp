#include "bot/conversation/bulk.hpp"

#include "bot/change/plan.hpp"
#include "bot/change/together.hpp"
#include "bot/conversation/elsewhere.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/group_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr std::size_t kSyncedAtOnce = 25;
constexpr std::size_t kInlineLines = 60;

Result<IncidentGroup> group_in(storage::Transaction& tx, std::int64_t id) {
  TRY(auto named, tx.find_incident(id));
  if (!named) return Error{ErrorKind::NotFound, fmt::format("There is no incident {}.", id)};
  IncidentGroup group;
  group.id = shown_by(*named);
  TRY(auto members, tx.incidents_of_group(group.id));
  if (std::ranges::find(members, named->id, &Incident::id) == members.end()) members.push_back(*named);
  for (auto& member : members) {
    if (member.id == group.id) {
      group.channel = member.channel;
      group.message = member.message;
    }
    if (member.state != IncidentState::Resolved) group.open.push_back(std::move(member));
  }
  return group;
}

std::string incident_words(const IncidentGroup& group) { return fmt::format("incident {}", group.id); }

Answer nothing_open(const IncidentGroup& group) { return say(fmt::format(":white_check_mark: Nothing of {} is open any more.", incident_words(group))); }

/// Runs a refusal for its audit row, and gives its words.
Result<std::string> refused_in(storage::Transaction& tx, const Answer& refusal) {
  if (!refusal.deed) return one_line(refusal.reply);
  TRY(const auto reply, refusal.deed(tx));
  return one_line(reply);
}

/// One App's turn in `sync incident N`.
struct Turn {
  std::string app;
  std::optional<Answer> refusal;
  ChangeDeed deed;
  std::string why_not;  ///< there is nothing to do for it
};

Result<void> tell_channel(storage::Transaction& tx, const IncidentGroup& group, const std::vector<std::int64_t>& changes, WallTime now) {
  Together together;
  together.key = fmt::format("bulk:{}:{}", group.id, changes.front());
  together.about = incident_words(group);
  together.channel = group.message ? group.message->channel : group.channel;
  together.changes = changes;
  return tell_together(tx, together, now);
}

Result<Reply> take_turns(storage::Transaction& tx, const Request& request, const IncidentGroup& group, const std::vector<Turn>& turns, std::size_t left_out, WallTime now) {
  std::vector<std::int64_t> made;
  BulkLines said;
  for (const auto& turn : turns) {
    std::string words = turn.why_not;
    if (turn.refusal) {
      TRY(words, refused_in(tx, *turn.refusal));
    } else if (turn.deed) {
      TRY(const auto asked, turn.deed(tx));
      if (asked.change != 0) made.push_back(asked.change);
      words = asked.change != 0 && asked.reply.silent ? "" : one_line(asked.reply);
    }
    if (!words.empty()) said.lines.push_back(fmt::format("\u2022 *{}*: {}", slack::escape(turn.app), words));
  }
  if (!made.empty()) CHECK_OK(tell_channel(tx, group, made, now));
  if (left_out > 0) said.lines.push_back(fmt::format("\u2022 {} more of it were left out: {} at once are the most. Say `sync incident {}` again when these are done.", left_out, kSyncedAtOnce, group.id));
  if (said.lines.empty()) {
    const auto count = made.size() == 1 ? std::string("1 Change is") : fmt::format("{} Changes are", made.size());
    return told_elsewhere(request, group.message, fmt::format("{} asked for: the cards are in the thread of {}, where others can approve them.", count, incident_words(group)));
  }
  said.headline = fmt::format("{} of {} Apps of {} {} a Change now. Of the others:", made.size(), turns.size() + left_out, incident_words(group), made.size() == 1 ? "has" : "have");
  return bulk_reply(said);
}

asio::awaitable<Turn> prepare_sync(Services& services, Call call, App app, std::optional<MessageRef> thread, std::shared_ptr<std::map<std::string, Result<std::string>>> heads) {
  Turn turn;
  turn.app = app.name;
  call.command.app = app.name;
  if (app.orphans) {
    turn.why_not = "no Git knows of it";
    co_return turn;
  }
  if (!is_rendered(app)) {
    turn.why_not = fmt::format("planned by {}: a pull request, or `apply`, is the way", to_string(app.plan.tool));
    co_return turn;
  }
  if (const auto why = kept_elsewhere(ChangeVerb::Sync, app); !why.empty()) {
    turn.why_not = slack::escape(why);
    co_return turn;
  }
  turn.refusal = check_policy(services, call, app);
  if (turn.refusal) co_return turn;
  const auto report = services.fleet.report(app.name);
  if (report.state == AppState::Synced) {
    turn.why_not = "in sync already";
    co_return turn;
  }
  if (!heads->contains(app.repository)) {
    auto fetched = co_await services.fleet.repository(app.repository).fetch();
    heads->emplace(app.repository, std::move(fetched));
  }
  const auto& head = heads->at(app.repository);
  if (!head) {
    turn.why_not = slack::escape(head.error().message);
    co_return turn;
  }
  ChangeWish wish;
  wish.target_revision = *head;
  wish.place = std::move(thread);
  turn.deed = change_deed(services, call, app, wish);
  co_return turn;
}

}  // namespace

asio::awaitable<Result<IncidentGroup>> load_group(Services& services, Call call) {
  std::function<Result<IncidentGroup>(storage::Transaction&)> work = [id = call.command.incident](storage::Transaction& tx) { return group_in(tx, id); };
  auto working = services.store.query<IncidentGroup>(std::move(work));
  auto group = co_await std::move(working);
  if (!group) co_return group;
  const auto before = group->open.size();
  std::erase_if(group->open, [&](const Incident& incident) { return !may_know_of(services, call, incident.app) || services.fleet.app(incident.app) == nullptr; });
  if (before > 0 && group->open.empty()) co_return Error{ErrorKind::NotFound, fmt::format("There is no incident {}.", call.command.incident)};
  co_return group;
}

std::string one_line(const Reply& reply) {
  std::string text = reply.silent ? "" : reply.message.text;
  std::ranges::replace(text, '\n', ' ');
  return std::string(trim(text));
}

Reply bulk_reply(const BulkLines& said) {
  Reply reply;
  view::Blocks blocks;
  blocks.section(said.headline);
  std::string section;
  std::string text = said.headline;
  for (std::size_t i = 0; i < said.lines.size(); ++i) {
    text += "\n" + said.lines[i];
    if (i >= kInlineLines) continue;
    if (!section.empty() && section.size() + said.lines[i].size() + 1 > 2900) {
      blocks.section(section);
      section.clear();
    }
    section += (section.empty() ? "" : "\n") + said.lines[i];
  }
  blocks.section(section);
  if (said.lines.size() > kInlineLines) {
    blocks.context({fmt::format("\u2026 {} more: all {} are in the file", said.lines.size() - kInlineLines, said.lines.size())});
    reply.file = FileUpload{"results.txt", text};
  }
  reply.message = view::message_of(blocks, std::move(text));
  return reply;
}

asio::awaitable<Result<Answer>> sync_group(Services& services, Call call) {
  auto group = co_await load_group(services, call);
  if (!group) co_return group.error();
  if (group->open.empty()) co_return nothing_open(*group);
  auto heads = std::make_shared<std::map<std::string, Result<std::string>>>();
  std::vector<Turn> turns;
  std::size_t asked = 0;
  std::size_t left_out = 0;
  for (const auto& incident : group->open) {
    if (asked == kSyncedAtOnce) {
      ++left_out;
      continue;
    }
    const auto* app = services.fleet.app(incident.app);
    if (app == nullptr) continue;  // gone while the others were looked at
    App copy = *app;
    auto turn = co_await prepare_sync(services, call, std::move(copy), group->message, heads);
    if (turn.deed) ++asked;
    turns.push_back(std::move(turn));
  }
  Answer answer;
  answer.deed = [request = call.request, group = *group, turns = std::move(turns), left_out, now = services.clock.wall_now()](storage::Transaction& tx) {
    return take_turns(tx, request, group, turns, left_out, now);
  };
  co_return answer;
}

asio::awaitable<Result<Answer>> step_group(Services& services, Call call, std::function<IncidentStep(Incident, WallTime)> event) {
  auto group = co_await load_group(services, call);
  if (!group) co_return group.error();
  if (group->open.empty()) co_return nothing_open(*group);
  struct One {
    std::int64_t id;
    std::string app;
    std::optional<Answer> refusal;
  };
  std::vector<One> ones;
  for (const auto& incident : group->open) {
    const auto* app = services.fleet.app(incident.app);
    if (app == nullptr) continue;
    auto of_app = call;
    of_app.command.app = incident.app;
    ones.push_back({incident.id, incident.app, check_policy(services, of_app, *app)});
  }
  Answer answer;
  answer.deed = [request = call.request, about = incident_words(*group), message = group->message, ones = std::move(ones), event = std::move(event), now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    BulkLines said;
    for (const auto& one : ones) {
      if (one.refusal) {
        TRY(const auto words, refused_in(tx, *one.refusal));
        said.lines.push_back(fmt::format("\u2022 *{}*: {}", slack::escape(one.app), words));
        continue;
      }
      TRY(auto incident, tx.find_incident(one.id));
      if (!incident || incident->state == IncidentState::Resolved) continue;
      auto committed = commit_step(tx, event(std::move(*incident), now), now);
      if (!committed) return committed.error();
    }
    if (!said.lines.empty()) {
      said.headline = fmt::format("{} of {} Apps are done. Of the others:", ones.size() - said.lines.size(), ones.size());
      return bulk_reply(said);
    }
    return told_elsewhere(request, message, fmt::format(":white_check_mark: Done for {} of {}.", ones.size() == 1 ? std::string("the App") : fmt::format("all {} Apps", ones.size()), about));
  };
  co_return answer;
}

asio::awaitable<Result<Answer>> diff_group(Services& services, Call call) {
  auto group = co_await load_group(services, call);
  if (!group) co_return group.error();
  if (group->open.empty()) co_return nothing_open(*group);
  std::vector<DriftReport> reports;
  for (const auto& incident : group->open) {
    auto report = services.fleet.report(incident.app);
    report.app = incident.app;
    reports.push_back(std::move(report));
  }
  auto shown = view::group_diff(group->id, reports, services.clock.wall_now());
  auto answer = say(std::move(shown.message));
  if (!shown.file.empty()) answer.reply.file = FileUpload{fmt::format("incident-{}.txt", group->id), std::move(shown.file)};
  co_return answer;
}

}  // namespace driftwarden
