// Risk, who decides, and where a Change stands.
#include "bot/command/ignore_request.hpp"
#include "bot/command/intents.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/change_words.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace driftwarden::view {
namespace {

constexpr std::size_t kReasonsShown = 4;
constexpr std::size_t kDeletesShown = 8;
constexpr std::size_t kWarningsShown = 4;
constexpr std::size_t kApproversNamed = 8;
constexpr std::size_t kWordsShown = 200;

std::string shortened(std::string_view text, const Dialect& dialect) { return dialect.text(ellipsize(text, kWordsShown)); }

std::string listed(const std::vector<std::string>& items, std::size_t most, std::string_view separator, const Dialect& dialect) {
  std::vector<std::string> shown;
  for (const auto& item : items) {
    if (shown.size() < most) shown.push_back(shortened(item, dialect));
  }
  if (items.size() > most) shown.push_back(fmt::format("{} more", items.size() - most));
  return join(shown, separator);
}

std::string names(const std::vector<std::string>& people, const Dialect& dialect) { return listed(people, kApproversNamed, ", ", dialect); }

/// ", with everything in it" where the risk says so of this deletion; nothing where it says nothing of it.
std::optional<std::string> said_of_deletion(const Risk& risk, const std::string& object) {
  const auto start = object + ": goes";
  const auto found = std::ranges::find_if(risk.reasons, [&](const std::string& reason) { return reason.starts_with(start); });
  if (found == risk.reasons.end()) return std::nullopt;
  return found->substr(start.size());
}

/// Without the deletions, which have a line of their own.
std::vector<std::string> other_reasons(const Risk& risk) {
  auto reasons = risk.reasons;
  std::erase_if(reasons, [&](const std::string& reason) {
    return std::ranges::any_of(risk.deletes, [&](const std::string& object) { return reason.starts_with(object + ": goes"); });
  });
  return reasons;
}

std::string deletions_line(const Risk& risk, const Dialect& dialect) {
  std::vector<std::string> shown;
  for (const auto& object : risk.deletes) {
    if (shown.size() < kDeletesShown) shown.push_back(dialect.code(ellipsize(object, kWordsShown)) + shortened(said_of_deletion(risk, object).value_or(""), dialect));
  }
  if (risk.deletes.size() > shown.size()) shown.push_back(fmt::format("{} more", risk.deletes.size() - shown.size()));
  return ":wastebasket: deletes " + join(shown, "; ");
}

/// "freeze weekend is broken by 3"
std::string freeze_words(const std::string& rule) {
  const auto at = rule.find("freeze ");
  return at == std::string::npos ? "" : rule.substr(at, rule.find(';', at) - at);
}

/// A sentence of its own rather than something that is waited for.
bool is_sentence(const std::string& words) { return !words.empty() && words.front() >= 'A' && words.front() <= 'Z'; }

std::string waits_words(const Change& change, std::string_view before, const Dialect& dialect) {
  if (change.waiting_for.empty()) return {};
  const auto words = dialect.text(ellipsize(change.waiting_for, 500));
  return is_sentence(change.waiting_for) ? "\n:repeat: " + words : fmt::format("{}waits for {}", before, words);
}

std::string number_words(int count) { return count == 1 ? "one" : std::to_string(count); }

/// "one of ann, bea"; "ann" where there is nobody else to ask.
std::string extra_words(const Quorum& quorum, int count, const Dialect& dialect) {
  const auto& from = quorum.extra.from;
  // "nobody: ..." stands for people who don't exist; why says so.
  if (from.size() == 1 && from.front().starts_with("nobody: ")) return "somebody else";
  const bool all = from.size() == 1 && count == 1;
  return all ? names(from, dialect) : fmt::format("{} of {}", number_words(count), names(from, dialect));
}

/// "one more of sre, but not alice and one of ann, bea for its cost"; without whom, where they are `named` beside it.
std::string open_words(const Change& change, const OpenSeats& open, bool named, const Dialect& dialect) {
  std::vector<std::string> parts;
  if (open.rule > 0) parts.push_back(number_words(open.rule) + (named ? " by the rule" : " of " + from_words(change, dialect)));
  if (open.extra > 0) parts.push_back(extra_words(change.quorum, open.extra, dialect) + " for its cost");
  return join(parts, ", and ");
}

std::string more_words(int missing) { return missing == 1 ? "one more" : fmt::format("{} more", missing); }

std::string after_words(const Change& change) {
  const auto whole = format_age(change.updated_at - change.requested_at);
  const bool by_merge = !is_live(change.verb) && change.break_glass.empty();
  if (!by_merge || !change.merged_at || *change.merged_at <= change.requested_at) return "after " + whole;
  return fmt::format("after {}, {} of them after the merge", whole, format_age(change.updated_at - *change.merged_at));
}

std::string done_words(const Change& change, const Dialect& dialect) {
  const auto sha = dialect.code(short_sha(change.merged_sha));
  if (change.verb == ChangeVerb::Ignore) return fmt::format(":white_check_mark: done: the rule is in Git as {} and counts", sha);
  if (change.verb == ChangeVerb::Restart) {
    const auto count = restart_request_from(change.argument).workloads.size();
    return fmt::format(":white_check_mark: restarted {} {}", count == 0 ? "all workloads" : counted(count, "workload"), after_words(change));
  }
  if (change.verb == ChangeVerb::Apply) return fmt::format(":white_check_mark: applied {}: a new plan has nothing to change", after_words(change));
  if (is_planned_later(change.diff)) return fmt::format(":white_check_mark: in Git as {} {}{}", sha, after_words(change), change.notes.empty() ? "" : ": " + dialect.text(ellipsize(change.notes.back(), 300)));
  auto words = fmt::format(":white_check_mark: in sync and healthy {}", after_words(change));
  if (!change.merged_sha.empty()) words += fmt::format(": {} is in force", sha);
  return words;
}

std::string approved_words(const Change& change, const std::vector<PersonId>& counted, const Dialect& dialect) {
  const auto by = counted.empty() ? (change.break_glass.empty() ? std::string("policy") : "break-glass") : approvals_words(change, counted, dialect);
  if (!change.waiting_for.empty()) return fmt::format(":hourglass_flowing_sand: approved by {}{}", by, waits_words(change, "; it ", dialect));
  return fmt::format(":arrows_counterclockwise: approved by {}, {}", by, is_live(change.verb) ? "starting" : "merging");
}

std::string closed_words(std::string_view word, const Change& change, const Dialect& dialect) {
  return fmt::format("{}{}{}", word, change.closed_by.empty() ? "" : " by " + shortened(change.closed_by, dialect),
                     change.failure.empty() ? "" : ": " + dialect.text(ellipsize(change.failure, 500)));
}

/// What else to do about a draft that came to nothing.
std::string redraft_words(const Change& change, const Dialect& dialect) {
  if (change.verb != ChangeVerb::Propose || change.pull_request != 0 || !change.merged_sha.empty()) return {};
  return fmt::format("\nSay it in other words, or name the value yourself: {}", dialect.code(fmt::format("set {} PATH=VALUE", change.app)));
}

std::string failed_words(const Change& change, const Dialect& dialect) {
  // It stands below the Change's name.
  auto why = std::string_view(change.failure);
  const auto name = fmt::format("proposing {}: ", change_name(change.id));
  if (why.starts_with(name)) why.remove_prefix(name.size());
  return fmt::format(":x: failed after {}: {}{}", format_age(change.updated_at - change.requested_at), dialect.text(ellipsize(why, 1000)), redraft_words(change, dialect));
}

std::string under_way_words(const Change& change, const Dialect& dialect) {
  const auto sha = dialect.code(short_sha(change.merged_sha));
  if (change.state == ChangeState::Verifying) {
    if (change.verb == ChangeVerb::Ignore) return fmt::format(":mag: merged as {}, waiting until the rule counts", sha);
    if (change.verb == ChangeVerb::Apply) return ":mag: applied, planning once more to see that nothing is left";
    if (is_planned_later(change.diff)) return fmt::format(":mag: merged as {}, planning what comes of it", sha);
    if (is_live(change.verb)) return ":mag: done in the cluster, waiting until the workloads are healthy";
    return fmt::format(":mag: {} is applied, waiting until it is in sync and healthy", sha);
  }
  if (change.verb == ChangeVerb::Restart) return ":arrows_counterclockwise: restarting";
  if (is_git_only(change.verb)) return fmt::format(":arrows_counterclockwise: merged as {}", sha);
  const auto waits = change.waiting_for.empty() ? std::string(", applying") : waits_words(change, "; it ", dialect);
  if (!change.break_glass.empty()) return fmt::format(":arrows_counterclockwise: {} goes straight to the cluster, Git follows{}", sha, waits);
  return fmt::format(":arrows_counterclockwise: merged as {}{}", sha, waits);
}

}  // namespace

