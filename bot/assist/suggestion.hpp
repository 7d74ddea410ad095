#pragma once
// What a model makes of a sentence that our own table doesn't understand: one typed command, or nothing. Pure. The line is data: it is parsed by the
// grammar, must be about Apps that the person sees, and is nobody's command until that person confirms it.
#include "bot/command/command.hpp"
#include "integrations/llm/llm.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// The grammar of what may be suggested, the names of the Apps that the person sees, and the sentence. `drafts`: `propose` is one of the commands.
llm::Prompt suggestion_prompt(std::string_view sentence, const GrammarContext& context, bool drafts);

/// The command, without a reason of the model's own; nothing for anything but one line that is a command which may be suggested.
std::optional<Command> suggestion_from(std::string_view answer, std::string_view sentence, const GrammarContext& context, bool drafts);

}  // namespace driftwarden
