// What people type.
#include "bot/command/command.hpp"
#include "integrations/slack/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  GrammarContext context;
  context.apps = {"checkout", "checkout-eu", "web"};
  context.open_changes = {"C-12"};
  context.implied_app = "web";
  context.filters = {"prod"};
  context.aliases = {{"back", "rollback {1} --previous"}, {"say", "{*}"}};
  const auto text = slack::plain_command_text(input);
  (void)expand_alias(text, context.aliases);
  for (const auto& said : {std::string(input), text}) {
    const auto parsed = parse_command(said, context);
    if (const auto* command = std::get_if<Command>(&parsed)) {
      check(!to_log_text(*command).empty(), "every command can be logged");
    } else {
      check(!std::get<NotUnderstood>(parsed).message.empty(), "what isn't understood is answered");
    }
  }
}

const Target target("command", &run);

}  // namespace
}  // namespace driftwarden::fuzz
