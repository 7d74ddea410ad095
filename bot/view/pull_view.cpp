#include "bot/view/pull_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/change_words.hpp"
#include "bot/view/cost_words.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/gate_words.hpp"
#include "bot/view/markdown.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFoldedLines = 40;
constexpr std::size_t kAppsInMessage = 5;
constexpr std::size_t kAppsWithDiff = 2;
constexpr std::size_t kDiffInMessage = 1500;
constexpr std::size_t kAppsNamed = 15;
constexpr std::size_t kNamesInComment = 5000;
constexpr std::size_t kNamesInMessage = 300;
constexpr std::size_t kFindingsInMessage = 5;
constexpr std::size_t kFindingsInComment = 40;
constexpr std::size_t kFileNameShown = 200;

/// "on prod-eu (production)", "planned by tofu (production)"
std::string place_of(const App& app, const Dialect& d) {
  const auto where = is_rendered(app) ? "on " + d.bold(d.text(app.cluster)) : "planned by " + d.bold(std::string(to_string(app.plan.tool)));
  return where + (app.environment.empty() ? "" : fmt::format(" ({})", d.text(app.environment)));
}

/// Of what a tool plans: which files, what becomes of them after the merge, and that nobody can say what that costs.
std::vector<std::string> planned_lines(const PullEffect& effect, const Dialect& d) {
  std::vector<std::string> files;
  for (const auto& file : effect.files) files.push_back(d.code(ellipsize(file, kFileNameShown)));
  if (effect.more_files > 0) files.push_back(fmt::format("{} more", effect.more_files));
  std::vector<std::string> lines;
  if (!files.empty()) lines.push_back(":memo: " + join(files, ", "));
  for (auto& line : risk_lines(effect.risk, d)) lines.push_back(std::move(line));
  const auto& app = effect.app;
  if (app.kind == AppKind::Terraform && app.plan.apply) lines.push_back(fmt::format(":point_right: once merged, {} plans it and puts in force what was approved", d.code("apply " + app.name)));
  if (!effect.cost_trouble.empty()) lines.push_back(":moneybag: what it costs isn't known: " + d.text(ellipsize(effect.cost_trouble, 400)));
  return lines;
}

/// What merging it means, without the diffs.
std::vector<std::string> effect_lines(const PullEffect& effect, const Dialect& d) {
  std::vector<std::string> lines;
  if (!effect.failure.empty()) {
    lines.push_back(":x: " + d.text(ellipsize(effect.failure, 600)));
  } else if (!is_rendered(effect.app)) {
    lines = planned_lines(effect, d);
  } else if (effect.rendered_diff.empty()) {
    lines.emplace_back(":white_circle: it renders the same as before");
  } else {
    lines = risk_lines(effect.risk, d);
  }
  if (effect.cost && effect.failure.empty()) {
    for (auto& line : cost_lines(*effect.cost, d)) lines.push_back(std::move(line));
  }
  const auto most = &d == &slack_dialect() ? kFindingsInMessage : kFindingsInComment;
  for (auto& line : gate_lines(effect.gates, effect.app.name, effect.waivers, most, d)) lines.push_back(std::move(line));
  if (auto hint = waive_hint(effect.app.name, effect.gates, effect.waivers.counting, d); !hint.empty()) lines.push_back(std::move(hint));
  if (!effect.policy.empty()) lines.push_back(":ballot_box_with_check: " + d.text(ellipsize(effect.policy, 400)));
  for (const auto& obstacle : effect.obstacles) lines.push_back(":snowflake: " + d.text(ellipsize(obstacle, 400)));
  return lines;
}

/// Whether applying the head does to live just what the base -> head diff says.
bool live_follows(const PullEffect& effect) { return effect.live_known && effect.live_diff == effect.rendered_diff; }

