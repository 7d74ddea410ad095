#include "bot/view/card_view.hpp"

#include "bot/command/ignore_request.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFieldsNamed = 5;

std::string ignore_words(const Change& change) {
  const auto request = ignore_request_from(change.argument);
  std::vector<std::string> fields;
  for (const auto& field : request.fields) {
    if (fields.size() < kFieldsNamed) fields.push_back(fmt::format("{} of {}", code_span(ellipsize(field.path, 200)), code_span(to_string(field.object))));
  }
  if (request.fields.size() > fields.size()) fields.push_back(fmt::format("{} more", request.fields.size() - fields.size()));
  return fmt::format("say nothing of {} until {}", join(fields, ", "), format_time(request.until).substr(0, 10));
}

std::string verb_words(const Change& change) {
  switch (change.verb) {
    case ChangeVerb::Sync: return fmt::format("put {} in force", code_span(short_sha(change.target_revision)));
    case ChangeVerb::Rollback: return fmt::format("roll back to {}", code_span(short_sha(change.target_revision)));
    case ChangeVerb::Adopt: return "bring the live edit into Git";
    case ChangeVerb::Ignore: return ignore_words(change);
  }
  return "";
}

std::string state_line(const Change& change, const std::vector<PersonId>& counted) {
  switch (change.state) {
    case ChangeState::Requested: return ":hourglass_flowing_sand: preparing the pull request";
    case ChangeState::Proposed:
      if (change.quorum.need == 1) return ":bell: waiting for an approval";
      return fmt::format(":bell: waiting for {} of {} approvals{}", change.quorum.need - static_cast<int>(counted.size()), change.quorum.need,
                         counted.empty() ? "" : ", approved by " + slack::escape(join(counted, ", ")));
    case ChangeState::Approved: return fmt::format(":arrows_counterclockwise: approved by {}, merging", counted.empty() ? "policy" : slack::escape(join(counted, ", ")));
    case ChangeState::Merged:
    case ChangeState::Applying:
      if (change.verb == ChangeVerb::Ignore) return fmt::format(":arrows_counterclockwise: merged as {}", code_span(short_sha(change.merged_sha)));
      return fmt::format(":arrows_counterclockwise: merged as {}, applying", code_span(short_sha(change.merged_sha)));
    case ChangeState::Verifying: return fmt::format(":mag: {} is applied, waiting until it is in sync and healthy", code_span(short_sha(change.merged_sha)));
    case ChangeState::Done:
      if (change.verb == ChangeVerb::Ignore) return fmt::format(":white_check_mark: done: the rule is in Git as {} and counts", code_span(short_sha(change.merged_sha)));
      return fmt::format(":white_check_mark: done in {}: {} is in force, in sync and healthy", format_age(change.updated_at - change.requested_at), code_span(short_sha(change.merged_sha)));
    case ChangeState::Rejected: return fmt::format(":no_entry: rejected by {}{}", slack::escape(change.closed_by), change.failure.empty() ? "" : ": " + slack::escape(change.failure));
    case ChangeState::Cancelled: return fmt::format(":no_entry_sign: cancelled by {}{}", slack::escape(change.closed_by), change.failure.empty() ? "" : ": " + slack::escape(change.failure));
    case ChangeState::Expired: return ":hourglass: expired: nobody decided in time";
    case ChangeState::Superseded: return ":no_entry_sign: superseded";
    case ChangeState::Failed: return ":x: failed: " + slack::escape(ellipsize(change.failure, 1000));
  }
  return "";
}

std::string reason_words(const Change& change) { return slack::escape(without_control_characters(ellipsize(change.reason, 1000))); }

/// The longest run of backticks in `text`.
std::size_t longest_ticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// Markdown code that nothing inside can leave: no mention, no link, no "closes #1" of a person's words takes effect.
std::string markdown_code(std::string_view text) {
  const std::string ticks(longest_ticks(text) + 1, '`');
  return fmt::format("{} {} {}", ticks, text, ticks);
}

std::string markdown_fence(std::string_view text, std::string_view language) {
  const std::string ticks(std::max<std::size_t>(3, longest_ticks(text) + 1), '`');
  return fmt::format("{}{}\n{}{}{}\n", ticks, language, text, text.ends_with('\n') ? "" : "\n", ticks);
}

constexpr std::size_t kApproversNamed = 8;

std::string approvers_words(const Change& change, const std::vector<PersonId>& may_approve) {
  if (!may_approve.empty() && may_approve.size() <= kApproversNamed) return join(may_approve, ", ");
  if (change.quorum.from.empty()) return "anybody but " + change.requester;
  return join(change.quorum.from, ", ") + ", but not " + change.requester;
}

}  // namespace

