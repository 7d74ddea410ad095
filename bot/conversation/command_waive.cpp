// waive, waivers, unwaive: a gate's owner lets something pass, for a while and with a reason.
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/answers.hpp"
#include "bot/conversation/waiving.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/ending_list.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kShortest = std::chrono::minutes{1};
constexpr Duration kUsual = std::chrono::hours{24 * 7};

/// "C-12 built-in/floating-tag on web": as it was said, up to its time.
std::string what_is_waived(const Command& command) {
  auto words = command.change != 0 ? change_name(command.change) : command.app;
  if (!command.rule.empty()) words += fmt::format(" {}{}", command.gate.empty() ? "" : command.gate + "/", command.rule);
  return command.object.empty() ? words : fmt::format("{} on {}", words, command.object);
}

/// The reason, and for how long; what is wrong with them, if anything.
std::optional<Answer> check_words(const Services& services, Command& command) {
  command.reason = std::string(trim(ellipsize(without_control_characters(command.reason), 500)));
  const auto longest = services.config.gates.longest_waiver;
  const auto what = what_is_waived(command);
  if (command.reason.empty()) return not_enough("Why? A waiver has a reason.", fmt::format("waive {} because ...", what));
  if (!command.duration) command.duration = std::min(kUsual, longest);
  if (*command.duration >= kShortest && *command.duration <= longest) return std::nullopt;
  return not_enough(fmt::format("A waiver lasts from 1m to {}.", format_duration(longest)),
                    fmt::format("waive {} for {} because {}", what, format_duration(*command.duration < kShortest ? kShortest : longest), command.reason));
}

bool is_for(const Waiver& waiver, const std::string& app) { return app.empty() || waiver.app == app; }

/// With why it lets nothing pass, where it doesn't.
std::string line_of(const Services& services, const Waiver& waiver) {
  const auto* app = services.fleet.app(waiver.app);
  const auto why = app == nullptr ? std::string("its App isn't configured now") : why_idle(services.config, waiver, *app);
  const auto line = view::waiver_line(waiver, view::slack_dialect());
  return why.empty() ? line : fmt::format("{}\n:warning: it doesn't count: {}", line, slack::escape(why));
}

Result<Reply> end_in(storage::Transaction& tx, std::int64_t number, const PersonId& who, const std::string& why, bool is_private, WallTime now) {
  Reply reply;
  auto overdue = end_overdue_waivers(tx, now);
  if (!overdue) return overdue.error();
  TRY(auto waiver, tx.find_waiver(number));
  if (!waiver || !is_active(*waiver, now)) {
    reply.message = view::text_message(fmt::format("Waiver {} is over already.", number));
    return reply;
  }
  waiver->ended_at = now;
  waiver->ended_by = who;
  CHECK_OK(tx.save_waiver(*waiver));
  auto row = tx.append_audit(audit_of(*waiver, who, "waiver.ended", why));
  if (!row) return row.error();
  CHECK_OK(show_gated_changes(tx, waiver->app, now));
  reply.message = view::text_message(fmt::format(":information_source: *{}* ended waiver {}: what it let pass and isn't merged yet waits again.", slack::escape(who), number));
  address(reply, is_private);
  return reply;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_waive(Services& services, Call call) {
  if (auto answer = check_words(services, call.command)) co_return std::move(*answer);
  if (call.command.change != 0) co_return co_await waive_of_change(services, std::move(call));
  co_return co_await waive_of_app(services, std::move(call));
}

asio::awaitable<Result<Answer>> handle_waivers(Services& services, Call call) {
  auto looking = waivers_in_force(services);
  auto waivers = co_await std::move(looking);
  if (!waivers) co_return waivers.error();
  std::erase_if(*waivers, [&](const Waiver& waiver) { return !is_for(waiver, call.command.app) || !may_know_of(services, call, waiver.app); });
  if (waivers->empty()) co_return say("Nothing is waived.");
  std::vector<view::EndingRow> rows;
  for (const auto& waiver : *waivers) rows.push_back({line_of(services, waiver), fmt::format("End waiver {}", waiver.id), fmt::format("unwaive {}", waiver.id)});
  const auto heading = rows.size() == 1 ? std::string("1 waiver is in force") : fmt::format("{} waivers are in force", rows.size());
  co_return say(view::ending_list(heading, rows));
}

asio::awaitable<Result<Answer>> handle_unwaive(Services& services, Call call) {
  const auto number = call.command.number;
  auto looking = waivers_in_force(services);
  const auto waivers = co_await std::move(looking);
  if (!waivers) co_return waivers.error();
  const auto found = std::ranges::find(*waivers, number, &Waiver::id);
  if (found == waivers->end() || !may_know_of(services, call, found->app)) co_return say(fmt::format("There is no waiver {} in force: `waivers` lists them.", number));
  call.command.app = found->app;
  App app;
  if (const auto* known = services.fleet.app(found->app)) app = *known;
  const bool own = !call.caller.person.empty() && is_same_person(services.config, call.caller.person, found->owner);
  if (!own) {
    const std::vector<std::string> gates(1, found->gate);
    if (auto refusal = check_gate_owner(services, call, app, gates)) co_return std::move(*refusal);
  }
  const bool is_private = !private_words(services.config, app).empty();
  Answer answer;
  answer.deed = [number, is_private, who = call.caller.person, why = call.command.reason, now = services.clock.wall_now()](storage::Transaction& tx) {
    return end_in(tx, number, who, why, is_private, now);
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  co_return answer;
}

}  // namespace driftwarden
