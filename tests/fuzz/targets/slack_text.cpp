// Text from outside on its way to Slack and to forges: nobody is pinged, nothing is linked.
#include "bot/view/blocks.hpp"
#include "bot/view/markdown.hpp"
#include "gitops/base/text.hpp"
#include "integrations/slack/slack.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

bool is_safe(std::string_view text) { return text.find('<') == std::string_view::npos && text.find('>') == std::string_view::npos; }

/// Only mrkdwn is read for control sequences; plain text and preformatted text are shown as they are.
bool pings(const nlohmann::json& block) {
  if (block.is_object() && block.value("type", "") == "mrkdwn") return block.value("text", "").find("<!") != std::string::npos;
  return block.is_structured() && std::any_of(block.begin(), block.end(), pings);
}

void run(std::string_view input) {
  const auto escaped = slack::escape(input);
  check(is_safe(escaped), "escaped text holds no control sequence");
  check(is_safe(view::code_span(input)) || view::code_span(input).find("<!") == std::string::npos, "code pings nobody");
  check(view::cut_mrkdwn(escaped, 40).size() <= 40, "what is cut fits");
  check(is_safe(view::cut_mrkdwn(escaped, 40)), "cutting makes no control sequence");
  view::Blocks blocks;
  blocks.header(input).section(escaped).code(input).context({escaped});
  const auto shown = view::message_of(blocks, escaped);
  check(!pings(*shown.blocks), "no block pings anybody");
  check(without_control_characters(input).find('\n') == std::string::npos, "one line is one line");
  check(view::markdown_text(input).find('\n') == std::string::npos, "a title is one line");
  (void)view::markdown_fence(input, "diff");
  (void)view::without_references(input);
  (void)view::link(input, input);
  (void)view::read_picker_id(input);
}

const Target target("slack_text", &run);

}  // namespace
}  // namespace driftwarden::fuzz
