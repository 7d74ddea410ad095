// Our own pull requests: title, body, and the sticky comment that follows the Change.
#include "bot/command/intents.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "bot/view/cost_words.hpp"
#include "bot/view/gate_words.hpp"
#include "bot/view/markdown.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kLongDiffLines = 40;
constexpr std::size_t kPartsShown = 100;
constexpr std::size_t kNotesShown = 20;
constexpr std::size_t kFindingsShown = 40;

const Dialect& d() { return markdown_dialect(); }

std::string fenced_part(const DiffPart& part, bool folded, std::size_t most) {
  const auto fence = markdown_fence(cut_text(part.text, most), "diff");
  if (folded) return markdown_details(part.title.empty() ? "the rest" : part.title, fence) + "\n";
  return (part.title.empty() ? "" : markdown_code(part.title) + "\n\n") + fence + "\n";
}

/// Each object or file by itself; folded when all of it is long. No part gets more than `most` bytes.
std::string diff_section(std::string_view title, const std::vector<DiffPart>& parts, std::size_t most) {
  if (parts.empty()) return {};
  std::size_t lines = 0;
  for (const auto& part : parts) lines += static_cast<std::size_t>(std::ranges::count(part.text, '\n'));
  auto text = fmt::format("### {}\n\n", title);
  for (std::size_t i = 0; i < std::min(parts.size(), kPartsShown); ++i) text += fenced_part(parts[i], lines > kLongDiffLines, most);
  if (parts.size() > kPartsShown) text += fmt::format("\u2026 and {} more\n\n", parts.size() - kPartsShown);
  return text;
}

std::string intention(const Change& change, const App& app) {
  switch (change.verb) {
    case ChangeVerb::Sync: return "Once merged, Driftwarden applies it and waits until live agrees and the workloads are healthy.";
    case ChangeVerb::Rollback: return fmt::format("{} becomes what it was then, as a new commit.", markdown_code(app.path));
    case ChangeVerb::Adopt: return "Git is made to say what was changed in the cluster, so that both agree.";
    case ChangeVerb::Ignore: return fmt::format("Adds rules to {}: what they name is no longer told as drift. The cluster stays as it is.", markdown_code(".driftwarden/ignore/" + app.name + ".yaml"));
    case ChangeVerb::SetImage:
    case ChangeVerb::Scale:
    case ChangeVerb::Set:
    case ChangeVerb::Promote: return "Only this value moves; the files keep their form.";
    case ChangeVerb::Propose: return "A model drafted this from a sentence, and nobody but people may approve it.";
    case ChangeVerb::CreateApp: return "New files only; nothing that exists is touched.";
    case ChangeVerb::Move:
      return "Once merged, it is put in force in its new place first. Only when it is in sync and healthy there, its objects in the old place are deleted. Until then nothing is taken away.";
    case ChangeVerb::Restart:
    case ChangeVerb::Apply: return "";
  }
  return "";
}

std::string lead(const Change& change, const App& app, const std::string& permalink) {
  auto text = fmt::format("**{}** asked {} to {} in **{}** ({}).\n\n", markdown_text(change.requester),
                          permalink.empty() ? "in chat" : fmt::format("[in chat](<{}>)", permalink), what_words(change, d()), markdown_text(app.name),
                          app.kind == AppKind::Kubernetes ? fmt::format("cluster {}, namespace {}", markdown_code(app.cluster), markdown_code(app.namespace_)) : fmt::format("planned by {}", to_string(app.plan.tool)));
  if (!change.reason.empty()) text += fmt::format("**Why:** {}\n\n", markdown_code(ellipsize(change.reason, 1000)));
  if (const auto words = intention(change, app); !words.empty()) text += words + "\n\n";
  return text;
}

std::string bullets(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "- " + line + "\n";
  return text.empty() ? text : text + "\n";
}

std::string notes_section(const Change& change) {
  std::vector<std::string> lines;
  for (const auto& note : change.notes) {
    if (lines.size() < kNotesShown) lines.push_back(markdown_text(ellipsize(note, 500)));
  }
  if (change.notes.size() > kNotesShown) lines.push_back(fmt::format("{} more", change.notes.size() - kNotesShown));
  return lines.empty() ? "" : "### Worth knowing\n\n" + bullets(lines);
}

std::string risk_section(const Change& change, const App& app) {
  auto lines = risk_lines(change.risk, d());
  for (auto& line : condition_lines(change, app, d())) lines.push_back(std::move(line));
  return lines.empty() ? "" : "### Risk\n\n" + bullets(lines);
}

std::string cost_section(const Change& change) { return change.cost ? "### Cost\n\n" + bullets(cost_bullets(*change.cost, d())) : ""; }

std::string gates_section(const Change& change, const WaiversHere& waivers) {
  const auto lines = gate_lines(change.gates, change.app, waivers, kFindingsShown, d());
  if (lines.empty()) return {};
  const auto hint = waive_hint(change, waivers.counting, d());
  return "### Gates\n\n" + bullets(lines) + (hint.empty() ? "" : hint + ". The comment below says what was let pass since\n\n");
}

