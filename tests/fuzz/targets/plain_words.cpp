// Sentences that people say, and what a model makes of them.
#include "bot/assist/explanation.hpp"
#include "bot/assist/suggestion.hpp"
#include "bot/command/run_it.hpp"
#include "bot/command/sentences.hpp"
#include "gitops/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

void look_at(const std::optional<Command>& command, const GrammarContext& context) {
  if (!command) return;
  check(may_be_suggested(command->verb), "only what may be suggested is");
  check(command->app.empty() || command->verb == Verb::Promote || std::ranges::find(context.apps, command->app) != context.apps.end(), "and only of Apps that are seen");
  const auto again = parse_command(to_text(*command), GrammarContext{context.apps, {}, 0, {}, 0, context.filters, {}});
  check(std::holds_alternative<Command>(again) && std::get<Command>(again) == *command, "the button says the command");
}

void run(std::string_view input) {
  GrammarContext context;
  context.apps = {"checkout", "shop-frontend", "web"};
  context.implied_app = "web";
  context.implied_change = 12;
  context.filters = {"dev", "prod"};
  look_at(read_sentence(input, context, true), context);
  look_at(suggestion_from(input, "make it quicker", context, true), context);
  (void)looks_like_sentence(input, context);
  (void)run_it_from(input);

  const std::vector<Fact> facts{{"status", "checkout is OutOfSync"}, {"events", std::string(input)}};
  const auto prompt = explanation_prompt(input, "checkout", facts, 8'192);
  const auto& text = prompt.messages.back().text;
  check(text.find("</facts>") == text.rfind("</facts>"), "the facts end where we say so");
  for (const auto& line : explained_from(input, {{"status", "checkout is OutOfSync"}}).lines) {
    check(line.cites == std::vector<std::size_t>{1}, "what is kept cites a fact that there is");
    check(line.text.find_first_of("<>`~|\n") == std::string::npos, "without mark-up");
    const auto lower = to_lower(line.text);
    check(lower.find("http://") == std::string::npos && lower.find("https://") == std::string::npos && lower.find("www.") == std::string::npos, "and without a link");
  }
}

const Target target("plain_words", &run);

}  // namespace
}  // namespace driftwarden::fuzz
