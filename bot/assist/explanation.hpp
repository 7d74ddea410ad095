#pragma once
// The model's words about facts that the bot found. Pure. The facts go out numbered and redacted; what comes back is kept sentence by sentence where it
// cites a fact by its number, as plain text: what it says of links, people or formatting takes no effect, and links are made from the facts alone.
#include "integrations/llm/llm.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// One thing that was found, on one line.
struct Fact {
  std::string source;  ///< "events", "history": the command that shows it
  std::string text;    ///< plain; from outside, redacted
};

/// `about`: the App, or "" for all that somebody sees. Facts that don't fit into `most_bytes` are left out, the last ones first.
llm::Prompt explanation_prompt(std::string_view question, std::string_view about, const std::vector<Fact>& facts, std::size_t most_bytes);

struct ExplainedLine {
  std::string text;                ///< plain, one line: to be escaped where it is shown
  std::vector<std::size_t> cites;  ///< numbers of facts, from 1, in the order cited, each once
  bool operator==(const ExplainedLine&) const = default;
};
struct Explained {
  std::vector<ExplainedLine> lines;
  std::size_t dropped = 0;  ///< sentences that rest on no fact
};
Explained explained_from(std::string_view answer, const std::vector<Fact>& facts);

/// A model's words without what could take effect or pass for somebody else's: links, addresses that no fact holds, mentions, mark-up, emoji, control
/// characters. One line.
std::string harmless_words(std::string_view text, const std::vector<Fact>& facts);

}  // namespace driftwarden
