#include "bot/view/together_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/change_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace driftwarden::view {
namespace {

constexpr std::size_t kCommandBytes = 1900;  // a button's value has 2,000 at most
constexpr std::size_t kNames = 2'800;

const Dialect& d() { return slack_dialect(); }

bool waits(const Change& change) { return change.state == ChangeState::Requested || change.state == ChangeState::Proposed; }

/// Why a click for many isn't enough; "" when it is.
std::string needs_more(const Change& change) {
  if (change.quorum.step_up == StepUp::Forge) return "counts only reviews on the forge";
  if (change.quorum.typed_name) return "approve it by itself: the App's name must be typed";
  if (change.quorum.step_up == StepUp::Totp) return "approve it by itself: it needs a one-time code";
  return {};
}

/// "rejected by bob", and when.
std::string ended_words(const Change& change, std::string_view how) {
  const bool by_somebody = change.state == ChangeState::Rejected || change.state == ChangeState::Cancelled;
  const auto who = by_somebody && !change.closed_by.empty() ? " by " + d().text(ellipsize(change.closed_by, 100)) : std::string();
  return fmt::format("{}{} {}", how, who, time_span(change.updated_at));
}

std::string approved_words(const TogetherRow& row) {
  if (!row.change.break_glass.empty()) return "goes ahead by break-glass";
  if (row.counted.empty()) return "goes ahead";
  WallTime last{};
  for (const auto& approval : row.change.approvals) last = std::max(last, approval.at);
  return fmt::format("approved by {} {}", approvals_words(row.change, row.counted, d()), time_span(last));
}

/// What became of it; "" while it waits like the others.
std::string standing_of(const TogetherRow& row) {
  const auto& change = row.change;
  switch (change.state) {
    case ChangeState::Requested: return {};
    case ChangeState::Proposed: {
      const auto more = needs_more(change);
      if (row.counted.empty()) return more;
      return fmt::format("approved by {} so far{}{}", approvals_words(change, row.counted, d()), more.empty() ? "" : "; ", more);
    }
    case ChangeState::Rejected: return ended_words(change, "rejected");
    case ChangeState::Cancelled: return ended_words(change, "withdrawn");
    case ChangeState::Expired: return ended_words(change, "expired");
    case ChangeState::Superseded: return ended_words(change, "replaced by a newer Change");
    case ChangeState::Failed: return ended_words(change, "failed");
    case ChangeState::Approved:
    case ChangeState::Merged:
    case ChangeState::Applying:
    case ChangeState::Verifying:
    case ChangeState::Done: return approved_words(row);
  }
  return {};
}

std::string headline_of(std::size_t waiting, std::size_t all, const std::string& about) {
  if (waiting == 0) return fmt::format(":white_check_mark: *{}* for {}: {} any more.", all == 1 ? "1 Change" : fmt::format("{} Changes", all), about, all == 1 ? "it doesn't wait" : "none waits");
  const auto verb = waiting == 1 ? "waits" : "wait";
  const auto count = waiting == all ? fmt::format("{} {} {}", all, all == 1 ? "Change" : "Changes", verb) : fmt::format("{} of {} Changes {}", waiting, all, verb);
  return fmt::format(":bell: *{}* for {}: the cards are in its thread.", count, about);
}

/// One alone is approved as what its card shows.
Button button_of_one(const Change& change) {
  const auto name = change_name(change.id);
  return {"Approve " + name, fmt::format("approve {} {}", name, short_sha(change.content.head_sha)), Button::Style::Primary, ""};
}

std::vector<Button> buttons_of(const std::vector<const Change*>& open) {
  std::vector<Button> buttons;
  if (open.size() == 1) {
    if (open.front()->state == ChangeState::Proposed) buttons.push_back(button_of_one(*open.front()));
    return buttons;
  }
  std::string command = "approve";
  std::size_t in_command = 0;
  const auto flush = [&] {
    if (in_command == 0) return;
    const bool all = in_command == open.size();
    buttons.push_back({fmt::format("{} {}", all ? "Approve all" : "Approve", in_command), command, Button::Style::Primary,
                       fmt::format("Each of the {} is judged by itself; what needs a code or a typed name is left out.", in_command)});
    command = "approve";
    in_command = 0;
  };
  for (const auto* change : open) {
    const auto name = change_name(change->id);
    if (in_command == kMostChangesAtOnce || command.size() + name.size() + 1 > kCommandBytes) flush();
    command += " " + name;
    ++in_command;
  }
  flush();
  return buttons;
}

}  // namespace

slack::Message together_message(const std::vector<TogetherRow>& rows, const std::string& about) {
  std::vector<const Change*> open;
  std::vector<std::string> names;
  std::vector<std::string> lines;
  std::size_t waiting = 0;
  for (const auto& row : rows) {
    const auto name = fmt::format("{} {}", change_name(row.change.id), d().text(ellipsize(row.change.app, 100)));
    const auto standing = standing_of(row);
    if (waits(row.change)) ++waiting;
    if (waits(row.change) && needs_more(row.change).empty()) open.push_back(&row.change);
    if (standing.empty()) {
      names.push_back(name);
    } else {
      lines.push_back(fmt::format("\u2022 {}: {}", name, standing));
    }
  }
  const auto headline = headline_of(waiting, rows.size(), about);
  Blocks blocks;
  blocks.section(headline);
  blocks.section(cut_mrkdwn(join(names, ", "), kNames));
  blocks.section(cut_mrkdwn(join(lines, "\n"), kNames));
  blocks.actions(buttons_of(open));
  auto text = headline;
  for (const auto& part : {join(names, ", "), join(lines, "\n")}) {
    if (!part.empty()) text += "\n" + part;
  }
  return message_of(blocks, std::move(text));
}

}  // namespace driftwarden::view
