// The words of the verbs that look into what runs, and of those that keep alerts quiet.
#include "bot/command/grammar.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace driftwarden::grammar {
namespace {

constexpr int kMostLines = 100'000;
constexpr int kMostPages = 10'000;

/// "deployment/web", "pod/web-5d4f", "web-5d4f": names as Kubernetes has them.
bool is_object_name(const std::string& word) {
  const bool spelled = std::ranges::all_of(word, [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view("-._:/").find(static_cast<char>(c)) != std::string_view::npos; });
  return spelled && !word.empty() && word.size() <= 317 && word.find("..") == std::string::npos && word.front() != '/' && word.back() != '/';
}

bool is_any(const std::string& word, std::initializer_list<std::string_view> names) {
  const auto lower = to_lower(word);
  return std::ranges::find(names, std::string_view(lower)) != names.end();
}

std::string logs_example(const Command& command) { return fmt::format("logs {} since 15m tail 200", command.app); }

/// The word after an option; trouble when there is none.
Trouble take_value(const VerbInfo& info, const Words& words, std::size_t& at, const Command& command, std::string& value) {
  if (at + 1 >= words.size()) return incomplete(info, fmt::format("`{}` of what?", words[at]), logs_example(command));
  value = words[at + 1];
  at += 2;
  return std::nullopt;
}

Trouble read_since(const VerbInfo& info, const std::string& value, Command& command) {
  const auto since = parse_duration(value);
  if (!since || *since <= Duration{0}) return incomplete(info, fmt::format("\"{}\" is no time span.", ellipsize(value, 40)), logs_example(command));
  command.logs.since = *since;
  return std::nullopt;
}

Trouble read_log_option(const VerbInfo& info, const Words& words, std::size_t& at, Command& command) {
  const auto& word = words[at];
  std::string value;
  if (is_any(word, {"previous", "--previous", "-p"})) {
    command.logs.previous = true;
    ++at;
  } else if (is_any(word, {"follow", "--follow", "-f"})) {
    command.logs.follow = true;
    ++at;
  } else if (is_any(word, {"container", "--container", "-c"})) {
    if (auto trouble = take_value(info, words, at, command, command.logs.container)) return trouble;
    if (!is_object_name(command.logs.container)) return incomplete(info, fmt::format("\"{}\" is no container's name.", ellipsize(command.logs.container, 60)), logs_example(command));
  } else if (is_any(word, {"grep", "--grep"})) {
    command.logs.grep = rest_of(words, at + 1);
    if (command.logs.grep.empty()) return incomplete(info, "`grep` what?", logs_example(command));
    at = words.size();
  } else if (is_any(word, {"since", "--since", "last"})) {
    if (auto trouble = take_value(info, words, at, command, value)) return trouble;
    return read_since(info, value, command);
  } else if (is_any(word, {"tail", "--tail", "-n"})) {
    if (auto trouble = take_value(info, words, at, command, value)) return trouble;
    const auto lines = whole_number(value);
    if (!lines || *lines == 0 || *lines > kMostLines) return incomplete(info, fmt::format("\"{}\" is no number of lines.", ellipsize(value, 40)), logs_example(command));
    command.logs.tail = *lines;
  } else if (command.logs.target.empty() && is_object_name(word)) {
    command.logs.target = word;
    ++at;
  } else {
    return too_much(info, word, command);
  }
  return std::nullopt;
}

/// One `key=value` of a silence.
Trouble read_matcher(const VerbInfo& info, const std::string& word, AlertMatch& match) {
  const auto equals = word.find('=');
  const auto key = to_lower(word.substr(0, equals));
  const auto value = word.substr(equals + 1);
  const auto example = "silence environment=staging cause=git-ahead for 2h because ...";
  if (value.empty()) return incomplete(info, fmt::format("`{}` which?", key), example);
  const auto twice = [&] { return incomplete(info, fmt::format("`{}` was said twice; `*` in a value stands for many.", key), example); };
  const std::vector<std::pair<std::string_view, std::string*>> texts{{"app", &match.app},       {"cluster", &match.cluster},      {"environment", &match.environment}, {"env", &match.environment},
                                                                     {"namespace", &match.namespace_}, {"ns", &match.namespace_}, {"team", &match.team}};
  if (const auto found = std::ranges::find(texts, key, &std::pair<std::string_view, std::string*>::first); found != texts.end()) {
    if (!found->second->empty()) return twice();
    *found->second = value;
  } else if (key == "cause") {
    if (match.cause) return twice();
    match.cause = cause_from(to_lower(value));
    if (!match.cause) return incomplete(info, fmt::format("\"{}\" is no cause: live-edited, git-ahead, both, missing, extra, fight, stuck, unknown.", ellipsize(value, 40)), example);
  } else if (key == "severity") {
    if (match.severity) return twice();
    match.severity = severity_from(to_lower(value));
    if (!match.severity) return incomplete(info, fmt::format("\"{}\" is no severity: info, warning, critical.", ellipsize(value, 40)), example);
  } else {
    return incomplete(info, fmt::format("I don't know \"{}\": app, cluster, environment, namespace, team, cause, severity.", ellipsize(key, 40)), example);
  }
  return std::nullopt;
}

/// What is to be silent. Moves `at` behind it.
Trouble read_match(const VerbInfo& info, const Words& words, std::size_t& at, const GrammarContext& context, Command& command) {
  bool any = false;
  while (at < words.size() && !says(words[at], "for") && !parse_duration(words[at])) {
    const auto& word = words[at];
    if (word.find('=') != std::string::npos) {
      if (auto trouble = read_matcher(info, word, command.match)) return trouble;
    } else if (is_any(word, {"all", "everything"}) && !any) {
      // matches as it is
    } else if (const auto app = find_app(word, context.apps); app && command.match.app.empty()) {
      command.match.app = *app;
    } else if (word.find('*') != std::string::npos && command.match.app.empty()) {
      command.match.app = word;
    } else {
      return unknown_app(info, word, rest_of(words, at + 1), context.apps);
    }
    any = true;
    ++at;
  }
  if (!any && !context.implied_app.empty()) {
    command.match.app = context.implied_app;
    any = true;
  }
  if (!any) return incomplete(info, "What is to be silent: an App, or what matches?", "silence environment=staging for 2h because ...");
  return std::nullopt;
}

}  // namespace

