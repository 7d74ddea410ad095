#include "bot/command/command.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using Parsed = std::variant<Command, NotUnderstood>;
using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  Words words;
  for (auto& line : split(text, ' ')) {
    const auto word = trim(line);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

std::string rest_of(const Words& words, std::size_t from) {
  Words rest(words.begin() + static_cast<std::ptrdiff_t>(std::min(from, words.size())), words.end());
  return join(rest, " ");
}

const VerbInfo* find_verb(const std::string& word) {
  const auto lower = to_lower(word);
  for (const auto& info : verbs()) {
    if (info.name == lower || std::ranges::find(info.aliases, lower) != info.aliases.end()) return &info;
  }
  return nullptr;
}

NotUnderstood unknown_verb(const Words& words) {
  std::vector<std::string> names;
  for (const auto& info : verbs()) {
    names.emplace_back(info.name);
    for (const auto& alias : info.aliases) names.emplace_back(alias);
  }
  NotUnderstood answer{fmt::format("I don't know the command \"{}\".", ellipsize(words.front(), 60)), {}};
  if (const auto guess = nearest(to_lower(words.front()), names)) {
    const auto rest = rest_of(words, 1);
    answer.suggestions.push_back(std::string(find_verb(*guess)->name) + (rest.empty() ? "" : " " + rest));
  }
  return answer;
}

/// The App a word names: exactly, without case, or as the only one that starts with it.
std::optional<std::string> find_app(const std::string& word, const std::vector<std::string>& apps) {
  if (std::ranges::find(apps, word) != apps.end()) return word;
  const auto lower = to_lower(word);
  std::optional<std::string> only;
  for (const auto& app : apps) {
    if (to_lower(app) == lower) return app;
    if (to_lower(app).starts_with(lower)) {
      if (only) return std::nullopt;
      only = app;
    }
  }
  return only;
}

NotUnderstood unknown_app(const VerbInfo& info, const std::string& word, const std::string& rest, const std::vector<std::string>& apps) {
  NotUnderstood answer{fmt::format("There is no App \"{}\".", ellipsize(word, 60)), {}};
  const auto tail = rest.empty() ? "" : " " + rest;
  for (const auto& app : apps) {
    if (to_lower(app).starts_with(to_lower(word))) answer.suggestions.push_back(fmt::format("{} {}{}", info.name, app, tail));
  }
  if (answer.suggestions.empty()) {
    if (const auto guess = nearest(word, apps)) answer.suggestions.push_back(fmt::format("{} {}{}", info.name, *guess, tail));
  }
  return answer;
}

NotUnderstood missing_app(const VerbInfo& info, const std::vector<std::string>& apps) {
  NotUnderstood answer{fmt::format("Which App? `{} {}`", info.name, info.usage), {}};
  for (const auto& app : apps) {
    if (answer.suggestions.size() == 5) break;
    answer.suggestions.push_back(fmt::format("{} {}", info.name, app));
  }
  return answer;
}

bool is_because(const std::string& word) {
  const auto lower = to_lower(word);
  return lower == "because" || lower == "reason:" || lower == "--reason" || lower == "-m";
}

/// A path may hold quoted names, and those may hold spaces: it goes on until its brackets are closed. Moves `at` behind it.
std::string read_path(const Words& words, std::size_t& at) {
  std::string path;
  bool quoted = false;
  int open = 0;
  do {
    const auto& word = words[at++];
    path += (path.empty() ? "" : " ") + word;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (quoted && word[i] == '\\') {
        ++i;
      } else if (word[i] == '"') {
        quoted = !quoted;
      } else if (!quoted) {
        open += word[i] == '[' ? 1 : word[i] == ']' ? -1 : 0;
      }
    }
  } while ((quoted || open > 0) && at < words.size());
  return path;
}

