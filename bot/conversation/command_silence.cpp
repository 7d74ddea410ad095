// silence, silences, unsilence: alerts that aren't told for a while.
#include "bot/config/alert_routes.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/answers.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/ending_list.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kShortest = std::chrono::minutes{1};
constexpr Duration kLongest = std::chrono::hours{24 * 30};
constexpr std::size_t kNamed = 5;

/// The Apps that a silence is about, as far as the caller may know of them.
struct Concerned {
  std::vector<App> seen;
  std::size_t hidden = 0;
};

Concerned concerned_by(const Services& services, const Call& call, const AlertMatch& match) {
  Concerned concerned;
  for (const auto& app : services.fleet.apps()) {
    if (!may_be_meant(services.config, match, app)) continue;
    if (is_visible(services.config, caller_id(call), app)) {
      concerned.seen.push_back(app);
    } else {
      ++concerned.hidden;
    }
  }
  return concerned;
}

bool any_private(const Services& services, const Concerned& concerned) {
  return std::ranges::any_of(concerned.seen, [&](const App& app) { return !private_words(services.config, app).empty(); });
}

/// Nobody hides more than they tend.
std::optional<Answer> check_all(const Services& services, const Call& call, const Concerned& concerned, const std::string& what) {
  if (call.caller.person.empty()) return refuse(services, call, "I don't know who you are: ask an admin to add you to `people` in my configuration. Until then you may read.", "unknown person");
  const auto verb = to_string(call.command.verb);
  std::vector<std::string> foreign;
  std::string rule;
  for (const auto& app : concerned.seen) {
    const auto decision = may(services.config, call.caller.person, verb, app);
    if (decision.allowed) continue;
    if (rule.empty()) rule = decision.rule;
    foreign.push_back(app.name);
  }
  if (foreign.empty() && concerned.hidden == 0) return std::nullopt;
  if (foreign.empty()) return refuse(services, call, fmt::format("You may not {} {}: it is about Apps that aren't yours.", verb, what), "Apps that they don't see");
  const auto count = foreign.size();
  if (count > kNamed) foreign.resize(kNamed);
  const auto more = count > kNamed ? fmt::format(" and {} more", count - kNamed) : std::string();
  auto refusal = refuse(services, call, fmt::format("You may not {} {}: it is about {}{}; {}.", verb, what, join(foreign, ", "), more, rule), rule);
  refusal.keep_private = any_private(services, concerned);
  return refusal;
}

std::string typed(const AlertMatch& match) {
  AlertMatch app_alone;
  app_alone.app = match.app;
  const bool is_one_app = match == app_alone && match.app.find_first_of("*?") == std::string::npos;
  return is_one_app ? match.app : to_string(match);
}

AuditEntry audit_of(const Silence& silence, const PersonId& actor, const std::string& action, const std::string& why) {
  AuditEntry entry;
  entry.actor = actor;
  entry.action = action;
  const bool is_one_app = silence.match.app.find_first_of("*?") == std::string::npos;
  entry.app = is_one_app ? silence.match.app : "";
  entry.subject = fmt::format("silence {}", silence.id);
  entry.where = silence.channel;
  entry.detail = fmt::format(R"({{"match":{},"owner":{},"until":{},"reason":{}}})", json_quoted(to_string(silence.match)), json_quoted(silence.owner), json_quoted(format_time(silence.until)),
                             json_quoted(why));
  return entry;
}

/// Those whose time is up are over by themselves; the record says so at the next occasion.
Result<void> end_overdue(storage::Transaction& tx, WallTime now) {
  TRY(const auto silences, tx.open_silences());
  for (auto silence : silences) {
    if (is_active(silence, now)) continue;
    silence.ended_at = silence.until;
    silence.ended_by = "driftwarden";
    CHECK_OK(tx.save_silence(silence));
    auto row = tx.append_audit(audit_of(silence, silence.ended_by, "silence.ended", "its time is up"));
    if (!row) return row.error();
  }
  return Result<void>{};
}

slack::Message begun_message(const Silence& silence, std::size_t apps) {
  view::Blocks blocks;
  const auto words = fmt::format(":no_bell: *Silence {}*: no alerts for {} until {}, by *{}*: {}", silence.id, view::code_span(to_string(silence.match)), view::time_span(silence.until),
                                 slack::escape(silence.owner), slack::escape(silence.reason));
  blocks.section(words);
  const auto about = apps == 0 ? std::string("no App matches it now") : fmt::format("{} {} it now", apps, apps == 1 ? "App matches" : "Apps match");
  blocks.context({about + "; what drifts meanwhile is recorded, and told afterwards if it is still there"});
  blocks.actions({{"Lift", fmt::format("unsilence {}", silence.id), view::Button::Style::Plain, ""}});
  return view::message_of(blocks, fmt::format("{} ({}). `unsilence {}` lifts it.", words, about, silence.id));
}

std::string line_of(const Silence& silence, WallTime now) {
  return fmt::format("*{}* {} by *{}*, since {}, until {}: {}", silence.id, view::code_span(ellipsize(to_string(silence.match), 200)), slack::escape(silence.owner),
                     format_age(std::chrono::duration_cast<Duration>(now - silence.since)), view::time_span(silence.until), slack::escape(ellipsize(silence.reason, 200)));
}

/// One whose Apps are all invisible to the caller isn't there for them; one about no App at all is, unless it names one that they may not know of.
bool may_see(const Services& services, const Call& call, const Silence& silence) {
  if (is_same_person(services.config, caller_id(call), silence.owner)) return true;
  const auto concerned = concerned_by(services, call, silence.match);
  if (!concerned.seen.empty()) return true;
  return concerned.hidden == 0 && may_know_of(services, call, silence.match.app);
}

