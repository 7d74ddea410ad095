#pragma once
// Slack's limits on messages (reference slack.md section 2.4), as a list of what is wrong with one.
#include "integrations/slack/slack.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <set>
#include <string>
#include <vector>

namespace driftwarden::test {

class BlockKitCheck {
 public:
  explicit BlockKitCheck(const slack::Message& message) {
    if (message.text.empty()) fault("no text: notifications and screen readers get nothing");
    if (message.text.size() > 4000) fault("text over 4000: chat.update answers msg_too_long");
    if (!message.blocks) return;
    const auto& blocks = *message.blocks;
    if (!blocks.is_array() || blocks.empty()) {
      fault("blocks is no array with blocks");
      return;
    }
    if (blocks.size() > 50) fault("more than 50 blocks");
    for (const auto& block : blocks) check_block(block);
    try {
      (void)blocks.dump();
      (void)nlohmann::json(message.text).dump();
    } catch (const std::exception& failure) {
      fault(failure.what());
    }
  }
  std::vector<std::string> faults;

 private:
  using json = nlohmann::json;

  void fault(std::string what) { faults.push_back(std::move(what)); }
  void length(const json& object, const char* key, std::size_t most) {
    const auto size = object.at(key).get_ref<const std::string&>().size();
    if (size == 0 || size > most) fault(fmt::format("{} has {} characters, 1 to {} are allowed", key, size, most));
  }
  void text_object(const json& text, std::size_t most) {
    if (text.at("type") != "plain_text" && text.at("type") != "mrkdwn") fault("a text object of type " + text.at("type").dump());
    length(text, "text", most);
  }
  void check_block(const json& block) {
    const auto type = block.at("type").get<std::string>();
    if (type == "section") return text_object(block.at("text"), 3000);
    if (type == "header") return text_object(block.at("text"), 150);
    if (type == "divider") return;
    const auto& elements = block.at("elements");
    if (type == "context") {
      if (elements.empty() || elements.size() > 10) fault("context elements");
      for (const auto& element : elements) text_object(element, 3000);
    } else if (type == "actions") {
      if (elements.empty() || elements.size() > 25) fault("actions elements");
      std::set<std::string> ids;
      for (const auto& element : elements) check_button(element, ids);
    } else if (type == "rich_text") {
      for (const auto& element : elements) {
        if (element.at("type") != "rich_text_preformatted") fault("a rich text element nobody expects here");
        for (const auto& leaf : element.at("elements")) length(leaf, "text", 3000);
      }
    } else {
      fault("a block of type " + type);
    }
  }
  void check_button(const json& button, std::set<std::string>& ids) {
    text_object(button.at("text"), 75);
    length(button, "action_id", 255);
    length(button, "value", 2000);
    if (!ids.insert(button.at("action_id").get<std::string>()).second) fault("action_id twice in a block");
    if (!button.contains("confirm")) return;
    text_object(button.at("confirm").at("title"), 100);
    text_object(button.at("confirm").at("text"), 300);
    text_object(button.at("confirm").at("confirm"), 30);
    text_object(button.at("confirm").at("deny"), 30);
  }
};

/// Empty when Slack would take the message.
inline std::vector<std::string> block_kit_faults(const slack::Message& message) { return BlockKitCheck(message).faults; }

/// The message as a golden file shows it.
inline std::string message_text(const slack::Message& message) {
  const nlohmann::json shown{{"text", message.text}, {"blocks", message.blocks ? *message.blocks : nlohmann::json()}};
  return shown.dump(2) + "\n";
}

}  // namespace driftwarden::test