std::string decision_section(const Change& change, const std::string& audit_id) {
  const auto name = change_name(change.id);
  const auto counted = [](int need) { return need == 1 ? std::string("an approval") : fmt::format("{} approvals", need); };
  std::vector<std::string> needed;
  if (change.quorum.need > 0) needed.push_back(fmt::format("{} by {}", counted(change.quorum.need), from_words(change, d())));
  if (change.quorum.extra.need > 0) needed.push_back(fmt::format("{} by {} for its cost", counted(change.quorum.extra.need), people_words(change.quorum.extra.from, d())));
  const auto by = needed.empty() ? std::string("No approval is needed.")
                                 : fmt::format("It needs {}. Approve it by a review here or with `approve {}` in chat.", join(needed, " and "), name);
  return fmt::format("---\n{} A commit pushed here takes all approvals back.\n\n<sub>Change {} \u00b7 audit {} \u00b7 the commit's trailers name who asked, the audit log who approved</sub>\n", by, name,
                     markdown_code(audit_id));
}

bool takes_link(const std::string& permalink) {
  return (permalink.starts_with("https://") || permalink.starts_with("http://")) && permalink.find_first_of("<>\n\r ") == std::string::npos;
}

}  // namespace

std::string pull_request_title(const Change& change) {
  const auto name = change_name(change.id);
  const auto short_title = fmt::format("{}: {} {}", name, to_string(change.verb), change.app);
  std::string title = short_title;
  switch (change.verb) {
    case ChangeVerb::Rollback:
      title = change.argument.empty() ? fmt::format("{} to {}", short_title, short_sha(change.target_revision)) : fmt::format("{}: {}: {}", name, change.app, what_words(change, plain_dialect()));
      break;
    case ChangeVerb::Promote: title = fmt::format("{} from {}", short_title, promote_request_from(change.argument).from); break;
    case ChangeVerb::SetImage:
    case ChangeVerb::Scale:
    case ChangeVerb::Set: title = fmt::format("{}: {}: {}", name, change.app, what_words(change, plain_dialect())); break;
    case ChangeVerb::Sync:
    case ChangeVerb::Adopt:
    case ChangeVerb::Ignore:
    case ChangeVerb::CreateApp:
    case ChangeVerb::Restart:
    case ChangeVerb::Apply: break;
    case ChangeVerb::Propose:
    case ChangeVerb::Move: title = fmt::format("{}: {}: {}", name, change.app, what_words(change, plain_dialect())); break;
  }
  return ellipsize(without_references(without_control_characters(title)), 200);
}

std::string pull_request_body(const Change& change, const App& app, const std::string& diff, const std::string& audit_id, const std::string& permalink, std::size_t limit, const WaiversHere& waivers) {
  const auto git_parts = parts_of_git_diff(change.git_diff.empty() && is_git_only(change.verb) ? diff : change.git_diff);
  const auto cluster_parts = is_git_only(change.verb) ? std::vector<DiffPart>{} : parts_of_effect(diff);
  const auto before = lead(change, app, takes_link(permalink) ? permalink : "");
  const auto after = risk_section(change, app) + cost_section(change) + gates_section(change, waivers) + notes_section(change) + decision_section(change, audit_id);
  std::string body;
  // The files are shown by the forge itself anyway: what the cluster gets is what a reviewer can't see there.
  for (const std::size_t most : {1'000'000U, 40'000U, 20'000U, 8'000U, 3'000U, 1'000U, 300U, 0U}) {
    const auto cluster = is_planned_later(diff) ? markdown_text(diff) + "\n\n" : cluster_parts.empty() && !is_git_only(change.verb) && !is_live(change.verb) ? "The cluster gets nothing new by it: only Git records the decision.\n\n"
                                                                                                     : diff_section("What the cluster gets", cluster_parts, most);
    body = before + diff_section("What changes in Git", git_parts, std::min<std::size_t>(most, 20'000)) + cluster + after;
    if (body.size() <= limit) return body;
  }
  return cut_text(before + after, limit);
}

std::string sticky_comment(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve, const WaiversHere& waivers) {
  auto text = fmt::format("**{}** {}: {}\n\n", change_name(change.id), markdown_text(app.name), what_words(change, d()));
  const auto named = named_approvers(change, counted, may_approve, d());
  std::vector<std::string> lines{standing_words(change, counted, !named.empty(), d())};
  const bool open = change.state == ChangeState::Proposed || change.state == ChangeState::Requested;
  if (open) {
    lines.push_back(fmt::format("approve here by a review, or in chat{}", named.empty() ? "" : ": " + named));
    if (change.expires_at) lines.push_back("open until " + d().time(*change.expires_at));
    for (auto& line : risk_lines(change.risk, d())) lines.push_back(std::move(line));
    if (change.cost) {
      for (auto& line : cost_lines(*change.cost, d())) lines.push_back(std::move(line));
    }
    for (auto& line : condition_lines(change, app, d())) lines.push_back(std::move(line));
  } else if (!counted.empty() && change.state != ChangeState::Approved) {
    lines.push_back("approved by " + approvals_words(change, counted, d()));
  }
  if (open || change.state == ChangeState::Approved) {
    for (auto& line : gate_lines(change.gates, change.app, waivers, kFindingsShown, d())) lines.push_back(std::move(line));
    if (auto hint = waive_hint(change, waivers.counting, d()); !hint.empty()) lines.push_back(std::move(hint));
  } else if (was_let_pass(change)) {
    for (auto& line : passed_lines(change.gates, change.app, waivers.counting, kFindingsShown, d())) lines.push_back(std::move(line));
  }
  return cut_text(text + bullets(lines), kPullRequestLimit);
}

}  // namespace driftwarden::view
