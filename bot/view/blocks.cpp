#include "bot/view/blocks.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

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
constexpr std::size_t kMaxButtonValue = 2000;
constexpr std::size_t kMaxCode = 2800;
constexpr std::size_t kMaxOptions = 100;
constexpr std::size_t kMaxOptionText = 75;
constexpr std::size_t kMaxOptionValue = 150;
constexpr std::size_t kMaxPlaceholder = 150;
constexpr std::size_t kMaxActionId = 255;
constexpr std::string_view kPick = "pick:";
constexpr std::size_t kMaxText = 4000;  // beyond it chat.update answers msg_too_long

/// Length of the UTF-8 sequence at `at`, 0 where there is none.
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto first = byte(at);
  if (first < 0x80U) return 1;
  const std::size_t length = first >= 0xf0U ? 4 : first >= 0xe0U ? 3 : 2;
  if (first < 0xc2U || first > 0xf4U) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
  }
  const auto second = byte(at + 1);
  const bool overlong = (first == 0xe0U && second < 0xa0U) || (first == 0xf0U && second < 0x90U);
  const bool outside = (first == 0xedU && second > 0x9fU) || (first == 0xf4U && second > 0x8fU);
  return overlong || outside ? 0 : length;
}

json plain(std::string_view text, std::size_t limit) { return {{"type", "plain_text"}, {"text", ellipsize(valid_utf8(text), limit)}, {"emoji", true}}; }
json mrkdwn(std::string_view text, std::size_t limit) { return {{"type", "mrkdwn"}, {"text", cut_mrkdwn(valid_utf8(text), limit)}, {"verbatim", true}}; }

json button_json(const Button& button, const std::string& action_id) {
  json out{{"type", "button"}, {"text", plain(button.text, kMaxButtonText)}, {"action_id", action_id}, {"value", valid_utf8(button.command)}};
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
  const auto end = text.rfind('\n', limit - std::min<std::size_t>(limit, 40));
  if (end == std::string_view::npos || end == 0) return ellipsize(text, limit);
  const auto missing = std::ranges::count(text.substr(end + 1), '\n') + (text.ends_with('\n') ? 0 : 1);
  return fmt::format("{}\n\u2026 {} more {}", text.substr(0, end), missing, missing == 1 ? "line" : "lines");
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_at(text, at);
    out += length == 0 ? "?" : text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

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
  json element{{"type", "rich_text_preformatted"}, {"elements", json::array({{{"type", "text"}, {"text", cut_lines(valid_utf8(text), kMaxCode)}}})}};
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
  std::map<std::string, int> used;
  for (const auto& button : buttons) {
    // A command that was cut would be another command.
    if (elements.size() == kMaxActions || button.text.empty() || button.command.empty() || button.command.size() > kMaxButtonValue) continue;
    const auto verb = ellipsize(valid_utf8(button.command.substr(0, button.command.find(' '))), 200);
    const auto count = ++used[verb];
    elements.push_back(button_json(button, count == 1 ? verb : fmt::format("{}:{}", verb, count)));
  }
  if (!elements.empty()) blocks_->push_back({{"type", "actions"}, {"elements", std::move(elements)}});
  return *this;
}

Blocks& Blocks::select(std::string_view placeholder, const std::vector<Option>& options) {
  json shown = json::array();
  for (const auto& option : options) {
    if (shown.size() == kMaxOptions) break;
    const auto value = valid_utf8(option.command);
    if (option.text.empty() || value.empty() || value.size() > kMaxOptionValue) continue;
    shown.push_back({{"text", plain(option.text, kMaxOptionText)}, {"value", value}});
  }
  if (shown.empty()) return *this;
  json menu{{"type", "static_select"}, {"action_id", "select"}, {"placeholder", plain(placeholder, kMaxPlaceholder)}, {"options", std::move(shown)}};
  blocks_->push_back({{"type", "actions"}, {"elements", json::array({std::move(menu)})}});
  return *this;
}

Blocks& Blocks::app_picker(std::string_view placeholder, std::string_view verb, std::string_view rest) {
  const auto id = valid_utf8(picker_id(verb, rest));
  if (id.size() > kMaxActionId) return *this;  // cut, it would say another command
  json menu{{"type", "external_select"}, {"action_id", id}, {"placeholder", plain(placeholder, kMaxPlaceholder)}, {"min_query_length", 0}};
  blocks_->push_back({{"type", "actions"}, {"elements", json::array({std::move(menu)})}});
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

std::string cut_mrkdwn(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  if (limit > 100 && text.rfind('\n', limit - 40) != std::string_view::npos && text.rfind('\n', limit - 40) > limit / 2) return cut_lines(text, limit);
  auto cut = ellipsize(text, limit - std::min<std::size_t>(limit, 8));
  cut.resize(cut.size() - std::string_view("\u2026").size());
  const auto opened = cut.rfind('<');
  if (opened != std::string::npos && cut.find('>', opened) == std::string::npos) cut.resize(opened);
  const auto entity = cut.rfind('&');
  if (entity != std::string::npos && cut.size() - entity < 6 && cut.find(';', entity) == std::string::npos) cut.resize(entity);
  const bool in_code = std::ranges::count(cut, '`') % 2 == 1;
  return cut + (in_code ? "\u2026`" : "\u2026");
}

slack::Message message_of(Blocks& blocks, std::string text) {
  slack::Message message;
  message.text = cut_mrkdwn(valid_utf8(trim(text)), kMaxText);
  message.blocks = blocks.finish();
  return message;
}

slack::Message text_message(std::string mrkdwn_text) {
  Blocks blocks;
  blocks.section(mrkdwn_text);
  return message_of(blocks, std::move(mrkdwn_text));
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

std::string clock_span(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("<!date^{}^{{time_secs}}|{} UTC>", seconds.time_since_epoch().count(), format_time(seconds).substr(11, 8));
}

std::string picker_id(std::string_view verb, std::string_view rest) { return fmt::format("{}{}|{}", kPick, verb, rest); }

std::optional<PickerId> read_picker_id(std::string_view action_id) {
  if (!action_id.starts_with(kPick)) return std::nullopt;
  action_id.remove_prefix(kPick.size());
  const auto bar = action_id.find('|');
  if (bar == std::string_view::npos || bar == 0) return std::nullopt;
  return PickerId{.verb = std::string(action_id.substr(0, bar)), .rest = std::string(action_id.substr(bar + 1))};
}

std::string short_sha(std::string_view sha) { return sha.empty() ? "-" : std::string(sha.substr(0, 7)); }

std::string link(std::string_view url, std::string_view text) {
  if (url.empty()) return slack::escape(text);
  return fmt::format("<{}|{}>", slack::escape(url), slack::escape(text));
}

}  // namespace driftwarden::view
