#include "bot/view/pages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace driftwarden::view {

Page page_of(std::size_t rows, std::size_t per_page, int asked) {
  Page page;
  page.pages = static_cast<int>(std::max<std::size_t>(1, (rows + per_page - 1) / per_page));
  page.page = std::clamp(asked, 1, page.pages);
  page.first = static_cast<std::size_t>(page.page - 1) * per_page;
  page.last = std::min(rows, page.first + per_page);
  return page;
}

std::string page_words(const Page& page, std::size_t rows) { return page.pages == 1 ? "" : fmt::format("{} to {} of {}", page.first + 1, page.last, rows); }

std::vector<Button> page_buttons(const Page& page, const std::string& command) {
  std::vector<Button> buttons;
  const auto to = [&](int number) { return number == 1 ? command : fmt::format("{} page {}", command, number); };
  if (page.page < page.pages) buttons.push_back({fmt::format("Page {} of {}", page.page + 1, page.pages), to(page.page + 1), Button::Style::Plain, ""});
  if (page.page > 1) buttons.push_back({fmt::format("Page {}", page.page - 1), to(page.page - 1), Button::Style::Plain, ""});
  return buttons;
}

void add_packed(Blocks& blocks, const std::vector<std::string>& lines) {
  std::string section;
  for (const auto& line : lines) {
    if (!section.empty() && section.size() + line.size() + 1 > 2900) blocks.section(std::exchange(section, ""));
    section += (section.empty() ? "" : "\n") + line;
  }
  blocks.section(section);
}

}  // namespace driftwarden::view
