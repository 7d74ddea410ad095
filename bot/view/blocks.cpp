#include "bot/view/blocks.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::view {
namespace {

using nlohmann::json;

// Sources: Slack's Block Kit reference, collected in reference slack.md section 2.4.
constexpr std::size_t kMaxBlocks = 50;
constexpr std::size_t kMaxHeader = 150;
constexpr std::size_t kMaxSection = 3000;
constexpr std::size_t kMaxContextElements = 10;
constexpr std::size_t kMaxActions = 25;
constexpr std::size_t kMaxButtonText = 75;
constexpr std::size_t kMaxConfirmText = 300;
constexpr std::size_t kMaxCode = 2800;

json plain(std::string_view text, std::size_t limit) { return {{"type", "plain_text"}, {"text", ellipsize(text, limit)}, {"emoji", true}}; }
json mrkdwn(std::string_view text, std::size_t limit) { return {{"type", "mrkdwn"}, {"text", ellipsize(text, limit)}, {"verbatim", true}}; }

json button_json(const Button& button, std::size_t index) {
  const auto verb = button.command.substr(0, button.command.find(' '));
  json out{{"type", "button"}, {"text", plain(button.text, kMaxButtonText)}, {"action_id", fmt::format("{}:{}", verb, index)}, {"value", button.command}};
  if (button.style == Button::Style::Primary) out["style"] = "primary";
  if (button.style == Button::Style::Danger) out["style"] = "danger";
  if (!button.confirm.empty()) {
    out["confirm"] = {{"title", plain(button.text + "?", 100)},
                      {"text", mrkdwn(button.confirm, kMaxConfirmText)},
                      {"confirm", plain(button.text, 30)},
                      {"deny", plain("Not now", 30)}};
  }
  return out;
}

/// Whole lines up to the limit, then how many are missing.
std::string cut_lines(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  auto end = text.rfind('\n', limit);
  if (end == std::string_view::npos || end == 0) return ellipsize(text, limit);
  const auto missing = std::ranges::count(text.substr(end + 1), '\n') + (text.ends_with('\n') ? 0 : 1);
  return fmt::format("{}\n\u2026 {} more lines", text.substr(0, end), missing);
}

}  // namespace

Blocks::Blocks() : blocks_(std::make_unique<json>(json::array())) {}
Blocks::~Blocks() = default;

Blocks& Blocks::header(std::string_view text) {
  blocks_->push_back({{"type", "header"}, {"text", plain(text, kMaxHeader)}});
  return *this;
}

Blocks& Blocks::section(std::string_view text) {
  if (!text.empty()) blocks_->push_back({{"type", "section"}, {"text", mrkdwn(text, kMaxSection)}, {"expand", true}});
  return *this;
}

Blocks& Blocks::code(std::string_view text, std::string_view language) {
  json element{{"type", "rich_text_preformatted"}, {"elements", json::array({{{"type", "text"}, {"text", cut_lines(text, kMaxCode)}}})}};
  if (!language.empty()) element["language"] = language;
  if (!text.empty()) blocks_->push_back({{"type", "rich_text"}, {"elements", json::array({std::move(element)})}});
  return *this;
}

Blocks& Blocks::context(const std::vector<std::string>& parts) {
  json elements = json::array();
  for (const auto& part : parts) {
    if (!part.empty() && elements.size() < kMaxContextElements) elements.push_back(mrkdwn(part, kMaxSection));
  }
  if (!elements.empty()) blocks_->push_back({{"type", "context"}, {"elements", std::move(elements)}});
  return *this;
}

Blocks& Blocks::actions(const std::vector<Button>& buttons) {
  json elements = json::array();
  for (const auto& button : buttons) {
    if (elements.size() < kMaxActions) elements.push_back(button_json(button, elements.size()));
  }
  if (!elements.empty()) blocks_->push_back({{"type", "actions"}, {"elements", std::move(elements)}});
  return *this;
}

Blocks& Blocks::divider() {
  blocks_->push_back({{"type", "divider"}});
  return *this;
}

slack::JsonPtr Blocks::finish() {
  if (blocks_->size() > kMaxBlocks) {
    const auto missing = blocks_->size() - (kMaxBlocks - 1);
    blocks_->erase(blocks_->begin() + (kMaxBlocks - 1), blocks_->end());
    context({fmt::format("\u2026 {} more", missing)});
  }
  return std::make_shared<const json>(std::move(*blocks_));
}

slack::Message text_message(std::string mrkdwn_text) {
  slack::Message message;
  Blocks blocks;
  blocks.section(mrkdwn_text);
  message.blocks = blocks.finish();
  message.text = std::move(mrkdwn_text);
  return message;
}

std::string code_span(std::string_view text) {
  std::string safe = slack::escape(without_control_characters(text));
  std::ranges::replace(safe, '`', '\'');
  return safe.empty() ? "`-`" : "`" + safe + "`";
}

std::string time_span(WallTime time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return fmt::format("<!date^{}^{{date_short_pretty}} {{time_secs}}|{}>", seconds, format_time(std::chrono::floor<std::chrono::seconds>(time)));
}

std::string short_sha(std::string_view sha) { return sha.empty() ? "-" : std::string(sha.substr(0, 7)); }

std::string link(std::string_view url, std::string_view text) {
  if (url.empty()) return slack::escape(text);
  return fmt::format("<{}|{}>", slack::escape(url), slack::escape(text));
}

}  // namespace driftwarden::view