std::string risk_emoji(RiskTier tier) {
  switch (tier) {
    case RiskTier::None: return ":white_circle:";
    case RiskTier::Low: return ":large_green_circle:";
    case RiskTier::Medium: return ":large_yellow_circle:";
    case RiskTier::High: return ":large_orange_circle:";
    case RiskTier::Destructive: return ":red_circle:";
  }
  return "";
}

std::string risk_words(const Risk& risk, const Dialect& dialect) {
  if (risk.tier == RiskTier::None && risk.reasons.empty()) return fmt::format("{} no risk: nothing rendered changes", risk_emoji(risk.tier));
  auto words = fmt::format("{} risk {}", risk_emoji(risk.tier), dialect.bold(to_string(risk.tier)));
  if (const auto reasons = other_reasons(risk); !reasons.empty()) words += ": " + listed(reasons, kReasonsShown, "; ", dialect);
  return words;
}

std::vector<std::string> risk_lines(const Risk& risk, const Dialect& dialect) {
  std::vector<std::string> lines;
  if (risk.tier != RiskTier::None || !risk.reasons.empty()) lines.push_back(risk_words(risk, dialect));
  if (!risk.deletes.empty()) lines.push_back(deletions_line(risk, dialect));
  for (std::size_t i = 0; i < std::min(risk.warnings.size(), kWarningsShown); ++i) lines.push_back(":warning: " + shortened(risk.warnings[i], dialect));
  if (risk.warnings.size() > kWarningsShown) lines.push_back(fmt::format(":warning: {} more warnings", risk.warnings.size() - kWarningsShown));
  return lines;
}

