#include "bot/view/gate_words.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/waiver_match.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kNameShown = 120;
constexpr std::size_t kMessageShown = 300;
constexpr std::size_t kReasonShown = 200;
constexpr std::size_t kGatesNamed = 5;
constexpr const char* kTooMany = "too-many";  // as bot/policy/findings.hpp calls it

/// One finding, with what lets it pass.
struct Told {
  const GateResult* gate = nullptr;
  Finding finding;
  const Waiver* waiver = nullptr;
  const IdleWaiver* idle = nullptr;  ///< of what blocks all the same
  bool blocks = false;
  bool trouble = false;
};

std::vector<Told> told_of(const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& waivers, const std::vector<IdleWaiver>& idle = {}) {
  std::vector<Told> all;
  const auto add = [&](const GateResult& gate, Finding finding, bool trouble) {
    Told told{.gate = &gate, .finding = std::move(finding), .trouble = trouble};
    const auto fits = [&](const Waiver& one) { return lets_pass(one, app, gate.gate, told.finding); };
    const auto waiver = std::ranges::find_if(waivers, fits);
    const auto in_vain = std::ranges::find_if(idle, fits, &IdleWaiver::waiver);
    told.blocks = gate.blocks && told.finding.blocks && waiver == waivers.end();
    if (gate.blocks && told.finding.blocks && waiver != waivers.end()) told.waiver = &*waiver;
    if (told.blocks && in_vain != idle.end()) told.idle = &*in_vain;
    all.push_back(std::move(told));
  };
  for (const auto& gate : gates) {
    if (!gate.trouble.empty()) {
      Finding finding;
      finding.rule = kUnjudged;
      finding.message = gate.trouble;
      add(gate, std::move(finding), true);
    }
    for (const auto& finding : gate.findings) add(gate, finding, false);
  }
  // What blocks, then what is worth a word, then what is let pass.
  std::ranges::stable_sort(all, {}, [](const Told& told) { return told.blocks ? 0 : told.waiver == nullptr ? 1 : 2; });
  return all;
}

bool is_slack(const Dialect& dialect) { return &dialect == &slack_dialect(); }
bool is_markdown(const Dialect& dialect) { return &dialect == &markdown_dialect(); }

/// The bound of findings saw to it that it is https and ends nowhere early.
std::string help_link(const Finding& finding, const Dialect& dialect) {
  if (finding.link.empty()) return {};
  if (is_slack(dialect)) return fmt::format(" ({})", link(finding.link, "about this rule"));
  return is_markdown(dialect) ? fmt::format(" ([about this rule](<{}>))", finding.link) : "";
}

std::string rule_name(const std::string& gate, const std::string& rule) { return fmt::format("{}/{}", ellipsize(gate, kNameShown), ellipsize(rule, kNameShown)); }

/// "by *carol* until ...: the vendor has no other tag"
std::string giver_words(const Waiver& waiver, const Dialect& d) {
  return fmt::format("by {} until {}: {}", d.bold(d.text(ellipsize(waiver.owner, kNameShown))), d.time(waiver.until), d.text(ellipsize(waiver.reason, kReasonShown)));
}

std::string line_of(const Told& told, const Dialect& d) {
  const auto& finding = told.finding;
  const auto message = d.text(ellipsize(finding.message, kMessageShown));
  const std::string emoji = told.blocks ? ":no_entry:" : told.waiver != nullptr ? ":white_check_mark:" : ":warning:";
  std::string words;
  if (told.trouble) {
    words = fmt::format("{} the gate {} could not judge it: {}", emoji, d.bold(d.text(ellipsize(told.gate->gate, kNameShown))), message);
  } else {
    words = fmt::format("{} {}", emoji, d.code(rule_name(told.gate->gate, finding.rule)));
    if (!finding.object.empty()) words += " " + d.code(ellipsize(finding.object, kNameShown));
    if (!finding.path.empty()) words += " " + d.code(ellipsize(finding.path, kNameShown));
    if (!message.empty()) words += ": " + message;
    words += help_link(finding, d);
  }
  if (told.idle != nullptr) words += fmt::format("; {} doesn't count: {}", d.bold(fmt::format("waiver {}", told.idle->waiver.id)), d.text(ellipsize(told.idle->why, kMessageShown)));
  return told.waiver == nullptr ? words : words + "; let pass " + giver_words(*told.waiver, d);
}

/// Short: what it says was read before.
std::string passed_line(const Told& told, const Dialect& d) {
  const auto& finding = told.finding;
  auto words = ":white_check_mark: let pass: " + d.code(rule_name(told.gate->gate, finding.rule));
  if (!finding.object.empty()) words += " of " + d.code(ellipsize(finding.object, kNameShown));
  return words + ", " + giver_words(*told.waiver, d);
}

