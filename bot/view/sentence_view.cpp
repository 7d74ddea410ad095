#include "bot/view/sentence_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <vector>

namespace driftwarden::view {
namespace {

std::string by_whom(const ReadAs& read) {
  if (read.model.empty()) return {};
  return fmt::format(":warning: read by the model *{}*, which may be wrong: look at it before you run it", slack::escape(ellipsize(without_control_characters(read.model), 80)));
}

std::string what_it_does(const VerbInfo& info) {
  return fmt::format("{}: {}", code_span(info.name), slack::escape(info.summary));
}

}  // namespace

slack::Message read_as_message(const ReadAs& read) {
  const auto& info = info_of(read.command.verb);
  const auto command = to_text(read.command);
  Blocks blocks;
  blocks.section(":bulb: I read that as one command:");
  blocks.code(command);
  blocks.context({what_it_does(info), by_whom(read), fmt::format("only <@{}> can run it, until {}; it is judged like any command", slack::escape(read.button.user), clock_span(read.button.until))});
  blocks.actions({{"Run it", to_text(read.button), Button::Style::Primary, ""}, {"How it is used", fmt::format("help {}", info.name), Button::Style::Plain, ""}});
  auto text = fmt::format(":bulb: I read that as {}. It runs when you press \"Run it\", or type it.", code_span(command));
  if (const auto model = by_whom(read); !model.empty()) text += "\n" + model;
  return message_of(blocks, std::move(text));
}

}  // namespace driftwarden::view
