#include "bot/command/grammar.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace driftwarden {
namespace {

using namespace grammar;

constexpr std::size_t kShortestSlip = 3;  ///< shorter words are like any other
constexpr std::size_t kSentence = 3;      ///< words

NotUnderstood unknown_verb(const Words& words, const std::vector<std::string>& apps) {
  std::vector<std::string> names;
  for (const auto& info : verbs()) {
    names.emplace_back(info.name);
    for (const auto& alias : info.aliases) names.emplace_back(alias);
  }
  const auto& first = words.front();
  NotUnderstood answer{fmt::format("I don't know the command \"{}\".", ellipsize(first, 60)), {}};
  const auto guess = first.size() < kShortestSlip ? std::nullopt : nearest(to_lower(first), names);
  // "delete checkout" is no slip of "delegate to bob".
  const bool fits = guess && (find_verb(*guess)->argument != VerbInfo::Argument::Person || words.size() < 2 || says(words[1], "to"));
  if (fits) {
    const auto rest = rest_of(words, 1);
    answer.suggestions.push_back(std::string(find_verb(*guess)->name) + (rest.empty() ? "" : " " + rest));
  } else if (words.size() < kSentence) {
    answer.message += " `help` lists those that there are.";
    answer.suggestions.emplace_back("help");
  } else {
    return no_command(apps);
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
    case Verb::Move:
    case Verb::PinImage:
    case Verb::Lock:
    case Verb::Logs:
    case Verb::Describe:
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
    case Verb::Move: return read_move(info, words, command);
    case Verb::PinImage: return read_pin_image(info, words, command);
    case Verb::Lock: return read_lock(info, words, command);
    case Verb::BreakGlass: return read_break_glass(info, words, command);
    case Verb::Logs: return read_logs(info, words, command);
    case Verb::Describe: return read_describe(info, words, command);
    default: return read_options(info, words, command);
  }
}

/// Verbs that may be said of all Apps that share one message.
bool is_said_of_groups(Verb verb) { return verb == Verb::Ack || verb == Verb::Snooze || verb == Verb::Sync || verb == Verb::Diff; }

bool is_paged(Verb verb) {
  switch (verb) {
    case Verb::Status:
    case Verb::Apps:
    case Verb::History:
    case Verb::Ignores:
    case Verb::Pending:
    case Verb::Silences: return true;
    default: return false;
  }
}

/// "drifted", an environment, "shop-*": what `status` is narrowed to, where that is no App and no slip of the pen.
bool is_filter(const std::string& word, const GrammarContext& context) {
  static const std::vector<std::string> kStates{"drifted", "outofsync", "degraded", "unhealthy", "unknown", "synced", "mine"};
  const auto lower = to_lower(word);
  const auto is_word = [&](const std::string& known) { return to_lower(known) == lower; };
  if (std::ranges::any_of(kStates, is_word) || std::ranges::any_of(context.filters, is_word) || word.find('*') != std::string::npos) return true;
  return !nearest(word, context.apps) && !nearest(lower, kStates) && context.filters.empty();
}

/// `incident 7`, or the thread of a message that stands for several Apps. Moves `at` behind it; false when no incident is meant.
bool read_incident(const VerbInfo& info, const Words& words, std::size_t& at, const GrammarContext& context, Command& command) {
  if (!is_said_of_groups(info.verb)) return false;
  if (at + 1 < words.size() && says(words[at], "incident")) {
    const auto& word = words[at + 1];
    const auto number = whole_number(word.starts_with('#') ? word.substr(1) : word);
    if (number && *number > 0) {
      command.incident = *number;
      at += 2;
      return true;
    }
  }
  const bool names_an_app = at < words.size() && find_app(words[at], context.apps);
  if (context.implied_incident == 0 || names_an_app) return false;
  command.incident = context.implied_incident;
  return true;
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
    } else if (info.verb == Verb::Status && is_filter(word, context)) {
      command.filter = word;
      ++at;
      return std::nullopt;
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
  if (is_paged(info.verb)) {
    if (auto trouble = take_page(info, words, command)) return *trouble;
  }
  if (!read_incident(info, words, at, context, command)) {
    if (auto trouble = read_app(info, words, at, context, command)) return *trouble;
  }
  if (info.verb == Verb::Set) {
    if (auto trouble = read_set(info, after_words(text, at), says(words.front(), "unset"), command)) return *trouble;
    return command;
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
  if (info.verb != Verb::Logs) command.reason = take_reason(words);
  if (auto trouble = read_after_app(info, words, command)) return *trouble;
  return command;
}

/// The Changes of "approve C-12, C-13 C-14", the first with them; none for a single one. Moves `at` behind them.
std::vector<std::int64_t> more_changes(const VerbInfo& info, const Words& words, std::size_t& at, std::int64_t first) {
  if (info.verb != Verb::Approve && info.verb != Verb::Reject) return {};
  std::vector<std::int64_t> all{first};
  for (; at < words.size(); ++at) {
    auto word = words[at];
    if (word.ends_with(',')) word.pop_back();
    // "reject C-12 7 replicas are too many" names one: only what is written as a Change is one.
    const auto id = word.find('-') == std::string::npos ? std::nullopt : parse_change_name(word);
    if (!id) break;
    if (std::ranges::find(all, *id) == all.end()) all.push_back(*id);
  }
  return all.size() > 1 ? all : std::vector<std::int64_t>{};
}

Parsed parse_change_verb(const VerbInfo& info, const Words& words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  std::size_t at = 1;
  if (words.size() > 1) {
    if (const auto id = parse_change_name(words[1].ends_with(',') ? words[1].substr(0, words[1].size() - 1) : words[1])) {
      command.change = *id;
      at = 2;
      command.changes = more_changes(info, words, at, *id);
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
  if (info.verb == Verb::Help && words.size() > 1) command.filter = to_lower(rest_of(words, 1));
  if (is_paged(info.verb)) {
    if (auto trouble = take_page(info, words, command)) return *trouble;
  }
  if (info.verb == Verb::Apps && words.size() > 1) return NotUnderstood{"`apps` lists all of them. `status` can be narrowed.", {"status " + rest_of(words, 1)}};
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
  if (both == "route test") return "route";
  if (both == "silence list") return "silences";
  if (both == "silence lift" || both == "silence end") return "unsilence";
  return {};
}

/// "restart checkout please" names no workload. What takes words as they are keeps them.
void drop_courtesy(const VerbInfo& info, Words& words) {
  static constexpr std::array<std::string_view, 3> kCourtesies{"please", "pls", "plz"};
  const bool free = info.argument == VerbInfo::Argument::Sentence || info.verb == Verb::Set || std::ranges::any_of(words, is_because);
  if (!free && words.size() > 1 && std::ranges::find(kCourtesies, to_lower(words.back())) != kCourtesies.end()) words.pop_back();
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
  if (info == nullptr) return unknown_verb(words, context.apps);
  drop_courtesy(*info, words);
  if (info->verb == Verb::Audit) return parse_audit(*info, std::move(words), context);
  switch (info->argument) {
    case VerbInfo::Argument::None: return parse_plain_verb(*info, std::move(words), context);
    case VerbInfo::Argument::App:
    case VerbInfo::Argument::OptionalApp: return parse_app_verb(*info, text, std::move(words), context);
    case VerbInfo::Argument::Change: return parse_change_verb(*info, words, context);
    case VerbInfo::Argument::Scope: return parse_scope_verb(*info, std::move(words));
    case VerbInfo::Argument::Person: return parse_delegate(*info, std::move(words));
    case VerbInfo::Argument::Login: return parse_link(*info, words);
    case VerbInfo::Argument::Match: return parse_silence(*info, std::move(words), context);
    case VerbInfo::Argument::Number: return parse_unsilence(*info, std::move(words));
    case VerbInfo::Argument::Sentence: return parse_sentence(*info, text, context);
    case VerbInfo::Argument::Waiver: return parse_waive(*info, std::move(words), context);
    case VerbInfo::Argument::Costs: return parse_cost(*info, words, context);
  }
  return unknown_verb(words, context.apps);
}

Result<std::string> expand_alias(std::string_view text, const std::map<std::string, std::string>& aliases) {
  const auto words = words_of(text);
  const auto alias = words.empty() ? aliases.end() : aliases.find(to_lower(words.front()));
  if (alias == aliases.end() || find_verb(words.front()) != nullptr) return std::string(text);
  std::string out;
  std::size_t used = 0;
  bool takes_rest = false;
  const auto& pattern = alias->second;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto end = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    const auto name = end == std::string::npos ? std::string() : pattern.substr(i + 1, end - i - 1);
    const auto number = whole_number(name);
    if (name == "*") {
      takes_rest = true;
      out += "{*}";
    } else if (number && *number > 0) {
      const auto word = static_cast<std::size_t>(*number);
      if (word >= words.size()) return Error{ErrorKind::InvalidInput, fmt::format("`{}` stands for `{}`: say its word {}, too", alias->first, pattern, *number)};
      used = std::max(used, word);
      out += words[word];
    } else {
      out += pattern[i];
      continue;
    }
    i = end;
  }
  const auto rest = rest_of(words, used + 1);
  if (const auto at = out.find("{*}"); at != std::string::npos) {
    out.replace(at, 3, rest);
  } else if (!takes_rest && !rest.empty()) {
    out += " " + rest;
  }
  return std::string(trim(out));
}

}  // namespace driftwarden