std::string names_of(const std::vector<GateResult>& gates, const Dialect& d) {
  std::vector<std::string> names;
  for (const auto& gate : gates) {
    if (names.size() < kGatesNamed) names.push_back(d.text(ellipsize(gate.gate, kNameShown)));
  }
  if (gates.size() > names.size()) names.push_back(fmt::format("{} more", gates.size() - names.size()));
  return join(names, ", ");
}

/// Findings beyond those kept may block as well: where the last one kept does.
bool may_hide_blocking(const GateResult& gate) { return gate.left_out > 0 && gate.blocks && (gate.findings.empty() || gate.findings.back().blocks); }

}  // namespace

std::vector<std::string> gate_lines(const std::vector<GateResult>& gates, const std::string& app, const WaiversHere& waivers, std::size_t most, const Dialect& d) {
  std::vector<std::string> lines;
  if (gates.empty()) return lines;
  std::size_t known = 0;
  std::size_t hidden = 0;
  for (const auto& gate : gates) {
    known += gate.known;
    hidden += gate.left_out;
  }
  const auto told = told_of(gates, app, waivers.counting, waivers.idle);
  for (const auto& one : told) {
    if (lines.size() < most) lines.push_back(line_of(one, d));
  }
  if (const auto more = told.size() - lines.size() + hidden; more > 0) lines.push_back(fmt::format("\u2026 and {} more of what the gates found", more));
  const auto before = known == 0 ? std::string() : fmt::format(" ({} stood there before)", counted(known, "finding"));
  if (told.empty()) lines.push_back(fmt::format(":white_check_mark: the {} {} found nothing new{}", gates.size() == 1 ? "gate" : "gates", names_of(gates, d), before));
  return lines;
}

std::vector<std::string> passed_lines(const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& waivers, std::size_t most, const Dialect& d) {
  auto all = told_of(gates, app, waivers);
  for (const auto& gate : gates) {
    if (!may_hide_blocking(gate)) continue;
    Told told{.gate = &gate, .finding = {.rule = kTooMany}};
    const auto waiver = std::ranges::find_if(waivers, [&](const Waiver& one) { return lets_pass(one, app, gate.gate, told.finding); });
    if (waiver != waivers.end()) told.waiver = &*waiver;
    all.push_back(std::move(told));
  }
  std::vector<std::string> lines;
  for (const auto& told : all) {
    if (told.waiver == nullptr) continue;
    // Two places of one object read the same.
    auto line = passed_line(told, d);
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }
  if (lines.size() <= most) return lines;
  const auto more = fmt::format("\u2026 and {} more let pass", lines.size() - most);
  lines.resize(most);
  lines.push_back(more);
  return lines;
}

std::string blocking_words(const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& waivers) {
  std::string first;
  std::size_t count = 0;
  for (const auto& told : told_of(gates, app, waivers)) {
    if (!told.blocks) continue;
    if (first.empty()) first = rule_name(told.gate->gate, told.finding.rule);
    ++count;
  }
  for (const auto& gate : gates) {
    if (!may_hide_blocking(gate)) continue;
    if (first.empty()) first = rule_name(gate.gate, kTooMany);
    count += gate.left_out;
  }
  return count <= 1 ? first : fmt::format("{} and {} more", first, count - 1);
}

std::string waive_hint(const Change& change, const std::vector<Waiver>& waivers, const Dialect& d) {
  if (blocking_words(change.gates, change.app, waivers).empty()) return {};
  if (!change.break_glass.empty()) return ":rotating_light: the broken glass lets it pass all the same";
  // What it waits for says so already.
  if (change.waiting_for.find("waive " + change_name(change.id)) != std::string::npos) return {};
  return fmt::format("It isn't merged before this is mended, or a gate's owner lets it pass: {}", d.code(fmt::format("waive {} because ...", change_name(change.id))));
}

std::string waive_hint(const std::string& app, const std::vector<GateResult>& gates, const std::vector<Waiver>& waivers, const Dialect& d) {
  const auto words = blocking_words(gates, app, waivers);
  if (words.empty()) return {};
  const auto rule = words.substr(0, words.find(' '));
  return fmt::format("A gate's owner lets it pass: {}", d.code(fmt::format("waive {} {} for 7d because ...", app, rule)));
}

std::string waiver_line(const Waiver& waiver, const Dialect& d) {
  auto words = fmt::format("{}: {}", d.bold(fmt::format("waiver {}", waiver.id)), d.code(rule_name(waiver.gate, waiver.rule)));
  words += waiver.object.empty() ? "" : " of " + d.code(ellipsize(waiver.object, kNameShown));
  words += fmt::format(" on {}", d.bold(d.text(ellipsize(waiver.app, kNameShown))));
  if (waiver.change != 0) words += fmt::format(" ({})", change_name(waiver.change));
  return words + fmt::format(", by {}, until {}: {}", d.text(ellipsize(waiver.owner, kNameShown)), d.time(waiver.until), d.text(ellipsize(waiver.reason, kReasonShown)));
}

}  // namespace driftwarden::view
