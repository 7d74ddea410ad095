#include "bot/view/card_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/change_words.hpp"
#include "bot/view/cost_words.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kNotesShown = 5;
constexpr std::size_t kGitDiffShown = 1200;
constexpr std::size_t kMentioned = 10;
constexpr std::size_t kFindingsShown = 6;

const Dialect& d() { return slack_dialect(); }

std::string reason_words(const Change& change) { return d().text(ellipsize(change.reason, 1000)); }

/// "sync ", and nothing where the words after it begin with the verb anyway.
std::string verb_before(ChangeVerb verb) {
  switch (verb) {
    case ChangeVerb::Sync:
    case ChangeVerb::Rollback:
    case ChangeVerb::Adopt:
    case ChangeVerb::Ignore: return std::string(to_string(verb)) + " ";
    case ChangeVerb::SetImage:
    case ChangeVerb::Scale:
    case ChangeVerb::Set:
    case ChangeVerb::Promote:
    case ChangeVerb::CreateApp:
    case ChangeVerb::Move:
    case ChangeVerb::Apply:
    case ChangeVerb::Propose:
    case ChangeVerb::Restart: return "";
  }
  return "";
}

/// "on *prod-eu*"; of what a tool plans "in *production*". Of a move where it was.
std::string place_words(const Change& change, const App& app, bool bold) {
  const auto mark = [&](const std::string& text) { return bold ? fmt::format("*{}*", d().text(text)) : d().text(text); };
  if (app.kind != AppKind::Kubernetes) return "in " + mark(app.environment.empty() ? app.path : app.environment);
  const auto from = change.verb == ChangeVerb::Move ? move_origin(change) : std::string();
  return "on " + mark(from.empty() ? app.cluster : from);
}

std::string head_line(const Change& change, const App& app) {
  return fmt::format("*{}* {}*{}* {}: {}", change_name(change.id), verb_before(change.verb), d().text(app.name), place_words(change, app, true), intent_words(change));
}

std::string notes_words(const Change& change) {
  std::vector<std::string> lines;
  for (const auto& note : change.notes) {
    if (lines.size() < kNotesShown) lines.push_back("\u2022 " + d().text(ellipsize(note, 300)));
  }
  if (change.notes.size() > kNotesShown) lines.push_back(fmt::format("\u2022 {} more in the pull request", change.notes.size() - kNotesShown));
  return join(lines, "\n");
}

/// At most so many bytes of whole lines.
std::string first_lines(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  const auto end = text.rfind('\n', limit);
  if (end == std::string::npos || end == 0) return ellipsize(text, limit);
  return fmt::format("{}\n\u2026 {} more lines", text.substr(0, end), std::ranges::count(text.substr(end + 1), '\n') + (text.ends_with('\n') ? 0 : 1));
}

/// What Git gets and what the cluster gets, each once.
void add_plan(Blocks& blocks, const Change& change) {
  const bool git_only = is_git_only(change.verb);
  const auto in_git = short_git_diff(git_only && change.git_diff.empty() ? change.diff : change.git_diff);
  if (!in_git.empty()) blocks.section("*In Git*").code(first_lines(in_git, kGitDiffShown), "diff");
  if (git_only) {
    blocks.section("_No cluster changes by it: only what is told as drift._");
  } else if (change.diff.empty()) {
    if (!is_live(change.verb)) blocks.section("_The cluster gets nothing new by it: only Git records the decision._");
  } else if (is_planned_later(change.diff)) {
    blocks.section("_" + d().text(change.diff) + "_");
  } else {
    blocks.section(change.verb == ChangeVerb::Apply ? "*What is applied*" : "*In the cluster*").code(change.diff, "diff");
  }
}

std::vector<std::string> open_lines(const Change& change, const App& app) {
  auto lines = risk_lines(change.risk, d());
  if (change.cost) {
    for (auto& line : cost_lines(*change.cost, d())) lines.push_back(std::move(line));
  }
  for (auto& line : condition_lines(change, app, d())) lines.push_back(std::move(line));
  return lines;
}

/// What gates found in it, as long as it matters; then what of it was let pass.
std::string gates_words(const Change& change, const WaiversHere& waivers) {
  const bool open = change.state == ChangeState::Proposed;
  const bool held = change.state == ChangeState::Approved && !blocking_words(change.gates, change.app, waivers.counting).empty();
  if (!open && !held) return was_let_pass(change) ? join(passed_lines(change.gates, change.app, waivers.counting, kFindingsShown, d()), "\n") : std::string();
  auto lines = gate_lines(change.gates, change.app, waivers, kFindingsShown, d());
  const auto hint = waive_hint(change, waivers.counting, d());
  if (!hint.empty()) lines.push_back(hint);
  return join(lines, "\n");
}

bool broke_glass(const Change& change) { return !change.break_glass.empty(); }

