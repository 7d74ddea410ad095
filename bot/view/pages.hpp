#pragma once
// Long lists: a page at a time, and the way to the next.
#include "bot/view/blocks.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::view {

struct Page {
  std::size_t first = 0;  ///< of the rows shown
  std::size_t last = 0;   ///< behind the last of them
  int page = 1;
  int pages = 1;
};
/// The page that exists nearest to the one asked for.
Page page_of(std::size_t rows, std::size_t per_page, int asked);
/// "21 to 40 of 63", "" where one page is all.
std::string page_words(const Page& page, std::size_t rows);
/// Buttons to the pages before and after: "audit checkout page 2".
std::vector<Button> page_buttons(const Page& page, const std::string& command);
/// Lines packed into as few sections as Slack's limit allows.
void add_packed(Blocks& blocks, const std::vector<std::string>& lines);

}  // namespace driftwarden::view