std::string approvals_words(const Change& change, const std::vector<PersonId>& counted, const Dialect& dialect) {
  std::vector<std::string> shown;
  for (const auto& person : counted) {
    if (shown.size() == kApproversNamed) break;
    auto words = shortened(person, dialect);
    const auto given = std::ranges::find_if(change.approvals, [&](const Approval& approval) { return approval.by == person && approval.of == change.content; });
    std::vector<std::string> how;
    if (given != change.approvals.end() && given->via == "forge") how.emplace_back("on the forge");
    if (given != change.approvals.end() && !given->in_place_of.empty()) how.push_back("for " + shortened(given->in_place_of, dialect));
    if (!how.empty()) words += fmt::format(" ({})", join(how, ", "));
    shown.push_back(std::move(words));
  }
  if (counted.size() > shown.size()) shown.push_back(fmt::format("{} more", counted.size() - shown.size()));
  return join(shown, ", ");
}

std::string people_words(const std::vector<PersonId>& people, const Dialect& dialect) { return names(people, dialect); }

std::string from_words(const Change& change, const Dialect& dialect) {
  std::vector<std::string> out{change.requester};
  for (const auto& person : change.quorum.excluded) {
    if (person != change.requester) out.push_back(person);
  }
  return fmt::format("{}, but not {}", change.quorum.from.empty() ? "anybody who may approve" : names(change.quorum.from, dialect), names(out, dialect));
}

std::string named_approvers(const Change& change, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve, const Dialect& dialect) {
  std::vector<PersonId> left;
  for (const auto& person : may_approve) {
    const auto is = [&](const std::vector<PersonId>& people) { return std::ranges::find(people, person) != people.end(); };
    if (person != change.requester && !is(counted) && !is(change.quorum.excluded)) left.push_back(person);
  }
  return left.size() > kApproversNamed ? "" : names(left, dialect);
}

