#pragma once
// Plain sentences as commands: "roll checkout back to yesterday" is `rollback checkout to yesterday`. By a table, without a model; nobody's command
// until the person who said it confirms it. Pure.
#include "bot/command/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// What may be made out of plain words at all, by our table or by a model: looks, and requests that a Change and its approvals come after. Nothing that
/// decides, holds others back, lets pass, or says who somebody is.
bool may_be_suggested(Verb verb);

/// The command that the sentence says, every word of it accounted for; nothing for what isn't understood whole. It names its App, means the same wherever
/// it is said, and reads back as itself. Questions about one App that no other command answers become `ask`; with `drafts`, wishes become `propose`.
std::optional<Command> read_sentence(std::string_view text, const GrammarContext& context, bool drafts);

/// The same checks for a command that somebody else (a model) made out of it.
std::optional<Command> suggestable(std::string_view command, const GrammarContext& context);

/// `***` for what a sentence tells of a secret in passing: "the password is ***", "put *** in as the token".
std::string without_told_secrets(std::string_view sentence);

/// Reads like a sentence rather than a command with a slip in it, and holds nothing that may be a value or a secret: what a model may be asked about.
bool looks_like_sentence(std::string_view text, const GrammarContext& context);

}  // namespace driftwarden