std::string live_words(const PullEffect& effect) {
  if (!effect.failure.empty() || !effect.live_known) return effect.failure.empty() ? "What live runs now isn't known well enough to compare." : "";
  if (effect.live_diff.empty()) return effect.rendered_diff.empty() ? "" : "Live is so already: applying it changes nothing.";
  if (live_follows(effect)) return "Live is what the base says: applying it changes exactly this.";
  return "";
}

std::string diff_block(const std::string& summary, const std::string& diff, std::size_t most) {
  const auto fence = markdown_fence(cut_text(diff, most), "diff");
  const auto lines = static_cast<std::size_t>(std::ranges::count(diff, '\n'));
  if (lines > kFoldedLines) return markdown_details(fmt::format("{} ({} lines)", summary, lines), fence) + "\n";
  return fmt::format("{}:\n\n{}\n", summary, fence);
}

std::string effect_text(const PullEffect& effect, std::size_t most) {
  const auto& d = markdown_dialect();
  auto text = fmt::format("#### {} {}\n\n", d.bold(d.text(effect.app.name)), place_of(effect.app, d));
  for (const auto& line : effect_lines(effect, d)) text += "- " + line + "\n";
  text += "\n";
  if (!effect.failure.empty()) return text;
  if (!effect.rendered_diff.empty()) text += diff_block("What it changes, rendered", effect.rendered_diff, most);
  const auto words = live_words(effect);
  if (!words.empty()) text += words + "\n\n";
  if (words.empty() && !effect.live_diff.empty()) text += diff_block("What applying it would change in the cluster as it is now", effect.live_diff, most);
  return text;
}

bool rendered_any(const PullSummary& pull) {
  return std::ranges::any_of(pull.effects, [](const PullEffect& effect) { return is_rendered(effect.app); });
}

std::size_t apps_of(const PullSummary& pull) { return pull.effects.size() + pull.not_rendered.size(); }

/// "and 970 more Apps, not rendered here: ...", "" for none.
std::string others_words(const PullSummary& pull, const Dialect& d, std::size_t most) {
  if (pull.not_rendered.empty()) return {};
  const auto count = pull.not_rendered.size();
  return fmt::format("and {} more {}, not rendered here: {}", count, count == 1 ? "App" : "Apps", d.text(ellipsize(join(pull.not_rendered, ", "), most)));
}

std::string comment_with(const PullSummary& pull, std::size_t most) {
  auto text = fmt::format("### What this does to {}\n\n", pull.effects.empty() ? std::string("the Apps here: nothing any more") : counted(apps_of(pull), "App"));
  for (const auto& effect : pull.effects) text += effect_text(effect, most);
  if (const auto others = others_words(pull, markdown_dialect(), kNamesInComment); !others.empty()) text += "\u2026 " + others + "\n\n";
  const bool rendered = pull.effects.empty() || rendered_any(pull);
  return text + fmt::format("---\n<sub>Driftwarden {} {} against {}. Nothing of it is applied before it is merged.</sub>\n", rendered ? "rendered" : "compared", markdown_code(short_sha(pull.head_sha)),
                            markdown_code(short_sha(pull.base_sha)));
}

std::string who_words(const PullSummary& pull) {
  const auto& d = slack_dialect();
  if (pull.person.empty() || pull.person == pull.author) return d.text(ellipsize(pull.author, 100));
  return fmt::format("{} ({})", d.text(ellipsize(pull.person, 100)), d.text(ellipsize(pull.author, 100)));
}

std::string head_line(const PullSummary& pull) {
  const auto title = fmt::format("{}#{} {}", pull.repository, pull.number, without_control_characters(ellipsize(pull.title, 150)));
  const auto named = link(pull.url, title);
  if (pull.state == "merged") return fmt::format(":white_check_mark: {} by {} is merged", named, who_words(pull));
  if (pull.state == "closed") return fmt::format(":no_entry_sign: {} by {} was closed without a merge", named, who_words(pull));
  if (pull.effects.empty()) return fmt::format(":twisted_rightwards_arrows: {} by {} touches no App any more", named, who_words(pull));
  return fmt::format(":twisted_rightwards_arrows: {} by {} would change {}", named, who_words(pull), counted(apps_of(pull), "App"));
}