std::string quorum_words(const Change& change, const std::vector<PersonId>& counted, bool named, const Dialect& dialect) {
  const auto have = static_cast<int>(counted.size());
  if (change.quorum.extra.need > 0) {
    const auto open = open_seats(change, counted);
    const auto seats = seats_of(change.quorum);
    const auto by = counted.empty() ? "" : ": " + approvals_words(change, counted, dialect);
    return fmt::format("{} of {} approvals{}{}", seats - open.all(), seats, by, open.all() == 0 ? "" : "; waiting for " + open_words(change, open, named, dialect));
  }
  const auto missing = std::max(change.quorum.need - have, 0);
  if (change.quorum.need <= 0) return "no approval is needed";
  if (missing == 0) return fmt::format("{} of {} approvals: {}", have, change.quorum.need, approvals_words(change, counted, dialect));
  const auto whose = named ? std::string() : from_words(change, dialect);
  if (have == 0 && change.quorum.need == 1) return named ? "waiting for an approval" : "waiting for an approval by " + whose;
  return fmt::format("{} of {} approvals{}; waiting for {}{}", have, change.quorum.need, have == 0 ? "" : ": " + approvals_words(change, counted, dialect), more_words(missing),
                     named ? "" : " of " + whose);
}

std::vector<std::string> condition_lines(const Change& change, const App& app, const Dialect& dialect) {
  std::vector<std::string> lines;
  if (!change.break_glass.empty()) {
    lines.push_back(fmt::format(":rotating_light: {} by {}: neither approvals nor freezes hold it back, and its owners are told", dialect.bold("BREAK-GLASS"), shortened(change.break_glass, dialect)));
  }
  if (const auto freeze = freeze_words(change.quorum.rule); !freeze.empty()) lines.push_back(":snowflake: " + shortened(freeze, dialect) + (seats_of(change.quorum) > 0 ? " approvals" : ""));
  if (const auto& extra = change.quorum.extra; extra.need > 0) {
    lines.push_back(fmt::format(":moneybag: {} must agree, too: {}", extra_words(change.quorum, extra.need, dialect), shortened(extra.why, dialect)));
  }
  if (change.quorum.step_up == StepUp::Totp) lines.emplace_back(":key: a yes needs a one-time code here, or a review on the forge");
  if (change.quorum.step_up == StepUp::Forge) lines.emplace_back(":key: only a review on the forge counts as a yes");
  if (change.quorum.typed_name) lines.push_back(fmt::format(":keyboard: a yes needs the App's name typed: {}", dialect.code(app.name)));
  return lines;
}

std::string standing_words(const Change& change, const std::vector<PersonId>& counted, bool named, const Dialect& dialect) {
  switch (change.state) {
    case ChangeState::Requested:
      return (is_live(change.verb) ? ":hourglass_flowing_sand: looking at what it would do" : ":hourglass_flowing_sand: preparing the pull request") + waits_words(change, "; it ", dialect);
    case ChangeState::Proposed: return ":bell: " + quorum_words(change, counted, named, dialect) + waits_words(change, "; besides it ", dialect);
    case ChangeState::Approved: return approved_words(change, counted, dialect);
    case ChangeState::Merged:
    case ChangeState::Applying:
    case ChangeState::Verifying: return under_way_words(change, dialect);
    case ChangeState::Done: return done_words(change, dialect);
    case ChangeState::Rejected: return closed_words(":no_entry: rejected", change, dialect);
    case ChangeState::Cancelled: return closed_words(":no_entry_sign: cancelled", change, dialect);
    case ChangeState::Expired: return ":hourglass: expired: nobody decided in time";
    case ChangeState::Superseded: return closed_words(":no_entry_sign: superseded", change, dialect);
    case ChangeState::Failed: return failed_words(change, dialect);
  }
  return "";
}

std::string way_back(const Change& change, const App& app) {
  const bool merged = change.state == ChangeState::Failed && !change.merged_sha.empty() && !change.base_sha.empty();
  const bool can_go_back = !app.orphans && !is_git_only(change.verb) && change.verb != ChangeVerb::CreateApp && change.verb != ChangeVerb::Move;
  return merged && can_go_back ? change.base_sha : "";
}

}  // namespace driftwarden::view
