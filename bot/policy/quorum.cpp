// How many must agree, and whose yes it may be.
#include "bot/policy/gate.hpp"

#include "bot/config/teams.hpp"
#include "bot/cost/cost.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace driftwarden {
namespace {

/// In `from`, where an empty list would mean everybody: no person and no group is called so.
constexpr std::string_view kNobody = "nobody: who may approve it in one place may not in the other";
constexpr std::string_view kNobodyForMoney = "nobody: cost.thresholds names no other person who can";

bool is_any_of(const Config& config, const PersonId& who, const std::vector<PersonId>& people) {
  return std::ranges::any_of(people, [&](const PersonId& person) { return is_same_person(config, who, person); });
}

/// "policy.approvals[1]": need 2 of sre
std::string words_of(const Config& config, const ApprovalRule* rule) {
  if (rule == nullptr) return "no approval rule speaks of it: one owner or who may approve";
  const auto index = rule - config.policy.approvals.data();
  return fmt::format("policy.approvals[{}]: {} of {}", index, rule->need, rule->from.empty() ? "those who may approve" : join(rule->from, ", "));
}

/// Where only code owners may approve and none of them can, it mustn't wait for nobody for ever.
void add_code_owners(const Config& config, const QuorumFacts& facts, Quorum& quorum) {
  quorum.code_owners = facts.code_owners;
  const bool only_they = quorum.from.size() == 1 && quorum.from[0] == "codeowners";
  const bool one_can = std::ranges::any_of(facts.code_owners, [&](const PersonId& owner) {
    return !is_same_person(config, owner, facts.requester) && !is_any_of(config, owner, facts.commit_authors);
  });
  if (!only_they || one_can) return;
  quorum.from = {"owners"};
  quorum.rule += "; no code owner of the touched paths can: the App's owners instead";
}

/// The name of an App that is to be is freely chosen: a rule that speaks of names, but not of making Apps, doesn't make it easier than for any other name.
const ApprovalRule* rule_for(const Config& config, const App& app, const QuorumFacts& facts) {
  const auto* rule = find_approval_rule(config, app, to_string(facts.verb), facts.risk.tier);
  if (facts.verb != ChangeVerb::CreateApp || rule == nullptr || rule->apps.empty() || !rule->verbs.empty()) return rule;
  auto nameless = app;
  nameless.name.clear();
  const auto* usual = find_approval_rule(config, nameless, to_string(facts.verb), facts.risk.tier);
  return usual != nullptr && usual->need > rule->need ? usual : rule;
}

/// An App that is to be has no owners but its pattern's: whom the request names must not approve it for that. Where no others are named, it is those
/// whom a rule gives `approve`.
void leave_out_missing_owners(const App& app, const QuorumFacts& facts, Quorum& quorum) {
  if (facts.verb != ChangeVerb::CreateApp || !app.owners.empty()) return;
  const auto left_out = std::erase(quorum.from, "owners");
  if (left_out > 0) quorum.rule += "; the owners that the request names don't count";
}

void add_exclusions(const Config& config, const QuorumFacts& facts, Quorum& quorum) {
  for (const auto& author : facts.commit_authors) {
    if (author.empty() || is_same_person(config, author, facts.requester) || is_any_of(config, author, quorum.excluded)) continue;
    quorum.excluded.push_back(author);
  }
}

bool is_named(const Config& config, const PersonId& who, const ExtraApprovals& extra) { return is_any_of(config, who, extra.from); }

/// Who can give an approval of the rule.
Quorum without_extra(Quorum quorum) {
  quorum.extra = {};
  return quorum;
}

/// A rise in cost wants people of its own, and one that nobody could tell may be any rise. Who can't give it in any case isn't waited for.
void add_money(const Config& config, const App& app, const QuorumFacts& facts, Quorum& quorum) {
  ExtraApprovals extra;
  if (!facts.cost_trouble.empty()) {
    extra = approvals_for_unknown(config, app, facts.cost_trouble);
  } else if (facts.cost) {
    extra = approvals_for(config, app, *facts.cost, facts.risen_lately);
  }
  if (extra.need <= 0) return;
  std::erase_if(extra.from, [&](const PersonId& who) {
    return is_same_person(config, who, facts.requester) || is_any_of(config, who, quorum.excluded) || !is_visible(config, who, app);
  });
  const auto can = std::ranges::count_if(extra.from, [&](const PersonId& who) { return is_linked(config, who, app); });
  if (can < extra.need) extra.why += fmt::format("; {} of those whom it names can agree to it", can == 0 ? std::string("none") : fmt::format("only {}", can));
  // In `from`, where an empty list would say nothing of who it is.
  if (extra.from.empty()) extra.from.emplace_back(kNobodyForMoney);
  quorum.extra = std::move(extra);
}

/// Of two places: whoever counts in both. A place that wants nobody has no say in who it is.
ExtraApprovals stricter_extra(const ExtraApprovals& one, const ExtraApprovals& other) {
  if (one.need <= 0) return other;
  if (other.need <= 0) return one;
  auto both = one;
  both.need = std::max(one.need, other.need);
  if (one.why != other.why) both.why += "; " + other.why;
  std::erase_if(both.from, [&](const PersonId& who) { return std::ranges::find(other.from, who) == other.from.end(); });
  if (both.from.empty()) both.from.emplace_back(kNobodyForMoney);
  return both;
}

/// Bots hold no opinions: apps of the forge, Slack's own, and this one.
bool is_bot(const Config& config, const PersonId& who) {
  if (who == "driftwarden" || who == "USLACKBOT" || who.ends_with("[bot]")) return true;
  const auto* person = find_person(config, who);
  return person != nullptr && (person->slack == "USLACKBOT" || person->forge.ends_with("[bot]"));
}

/// "" = their yes would count by their own seat.
std::string own_seat(const Config& config, const PersonId& who, const Change& change, const App& app) {
  if (is_same_person(config, who, change.requester)) return fmt::format("{} asked for it", who);
  if (is_any_of(config, who, change.quorum.excluded)) return fmt::format("commits of {} are part of it", who);
  if (!is_linked(config, who, app)) return unlinked_words(config, who);
  if (may_approve(config, who, change.quorum, app)) return {};
  const auto& extra = change.quorum.extra;
  return fmt::format("{} isn't among those who approve this ({}{})", who, change.quorum.from.empty() ? "the owners" : join(change.quorum.from, ", "),
                     extra.need > 0 ? "; for its cost " + join(extra.from, ", ") : "");
}

bool is_taken(const Config& config, const PersonId& seat, const PersonId& by, const Change& change) {
  return std::ranges::any_of(change.approvals, [&](const Approval& approval) {
    if (approval.of != change.content || is_same_person(config, approval.by, by)) return false;
    return is_same_person(config, approval.by, seat) || is_same_person(config, approval.in_place_of, seat);
  });
}

/// A seat that is somebody's who may approve: what their yes, or one in place of them, counts for.
ApproverVerdict seat_of(const Config& config, const PersonId& seat, const PersonId& by, const Change& change, const App& app) {
  ApproverVerdict verdict;
  verdict.counts = true;
  if (seat != by) verdict.in_place_of = seat;
  if (change.quorum.extra.need <= 0) return verdict;
  verdict.extra_only = !may_approve(config, seat, without_extra(change.quorum), app);
  auto given = yeses_of(change);
  const auto open = open_seats(change.quorum, given).all();
  Approval tried;
  tried.by = by;
  tried.of = change.content;
  tried.in_place_of = verdict.in_place_of;
  tried.extra_only = verdict.extra_only;
  given.push_back(std::move(tried));
  verdict.open_seat = open_seats(change.quorum, given).all() < open;
  return verdict;
}

/// The seats that others gave them, and of those that don't count why the last one doesn't.
std::vector<ApproverVerdict> delegated_seats(const Config& config, const PersonId& who, const Change& change, const App& app, const std::vector<Delegation>& delegations,
                                             std::optional<WallTime> now, std::string& why_not) {
  std::vector<ApproverVerdict> seats;
  for (const auto& delegation : delegations) {
    if (!is_same_person(config, delegation.to, who) || is_same_person(config, delegation.from, who)) continue;
    if (delegation.ended_at || (now && (delegation.until <= *now || delegation.since > *now))) {
      why_not = fmt::format("the delegation by {} is over", delegation.from);
    } else if (const auto wrong = own_seat(config, delegation.from, change, app); !wrong.empty()) {
      why_not = fmt::format("{} stands in for {}, but {}", who, delegation.from, wrong);
    } else if (is_taken(config, delegation.from, who, change)) {
      why_not = fmt::format("{} has approved already, so that seat is taken", delegation.from);
    } else {
      seats.push_back(seat_of(config, delegation.from, who, change, app));
    }
  }
  return seats;
}

/// One person's second name gives no second yes.
std::string said_yes_as(const Config& config, const PersonId& who, const Change& change) {
  for (const auto& approval : change.approvals) {
    if (approval.of == change.content && approval.by != who && is_same_person(config, approval.by, who)) return approval.by;
  }
  return {};
}

/// Somebody who stood in for them may sit there now; then their own yes is the same seat.
std::string seat_taken(const Config& config, const PersonId& who, const Change& change) {
  for (const auto& approval : change.approvals) {
    if (approval.of == change.content && is_same_person(config, approval.in_place_of, who)) return fmt::format("{} has approved in place of {}", approval.by, who);
  }
  return {};
}

}  // namespace

