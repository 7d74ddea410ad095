#include "bot/command/grammar.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace driftwarden::grammar {

Words words_of(std::string_view text) {
  Words words;
  for (auto& part : split(text, ' ')) {
    const auto word = trim(part);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

std::string rest_of(const Words& words, std::size_t from) {
  Words rest(words.begin() + static_cast<std::ptrdiff_t>(std::min(from, words.size())), words.end());
  return join(rest, " ");
}

bool says(const std::string& word, std::string_view what) { return to_lower(word) == what; }

bool is_because(const std::string& word) {
  const auto lower = to_lower(word);
  return lower == "because" || lower == "reason:" || lower == "--reason" || lower == "-m";
}

std::string take_reason(Words& words) {
  const auto found = std::ranges::find_if(words, is_because);
  if (found == words.end()) return {};
  auto reason = rest_of(words, static_cast<std::size_t>(found - words.begin()) + 1);
  words.erase(found, words.end());
  return reason;
}

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

NotUnderstood no_command(const std::vector<std::string>& apps) {
  const auto app = apps.empty() ? std::string("APP") : apps.front();
  return {fmt::format("I can make no command of that. Say what is to be done with which App, as in `roll {} back to yesterday`, or ask: `ask why is {} red?`. `help` lists the commands.", app, app), {}};
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
  // "why is chekout red?" looks at one App; what changes something is said again.
  if (answer.suggestions.empty() && !info.changes_something) {
    for (const auto& app : nearly_named_apps(rest, apps)) answer.suggestions.push_back(fmt::format("{} {}", info.name, app));
  }
  // "why is everything so slow?"
  static constexpr std::array<std::string_view, 12> kHelping{"is", "are", "was", "were", "does", "do", "did", "has", "have", "can", "should", "will"};
  if (answer.suggestions.empty() && !rest.empty() && std::ranges::find(kHelping, to_lower(word)) != kHelping.end()) return no_command(apps);
  return answer;
}

NotUnderstood too_much(const VerbInfo& info, const std::string& word, const Command& command) {
  return {fmt::format("I don't understand \"{}\" in `{}`. Usage: `{} {}`", ellipsize(word, 60), info.name, info.name, info.usage), {to_text(command)}};
}

NotUnderstood incomplete(const VerbInfo& info, const std::string& why, const std::string& example) {
  return {fmt::format("{} Usage: `{} {}`, as in `{}`.", why, info.name, info.usage, example), {}};
}

Trouble read_duration(const VerbInfo& info, const Words& words, std::size_t& at, Command& command, const std::string& example) {
  if (at >= words.size() || command.duration) return std::nullopt;
  const bool named = says(words[at], "for");
  const auto value = named ? at + 1 : at;
  const auto duration = parse_duration(value < words.size() ? words[value] : "");
  if (duration) {
    command.duration = *duration;
    at = value + 1;
    return std::nullopt;
  }
  if (named) return incomplete(info, fmt::format("For how long? {}.", duration.error().message), example);
  return std::nullopt;
}

std::string_view after_words(std::string_view text, std::size_t count) {
  text = trim(text);
  for (; count > 0 && !text.empty(); --count) {
    const auto space = text.find(' ');
    text = space == std::string_view::npos ? std::string_view{} : trim(text.substr(space));
  }
  return text;
}

}  // namespace driftwarden::grammar
