#include "bot/command/grammar.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using namespace grammar;

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

NotUnderstood missing_app(const VerbInfo& info, const std::vector<std::string>& apps) {
  NotUnderstood answer{fmt::format("Which App? `{} {}`", info.name, info.usage), {}};
  for (const auto& app : apps) {
    if (answer.suggestions.size() == 5) break;
    answer.suggestions.push_back(fmt::format("{} {}", info.name, app));
  }
  return answer;
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

/// Paths, a duration. Anything else is said to be too much.
Trouble read_options(const VerbInfo& info, const Words& words, Command& command) {
  std::size_t at = 0;
  while (at < words.size()) {
    const auto& word = words[at];
    if (info.verb == Verb::Ignore && word.starts_with('.')) {
      command.paths.push_back(read_path(words, at));
      continue;
    }
    const bool says_for = says(word, "for") && at + 1 < words.size();
    if ((info.verb == Verb::Snooze || (info.verb == Verb::Ignore && says_for)) && !command.duration) {
      auto duration = parse_duration(says_for ? words[at + 1] : word);
      if (!duration) return NotUnderstood{fmt::format("For how long? {}.", duration.error().message), {info.verb == Verb::Ignore ? fmt::format("ignore {} for 30d", command.app) : fmt::format("snooze {} 2h", command.app)}};
      command.duration = *duration;
      at += says_for ? 2 : 1;
      continue;
    }
    return too_much(info, word, command);
  }
  return std::nullopt;
}

/// Verbs whose own words may follow at once where the thread says which App is meant.
bool takes_more(Verb verb) {
  switch (verb) {
    case Verb::Rollback:
    case Verb::Snooze:
    case Verb::Ignore:
    case Verb::SetImage:
    case Verb::Scale:
    case Verb::Set:
    case Verb::Promote:
    case Verb::Restart:
    case Verb::Lock:
    case Verb::BreakGlass: return true;
    default: return false;
  }
}

/// promote names what is the same in several environments: "checkout" of checkout-dev and checkout-prod.
bool is_base_name(const std::string& word, const std::vector<std::string>& apps) {
  const auto lower = to_lower(word);
  return std::ranges::any_of(apps, [&](const std::string& app) { return to_lower(app).starts_with(lower) || to_lower(app).ends_with(lower); });
}

Trouble read_after_app(const VerbInfo& info, const Words& words, Command& command) {
  switch (info.verb) {
    case Verb::Rollback: return read_rollback(words, command);
    case Verb::SetImage: return read_set_image(info, words, command);
    case Verb::Scale: return read_scale(info, words, command);
    case Verb::Restart: return read_restart(info, words, command);
    case Verb::Promote: return read_promote(info, words, command);
    case Verb::Lock: return read_lock(info, words, command);
    case Verb::BreakGlass: return read_break_glass(info, words, command);
    default: return read_options(info, words, command);
  }
}

/// Without its first `count` words, spaces inside kept.
std::string_view after_words(std::string_view text, std::size_t count) {
  text = trim(text);
  for (; count > 0 && !text.empty(); --count) {
    const auto space = text.find(' ');
    text = space == std::string_view::npos ? std::string_view{} : trim(text.substr(space));
  }
  return text;
}

/// The App: named, or of the thread. Moves `at` behind it.
Trouble read_app(const VerbInfo& info, const Words& words, std::size_t& at, const GrammarContext& context, Command& command) {
  const bool implied = !context.implied_app.empty();
  if (at < words.size()) {
    const auto& word = words[at];
    const auto app = find_app(word, context.apps);
    // In a thread "scale web 5" may mean a workload of its App: what only begins like another App isn't that.
    const bool whole = app && to_lower(*app) == to_lower(word);
    const bool own_words = implied && takes_more(info.verb);
    const bool promotes = info.verb == Verb::Promote && !implied && is_base_name(word, context.apps);
    if (app && (whole || (!own_words && !promotes))) {
      command.app = *app;
      ++at;
    } else if (promotes) {
      command.app = word;
      ++at;
    } else if (!implied || (!is_because(word) && !takes_more(info.verb))) {
      return unknown_app(info, word, rest_of(words, at + 1), context.apps);
    }
  }
  if (command.app.empty()) command.app = context.implied_app;
  if (command.app.empty() && info.argument != VerbInfo::Argument::OptionalApp) return missing_app(info, context.apps);
  return std::nullopt;
}

Parsed parse_app_verb(const VerbInfo& info, std::string_view text, Words words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  std::size_t at = 1;
  if (info.verb == Verb::BreakGlass && words.size() > 1 && says(words[1], "end")) {
    command.ends = true;
    ++at;
  }
  if (auto trouble = read_app(info, words, at, context, command)) return *trouble;
  if (info.verb == Verb::Set) {
    if (auto trouble = read_set(info, after_words(text, at), says(words.front(), "unset"), command)) return *trouble;
    return command;
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
  command.reason = take_reason(words);
  if (auto trouble = read_after_app(info, words, command)) return *trouble;
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

Parsed parse_plain_verb(const VerbInfo& info, Words words, const GrammarContext& context) {
  if (info.verb == Verb::CreateApp) return parse_create_app(info, std::move(words), context);
  Command command;
  command.verb = info.verb;
  if (info.verb != Verb::Halt && info.verb != Verb::Resume) return command;
  const std::size_t at = words.size() > 1 && is_because(words[1]) ? 2 : 1;
  command.reason = rest_of(words, at);
  return command;
}

/// What people write in two words: "create app", "set image", "break glass", "ignore list". Nothing where the second one is an App.
std::string joined_verb(const Words& words, const GrammarContext& context) {
  if (words.size() < 2 || std::ranges::find(context.apps, words[1]) != context.apps.end()) return {};
  const auto both = to_lower(words[0]) + " " + to_lower(words[1]);
  if (both == "ignore list") return "ignores";
  if (both == "create app" || both == "new app") return "create-app";
  if (both == "set image") return "set-image";
  if (both == "break glass") return "break-glass";
  return {};
}

}  // namespace

Parsed parse_command(std::string_view text, const GrammarContext& context) {
  auto words = words_of(text);
  if (words.empty()) return Command{};
  if (const auto joined = joined_verb(words, context); !joined.empty()) {
    words.erase(words.begin());
    words.front() = joined;
  }
  const auto* info = find_verb(words.front());
  if (info == nullptr) return unknown_verb(words);
  switch (info->argument) {
    case VerbInfo::Argument::None: return parse_plain_verb(*info, std::move(words), context);
    case VerbInfo::Argument::App:
    case VerbInfo::Argument::OptionalApp: return parse_app_verb(*info, text, std::move(words), context);
    case VerbInfo::Argument::Change: return parse_change_verb(*info, words, context);
    case VerbInfo::Argument::Scope: return parse_scope_verb(*info, std::move(words));
    case VerbInfo::Argument::Person: return parse_delegate(*info, std::move(words));
    case VerbInfo::Argument::Login: return parse_link(*info, words);
  }
  return unknown_verb(words);
}

}  // namespace driftwarden