Quorum quorum_of(const Config& config, const App& app, const QuorumFacts& facts) {
  Quorum quorum;
  const bool drafted = facts.verb == ChangeVerb::Propose;
  if (facts.break_glass && !drafted) {
    quorum.need = 0;
    quorum.rule = "break-glass: nobody has to approve";
    return quorum;
  }
  const auto* rule = rule_for(config, app, facts);
  quorum.rule = words_of(config, rule);
  if (rule != nullptr) {
    quorum.need = rule->need;
    quorum.from = rule->from;
    quorum.step_up = rule->step_up;
  }
  if (facts.risk.tier == RiskTier::Destructive) {
    quorum.typed_name = config.policy.destructive.typed_name;
    if (config.policy.destructive.need > quorum.need) quorum.rule += fmt::format("; policy.destructive needs {}", config.policy.destructive.need);
    quorum.need = std::max(quorum.need, config.policy.destructive.need);
  }
  if (facts.overridden != nullptr) {
    quorum.rule += fmt::format("; freeze {} is broken by {}", facts.overridden->name, facts.overridden->override_need);
    quorum.need = std::max(quorum.need, facts.overridden->override_need);
  }
  if (drafted && quorum.need < 1) {
    quorum.need = 1;
    quorum.rule += "; what a model drafted needs somebody's yes";
  }
  add_code_owners(config, facts, quorum);
  leave_out_missing_owners(app, facts, quorum);
  add_exclusions(config, facts, quorum);
  add_money(config, app, facts, quorum);
  return quorum;
}

