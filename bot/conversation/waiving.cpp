#include "bot/conversation/waiving.hpp"

#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/answers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kButtons = 5;

const view::Dialect& d() { return view::slack_dialect(); }

slack::Message begun_message(const std::vector<Waiver>& waivers, const std::vector<std::string>& remarks) {
  view::Blocks blocks;
  std::string text;
  std::vector<view::Button> buttons;
  for (const auto& waiver : waivers) {
    text += fmt::format("{}:white_check_mark: let pass by {}", text.empty() ? "" : "\n", view::waiver_line(waiver, d()));
    if (buttons.size() < kButtons) buttons.push_back({fmt::format("End waiver {}", waiver.id), fmt::format("unwaive {}", waiver.id), view::Button::Style::Plain, ""});
  }
  blocks.section(text);
  auto context = remarks;
  const auto owner = waivers.empty() ? std::string("who gave it") : slack::escape(waivers.front().owner);
  context.push_back(fmt::format("it doesn't count for what {} asks for or pushes; once it is over, what isn't merged yet waits again", owner));
  blocks.context(context);
  blocks.actions(buttons);
  for (const auto& remark : remarks) text += "\n" + remark;
  return view::message_of(blocks, std::move(text));
}

Result<Reply> waive_in(storage::Transaction& tx, const Waiving& waiving, bool is_private, WallTime now) {
  auto ended = end_overdue_waivers(tx, now);
  if (!ended) return ended.error();
  Reply reply;
  if (waiving.change != 0) {
    TRY(const auto change, tx.find_change(waiving.change));
    if (!change || change->content != waiving.content || is_final(change->state)) {
      reply.message = view::text_message(fmt::format(":eyes: *{}* has moved since: look at its card, and say it again.", change_name(waiving.change)));
      return reply;
    }
  }
  std::vector<Waiver> made;
  for (const auto& draft : waiving.drafts) {
    TRY(auto waiver, tx.add_waiver(draft));
    auto row = tx.append_audit(audit_of(waiver, waiver.owner, "waiver.begun", waiver.reason));
    if (!row) return row.error();
    made.push_back(std::move(waiver));
  }
  CHECK_OK(show_gated_changes(tx, waiving.app.name, now));
  reply.message = begun_message(made, waiving.remarks);
  address(reply, is_private);
  return reply;
}

}  // namespace

Answer waive(Services& services, Waiving waiving) {
  const bool is_private = !private_words(services.config, waiving.app).empty();
  Answer answer;
  answer.deed = [waiving = std::move(waiving), is_private, now = services.clock.wall_now()](storage::Transaction& tx) { return waive_in(tx, waiving, is_private, now); };
  answer.afterwards = [&services] { services.changes.nudge(); };
  return answer;
}

Waiver draft_of_waiver(const Services& services, const Call& call, const App& app, const Blocking& blocking) {
  Waiver draft;
  draft.app = app.name;
  draft.gate = blocking.gate;
  draft.rule = blocking.finding.rule;
  draft.object = blocking.finding.object;
  draft.owner = call.caller.person;
  draft.reason = call.command.reason;
  draft.since = services.clock.wall_now();
  draft.until = draft.since + *call.command.duration;
  draft.channel = call.request.channel;
  draft.change = call.command.change;
  return draft;
}

std::optional<Answer> check_gate_owner(const Services& services, const Call& call, const App& app, const std::vector<std::string>& gates) {
  const auto& who = call.caller.person;
  if (who.empty()) return refuse(services, call, "I don't know who you are, so your waiver can't count. `link LOGIN` proves it.", "unknown person");
  if (!is_linked(services.config, who, app)) return refuse(services, call, unlinked_words(services.config, who) + ".", "not linked");
  if (std::ranges::any_of(gates, [&](const std::string& gate) { return is_gate_owner(services.config, gate, who, app); })) return std::nullopt;
  const auto words = gates.empty() ? std::string("nobody") : who_may_waive(services.config, gates.front());
  return refuse(services, call, fmt::format("What the gate {} finds may be waived by {}.", gates.empty() ? "" : gates.front(), words), "gates.owners");
}

std::string who_may_waive(const Config& config, const std::string& gate) {
  if (gate_owners(config, gate).empty()) return fmt::format("nobody: the config gives the gate {} no owners", gate);
  return gate_owner_words(config, gate);
}

asio::awaitable<Result<std::vector<Waiver>>> waivers_in_force(Services& services) {
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = [now = services.clock.wall_now()](storage::Transaction& tx) -> Result<std::vector<Waiver>> {
    TRY(auto waivers, tx.open_waivers());
    std::erase_if(waivers, [now](const Waiver& waiver) { return !is_active(waiver, now); });
    return waivers;
  };
  auto looking = services.store.query<std::vector<Waiver>>(std::move(look));
  co_return co_await std::move(looking);
}

bool is_word(const std::string& typed, const std::string& name) { return to_lower(typed) == to_lower(name); }

bool names_object(const std::string& typed, const std::string& object) {
  if (typed.empty() || is_word(typed, object)) return true;
  const auto space = object.find(' ');
  if (space == std::string::npos) return false;
  const auto kind = object.substr(0, space);
  const auto rest = object.substr(space + 1);
  const auto slash = rest.rfind('/');
  const auto name = slash == std::string::npos ? rest : rest.substr(slash + 1);
  return is_word(typed, rest) || is_word(typed, name) || is_word(typed, kind + "/" + name) || is_word(typed, kind + "/" + rest);
}

bool is_of_caller(const Services& services, const Call& call, const Change& change) {
  const auto same = [&](const PersonId& person) { return is_same_person(services.config, person, call.caller.person); };
  return same(change.requester) || std::ranges::any_of(change.quorum.excluded, same);
}

}  // namespace driftwarden
