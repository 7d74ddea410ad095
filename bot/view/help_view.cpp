#include "bot/view/help_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::view {
namespace {

constexpr std::array kGroups{HelpGroup::Look, HelpGroup::Change, HelpGroup::Decide, HelpGroup::KeepQuiet, HelpGroup::Admin};
constexpr std::size_t kShortUsage = 20;  ///< what fits on a phone's line beside the verb
constexpr std::size_t kAliasesShown = 30;

std::string usage_of(const VerbInfo& info) { return info.usage.empty() ? std::string(info.name) : fmt::format("{} {}", info.name, info.usage); }

/// The first word of a long usage: all of it is for `help VERB`.
std::string first_word(std::string_view usage) {
  auto word = std::string(usage.substr(0, usage.find(' ')));
  const bool cut_open = word.starts_with('[') && word.find(']') == std::string::npos;
  return word + (cut_open ? "\u2026]" : " \u2026");
}

std::string list_line(const VerbInfo& info) {
  const auto usage = info.usage.size() <= kShortUsage ? usage_of(info) : fmt::format("{} {}", info.name, first_word(info.usage));
  return fmt::format("{} {}", code_span(usage), slack::escape(info.summary));
}

std::string alias_line(const std::string& alias, const std::string& meaning) { return fmt::format("{} {}", code_span(alias), code_span(meaning)); }

}  // namespace

std::string_view to_string(HelpGroup group) {
  switch (group) {
    case HelpGroup::Look: return "Look";
    case HelpGroup::Change: return "Change";
    case HelpGroup::Decide: return "Decide";
    case HelpGroup::KeepQuiet: return "Keep quiet";
    case HelpGroup::Admin: return "Admin";
  }
  return "Look";
}

HelpGroup group_of(Verb verb) {
  switch (verb) {
    case Verb::Sync:
    case Verb::Rollback:
    case Verb::Adopt:
    case Verb::SetImage:
    case Verb::PinImage:
    case Verb::Scale:
    case Verb::Set:
    case Verb::Promote:
    case Verb::Move:
    case Verb::Apply:
    case Verb::CreateApp:
    case Verb::Propose:
    case Verb::Restart: return HelpGroup::Change;
    case Verb::Approve:
    case Verb::Reject:
    case Verb::Cancel:
    case Verb::Pending:
    case Verb::Waive:
    case Verb::Waivers:
    case Verb::Unwaive:
    case Verb::Delegate: return HelpGroup::Decide;
    case Verb::Ack:
    case Verb::Snooze:
    case Verb::Ignore:
    case Verb::Ignores:
    case Verb::Silence:
    case Verb::Silences:
    case Verb::Unsilence: return HelpGroup::KeepQuiet;
    case Verb::Lock:
    case Verb::Unlock:
    case Verb::Freeze:
    case Verb::Unfreeze:
    case Verb::BreakGlass:
    case Verb::Halt:
    case Verb::Resume: return HelpGroup::Admin;
    default: return HelpGroup::Look;
  }
}