Quorum stricter(const Config& config, const Quorum& one, const App& here, const Quorum& other, const App& there) {
  Quorum both = one;
  both.need = std::max(one.need, other.need);
  both.rule = one.rule == other.rule ? one.rule : one.rule + "; " + other.rule;
  both.step_up = std::max(one.step_up, other.step_up);
  both.typed_name = one.typed_name || other.typed_name;
  both.extra = stricter_extra(one.extra, other.extra);
  for (const auto& person : other.excluded) {
    if (std::ranges::find(both.excluded, person) == both.excluded.end()) both.excluded.push_back(person);
  }
  std::erase_if(both.code_owners, [&](const PersonId& owner) { return std::ranges::find(other.code_owners, owner) == other.code_owners.end(); });
  const auto of_one = approvers_of(config, without_extra(one), here);
  const auto of_other = approvers_of(config, without_extra(other), there);
  if (one.from == other.from && of_one == of_other) return both;
  // What a group or "owners" means depends on the place: people don't.
  if (one.need == 0 && other.need > 0) {
    both.from = of_other;
  } else {
    both.from = of_one;
    if (other.need > 0 || one.need == 0) std::erase_if(both.from, [&](const PersonId& person) { return std::ranges::find(of_other, person) == of_other.end(); });
  }
  if (both.from.empty()) both.from.emplace_back(kNobody);
  return both;
}