slack::Message card_message(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve) {
  const auto name = change_name(change.id);
  Blocks blocks;
  blocks.section(fmt::format("*{}* {} *{}* on *{}*: {}", name, to_string(change.verb), slack::escape(app.name), slack::escape(app.cluster), verb_words(change)));
  if (!change.reason.empty()) blocks.section("> " + reason_words(change));
  const bool open = change.state == ChangeState::Proposed;
  if (open && change.verb == ChangeVerb::Ignore) {
    blocks.section("_No cluster changes by it: only what is told as drift._");
  } else if (open && change.diff.empty()) {
    blocks.section("_The cluster gets nothing new by it: only Git records the decision._");
  }
  if (open) blocks.code(change.diff, "diff");
  blocks.section(state_line(change, counted));
  std::vector<std::string> facts{fmt::format("asked by {} {}", slack::escape(change.requester), time_span(change.requested_at))};
  if (!change.pull_request_url.empty()) facts.push_back(link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request)));
  if (open) {
    facts.push_back("may approve: " + slack::escape(approvers_words(change, may_approve)));
    if (change.expires_at) facts.push_back("until " + time_span(*change.expires_at));
    blocks.context(facts);
    blocks.actions({{"Approve", fmt::format("approve {} {}", name, short_sha(change.content.head_sha)), Button::Style::Primary, ""},
                    {"Reject", "reject " + name, Button::Style::Danger, "The pull request is closed."}});
  } else {
    if (!counted.empty() && change.state != ChangeState::Approved) facts.push_back("approved by " + slack::escape(join(counted, ", ")));
    blocks.context(facts);
  }
  auto fallback = fmt::format("{} {} {} on {}: {}\n{}\nasked by {}{}", name, to_string(change.verb), slack::escape(app.name), slack::escape(app.cluster), verb_words(change),
                              state_line(change, counted), slack::escape(change.requester), change.reason.empty() ? "" : ": " + reason_words(change));
  if (open) fallback += fmt::format("\n`approve {0}` or `reject {0}`", name);
  if (!change.pull_request_url.empty()) fallback += "\n" + facts[1];
  return message_of(blocks, std::move(fallback));
}

namespace {

/// Forges refuse bodies beyond 65,536 characters.
std::string cut_diff(const std::string& diff) {
  constexpr std::size_t kMost = 50'000;
  if (diff.size() <= kMost) return diff;
  const auto end = diff.rfind('\n', kMost);
  const auto kept = end == std::string::npos ? ellipsize(diff, kMost) : diff.substr(0, end);
  return fmt::format("{}\n\u2026 {} more bytes", kept, diff.size() - kept.size());
}

}  // namespace

std::string pull_request_title(const Change& change) {
  return fmt::format("{}: {} {}{}", change_name(change.id), to_string(change.verb), change.app,
                     change.verb == ChangeVerb::Rollback ? " to " + short_sha(change.target_revision) : "");
}

std::string pull_request_body(const Change& change, const App& app, const std::string& diff, const std::string& audit_id) {
  std::string body = fmt::format("**{}** asked in chat for `{}` of **{}** (cluster `{}`, namespace `{}`).\n\n", change.requester, to_string(change.verb), app.name,
                                 app.cluster, app.namespace_);
  if (!change.reason.empty()) body += fmt::format("Why: {}\n\n", markdown_code(without_control_characters(ellipsize(change.reason, 1000))));
  switch (change.verb) {
    case ChangeVerb::Sync: body += fmt::format("Revision to put in force: `{}`. Once merged, Driftwarden applies it and waits until live agrees and the workloads are healthy.\n\n", change.target_revision); break;
    case ChangeVerb::Rollback: body += fmt::format("Restores `{}` to what it was at `{}`, as a new commit.\n\n", app.path, change.target_revision); break;
    case ChangeVerb::Ignore: body += fmt::format("Adds rules to `{}`: what they name is no longer told as drift. The cluster stays as it is.\n\n", ignore_path(app.name)); break;
    case ChangeVerb::Adopt: body += "Brings into Git what was changed in the cluster, so that both agree.\n\n"; break;
  }
  if (!diff.empty()) body += (change.verb == ChangeVerb::Ignore ? "What it changes in Git:\n\n" : "What it changes in the cluster:\n\n") + markdown_fence(cut_diff(diff), "diff") + "\n";
  return body + fmt::format("---\nChange {} \u00b7 audit {} \u00b7 approve here or in chat; {} must not.\n", change_name(change.id), audit_id, change.requester);
}

}  // namespace driftwarden::view
