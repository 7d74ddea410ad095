// A list's or a watch's bytes in pieces, and what is told of an object before it is parsed.
#include "gitops/drift/live_source.hpp"
#include "integrations/kubernetes/json_cursor.hpp"
#include "integrations/kubernetes/list_splitter.hpp"
#include "integrations/kubernetes/raw_object.hpp"
#include "integrations/kubernetes/watch_event.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

using nlohmann::json;

/// What the cursor tells without parsing is what the parser says.
void check_glimpse(std::string_view text) {
  LiveGlimpse glimpse;
  if (!kubernetes::read_glimpse(text, kubernetes::DigestKey{}, glimpse)) return;
  const auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return;  // lax about the insides of numbers and escapes
  check(parsed.is_object(), "a glimpse is of an object");
}

std::vector<std::string> items_of(std::string_view input, std::size_t piece, bool& whole) {
  std::vector<std::string> items;
  kubernetes::ListSplitter splitter(4096);
  const auto on_item = [&](std::string_view item) {
    items.emplace_back(item);
    return Result<void>{};
  };
  whole = true;
  while (!input.empty() && whole) {
    whole = splitter.feed(input.substr(0, piece), on_item).has_value();
    input.remove_prefix(std::min(piece, input.size()));
  }
  whole = whole && splitter.finish().has_value();
  return items;
}

void run(std::string_view input) {
  if (input.empty()) return;
  const auto piece = 1 + static_cast<std::size_t>(static_cast<unsigned char>(input.front()));
  input.remove_prefix(1);
  bool by_pieces = false;
  bool at_once = false;
  const auto items = items_of(input, piece, by_pieces);
  check(items == items_of(input, input.size() + 1, at_once) && by_pieces == at_once, "pieces make no difference");
  for (const auto& item : items) check_glimpse(item);
  check_glimpse(input);
  kubernetes::LineBuffer lines(1U << 16U);
  if (!lines.append(input)) return;
  while (const auto line = lines.next_line()) {
    kubernetes::RawEvent event;
    (void)kubernetes::read_event(*line, kubernetes::DigestKey{}, event);
    (void)kubernetes::decode_watch_event(*line);
  }
}

const Target target("list", &run);

}  // namespace
}  // namespace driftwarden::fuzz