std::optional<int> whole_number(const std::string& word) {
  int number = 0;
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failed != std::errc{} || end != word.data() + word.size() || number < 0) return std::nullopt;
  return number;
}

Trouble read_logs(const VerbInfo& info, const Words& words, Command& command) {
  std::size_t at = 0;
  while (at < words.size()) {
    if (!command.logs.since && parse_duration(words[at])) {
      if (auto trouble = read_since(info, words[at++], command)) return trouble;
      continue;
    }
    if (auto trouble = read_log_option(info, words, at, command)) return trouble;
  }
  return std::nullopt;
}

Trouble read_describe(const VerbInfo& info, const Words& words, Command& command) {
  if (words.size() > 2) return too_much(info, words[2], command);
  const auto object = join(words, "/");
  if (!object.empty() && !is_object_name(object)) return incomplete(info, fmt::format("\"{}\" is no object's name.", ellipsize(object, 60)), fmt::format("describe {} deployment/web", command.app));
  command.object = object;
  return std::nullopt;
}

Trouble take_page(const VerbInfo& info, Words& words, Command& command) {
  if (words.size() < 2 || !says(words[words.size() - 2], "page")) return std::nullopt;
  const auto page = whole_number(words.back());
  if (!page || *page == 0 || *page > kMostPages) return incomplete(info, fmt::format("\"{}\" is no page.", ellipsize(words.back(), 20)), fmt::format("{} page 2", info.name));
  command.page = *page;
  words.resize(words.size() - 2);
  return std::nullopt;
}

Parsed parse_silence(const VerbInfo& info, Words words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  std::size_t at = 1;
  if (auto trouble = read_match(info, words, at, context, command)) {
    for (auto& suggestion : trouble->suggestions) suggestion += command.reason.empty() ? "" : " because " + command.reason;
    return *trouble;
  }
  const auto example = fmt::format("silence {} for 2h because ...", command.match.app.empty() ? "environment=staging" : command.match.app);
  if (auto trouble = read_duration(info, words, at, command, example)) return *trouble;
  if (!command.duration) return incomplete(info, "For how long? A silence always ends.", example);
  // In a hurry nobody writes `because`.
  if (command.reason.empty()) {
    command.reason = rest_of(words, at);
  } else if (at < words.size()) {
    return too_much(info, words[at], command);
  }
  if (command.reason.empty()) return incomplete(info, "Why? A silence needs a reason.", example);
  return command;
}

Parsed parse_unsilence(const VerbInfo& info, Words words) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  auto word = words.size() > 1 ? words[1] : std::string();
  if (word.starts_with('#')) word.erase(0, 1);
  const auto number = whole_number(word);
  const bool silence = info.verb == Verb::Unsilence;
  if (!number || *number == 0) {
    return silence ? incomplete(info, "Which silence? `silences` lists them with their numbers.", "unsilence 3")
                   : incomplete(info, "Which waiver? `waivers` lists them with their numbers.", "unwaive 3");
  }
  command.number = *number;
  if (words.size() > 2) return too_much(info, words[2], command);
  return command;
}

}  // namespace driftwarden::grammar
