#include "bot/view/digest_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/gate_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

namespace driftwarden::view {
namespace {

constexpr std::size_t kRows = 15;
constexpr std::size_t kButtons = 5;

std::string clean(std::string_view text, std::size_t limit = 120) { return slack::escape(without_control_characters(ellipsize(text, limit))); }

std::string age(WallTime since, WallTime now) { return format_age(std::chrono::duration_cast<Duration>(now - since)); }

std::string open_line(const Incident& incident, WallTime now) {
  auto line = fmt::format("*{}* {}, {}", clean(incident.app), cause_words(incident.report), age(incident.opened_at, now));
  if (incident.severity == Severity::Critical) line = ":red_circle: " + line;
  if (incident.state == IncidentState::Acknowledged) line += ", " + clean(incident.acknowledged_by) + " is on it";
  if (incident.state == IncidentState::Snoozed && incident.snoozed_until) line += ", snoozed until " + time_span(*incident.snoozed_until);
  if (!incident.muted_by.empty()) line += ", kept quiet by " + clean(incident.muted_by);
  return line;
}

std::string pending_line(const Change& change, WallTime now) {
  auto line = fmt::format("*{}* {}: {} asked by {}, {}", change_name(change.id), clean(change.app), intent_words(change), clean(change.requester), age(change.requested_at, now));
  if (change.expires_at) line += ", until " + time_span(*change.expires_at);
  if (!change.pull_request_url.empty()) line += " \u00b7 " + link(change.pull_request_url, fmt::format("#{}", change.pull_request));
  return line;
}

std::string pause_line(const Pause& pause, WallTime now) {
  auto line = fmt::format("*{}* {}", clean(pause.app), clean(pause.what, 200));
  if (!pause.who.empty()) line += ", by " + clean(pause.who);
  if (pause.since) line += ", " + age(*pause.since, now);
  if (!pause.why.empty()) line += ": " + clean(pause.why);
  return line;
}

std::string scope_words(const HoldScope& scope) {
  switch (scope.kind) {
    case HoldScope::Kind::Everything: return "everything";
    case HoldScope::Kind::Cluster: return "cluster *" + clean(scope.name) + "*";
    case HoldScope::Kind::Environment:
    case HoldScope::Kind::App: break;
  }
  return "*" + clean(scope.name) + "*";
}

std::string hold_line(const Hold& hold, WallTime now) {
  const auto what = hold.kind == HoldKind::Halt ? ":octagonal_sign: halt of" : hold.kind == HoldKind::Freeze ? ":snowflake: freeze of" : hold.kind == HoldKind::Lock ? ":lock: lock of" : ":rotating_light:";
  auto line = fmt::format("{} {} by {}, {}", what, scope_words(hold.scope), clean(hold.owner), age(hold.since, now));
  if (hold.kind == HoldKind::BreakGlass) line += hold.ended_at ? fmt::format(" ago, for {}", age(hold.since, *hold.ended_at)) : " ago, *still broken*";
  if (hold.until && !hold.ended_at) line += ", until " + time_span(*hold.until);
  if (!hold.reason.empty()) line += ": " + clean(hold.reason);
  return line;
}

std::string silence_line(const Silence& silence) {
  return fmt::format("*{}* {} by {}, until {}: {}", silence.id, code_span(ellipsize(to_string(silence.match), 120)), clean(silence.owner), time_span(silence.until), clean(silence.reason));
}

std::string rule_line(const ExpiringRule& rule, WallTime now) {
  auto line = fmt::format("*{}* {}", clean(rule.app), code_span(ellipsize(rule.rule, 120)));
  line += rule.owner.empty() ? ", nobody's" : ", " + clean(rule.owner) + "'s";
  if (rule.expired) return ":hourglass: " + line + (rule.until ? ", ran out " + age(*rule.until, now) + " ago" : ", ran out");
  return line + (rule.until ? ", runs out in " + age(now, *rule.until) : "");
}

/// The parts of the message, and the same as text.
class Parts {
 public:
  template <class Row>
  void add(std::string_view title, const std::vector<Row>& rows, const std::function<std::string(const Row&)>& line_of, std::string_view more = "") {
    std::vector<std::string> lines;
    for (const auto& row : rows) {
      if (lines.size() < kRows) lines.push_back("\u2022 " + line_of(row));
    }
    if (rows.size() > kRows) lines.push_back(fmt::format("\u2026 and {} more{}", rows.size() - kRows, more));
    add_lines(title, lines);
  }

  void add_lines(std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    std::string section = fmt::format("_{}_", title);
    text_ += "\n" + section;
    for (const auto& line : lines) {
      constexpr std::size_t kLongest = 2900;
      if (section.size() + line.size() + 1 > kLongest) blocks_.section(std::exchange(section, ""));
      section += (section.empty() ? "" : "\n") + line;
      text_ += "\n" + line;
    }
    blocks_.section(section);
  }

  void say(const std::string& line) {
    blocks_.section(line);
    text_ += line;
  }

