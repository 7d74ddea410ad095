#include "bot/view/spent_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::view {
namespace {

using nlohmann::json;

constexpr std::size_t kCommandShown = 3'000;  // of 4'000 bytes that a message's text may have

bool is_of_type(const json& block, const char* type) { return block.is_object() && block.value("type", "") == type; }

/// The value of its button `Run it`.
std::optional<std::string> words_in(const json& block) {
  const auto elements = block.is_object() ? block.find("elements") : block.end();
  if (!is_of_type(block, "actions") || elements == block.end() || !elements->is_array()) return std::nullopt;
  for (const auto& element : *elements) {
    auto value = element.is_object() ? element.value("value", std::string()) : std::string();
    if (run_it_from(value)) return value;
  }
  return std::nullopt;
}

json context_of(const std::string& line) {
  auto elements = json::array();
  elements.push_back({{"type", "mrkdwn"}, {"text", line}, {"verbatim", true}});
  return {{"type", "context"}, {"elements", std::move(elements)}};
}

std::string line_of(const RunIt& asked, std::optional<WallTime> pressed) {
  if (pressed) return fmt::format(":white_check_mark: <@{}> pressed *Run it* at {}", slack::escape(ellipsize(asked.user, 60)), clock_span(*pressed));
  return fmt::format(":hourglass: nobody ran it until {}: say it again, or type the command", clock_span(asked.until));
}

}  // namespace

std::optional<std::string> run_it_words(const json& blocks) {
  if (!blocks.is_array()) return std::nullopt;
  for (const auto& block : blocks) {
    if (auto words = words_in(block)) return words;
  }
  return std::nullopt;
}

slack::Message spent_message(const json& blocks, const RunIt& asked, std::optional<WallTime> pressed) {
  const auto line = valid_utf8(line_of(asked, pressed));
  auto kept = json::array();
  for (const auto& block : blocks) {
    if (!words_in(block)) {
      kept.push_back(block);
      continue;
    }
    // Who may press it, and until when: what stands right before it.
    if (!kept.empty() && is_of_type(kept.back(), "context") && !kept.back().at("elements").empty()) {
      auto& elements = kept.back().at("elements");
      elements.erase(elements.size() - 1);
      if (elements.empty()) kept.erase(kept.size() - 1);
    }
    kept.push_back(context_of(line));
  }
  slack::Message message;
  message.text = cut_mrkdwn(valid_utf8(fmt::format(":bulb: I read that as {}.", code_span(asked.command))), kCommandShown) + "\n" + line;
  message.blocks = std::make_shared<const json>(std::move(kept));
  return message;
}

}  // namespace driftwarden::view