/// What follows the App: `to REV`, paths, a duration, `because ...`. Anything else is said to be too much.
std::optional<NotUnderstood> read_options(const VerbInfo& info, const Words& words, std::size_t at, Command& command) {
  while (at < words.size()) {
    const auto& word = words[at];
    if (is_because(word)) {
      command.reason = rest_of(words, at + 1);
      return std::nullopt;
    }
    if (info.verb == Verb::Rollback && command.revision.empty()) {
      const bool named = to_lower(word) == "to" || word == "--to";
      if (named && at + 1 == words.size()) return NotUnderstood{"To which revision? `history " + command.app + "` lists them.", {"history " + command.app}};
      command.revision = named ? words[at + 1] : word;
      at += named ? 2 : 1;
      continue;
    }
    if (info.verb == Verb::Ignore && word.starts_with('.')) {
      command.paths.push_back(read_path(words, at));
      continue;
    }
    const bool says_for = to_lower(word) == "for" && at + 1 < words.size();
    if ((info.verb == Verb::Snooze || (info.verb == Verb::Ignore && says_for)) && !command.duration) {
      const bool named = says_for;
      auto duration = parse_duration(named ? words[at + 1] : word);
      if (!duration) return NotUnderstood{fmt::format("For how long? {}.", duration.error().message), {info.verb == Verb::Ignore ? fmt::format("ignore {} for 30d", command.app) : fmt::format("snooze {} 2h", command.app)}};
      command.duration = *duration;
      at += named ? 2 : 1;
      continue;
    }
    auto trimmed = command;
    return NotUnderstood{fmt::format("I don't understand \"{}\" in `{}`. Usage: `{} {}`", ellipsize(word, 60), info.name, info.name, info.usage), {to_text(trimmed)}};
  }
  return std::nullopt;
}

/// Verbs whose own words may follow at once where the thread says which App is meant.
bool takes_more(Verb verb) { return verb == Verb::Rollback || verb == Verb::Snooze || verb == Verb::Ignore; }

Parsed parse_app_verb(const VerbInfo& info, const Words& words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  std::size_t at = 1;
  const bool optional = info.argument == VerbInfo::Argument::OptionalApp;
  if (words.size() > 1) {
    if (const auto app = find_app(words[1], context.apps)) {
      command.app = *app;
      at = 2;
    } else if (context.implied_app.empty() || (!is_because(words[1]) && !takes_more(info.verb))) {
      return unknown_app(info, words[1], rest_of(words, 2), context.apps);
    }
  }
  if (command.app.empty()) command.app = context.implied_app;
  if (command.app.empty() && !optional) return missing_app(info, context.apps);
  if (auto trouble = read_options(info, words, at, command)) return *trouble;
  return command;
}

Parsed parse_change_verb(const VerbInfo& info, const Words& words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  std::size_t at = 1;
  if (words.size() > 1) {
    if (const auto id = parse_change_name(words[1])) {
      command.change = *id;
      at = 2;
    } else if (context.implied_change == 0) {
      NotUnderstood answer{fmt::format("\"{}\" is no Change. A Change is called C-12.", ellipsize(words[1], 60)), {}};
      for (const auto& open : context.open_changes) answer.suggestions.push_back(fmt::format("{} {}", info.name, open));
      return answer;
    }
  }
  if (command.change == 0) command.change = context.implied_change;
  if (command.change == 0) {
    NotUnderstood answer{fmt::format("Which Change? `{} {}`", info.name, info.usage), {}};
    for (const auto& open : context.open_changes) answer.suggestions.push_back(fmt::format("{} {}", info.name, open));
    return answer;
  }
  if (at < words.size() && is_because(words[at])) ++at;
  command.reason = rest_of(words, at);
  return command;
}

}  // namespace

Parsed parse_command(std::string_view text, const GrammarContext& context) {
  auto words = words_of(text);
  if (words.empty()) return Command{};
  // "ignore list" is what people try for "ignores".
  if (words.size() > 1 && to_lower(words[0]) == "ignore" && to_lower(words[1]) == "list" && std::ranges::find(context.apps, words[1]) == context.apps.end()) {
    words.erase(words.begin());
    words.front() = "ignores";
  }
  const auto* info = find_verb(words.front());
  if (info == nullptr) return unknown_verb(words);
  switch (info->argument) {
    case VerbInfo::Argument::None: {
      Command command;
      command.verb = info->verb;
      return command;
    }
    case VerbInfo::Argument::App:
    case VerbInfo::Argument::OptionalApp: return parse_app_verb(*info, words, context);
    case VerbInfo::Argument::Change: return parse_change_verb(*info, words, context);
  }
  return unknown_verb(words);
}

}  // namespace driftwarden