std::vector<std::string> facts_of(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::string& named) {
  std::vector<std::string> facts{fmt::format("asked by {} {}", d().text(ellipsize(change.requester, 200)), time_span(change.requested_at))};
  if (const auto by = app.deployer.kind == DeployerKind::None || is_live(change.verb) ? std::string() : deployer_words(app); !by.empty()) facts.push_back("put in force by " + by);
  if (!change.pull_request_url.empty()) facts.push_back(link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request)));
  if (change.state == ChangeState::Proposed) {
    if (!named.empty()) facts.push_back("may approve: " + named);
    if (change.expires_at) facts.push_back("until " + time_span(*change.expires_at));
    return facts;
  }
  if (!counted.empty() && change.state != ChangeState::Approved) facts.push_back("approved by " + approvals_words(change, counted, d()));
  if (broke_glass(change)) facts.emplace_back(":rotating_light: break-glass");
  return facts;
}

std::vector<Button> buttons_of(const Change& change, const App& app) {
  const auto name = change_name(change.id);
  const Button cancel{"Cancel", "cancel " + name, Button::Style::Plain, fmt::format("For who asked for it: {} is withdrawn.", name)};
  if (change.state == ChangeState::Proposed) {
    return {{"Approve", fmt::format("approve {} {}", name, short_sha(change.content.head_sha)), Button::Style::Primary, ""},
            {"Reject", "reject " + name, Button::Style::Danger, change.pull_request == 0 ? "Nothing is changed then." : "The pull request is closed."},
            cancel};
  }
  if (can_be_cancelled(change)) return {cancel};
  const auto back = way_back(change, app);
  if (back.empty()) return {};
  return {{"Roll back", fmt::format("rollback {} to {}", app.name, short_sha(back)), Button::Style::Danger,
           fmt::format("Opens a pull request that takes {} back to {}, where it was before {}. Somebody else approves it.", slack::escape(app.name), code_span(short_sha(back)), name)}};
}

}  // namespace

slack::Message card_message(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve, const WaiversHere& waivers) {
  const auto name = change_name(change.id);
  const bool open = change.state == ChangeState::Proposed;
  const auto named = named_approvers(change, counted, may_approve, d());
  const auto standing = standing_words(change, counted, !named.empty(), d());
  const auto conditions = open ? join(open_lines(change, app), "\n") : std::string();
  Blocks blocks;
  blocks.section(head_line(change, app));
  if (!change.reason.empty()) blocks.section("> " + reason_words(change));
  if (open) {
    add_plan(blocks, change);
    blocks.section(notes_words(change));
    blocks.section(conditions);
  }
  const auto gates = gates_words(change, waivers);
  blocks.section(gates);
  blocks.section(standing);
  blocks.context({stages_words(change, d())});
  blocks.context(facts_of(change, app, counted, named));
  blocks.actions(buttons_of(change, app));
  auto fallback = fmt::format("{} {}{} {}: {}\n{}\nasked by {}{}", name, verb_before(change.verb), d().text(app.name), place_words(change, app, false), intent_words(change), standing,
                              d().text(ellipsize(change.requester, 200)), change.reason.empty() ? "" : ": " + reason_words(change));
  if (!conditions.empty()) fallback += "\n" + conditions;
  if (!gates.empty()) fallback += "\n" + gates;
  if (const auto stage = stage_words(change); !stage.empty()) fallback += "\n" + stage;
  if (open) fallback += fmt::format("\n`approve {0}` or `reject {0}`", name);
  if (can_be_cancelled(change)) fallback += fmt::format("\n`cancel {}` withdraws it", name);
  if (const auto back = way_back(change, app); !back.empty()) fallback += "\n" + code_span(fmt::format("rollback {} to {}", app.name, short_sha(back)));
  if (!change.pull_request_url.empty()) fallback += "\n" + link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request));
  return message_of(blocks, std::move(fallback));
}

slack::Message reminder_message(const Change& change, const App& app, const std::vector<std::string>& slack_ids) {
  const auto is_id = [](const std::string& id) { return !id.empty() && std::ranges::all_of(id, [](unsigned char c) { return std::isalnum(c) != 0; }); };
  std::vector<std::string> mentions;
  for (const auto& id : slack_ids) {
    if (mentions.size() < kMentioned && is_id(id)) mentions.push_back(fmt::format("<@{}>", id));
  }
  auto text = fmt::format(":alarm_clock: *{}* still waits: {} on *{}*", change_name(change.id), intent_words(change), d().text(app.name));
  if (const auto open = open_seats(change.quorum, yeses_of(change)); open.extra > 0) {
    text += fmt::format(", also for {} for its cost ({})", open.extra == 1 ? "an approval" : fmt::format("{} approvals", open.extra), d().text(ellipsize(change.quorum.extra.why, 200)));
  }
  if (change.expires_at) text += fmt::format(". It expires {}", time_span(*change.expires_at));
  text += mentions.empty() ? "." : fmt::format(". {}, please decide above.", join(mentions, ", "));
  return text_message(std::move(text));
}

}  // namespace driftwarden::view