std::string too_few_can(const Config& config, const Quorum& quorum, const App& app, const PersonId& requester) {
  const auto all = approvers_of(config, quorum, app, requester);
  const auto for_money = std::ranges::count_if(all, [&](const PersonId& person) { return is_named(config, person, quorum.extra); });
  if (for_money < quorum.extra.need) return fmt::format("it needs {} more of {} ({})", quorum.extra.need, join(quorum.extra.from, ", "), quorum.extra.why);
  const auto can = approvers_of(config, without_extra(quorum), app, requester);
  if (static_cast<int>(can.size()) >= quorum.need && static_cast<int>(all.size()) >= seats_of(quorum)) return {};
  const auto who = can.empty() ? std::string("nobody") : "only " + join(can, ", ");
  return fmt::format("it needs {} of those who may approve it in each of its places ({}), and {} but {} may", quorum.need, quorum.rule, who, requester);
}

ApproverVerdict may_count(const Config& config, const PersonId& who, const Change& change, const App& app, const std::vector<Delegation>& delegations,
                          std::optional<WallTime> now) {
  const auto no = [](std::string why) { return ApproverVerdict{.counts = false, .in_place_of = {}, .why_not = std::move(why)}; };
  if (who.empty()) return no(unlinked_words(config, who));
  if (is_bot(config, who)) return no(fmt::format("{} is a bot, and bots don't approve", who));
  if (is_same_person(config, who, change.requester)) return no(fmt::format("{} asked for it: somebody else has to approve", who));
  if (is_any_of(config, who, change.quorum.excluded)) return no(fmt::format("commits of {} are part of it: somebody else has to approve", who));
  if (!is_linked(config, who, app)) return no(unlinked_words(config, who));
  if (const auto other = said_yes_as(config, who, change); !other.empty()) return no(fmt::format("{} is {}, who has approved already", who, other));
  const auto own = own_seat(config, who, change, app);
  const auto taken = own.empty() ? seat_taken(config, who, change) : std::string();
  std::string why_not;
  std::vector<ApproverVerdict> seats;
  if (own.empty() && taken.empty()) seats.push_back(seat_of(config, who, who, change, app));
  if (!seats.empty() && seats.front().open_seat) return seats.front();
  auto delegated = delegated_seats(config, who, change, app, delegations, now, why_not);
  seats.insert(seats.end(), std::make_move_iterator(delegated.begin()), std::make_move_iterator(delegated.end()));
  if (seats.empty()) return no(!why_not.empty() ? why_not : own.empty() ? taken : own);
  // Their own first, unless only another one is of use.
  const auto best = std::ranges::find_if(seats, &ApproverVerdict::open_seat);
  return best == seats.end() ? seats.front() : *best;
}

std::vector<PersonId> approvers_left(const Config& config, const Change& change, const App& app, const std::vector<PersonId>& counted) {
  auto people = approvers_of(config, change.quorum, app, change.requester);
  std::erase_if(people, [&](const PersonId& who) { return is_any_of(config, who, counted) || !seat_of(config, who, who, change, app).open_seat; });
  return people;
}

std::string step_up_missing(const Quorum& quorum, const Approval& approval) {
  const bool on_forge = approval.via == "forge";
  if (quorum.step_up == StepUp::Forge && !on_forge) return "only a review on the forge counts for this one";
  if (quorum.step_up == StepUp::Totp && !on_forge && !approval.stepped_up) return "a one-time code is needed, or a review on the forge";
  return {};
}

}  // namespace driftwarden
