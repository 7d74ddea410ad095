// Verbs that are given whole sentences, and those of gates and costs.
#include "bot/command/grammar.hpp"

#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::grammar {
namespace {

/// Straight and typographic quotes around it, and the blanks inside them.
std::string unquoted(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kQuotes{"\"", "'", "\u201c", "\u201d", "\u201e", "\u2018", "\u2019", "\u00ab", "\u00bb", "`"};
  text = trim(text);
  for (bool found = true; found;) {
    found = false;
    for (const auto quote : kQuotes) {
      const bool both = text.size() >= 2 * quote.size() && text.starts_with(quote);
      if (!both) continue;
      for (const auto end : kQuotes) {
        if (text.size() < quote.size() + end.size() || !text.ends_with(end)) continue;
        text = trim(text.substr(quote.size(), text.size() - quote.size() - end.size()));
        found = true;
        break;
      }
      if (found) break;
    }
  }
  return std::string(text);
}

/// A word without what a sentence puts around it: "(checkout)?" is "checkout", "checkout's" is, too.
std::string bare(std::string word) {
  static constexpr std::string_view kAround = "\"'`.,;:!?()[]<>";
  for (const std::string_view end : {"'s", "\u2019s"}) {
    if (word.ends_with(end)) word.resize(word.size() - end.size());
  }
  const auto from = word.find_first_not_of(kAround);
  if (from == std::string::npos) return {};
  return word.substr(from, word.find_last_not_of(kAround) - from + 1);
}

/// The Apps that a sentence names by their whole names.
std::vector<std::string> named_apps(std::string_view sentence, const std::vector<std::string>& apps) {
  std::vector<std::string> named;
  for (const auto& word : words_of(sentence)) {
    const auto lower = to_lower(bare(word));
    const auto app = std::ranges::find_if(apps, [&](const std::string& name) { return to_lower(name) == lower; });
    if (app != apps.end() && std::ranges::find(named, *app) == named.end()) named.push_back(*app);
  }
  return named;
}

/// "production" may be any of the three, and is no App.
NotUnderstood of_what(const std::string& word) {
  NotUnderstood answer{fmt::format("Is \"{}\" an environment, a cluster or a team?", ellipsize(word, 60)), {}};
  for (const auto* kind : {"env", "cluster", "team"}) answer.suggestions.push_back(fmt::format("cost {} {}", kind, word));
  return answer;
}

}  // namespace

std::vector<std::string> nearly_named_apps(std::string_view sentence, const std::vector<std::string>& apps) {
  constexpr std::size_t kShortest = 5;
  std::vector<std::string> meant;
  for (const auto& word : words_of(sentence)) {
    const auto lower = to_lower(bare(word));
    if (lower.size() < kShortest) continue;
    const auto app = nearest(lower, apps);
    if (app && edit_distance(lower, *app) <= 2 && std::ranges::find(meant, *app) == meant.end()) meant.push_back(*app);
  }
  return meant;
}

Parsed parse_sentence(const VerbInfo& info, std::string_view text, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  auto rest = after_words(text, 1);
  const auto words = words_of(rest);
  const bool about_one = info.verb == Verb::Propose;
  if (!words.empty()) {
    const auto first = std::ranges::find_if(context.apps, [&](const std::string& app) { return to_lower(app) == to_lower(words.front()); });
    if (first != context.apps.end()) {
      command.app = *first;
      rest = after_words(rest, 1);
    }
  }
  command.sentence = unquoted(rest);
  if (command.sentence.empty()) {
    const auto example = about_one ? "propose checkout \"give it 1 GiB and a PodDisruptionBudget\"" : "ask \"why is checkout slow to roll out?\"";
    return incomplete(info, about_one ? "What do you want?" : "What do you want to know?", example);
  }
  if (!command.app.empty()) return command;
  const auto named = named_apps(command.sentence, context.apps);
  if (named.size() == 1) command.app = named.front();
  if (named.empty()) command.app = context.implied_app;
  if (!command.app.empty()) return command;
  if (!about_one) {
    const auto meant = named.empty() ? nearly_named_apps(command.sentence, context.apps) : std::vector<std::string>{};
    if (meant.empty()) return command;
    NotUnderstood answer{"About which App? No App is called quite like that.", {}};
    for (const auto& app : meant) answer.suggestions.push_back(fmt::format("ask {} {}", app, command.sentence));
    return answer;
  }
  NotUnderstood answer{named.empty() ? "For which App?" : "For which of them? One at a time: each has a pull request of its own.", {}};
  const auto meant = named.empty() ? nearly_named_apps(command.sentence, context.apps) : named;
  for (const auto& app : meant) answer.suggestions.push_back(fmt::format("propose {} {}", app, command.sentence));
  if (meant.empty()) return incomplete(info, answer.message, "propose checkout \"give it 1 GiB\"");
  return answer;
}

