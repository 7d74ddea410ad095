#include "bot/view/ask_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFactsShown = 9;
constexpr std::size_t kLooksShown = 5;
constexpr std::size_t kLongestFact = 300;

std::string number_words(const AskShown& shown, std::size_t number) {
  const auto words = fmt::format("[{}]", number);
  const auto& url = shown.facts[number - 1].link;
  return url.empty() ? words : link(url, words);
}

/// The first ones, and whatever else is cited.
std::vector<std::string> fact_lines(const AskShown& shown) {
  std::set<std::size_t> numbers;
  for (std::size_t number = 1; number <= std::min(kFactsShown, shown.facts.size()); ++number) numbers.insert(number);
  for (const auto& line : shown.lines) {
    for (const auto cite : line.cites) {
      if (cite >= 1 && cite <= shown.facts.size()) numbers.insert(cite);
    }
  }
  std::vector<std::string> lines;
  for (const auto number : numbers) lines.push_back(fmt::format("{} {}", number_words(shown, number), slack::escape(ellipsize(without_control_characters(shown.facts[number - 1].text), kLongestFact))));
  if (shown.facts.empty()) lines.emplace_back("Nothing that speaks of it was found.");
  return lines;
}

std::vector<std::string> model_lines(const AskShown& shown) {
  std::vector<std::string> lines;
  for (const auto& line : shown.lines) {
    auto words = slack::escape(ellipsize(without_control_characters(line.text), 600));
    for (const auto cite : line.cites) {
      if (cite >= 1 && cite <= shown.facts.size()) words += " " + number_words(shown, cite);
    }
    lines.push_back(std::move(words));
  }
  return lines;
}

/// Above the model's words, or in their place.
std::string model_head(const AskShown& shown) {
  if (shown.model.empty() && shown.trouble.empty()) return {};
  const auto name = slack::escape(ellipsize(without_control_characters(shown.model), 80));
  if (!shown.trouble.empty()) return ":information_source: No words of a model: " + slack::escape(ellipsize(shown.trouble, 300));
  if (shown.waits) return fmt::format(":hourglass_flowing_sand: The model *{}* is asked, too: its words follow here, if it has any.", name);
  if (shown.lines.empty()) return fmt::format(":information_source: The model *{}* said nothing that rests on these facts.", name);
  return fmt::format(":bulb: *{}* says of these facts, and may be wrong:", name);
}

std::vector<std::string> small_words(const AskShown& shown) {
  std::vector<std::string> words;
  for (const auto& note : shown.notes) words.push_back(":warning: " + slack::escape(ellipsize(without_control_characters(note), 300)));
  if (shown.dropped > 0) words.push_back(fmt::format("{} of the model's that {} on no fact {} left out", counted(shown.dropped, "sentence"), shown.dropped == 1 ? "rests" : "rest", shown.dropped == 1 ? "is" : "are"));
  const auto hidden = shown.facts.size() > kFactsShown ? shown.facts.size() - kFactsShown : 0;
  if (hidden > 0) words.push_back(fmt::format("{} found in all", counted(shown.facts.size(), "fact")));
  words.push_back("as of " + time_span(shown.now));
  return words;
}

Button look_button(const std::string& command) {
  auto text = command.substr(0, command.find(' '));
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return {std::move(text), command, Button::Style::Plain, ""};
}

}  // namespace

slack::Message ask_message(const AskShown& shown) {
  Blocks blocks;
  blocks.section(shown.headline);
  const auto facts = fact_lines(shown);
  add_packed(blocks, facts);
  auto text = shown.headline + "\n" + join(facts, "\n");
  const auto head = model_head(shown);
  if (!head.empty()) {
    blocks.divider();
    blocks.section(head);
    const auto lines = model_lines(shown);
    add_packed(blocks, lines);
    text += "\n" + head + (lines.empty() ? "" : "\n" + join(lines, "\n"));
  }
  blocks.context(small_words(shown));
  for (const auto& note : shown.notes) text += "\n:warning: " + slack::escape(ellipsize(without_control_characters(note), 300));
  std::vector<Button> buttons;
  for (const auto& look : shown.looks) {
    if (!look.empty() && buttons.size() < kLooksShown) buttons.push_back(look_button(look));
  }
  blocks.actions(buttons);
  return message_of(blocks, std::move(text));
}

}  // namespace driftwarden::view
