#pragma once
// What the parser's files share. Internal to bot/command.
#include "bot/command/command.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace driftwarden::grammar {

using Parsed = std::variant<Command, NotUnderstood>;
using Words = std::vector<std::string>;
/// Nothing when all was understood.
using Trouble = std::optional<NotUnderstood>;

Words words_of(std::string_view text);
std::string rest_of(const Words& words, std::size_t from);
bool is_because(const std::string& word);
bool says(const std::string& word, std::string_view what);  ///< without case
/// Takes `because ...` off the end; "" when there is none.
std::string take_reason(Words& words);
/// The App a word names: exactly, without case, or as the only one that starts with it.
std::optional<std::string> find_app(const std::string& word, const std::vector<std::string>& apps);
/// Those that slips of the pen in a sentence may mean: "chekout". Short words are like too many names.
std::vector<std::string> nearly_named_apps(std::string_view sentence, const std::vector<std::string>& apps);
/// Of a sentence that is none: what could be said instead.
NotUnderstood no_command(const std::vector<std::string>& apps);
NotUnderstood unknown_app(const VerbInfo& info, const std::string& word, const std::string& rest, const std::vector<std::string>& apps);
NotUnderstood too_much(const VerbInfo& info, const std::string& word, const Command& command);
/// Usage and an example, in words: a suggestion is a button, and nobody meant the example's numbers.
NotUnderstood incomplete(const VerbInfo& info, const std::string& why, const std::string& example);
/// `for 2h` or `2h`, when it stands at `at`; moves `at` behind it. Trouble when it says `for` and no duration follows.
Trouble read_duration(const VerbInfo& info, const Words& words, std::size_t& at, Command& command, const std::string& example);

// What follows the App, without its reason.
Trouble read_rollback(const Words& words, Command& command);
Trouble read_set_image(const VerbInfo& info, const Words& words, Command& command);
Trouble read_scale(const VerbInfo& info, const Words& words, Command& command);
Trouble read_restart(const VerbInfo& info, const Words& words, Command& command);
Trouble read_promote(const VerbInfo& info, const Words& words, Command& command);
Trouble read_move(const VerbInfo& info, const Words& words, Command& command);
Trouble read_pin_image(const VerbInfo& info, const Words& words, Command& command);
Trouble read_lock(const VerbInfo& info, const Words& words, Command& command);
Trouble read_break_glass(const VerbInfo& info, const Words& words, Command& command);
/// `text` is what follows the App, reason included: a value may hold anything.
Trouble read_set(const VerbInfo& info, std::string_view text, bool removes, Command& command);

Trouble read_logs(const VerbInfo& info, const Words& words, Command& command);
Trouble read_describe(const VerbInfo& info, const Words& words, Command& command);
/// `page 2` at the end; takes it off.
Trouble take_page(const VerbInfo& info, Words& words, Command& command);
std::optional<int> whole_number(const std::string& word);

// Verbs without an App. `words` begin with the verb.
Parsed parse_create_app(const VerbInfo& info, Words words, const GrammarContext& context);
Parsed parse_scope_verb(const VerbInfo& info, Words words);
Parsed parse_delegate(const VerbInfo& info, Words words);
Parsed parse_silence(const VerbInfo& info, Words words, const GrammarContext& context);
/// Also unwaive.
Parsed parse_unsilence(const VerbInfo& info, Words words);
Parsed parse_link(const VerbInfo& info, const Words& words);
Parsed parse_audit(const VerbInfo& info, Words words, const GrammarContext& context);
/// propose, ask. `text` is all of it, the verb included.
Parsed parse_sentence(const VerbInfo& info, std::string_view text, const GrammarContext& context);
Parsed parse_waive(const VerbInfo& info, Words words, const GrammarContext& context);
Parsed parse_cost(const VerbInfo& info, const Words& words, const GrammarContext& context);
/// Without its first `count` words, spaces inside kept.
std::string_view after_words(std::string_view text, std::size_t count);

}  // namespace driftwarden::grammar
