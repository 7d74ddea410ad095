// waive, waivers, unwaive: a gate's owner lets something pass, for a while and with a reason.
#include "bot/change/waivers.hpp"
#include "bot/config/gate_rules.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/policy/findings.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/ending_list.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr Duration kShortest = std::chrono::minutes{1};
constexpr Duration kUsual = std::chrono::hours{24 * 7};
constexpr std::size_t kMostAtOnce = 20;
constexpr std::size_t kButtons = 5;
constexpr std::size_t kOwnersNamed = 8;
constexpr std::size_t kOpenChanges = 100;

const view::Dialect& d() { return view::slack_dialect(); }

/// What is to be let pass, and what of it was looked at.
struct Waiving {
  App app;
  std::int64_t change = 0;
  Content content;
  std::vector<Waiver> drafts;
  std::vector<std::string> remarks;  ///< mrkdwn
};

/// Said to everybody, or to who asked alone where the App is a private team's.
void address(Reply& reply, bool is_private) {
  reply.private_ = is_private;
  reply.shared = !is_private;
}

Answer not_enough(const std::string& why, const std::string& suggestion) {
  const NotUnderstood trouble{why, {suggestion}};
  return say(view::not_understood_message(trouble));
}

std::string owners_words(const Config& config, const std::string& gate) {
  auto owners = gate_owners(config, gate);
  if (owners.empty()) return fmt::format("nobody: the config gives the gate {} no owners", gate);
  const auto more = owners.size() > kOwnersNamed ? fmt::format(" and {} more", owners.size() - kOwnersNamed) : std::string();
  owners.resize(std::min(owners.size(), kOwnersNamed));
  return join(owners, ", ") + more;
}

/// Nothing when the caller owns one of the gates; else the refusal.
std::optional<Answer> check_owner(const Services& services, const Call& call, const App& app, const std::vector<std::string>& gates) {
  const auto& who = call.caller.person;
  if (who.empty()) return refuse(services, call, "I don't know who you are, so your waiver can't count. `link LOGIN` proves it.", "unknown person");
  if (!is_linked(services.config, who, app)) return refuse(services, call, unlinked_words(services.config, who) + ".", "not linked");
  if (std::ranges::any_of(gates, [&](const std::string& gate) { return is_gate_owner(services.config, gate, who, app); })) return std::nullopt;
  const auto words = gates.empty() ? std::string("nobody") : owners_words(services.config, gates.front());
  return refuse(services, call, fmt::format("What the gate {} finds may be waived by {}.", gates.empty() ? "" : gates.front(), words), "gates.owners");
}