std::string example_of(Verb verb) {
  switch (verb) {
    case Verb::Help: return "help rollback";
    case Verb::Status: return "status drifted";
    case Verb::Logs: return "logs checkout since 15m tail 200";
    case Verb::Describe: return "describe checkout Deployment/web";
    case Verb::Sync: return "sync checkout because the scaling was a test";
    case Verb::Rollback: return "rollback checkout to 4f2c81a because 1.4.2 leaks";
    case Verb::Adopt: return "adopt checkout because we need five replicas now";
    case Verb::Ignore: return "ignore checkout .spec.replicas for 30d because the HPA scales it";
    case Verb::SetImage: return "set-image checkout web:1.4.2";
    case Verb::Scale: return "scale checkout to 5 because of the sale";
    case Verb::Set: return "set checkout Deployment/web .spec.minReadySeconds=5";
    case Verb::Promote: return "promote checkout from staging to production";
    case Verb::CreateApp: return "create-app basket like checkout";
    case Verb::Restart: return "restart checkout because it hangs";
    case Verb::Approve: return "approve C-12";
    case Verb::Reject: return "reject C-12 too risky before the weekend";
    case Verb::Cancel: return "cancel C-12";
    case Verb::Delegate: return "delegate to bob for 8h";
    case Verb::Lock: return "lock checkout for 2h because of the migration";
    case Verb::Unlock: return "unlock checkout";
    case Verb::Freeze: return "freeze production until \"Mon 08:00\" because of the holidays";
    case Verb::Unfreeze: return "unfreeze production";
    case Verb::BreakGlass: return "break-glass checkout for 30m because payments are down";
    case Verb::Halt: return "halt because something writes nonsense";
    case Verb::Resume: return "resume because it is understood";
    case Verb::Snooze: return "snooze checkout 2h";
    case Verb::Silence: return "silence environment=staging for 2h because of the upgrade";
    case Verb::Unsilence: return "unsilence 3";
    case Verb::Propose: return "propose checkout \"give it 1 GiB and a PodDisruptionBudget\"";
    case Verb::Ask: return "ask checkout \"why is it slow to roll out?\"";
    case Verb::Cost: return "cost team shop";
    case Verb::Waive: return "waive C-12 floating-tag for 7d because the vendor has no other tag";
    case Verb::Waivers: return "waivers checkout";
    case Verb::Unwaive: return "unwaive 3";
    case Verb::Link: return "link alice-on-the-forge";
    default: break;
  }
  const auto& info = info_of(verb);
  return info.argument == VerbInfo::Argument::App ? fmt::format("{} checkout", info.name) : std::string(info.name);
}

slack::Message help_page(const HelpContent& content) {
  Blocks blocks;
  blocks.section(fmt::format("Say {} in a channel, just the command in a direct message, or `/warden COMMAND`. In an alert's thread the App is understood; plain words become a command "
                             "that you confirm.",
                             code_span(fmt::format("@{} COMMAND", content.bot_name))));
  std::string text = "Commands:";
  for (const auto group : kGroups) {
    std::vector<std::string> lines;
    std::vector<std::string> names;
    for (const auto& info : verbs()) {
      if (group_of(info.verb) != group || std::ranges::find(content.allowed, info.verb) == content.allowed.end()) continue;
      lines.push_back(list_line(info));
      names.emplace_back(info.name);
    }
    if (lines.empty()) continue;
    blocks.section(fmt::format("*{}*\n{}", to_string(group), join(lines, "\n")));
    text += fmt::format("\n{}: {}", to_string(group), join(names, ", "));
  }
  if (!content.aliases.empty()) {
    std::vector<std::string> lines;
    for (const auto& [alias, meaning] : content.aliases) {
      if (lines.size() < kAliasesShown) lines.push_back(alias_line(alias, meaning));
    }
    if (content.aliases.size() > kAliasesShown) lines.push_back(fmt::format("\u2026 and {} more", content.aliases.size() - kAliasesShown));
    blocks.section("*Aliases here*\n" + join(lines, "\n"));
    text += "\nAliases: ";
    bool first = true;
    for (const auto& [alias, meaning] : content.aliases) {
      text += (first ? "" : ", ") + slack::escape(alias);
      first = false;
    }
  }
  blocks.context({"`help COMMAND` shows its words and an example. Every change is a commit that somebody else approves. What you may not do is not listed."});
  return message_of(blocks, text + "\n`help COMMAND` says more.");
}

slack::Message help_of_verb(Verb verb, bool allowed, const HelpContent& content) {
  const auto& info = info_of(verb);
  std::vector<std::string> lines{fmt::format("*{}*: {}", info.name, slack::escape(info.summary)), "Say: " + code_span(usage_of(info)), "Like: " + code_span(example_of(verb))};
  std::vector<std::string> names;
  for (const auto& name : info.aliases) names.push_back(code_span(name));
  if (!names.empty()) lines.push_back("Also: " + join(names, ", "));
  for (const auto& [alias, meaning] : content.aliases) {
    const auto first = meaning.substr(0, meaning.find(' '));
    if (first == info.name || std::ranges::find(info.aliases, first) != info.aliases.end()) lines.push_back("Alias: " + alias_line(alias, meaning));
  }
  if (!allowed) lines.emplace_back(":no_entry: You may not say this on any App.");
  return text_message(join(lines, "\n"));
}

slack::Message help_of_alias(const std::string& alias, const std::string& meaning) {
  return text_message(fmt::format("{} is an alias for {}: whoever may say that may say this.", code_span(alias), code_span(meaning)));
}

}  // namespace driftwarden::view