asio::awaitable<Result<std::vector<Silence>>> active_silences(Services& services) {
  std::function<Result<std::vector<Silence>>(storage::Transaction&)> look = [now = services.clock.wall_now()](storage::Transaction& tx) -> Result<std::vector<Silence>> {
    TRY(auto silences, tx.open_silences());
    std::erase_if(silences, [now](const Silence& silence) { return !is_active(silence, now); });
    return silences;
  };
  auto looking = services.store.query<std::vector<Silence>>(std::move(look));
  co_return co_await std::move(looking);
}

Answer no_such_silence(std::int64_t number) { return say(fmt::format("There is no silence {} in force: `silences` lists them.", number)); }

}  // namespace

asio::awaitable<Result<Answer>> handle_silence(Services& services, Call call) {
  auto match = call.command.match;
  if (match == AlertMatch{}) match.app = call.command.app;
  const auto reason = std::string(trim(ellipsize(without_control_characters(call.command.reason), 500)));
  const auto what = typed(match);
  if (match == AlertMatch{}) co_return not_enough("What is to be silent? An App, or what alerts match.", "silence app=shop-* cause=git-ahead for 2h because migration");
  if (!call.command.duration) co_return not_enough("For how long? A silence always ends.", fmt::format("silence {} for 2h because {}", what, reason.empty() ? "..." : reason));
  const auto duration = *call.command.duration;
  if (reason.empty()) co_return not_enough("Why? Whoever wonders about the quiet will read it.", fmt::format("silence {} for {} because ...", what, format_duration(duration)));
  if (duration < kShortest || duration > kLongest) {
    co_return not_enough("A silence lasts from 1m to 30d.", fmt::format("silence {} for {} because {}", what, duration < kShortest ? "1m" : "30d", reason));
  }
  const auto concerned = concerned_by(services, call, match);
  if (auto refusal = check_all(services, call, concerned, what)) co_return *refusal;
  if (concerned.seen.empty()) co_return say(fmt::format("No App matches {}: nothing would be silent.", view::code_span(to_string(match))));
  Silence draft;
  draft.match = match;
  draft.owner = call.caller.person;
  draft.reason = reason;
  draft.since = services.clock.wall_now();
  draft.until = draft.since + duration;
  draft.channel = call.request.channel;
  Answer answer;
  answer.deed = [draft, apps = concerned.seen.size(), is_private = any_private(services, concerned)](storage::Transaction& tx) -> Result<Reply> {
    CHECK_OK(end_overdue(tx, draft.since));
    TRY(const auto silence, tx.add_silence(draft));
    auto row = tx.append_audit(audit_of(silence, silence.owner, "silence.begun", silence.reason));
    if (!row) return row.error();
    Reply reply;
    reply.message = begun_message(silence, apps);
    address(reply, is_private);
    return reply;
  };
  answer.afterwards = [&services] { services.incidents.look_at_silences(); };
  co_return answer;
}

asio::awaitable<Result<Answer>> handle_silences(Services& services, Call call) {
  auto looking = active_silences(services);
  auto silences = co_await std::move(looking);
  if (!silences) co_return silences.error();
  std::erase_if(*silences, [&](const Silence& silence) { return !may_see(services, call, silence); });
  if (silences->empty()) co_return say("Nothing is silenced.");
  const auto now = services.clock.wall_now();
  std::vector<view::EndingRow> rows;
  for (const auto& silence : *silences) rows.push_back({line_of(silence, now), fmt::format("Lift {}", silence.id), fmt::format("unsilence {}", silence.id)});
  const auto heading = rows.size() == 1 ? std::string("1 silence is in force") : fmt::format("{} silences are in force", rows.size());
  co_return say(view::ending_list(heading, rows));
}

asio::awaitable<Result<Answer>> handle_unsilence(Services& services, Call call) {
  const auto number = call.command.number;
  auto looking = active_silences(services);
  const auto silences = co_await std::move(looking);
  if (!silences) co_return silences.error();
  const auto found = std::ranges::find(*silences, number, &Silence::id);
  if (found == silences->end() || !may_see(services, call, *found)) co_return no_such_silence(number);
  const bool own = !call.caller.person.empty() && is_same_person(services.config, call.caller.person, found->owner);
  const auto concerned = concerned_by(services, call, found->match);
  if (!own) {
    if (auto refusal = check_all(services, call, concerned, fmt::format("silence {}", number))) co_return *refusal;
  }
  Answer answer;
  answer.deed = [number, is_private = any_private(services, concerned), who = call.caller.person, why = call.command.reason, now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
    Reply reply;
    CHECK_OK(end_overdue(tx, now));
    TRY(auto silence, tx.find_silence(number));
    if (!silence || !is_active(*silence, now)) {
      reply.message = view::text_message(fmt::format("Silence {} is over already.", number));
      return reply;
    }
    silence->ended_at = now;
    silence->ended_by = who;
    CHECK_OK(tx.save_silence(*silence));
    auto row = tx.append_audit(audit_of(*silence, who, "silence.ended", why));
    if (!row) return row.error();
    reply.message = view::text_message(fmt::format(":bell: *{}* lifted silence {}: {} is told again.", slack::escape(who), number, view::code_span(to_string(silence->match))));
    address(reply, is_private);
    return reply;
  };
  answer.afterwards = [&services] { services.incidents.look_at_silences(); };
  co_return answer;
}

}  // namespace driftwarden
