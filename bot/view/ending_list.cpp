#include "bot/view/ending_list.hpp"

#include <fmt/core.h>

#include <utility>

namespace driftwarden::view {
namespace {

constexpr std::size_t kShown = 30;
constexpr std::size_t kButtons = 5;
constexpr std::size_t kSection = 2'800;

}  // namespace

slack::Message ending_list(const std::string& heading, const std::vector<EndingRow>& rows) {
  Blocks blocks;
  blocks.section(heading);
  auto text = heading;
  std::string section;
  std::vector<Button> buttons;
  for (std::size_t at = 0; at < rows.size() && at < kShown; ++at) {
    const auto& row = rows[at];
    if (section.size() + row.line.size() > kSection) blocks.section(std::exchange(section, ""));
    section += (section.empty() ? "" : "\n") + row.line;
    text += "\n" + row.line;
    if (buttons.size() < kButtons) buttons.push_back({row.button, row.command, Button::Style::Plain, ""});
  }
  blocks.section(section);
  if (rows.size() > kShown) blocks.context({fmt::format("\u2026 and {} more", rows.size() - kShown)});
  blocks.actions(buttons);
  return message_of(blocks, std::move(text));
}

}  // namespace driftwarden::view
