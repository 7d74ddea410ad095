#pragma once
// Patterns of plain sentences. Internal to bot/command.
//   word|word    one of these words            ?word|word   the same, or nothing
//   <app>        an App by its whole name, "it" of a thread
//   <n> <tag> <change> <image> <name> <env> <when> <span> <day> <look> <rest>, each also with `?`: see phrase.cpp
#include "bot/command/command.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::grammar {

/// One word of a sentence, without what stands around it.
struct Token {
  std::string raw;
  std::string lower;
  std::string app;       ///< the App it names by itself; "it" in a thread names that thread's
  std::string app_pair;  ///< that it names with the next word: "shop frontend"
};

/// The words that say something: no politeness, no article, contractions resolved. Empty when there are more than a sentence has.
std::vector<Token> sentence_tokens(std::string_view text, const GrammarContext& context);

/// By the slot's name, as it stands in a command: {"app": "checkout", "when": "yesterday"}.
using Captures = std::map<std::string, std::string>;
/// All of `tokens`, or nothing.
std::optional<Captures> match_phrase(const std::vector<std::string>& pattern, const std::vector<Token>& tokens, const std::vector<std::string>& environments);

}  // namespace driftwarden::grammar