  Blocks& blocks() { return blocks_; }
  slack::Message finish() { return message_of(blocks_, std::move(text_)); }

 private:
  Blocks blocks_;
  std::string text_;
};

std::string headline(const DigestContent& content) {
  const auto drifted = content.apps - std::min(content.apps, content.in_sync);
  std::vector<std::string> facts;
  facts.push_back(drifted == 0 ? fmt::format("all {} in sync", counted(content.apps, "App")) : fmt::format("{} of {} not in sync", drifted, counted(content.apps, "App")));
  if (!content.pending.empty()) facts.push_back(fmt::format("{} for approval", content.pending.size() == 1 ? "1 Change waits" : fmt::format("{} Changes wait", content.pending.size())));
  if (!content.pauses.empty()) facts.push_back(counted(content.pauses.size(), "pause"));
  if (!content.broken_glass.empty()) facts.push_back(fmt::format("glass broken {}", content.broken_glass.size() == 1 ? "once" : fmt::format("{} times", content.broken_glass.size())));
  return fmt::format(":newspaper: *Digest*: {}", join(facts, ", "));
}

void add_rules(Parts& parts, const DigestContent& content, WallTime now) {
  std::vector<ExpiringRule> ending;
  std::ranges::copy_if(content.rules, std::back_inserter(ending), [](const ExpiringRule& rule) { return rule.expired || rule.until; });
  const auto endless = content.rules.size() - ending.size();
  std::vector<std::string> lines;
  for (const auto& rule : ending) {
    if (lines.size() < kRows) lines.push_back("\u2022 " + rule_line(rule, now));
  }
  if (ending.size() > kRows) lines.push_back(fmt::format("\u2026 and {} more: `ignores`", ending.size() - kRows));
  if (endless > 0) lines.push_back(fmt::format("\u2022 {} without an end: `ignores` names {}", counted(endless, "rule"), endless == 1 ? "it" : "them"));
  parts.add_lines("Ignore rules", lines);
}

std::vector<Button> buttons_of(const DigestContent& content) {
  std::vector<Button> buttons;
  const auto add = [&](std::string text, std::string command, Button::Style style = Button::Style::Plain) {
    const bool known = std::ranges::any_of(buttons, [&](const Button& button) { return button.command == command; });
    if (!known && buttons.size() < kButtons) buttons.push_back({std::move(text), std::move(command), style, ""});
  };
  add("Status", "status");
  if (!content.pending.empty()) add("Pending", "pending");
  if (std::ranges::any_of(content.holds, [](const Hold& hold) { return hold.kind == HoldKind::Halt; })) add("Resume", "resume");
  for (const auto& pause : content.pauses) {
    if (pause.command.empty()) continue;
    auto text = pause.command;
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    add(ellipsize(text, 40), pause.command);
  }
  return buttons;
}

}  // namespace

bool is_quiet(const DigestContent& content) {
  const bool rules = std::ranges::any_of(content.rules, [](const ExpiringRule& rule) { return rule.expired || rule.until; });
  return content.open.empty() && content.pending.empty() && !rules && content.pauses.empty() && content.holds.empty() && content.broken_glass.empty() && content.silences.empty() && content.waivers.empty();
}

slack::Message digest_message(const DigestContent& content, WallTime now) {
  Parts parts;
  const auto drifted = content.apps - std::min(content.apps, content.in_sync);
  if (is_quiet(content) && drifted == 0) {
    parts.say(fmt::format(":white_check_mark: *Digest*: all {} in sync, nothing waits, nothing is paused.", counted(content.apps, "App")));
  } else {
    parts.say(headline(content));
  }
  parts.add<Incident>("Open drift, oldest first", content.open, [&](const Incident& incident) { return open_line(incident, now); }, ": `status`");
  parts.add<Change>("Waiting for approval", content.pending, [&](const Change& change) { return pending_line(change, now); }, ": `pending`");
  parts.add<Pause>("Paused, and perhaps forgotten", content.pauses, [&](const Pause& pause) { return pause_line(pause, now); });
  parts.add<Hold>("In force", content.holds, [&](const Hold& hold) { return hold_line(hold, now); });
  parts.add<Hold>("Broken glass since yesterday", content.broken_glass, [&](const Hold& hold) { return hold_line(hold, now); }, ": `audit`");
  parts.add<Silence>("Silenced", content.silences, silence_line, ": `silences`");
  parts.add<Waiver>("What gates let pass, and soon no more", content.waivers, [](const Waiver& waiver) { return waiver_line(waiver, slack_dialect()); }, ": `waivers`");
  add_rules(parts, content, now);
  parts.blocks().actions(buttons_of(content));
  std::vector<std::string> context{"as of " + time_span(now)};
  if (content.resolved_since > 0) context.push_back(fmt::format("{} resolved since yesterday", counted(content.resolved_since, "incident")));
  parts.blocks().context(context);
  return parts.finish();
}

}  // namespace driftwarden::view