std::string names_of(const PullSummary& pull) {
  std::vector<std::string> names;
  for (const auto& effect : pull.effects) {
    if (names.size() == kAppsNamed) break;
    const auto name = slack::escape(ellipsize(effect.app.name, 100));
    names.push_back(is_rendered(effect.app) ? fmt::format("*{}* on {}", name, slack::escape(ellipsize(effect.app.cluster, 100))) : fmt::format("*{}* by {}", name, to_string(effect.app.plan.tool)));
  }
  if (pull.effects.size() > names.size()) names.push_back(fmt::format("{} more", pull.effects.size() - names.size()));
  return join(names, ", ");
}

/// The riskiest first.
std::vector<PullEffect> by_risk(std::vector<PullEffect> effects) {
  std::ranges::stable_sort(effects, [](const PullEffect& a, const PullEffect& b) { return a.risk.tier > b.risk.tier; });
  return effects;
}

std::string effect_section(const PullEffect& effect) {
  const auto& d = slack_dialect();
  auto text = fmt::format("*{}* {}", d.text(effect.app.name), place_of(effect.app, d));
  for (const auto& line : effect_lines(effect, d)) text += "\n" + line;
  if (const auto words = live_words(effect); effect.failure.empty() && !live_follows(effect)) {
    text += "\n:information_source: " + (words.empty() ? std::string("Live isn't what the base says: see the comment for what applying it would change there.") : words);
  }
  return text;
}

}  // namespace

std::string pull_comment(const PullSummary& pull, std::size_t limit) {
  auto text = comment_with(pull, std::string::npos);
  if (text.size() <= limit) return text;
  std::size_t fits = 0;
  std::size_t too_much = limit;
  while (too_much - fits > 100) {  // the longest diffs are cut first, all others stay whole
    const auto middle = fits + (too_much - fits) / 2;
    (comment_with(pull, middle).size() <= limit ? fits : too_much) = middle;
  }
  text = comment_with(pull, fits);
  return text.size() <= limit ? text : cut_text(text, limit);
}

slack::Message pull_message(const PullSummary& pull) {
  Blocks blocks;
  const auto head = head_line(pull);
  blocks.section(head);
  std::string fallback = head;
  const bool open = pull.state != "merged" && pull.state != "closed";
  if (!open) {
    blocks.section(names_of(pull));
    fallback += pull.effects.empty() ? "" : "\n" + names_of(pull);
  } else {
    const auto effects = by_risk(pull.effects);
    for (std::size_t i = 0; i < std::min(effects.size(), kAppsInMessage); ++i) {
      const auto section = effect_section(effects[i]);
      blocks.section(section);
      fallback += "\n" + section;
      if (effects[i].failure.empty() && i < kAppsWithDiff) blocks.code(cut_text(effects[i].rendered_diff, kDiffInMessage), "diff");
    }
    if (effects.size() > kAppsInMessage) blocks.section(fmt::format("\u2026 and {} more, see the comment there", counted(effects.size() - kAppsInMessage, "App")));
    if (const auto others = others_words(pull, slack_dialect(), kNamesInMessage); !others.empty()) blocks.section("\u2026 " + others);
  }
  blocks.context({fmt::format("head {}", code_span(short_sha(pull.head_sha))), pull.base_sha.empty() ? "" : fmt::format("base {}", code_span(short_sha(pull.base_sha))),
                  open && rendered_any(pull) ? "whole diffs are in the comment on the pull request" : "",
                  pull.quiet_channels.empty() ? "" : "not said in " + slack_dialect().text(ellipsize(join(pull.quiet_channels, ", "), kNamesInMessage))});
  return message_of(blocks, std::move(fallback));
}

}  // namespace driftwarden::view
