// The words of lock, freeze, break-glass, delegate and link.
#include "bot/command/grammar.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::grammar {
namespace {

bool is_login(const std::string& word) {
  constexpr std::size_t kLongest = 100;
  const bool spelled = std::ranges::all_of(word, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
  return spelled && !word.empty() && word.size() <= kLongest && std::isalnum(static_cast<unsigned char>(word.front())) != 0;
}

bool is_scope_kind(const std::string& word) {
  constexpr std::array<std::string_view, 4> kKinds{"cluster", "environment", "env", "app"};
  return std::ranges::find(kKinds, to_lower(word)) != kKinds.end();
}

/// `until ...` takes all words that follow: "Mon 08:00".
Trouble read_until(const VerbInfo& info, const Words& words, std::size_t& at, Command& command, const std::string& example) {
  if (at >= words.size() || !says(words[at], "until")) return std::nullopt;
  command.time = rest_of(words, at + 1);
  at = words.size();
  if (command.time.empty()) return incomplete(info, "Until when?", example);
  return std::nullopt;
}

}  // namespace

Trouble read_lock(const VerbInfo& info, const Words& words, Command& command) {
  std::size_t at = 0;
  if (auto trouble = read_duration(info, words, at, command, fmt::format("lock {} for 2h", command.app))) return trouble;
  if (at < words.size()) return too_much(info, words[at], command);
  return std::nullopt;
}

Trouble read_break_glass(const VerbInfo& info, const Words& words, Command& command) {
  const auto example = fmt::format("break-glass {} for 30m because ...", command.app);
  if (words.size() == 1 && says(words[0], "end")) command.ends = true;
  if (command.ends) {
    if (words.size() > 1 || (words.size() == 1 && !says(words[0], "end"))) return too_much(info, words.back(), command);
    return std::nullopt;
  }
  std::size_t at = 0;
  if (auto trouble = read_duration(info, words, at, command, example)) return trouble;
  // In a hurry nobody writes `because`.
  if (command.duration && command.reason.empty()) {
    command.reason = rest_of(words, at);
  } else if (at < words.size()) {
    return too_much(info, words[at], command);
  }
  if (command.reason.empty()) return incomplete(info, "Why? Break-glass needs a reason.", example);
  return std::nullopt;
}

Parsed parse_scope_verb(const VerbInfo& info, Words words) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  const auto example = fmt::format("{} all", info.name);
  std::size_t at = 1;
  if (words.size() > 2 && is_scope_kind(words[1])) command.scope = to_lower(words[at++]) + " ";
  if (at >= words.size() || says(words[at], "for") || says(words[at], "until")) {
    return incomplete(info, "What: an environment, a cluster, an App, or `all`?", command.reason.empty() && info.verb == Verb::Freeze ? example + " for 2h" : example);
  }
  command.scope += words[at++];
  if (info.verb == Verb::Freeze) {
    const auto timed = fmt::format("freeze {} for 2h", command.scope);
    if (auto trouble = read_until(info, words, at, command, timed)) return *trouble;
    if (auto trouble = read_duration(info, words, at, command, timed)) return *trouble;
  }
  if (at < words.size()) return too_much(info, words[at], command);
  return command;
}

Parsed parse_delegate(const VerbInfo& info, Words words) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  std::size_t at = 1;
  if (words.size() == 2 && (says(words[1], "end") || says(words[1], "stop"))) {
    command.ends = true;
    return command;
  }
  if (at < words.size() && says(words[at], "to")) ++at;
  if (at >= words.size() || says(words[at], "for")) return incomplete(info, "To whom?", "delegate to PERSON for 8h");
  command.person = words[at++];
  if (auto trouble = read_duration(info, words, at, command, fmt::format("delegate to {} for 8h", command.person))) return *trouble;
  if (at < words.size()) return too_much(info, words[at], command);
  return command;
}

Parsed parse_link(const VerbInfo& info, const Words& words) {
  Command command;
  command.verb = info.verb;
  if (words.size() < 2) return incomplete(info, "Which login of yours on the forge?", "link octocat");
  command.login = words[1].starts_with('@') ? words[1].substr(1) : words[1];
  if (!is_login(command.login)) return incomplete(info, fmt::format("\"{}\" is no login.", ellipsize(words[1], 60)), "link octocat");
  if (words.size() > 2) return too_much(info, words[2], command);
  return command;
}

}  // namespace driftwarden::grammar