Parsed parse_cost(const VerbInfo& info, const Words& words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  if (words.size() < 2) {
    command.app = context.implied_app;
    return command;
  }
  const bool whole = says(words[1], "all") || says(words[1], "everything");
  if (whole && words.size() == 2) return command;
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOf{{{"team", "team"}, {"env", "env"}, {"environment", "env"}, {"cluster", "cluster"}}};
  for (const auto& [word, kind] : kOf) {
    if (!says(words[1], word)) continue;
    if (words.size() < 3 && !find_app(words[1], context.apps)) return incomplete(info, fmt::format("Of which {}?", kind == "env" ? "environment" : kind), fmt::format("cost {} {}", kind, kind == "team" ? "shop" : kind == "env" ? "production" : "prod-eu"));
    if (words.size() < 3) continue;
    if (words.size() > 3) return too_much(info, words[3], command);
    command.cost_of = fmt::format("{} {}", kind, words[2]);
    return command;
  }
  const auto app = find_app(words[1], context.apps);
  const bool known = !app && std::ranges::any_of(context.filters, [&](const std::string& filter) { return to_lower(filter) == to_lower(words[1]); });
  if (known) return of_what(words[1]);
  if (!app) return unknown_app(info, words[1], "", context.apps);
  command.app = *app;
  if (words.size() > 2) return too_much(info, words[2], command);
  return command;
}

Parsed parse_waive(const VerbInfo& info, Words words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  const std::string example = "waive C-12 floating-tag for 7d because the vendor has no other tag";
  std::size_t at = 1;
  if (at < words.size()) {
    if (const auto id = words[at].find('-') == std::string::npos ? std::nullopt : parse_change_name(words[at])) {
      command.change = *id;
      ++at;
    } else if (const auto app = find_app(words[at], context.apps)) {
      command.app = *app;
      ++at;
    }
  }
  if (command.change == 0 && command.app.empty()) {
    command.change = context.implied_change;
    if (command.change == 0) command.app = context.implied_app;
  }
  if (command.change == 0 && command.app.empty()) return incomplete(info, "Of which Change, or which App?", example);
  while (at < words.size()) {
    if (says(words[at], "for")) {
      if (auto trouble = read_duration(info, words, at, command, example)) return *trouble;
    } else if (says(words[at], "on") && at + 1 < words.size()) {
      command.object = words[at + 1];
      at += 2;
    } else if (command.rule.empty()) {
      // "policy/deny-latest" says whose rule it is.
      const auto slash = words[at].find('/');
      command.gate = slash == std::string::npos ? std::string() : words[at].substr(0, slash);
      command.rule = slash == std::string::npos ? words[at] : words[at].substr(slash + 1);
      ++at;
    } else {
      return too_much(info, words[at], command);
    }
  }
  if (command.change == 0 && command.rule.empty()) return incomplete(info, "Which rule?", fmt::format("waive {} floating-tag for 7d because ...", command.app));
  if (command.reason.empty()) return incomplete(info, "Why? A waiver has a reason.", example);
  return command;
}

}  // namespace driftwarden::grammar