Waiver draft_of(const Services& services, const Call& call, const App& app, const Blocking& blocking) {
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

bool is_word(const std::string& typed, const std::string& name) { return to_lower(typed) == to_lower(name); }

/// "Deployment shop/web" is also "Deployment/shop/web", "shop/web", "Deployment/web" and "web".
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

/// "policy/deny-latest" is the gate's, or a rule that is called so.
bool is_meant(const Command& command, const Blocking& blocking) {
  const bool gate = command.gate.empty() || is_word(command.gate, blocking.gate);
  const bool rule = command.rule.empty() || is_word(command.rule, blocking.finding.rule);
  const bool as_one_word = !command.gate.empty() && is_word(command.gate + "/" + command.rule, blocking.finding.rule);
  return ((gate && rule) || as_one_word) && names_object(command.object, blocking.finding.object);
}

/// Each thing once: what a rule finds in two places of one object is waived as one.
std::vector<Blocking> each_once(std::vector<Blocking> blocking) {
  std::set<std::string> seen;
  std::erase_if(blocking, [&](const Blocking& one) { return !seen.insert(to_words(one)).second; });
  return blocking;
}

std::string listed(const std::vector<Blocking>& blocking) {
  std::vector<std::string> words;
  for (const auto& one : blocking) {
    if (words.size() < kButtons) words.push_back(view::code_span(ellipsize(to_words(one), 200)));
  }
  if (blocking.size() > words.size()) words.push_back(fmt::format("{} more", blocking.size() - words.size()));
  return join(words, ", ");
}

slack::Message begun_message(const std::vector<Waiver>& waivers, const std::vector<std::string>& remarks) {
  view::Blocks blocks;
  std::string text;
  std::vector<view::Button> buttons;
  for (const auto& waiver : waivers) {
    text += fmt::format("{}:white_check_mark: let pass by {}", text.empty() ? "" : "\n", view::waiver_line(waiver, d()));
    if (buttons.size() < kButtons) buttons.push_back({fmt::format("End {}", waiver.id), fmt::format("unwaive {}", waiver.id), view::Button::Style::Plain, ""});
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

/// The waivers, their rows, and the cards that change by them, in one transaction.
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

Answer waive(Services& services, Waiving waiving) {
  const bool is_private = !private_words(services.config, waiving.app).empty();
  Answer answer;
  answer.deed = [waiving = std::move(waiving), is_private, now = services.clock.wall_now()](storage::Transaction& tx) { return waive_in(tx, waiving, is_private, now); };
  answer.afterwards = [&services] { services.changes.nudge(); };
  return answer;
}

asio::awaitable<Result<std::vector<Waiver>>> open_waivers(Services& services) {
  std::function<Result<std::vector<Waiver>>(storage::Transaction&)> look = [now = services.clock.wall_now()](storage::Transaction& tx) -> Result<std::vector<Waiver>> {
    TRY(auto waivers, tx.open_waivers());
    std::erase_if(waivers, [now](const Waiver& waiver) { return !is_active(waiver, now); });
    return waivers;
  };
  auto looking = services.store.query<std::vector<Waiver>>(std::move(look));
  co_return co_await std::move(looking);
}

/// "nothing blocks" in its several ways; nothing when there is something to waive.
std::optional<std::string> nothing_to_waive(const Change& change, const std::vector<Blocking>& left, const std::vector<Blocking>& meant) {
  const auto name = change_name(change.id);
  if (is_final(change.state)) return fmt::format("*{}* is over: {}.", name, to_string(change.state));
  if (change.state == ChangeState::Requested) return fmt::format(":hourglass: *{}* is still being worked out: wait for its card.", name);
  if (!change.break_glass.empty()) return fmt::format("*{}* goes ahead under a broken glass: nothing of the gates holds it.", name);
  if (left.empty()) return fmt::format("No gate holds *{}* back.", name);
  if (meant.empty()) return fmt::format("That isn't what holds *{}* back: it is {}.", name, listed(left));
  return std::nullopt;
}

bool is_own(const Services& services, const Call& call, const Change& change) {
  const auto same = [&](const PersonId& person) { return is_same_person(services.config, person, call.caller.person); };
  return same(change.requester) || std::ranges::any_of(change.quorum.excluded, same);
}

/// Takes those that the caller's gates found, and says what is left to others.
void take_own_gates(const Services& services, const Call& call, const App& app, std::vector<Blocking> meant, Waiving& waiving) {
  const bool by_name = !call.command.rule.empty();
  std::vector<Blocking> others;
  for (const auto& one : each_once(std::move(meant))) {
    if (one.finding.rule == kUnjudged && !by_name) {
      // For as long as it lasts the gate would be as good as off for the App.
      waiving.remarks.push_back(fmt::format("nobody knows what it would have found: {} is waived by its name alone", view::code_span(to_words(one))));
    } else if (one.finding.rule == kTooMany && !by_name) {
      waiving.remarks.push_back(fmt::format("there are more findings than I keep: {} is waived by its name alone", view::code_span(to_words(one))));
    } else if (is_gate_owner(services.config, one.gate, call.caller.person, app)) {
      waiving.drafts.push_back(draft_of(services, call, app, one));
    } else {
      others.push_back(one);
    }
  }
  if (!others.empty()) waiving.remarks.push_back(fmt::format("still held back by {}: that is for {}", listed(others), slack::escape(owners_words(services.config, others.front().gate))));
}

asio::awaitable<Result<Answer>> waive_of_change(Services& services, Call call) {
  const auto name = change_name(call.command.change);
  auto change = co_await services.changes.load(call.command.change);
  const bool unknown = !change && change.error().kind == ErrorKind::NotFound;
  if (!change && !unknown) co_return change.error();
  if (unknown || !may_know_of(services, call, change->app)) co_return say(fmt::format("There is no Change {}.", name));
  const auto app = app_of_change(services, *change);
  if (!app) co_return say(fmt::format("*{}* is not configured any more.", slack::escape(change->app)));
  call.command.app = change->app;
  auto looking = open_waivers(services);
  const auto open = co_await std::move(looking);
  if (!open) co_return open.error();
  const auto left = still_blocking(services.config, change->app, change->gates, waivers_of(services.config, *open, *change, services.clock.wall_now()));
  auto meant = left;
  std::erase_if(meant, [&](const Blocking& one) { return !is_meant(call.command, one); });
  if (const auto words = nothing_to_waive(*change, left, meant)) co_return say(*words);
  std::vector<std::string> gates;
  for (const auto& one : meant) gates.push_back(one.gate);
  if (auto refusal = check_owner(services, call, *app, gates)) co_return std::move(*refusal);
  if (is_own(services, call, *change)) {
    co_return refuse(services, call, fmt::format("{} is your own: somebody else of the gate's owners has to let it pass ({}).", name, slack::escape(owners_words(services.config, gates.front()))), "waiver for one's own Change");
  }
  Waiving waiving;
  waiving.app = *app;
  waiving.change = change->id;
  waiving.content = change->content;
  take_own_gates(services, call, *app, std::move(meant), waiving);
  if (waiving.drafts.empty()) co_return say(join(waiving.remarks, "\n"));
  if (waiving.drafts.size() > kMostAtOnce) co_return say(fmt::format("That are {} waivers, and {} at once are the most: name a rule or an object.", waiving.drafts.size(), kMostAtOnce));
  co_return waive(services, std::move(waiving));
}

/// Gates that know the rule: of my own rules, or of what was found in open Changes of the App.
std::vector<std::string> gates_with_rule(const Config& config, const std::vector<Change>& changes, std::string& rule) {
  const auto own = std::ranges::find_if(kBuiltInRules, [&](std::string_view name) { return is_word(rule, std::string(name)); });
  if (own != kBuiltInRules.end()) {
    rule = *own;
    return {std::string(kBuiltInGate)};
  }
  std::vector<std::string> gates;
  for (const auto& change : changes) {
    for (const auto& one : blocking_in(change.gates)) {
      const bool new_one = is_word(rule, one.finding.rule) && has_gate(config, one.gate) && std::ranges::find(gates, one.gate) == gates.end();
      if (!new_one) continue;
      gates.push_back(one.gate);
      rule = one.finding.rule;
    }
  }
  return gates;
}

/// The objects of the App that a word means: as desired now, or found in one of its open Changes.
std::vector<std::string> objects_called(const Services& services, const App& app, const std::vector<Change>& changes, const std::string& typed) {
  std::vector<std::string> objects;
  const auto add = [&](const std::string& object) {
    if (!object.empty() && names_object(typed, object) && std::ranges::find(objects, object) == objects.end()) objects.push_back(object);
  };
  for (const auto& manifest : services.fleet.desired(app.name).value_or(std::vector<Manifest>{})) add(to_string(manifest.ref));
  for (const auto& change : changes) {
    for (const auto& one : blocking_in(change.gates)) add(one.finding.object);
  }
  return objects;
}

asio::awaitable<Result<std::vector<Change>>> open_changes(Services& services, std::string app) {
  std::function<Result<std::vector<Change>>(storage::Transaction&)> look = [app](storage::Transaction& tx) { return tx.changes({app, true, kOpenChanges}); };
  auto looking = services.store.query<std::vector<Change>>(std::move(look));
  co_return co_await std::move(looking);
}

/// A rule of a gate that ran nowhere yet is waived with its gate's name; else it is a slip.
Answer no_such_rule(const Config& config, Command command) {
  std::vector<std::string> rules(kBuiltInRules.begin(), kBuiltInRules.end());
  NotUnderstood trouble{fmt::format("No gate has told of a rule \"{}\".", ellipsize(command.rule, 60)), {}};
  if (const auto meant = nearest(to_lower(command.rule), rules)) {
    command.rule = *meant;
    trouble.suggestions.push_back(to_text(command));
    return say(view::not_understood_message(trouble));
  }
  trouble.message += fmt::format(" Those that are built in: {}.", join(rules, ", "));
  std::vector<std::string> tools;
  for (const auto& tool : config.gates.tools) tools.push_back(tool.name);
  if (!tools.empty()) trouble.message += fmt::format(" Of another gate ({}), write GATE/RULE.", ellipsize(join(tools, ", "), 200));
  return say(view::not_understood_message(trouble));
}

/// Of an App, before there is a Change, and for people's own pull requests.
asio::awaitable<Result<Answer>> waive_of_app(Services& services, Call call) {
  const auto* known = services.fleet.app(call.command.app);
  if (known == nullptr) co_return say(fmt::format("There is no App *{}*.", slack::escape(call.command.app)));
  const App app = *known;
  auto looking = open_changes(services, app.name);
  const auto changes = co_await std::move(looking);
  if (!changes) co_return changes.error();
  Blocking blocking;
  blocking.finding.rule = call.command.rule;
  blocking.gate = call.command.gate;
  if (!blocking.gate.empty() && !has_gate(services.config, blocking.gate)) {
    // No gate, so the slash may be the rule's own.
    auto whole = blocking.gate + "/" + blocking.finding.rule;
    if (!gates_with_rule(services.config, *changes, whole).empty()) {
      blocking.finding.rule = whole;
      blocking.gate.clear();
    }
  }
  if (blocking.gate.empty()) {
    const auto gates = gates_with_rule(services.config, *changes, blocking.finding.rule);
    if (gates.empty()) co_return no_such_rule(services.config, call.command);
    if (gates.size() > 1) {
      auto one = call.command;
      one.gate = gates.front();
      co_return not_enough("More than one gate has that rule. Write GATE/RULE.", to_text(one));
    }
    blocking.gate = gates.front();
  }
  if (!has_gate(services.config, blocking.gate)) co_return say(fmt::format("There is no gate {} that blocks.", view::code_span(ellipsize(blocking.gate, 100))));
  const std::vector<std::string> of_one(1, blocking.gate);
  if (auto refusal = check_owner(services, call, app, of_one)) co_return std::move(*refusal);
  if (!call.command.object.empty()) {
    const auto objects = objects_called(services, app, *changes, call.command.object);
    if (objects.size() != 1) {
      co_return say(objects.empty() ? fmt::format("*{}* has no object {}.", slack::escape(app.name), view::code_span(ellipsize(call.command.object, 100)))
                                    : fmt::format("{} is more than one object: write KIND/NAMESPACE/NAME.", view::code_span(ellipsize(call.command.object, 100))));
    }
    blocking.finding.object = objects.front();
  }
  Waiving waiving;
  waiving.app = app;
  waiving.drafts.push_back(draft_of(services, call, app, blocking));
  co_return waive(services, std::move(waiving));
}

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

}  // namespace

asio::awaitable<Result<Answer>> handle_waive(Services& services, Call call) {
  if (auto answer = check_words(services, call.command)) co_return std::move(*answer);
  if (call.command.change != 0) co_return co_await waive_of_change(services, std::move(call));
  co_return co_await waive_of_app(services, std::move(call));
}

asio::awaitable<Result<Answer>> handle_waivers(Services& services, Call call) {
  auto looking = open_waivers(services);
  auto waivers = co_await std::move(looking);
  if (!waivers) co_return waivers.error();
  std::erase_if(*waivers, [&](const Waiver& waiver) { return !is_for(waiver, call.command.app) || !may_know_of(services, call, waiver.app); });
  if (waivers->empty()) co_return say("Nothing is waived.");
  std::vector<view::EndingRow> rows;
  for (const auto& waiver : *waivers) rows.push_back({view::waiver_line(waiver, d()), fmt::format("End {}", waiver.id), fmt::format("unwaive {}", waiver.id)});
  const auto heading = rows.size() == 1 ? std::string("1 waiver is in force") : fmt::format("{} waivers are in force", rows.size());
  co_return say(view::ending_list(heading, rows));
}

asio::awaitable<Result<Answer>> handle_unwaive(Services& services, Call call) {
  const auto number = call.command.number;
  auto looking = open_waivers(services);
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
    if (auto refusal = check_owner(services, call, app, gates)) co_return std::move(*refusal);
  }
  const bool is_private = !private_words(services.config, app).empty();
  Answer answer;
  answer.deed = [number, is_private, who = call.caller.person, why = call.command.reason, now = services.clock.wall_now()](storage::Transaction& tx) -> Result<Reply> {
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
  };
  answer.afterwards = [&services] { services.changes.nudge(); };
  co_return answer;
}

}  // namespace driftwarden
