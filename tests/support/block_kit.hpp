#pragma once
// Slack's limits on messages, modals and home tabs (reference slack.md section 2.4), as a list of what is wrong with one.
#include "integrations/slack/slack.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::test {

class BlockKitCheck {
 public:
  using json = nlohmann::json;

  explicit BlockKitCheck(const slack::Message& message) {
    if (message.text.empty()) fault("no text: notifications and screen readers get nothing");
    if (message.text.size() > 4000) fault("text over 4000: chat.update answers msg_too_long");
    check_encoding(message.text);
    if (!message.blocks) return;
    if (!message.blocks->is_array() || message.blocks->empty()) {
      fault("blocks is no array with blocks");
      return;
    }
    check_blocks(*message.blocks, 50);
  }
  /// A modal or a home tab.
  explicit BlockKitCheck(const json& view) {
    const auto type = view.value("type", "");
    if (type != "modal" && type != "home") fault("a view of type " + type);
    for (const auto* key : {"title", "submit", "close"}) {
      if (view.contains(key)) plain_text(view.at(key), 24);
      if (!view.contains(key) && type == "modal" && std::string_view(key) == "title") fault("a modal without a title");
    }
    if (view.value("private_metadata", "").size() > 3000) fault("private_metadata over 3000");
    if (view.value("callback_id", "").size() > 255) fault("callback_id over 255");
    check_blocks(view.at("blocks"), 100);
    try {
      if (view.dump().size() > 250'000) fault("a view over 250 kB");
    } catch (const std::exception& failure) {
      fault(failure.what());
    }
  }
  std::vector<std::string> faults;

 private:
  void fault(std::string what) { faults.push_back(std::move(what)); }
  void check_encoding(const json& text) {
    try {
      (void)text.dump();
    } catch (const std::exception& failure) {
      fault(failure.what());
    }
  }
  void check_blocks(const json& blocks, std::size_t most) {
    if (blocks.size() > most) fault(fmt::format("more than {} blocks", most));
    for (const auto& block : blocks) check_block(block);
    std::set<std::string> ids;
    for (const auto& block : blocks) {
      if (block.contains("block_id") && !ids.insert(block.at("block_id").get<std::string>()).second) fault("block_id twice");
    }
    check_encoding(blocks);
  }
  void length(const json& object, const char* key, std::size_t most) {
    const auto size = object.at(key).get_ref<const std::string&>().size();
    if (size == 0 || size > most) fault(fmt::format("{} has {} characters, 1 to {} are allowed", key, size, most));
  }
  void text_object(const json& text, std::size_t most) {
    if (text.at("type") != "plain_text" && text.at("type") != "mrkdwn") fault("a text object of type " + text.at("type").dump());
    length(text, "text", most);
  }
  void plain_text(const json& text, std::size_t most) {
    if (text.at("type") != "plain_text") fault("a text object that must be plain is " + text.at("type").dump());
    length(text, "text", most);
  }
  void check_block(const json& block) {
    const auto type = block.at("type").get<std::string>();
    if (block.contains("block_id")) length(block, "block_id", 255);
    if (type == "section") return check_section(block);
    if (type == "header") return plain_text(block.at("text"), 150);
    if (type == "divider") return;
    if (type == "input") return check_input(block);
    const auto& elements = block.at("elements");
    if (type == "context") {
      if (elements.empty() || elements.size() > 10) fault("context elements");
      for (const auto& element : elements) text_object(element, 3000);
    } else if (type == "actions") {
      if (elements.empty() || elements.size() > 25) fault("actions elements");
      std::set<std::string> ids;
      for (const auto& element : elements) check_element(element, ids);
    } else if (type == "rich_text") {
      for (const auto& element : elements) {
        if (element.at("type") != "rich_text_preformatted") fault("a rich text element nobody expects here");
        for (const auto& leaf : element.at("elements")) length(leaf, "text", 3000);
      }
    } else {
      fault("a block of type " + type);
    }
  }
  void check_section(const json& block) {
    if (!block.contains("text") && !block.contains("fields")) fault("a section without text");
    if (block.contains("text")) text_object(block.at("text"), 3000);
    if (block.contains("fields")) {
      if (block.at("fields").empty() || block.at("fields").size() > 10) fault("section fields");
      for (const auto& field : block.at("fields")) text_object(field, 2000);
    }
    std::set<std::string> ids;
    if (block.contains("accessory")) check_element(block.at("accessory"), ids);
  }
  void check_input(const json& block) {
    plain_text(block.at("label"), 2000);
    if (block.contains("hint")) plain_text(block.at("hint"), 2000);
    std::set<std::string> ids;
    check_element(block.at("element"), ids);
  }
  void check_element(const json& element, std::set<std::string>& ids) {
    length(element, "action_id", 255);
    if (!ids.insert(element.at("action_id").get<std::string>()).second) fault("action_id twice in a block");
    if (element.contains("placeholder")) plain_text(element.at("placeholder"), 150);
    const auto type = element.at("type").get<std::string>();
    if (type == "button") return check_button(element);
    if (type == "static_select") return check_options(element.at("options"), 100);
    if (type == "overflow") return check_options(element.at("options"), 5);
    if (type == "external_select") {
      if (element.contains("min_query_length") && element.at("min_query_length").get<int>() < 0) fault("min_query_length");
      return;
    }
    if (type == "plain_text_input") {
      if (element.contains("initial_value") && element.at("initial_value").get_ref<const std::string&>().size() > 3000) fault("initial_value over 3000");
      return;
    }
    if (type != "number_input" && type != "checkboxes" && type != "radio_buttons") fault("an element of type " + type);
  }
  void check_options(const json& options, std::size_t most) {
    if (options.empty() || options.size() > most) fault(fmt::format("{} options", options.size()));
    for (const auto& option : options) {
      plain_text(option.at("text"), 75);
      length(option, "value", 150);
    }
  }
  void check_button(const json& button) {
    plain_text(button.at("text"), 75);
    if (button.contains("value")) length(button, "value", 2000);
    if (button.contains("url")) length(button, "url", 3000);
    if (!button.contains("confirm")) return;
    plain_text(button.at("confirm").at("title"), 100);
    text_object(button.at("confirm").at("text"), 300);
    plain_text(button.at("confirm").at("confirm"), 30);
    plain_text(button.at("confirm").at("deny"), 30);
  }
};

/// Empty when Slack would take the message.
inline std::vector<std::string> block_kit_faults(const slack::Message& message) { return BlockKitCheck(message).faults; }
inline std::vector<std::string> view_faults(const slack::JsonPtr& view) { return BlockKitCheck(*view).faults; }

/// All texts in which Slack reads mark-up: mrkdwn objects of these blocks.
inline void collect_mrkdwn(const nlohmann::json& value, std::vector<std::string>& texts) {
  if (value.is_object() && value.value("type", nlohmann::json()) == "mrkdwn") texts.push_back(value.at("text").get<std::string>());
  if (!value.is_structured()) return;
  for (const auto& child : value) collect_mrkdwn(child, texts);
}
/// Mark-up from outside that Slack would act upon: a ping, a link, a channel. `markers` are what the input held, as Slack would read it.
inline std::vector<std::string> live_markup(const slack::Message& message, const std::vector<std::string>& markers) {
  std::vector<std::string> texts{message.text};
  if (message.blocks) collect_mrkdwn(*message.blocks, texts);
  std::vector<std::string> found;
  for (const auto& text : texts) {
    for (const auto& marker : markers) {
      if (text.find(marker) != std::string::npos) found.push_back(fmt::format("{} in: {}", marker, text.substr(0, 300)));
    }
  }
  return found;
}

/// The message as a golden file shows it.
inline std::string message_text(const slack::Message& message) {
  const nlohmann::json shown{{"text", message.text}, {"blocks", message.blocks ? *message.blocks : nlohmann::json()}};
  return shown.dump(2) + "\n";
}

}  // namespace driftwarden::test
