// audit: about an App, a Change, a commit, a pull request, a message; by somebody, since when, refused; or the report.
#include "bot/command/audit_key.hpp"
#include "bot/command/grammar.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::grammar {
namespace {

constexpr std::string_view kExample = "audit checkout since 30d";
constexpr std::array<std::string_view, 3> kCounted{"incident", "hold", "silence"};

Trouble read_since(const VerbInfo& info, const std::string& value, Command& command) {
  const auto since = parse_duration(value);
  if (!since || *since <= Duration{0}) return incomplete(info, fmt::format("\"{}\" is no time span.", ellipsize(value, 40)), std::string(kExample));
  command.audit.since = *since;
  return std::nullopt;
}

/// An option with its value, which may be joined by "=". Moves `at` behind both; nothing when this is none.
std::optional<std::string> take_option(const Words& words, std::size_t& at, std::string_view name) {
  const auto& word = words[at];
  const auto bare = word.starts_with("--") ? word.substr(2) : word;
  if (to_lower(bare).starts_with(std::string(name) + "=")) {
    ++at;
    return bare.substr(name.size() + 1);
  }
  if (to_lower(bare) != name) return std::nullopt;
  ++at;
  return at < words.size() ? words[at++] : std::string();
}

/// "incident 7"
bool take_counted(const Words& words, std::size_t& at, Command& command) {
  const bool named = std::ranges::any_of(kCounted, [&](std::string_view word) { return says(words[at], word); });
  if (!named || at + 1 >= words.size()) return false;
  const auto number = whole_number(words[at + 1]);
  if (!number) return false;
  command.audit.about = fmt::format("{} {}", to_lower(words[at]), *number);
  at += 2;
  return true;
}

bool take_flag(const Words& words, std::size_t& at, Command& command) {
  if (says(words[at], "refused")) {
    command.audit.refused = true;
  } else if (says(words[at], "report")) {
    command.audit.report = true;
  } else {
    return false;
  }
  ++at;
  return true;
}

Trouble read_what(const VerbInfo& info, const Words& words, std::size_t& at, const GrammarContext& context, Command& command) {
  const auto& word = words[at];
  const auto app = find_app(word, context.apps);
  const bool whole = app && to_lower(*app) == to_lower(word);
  const auto key = whole ? std::nullopt : audit_key_from(word);
  if (!key && !app) return unknown_app(info, word, rest_of(words, at + 1), context.apps);
  auto& into = key ? command.audit.about : command.app;
  if (!into.empty()) return too_much(info, word, command);
  into = key ? *key : *app;
  ++at;
  return std::nullopt;
}

}  // namespace

Parsed parse_audit(const VerbInfo& info, Words words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  if (auto trouble = take_page(info, words, command)) return *trouble;
  std::size_t at = 1;
  while (at < words.size()) {
    if (const auto since = take_option(words, at, "since")) {
      if (auto trouble = read_since(info, *since, command)) return *trouble;
    } else if (const auto by = take_option(words, at, "by")) {
      if (by->empty()) return incomplete(info, "By whom?", "audit by alice");
      command.audit.by = *by;
    } else if (!take_flag(words, at, command) && !take_counted(words, at, command)) {
      if (auto trouble = read_what(info, words, at, context, command)) return *trouble;
    }
  }
  const auto& asked = command.audit;
  const bool narrowed = !asked.about.empty() || !asked.by.empty() || asked.refused || asked.report;
  if (command.app.empty() && !narrowed) command.app = context.implied_app;
  return command;
}

}  // namespace driftwarden::grammar
