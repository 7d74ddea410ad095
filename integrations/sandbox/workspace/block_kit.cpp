#include "integrations/sandbox/workspace/block_kit_checker.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {

using Json = nlohmann::json;

const std::map<std::string, Checker::Rule>& Checker::block_rules() {
  static const std::map<std::string, Rule> kRules{{"section", {{"text", "fields", "accessory", "expand"}, &Checker::section}},
                                                  {"header", {{"text", "level"}, &Checker::header}},
                                                  {"divider", {{}, &Checker::divider}},
                                                  {"context", {{"elements"}, &Checker::context}},
                                                  {"actions", {{"elements"}, &Checker::actions}},
                                                  {"image", {{"image_url", "slack_file", "alt_text", "title"}, &Checker::image}},
                                                  {"input", {{"label", "element", "hint", "optional", "dispatch_action"}, &Checker::input}},
                                                  {"rich_text", {{"elements"}, &Checker::rich_text}},
                                                  {"markdown", {{"text"}, &Checker::markdown}},
                                                  {"table", {{"rows", "column_settings"}, &Checker::table}}};
  return kRules;
}

bool Checker::has(const Json& object, const char* key, const std::string& at) {
  if (object.contains(key) && !object[key].is_null()) return true;
  fail(fmt::format("missing required field: {}", key), at);
  return false;
}

void Checker::no_others(const Json& object, const std::set<std::string>& fields, const std::string& at) {
  for (const auto& [key, value] : object.items()) {
    if (key != "type" && key != "block_id" && key != "action_id" && fields.count(key) == 0) fail(fmt::format("invalid additional property: {}", key), at);
  }
}

void Checker::string(const Json& object, const char* key, std::size_t max, const std::string& at, bool required) {
  if (!object.contains(key) || object[key].is_null()) {
    if (required) has(object, key, at);
    return;
  }
  const auto here = at + "/" + key;
  if (!object[key].is_string()) return fail("must be a string", here);
  if (required && object[key].get<std::string>().empty()) fail("must be more than 0 characters", here);
  if (characters(object[key].get<std::string>()) > max) fail(fmt::format("must be less than {} characters", max + 1), here);
}

void Checker::text(const Json& object, const char* key, std::size_t max, TextKind kind, const std::string& at, bool required) {
  if (!object.contains(key) || object[key].is_null()) {
    if (required) has(object, key, at);
    return;
  }
  text_object(object[key], max, kind, at + "/" + key);
}

void Checker::text_object(const Json& text, std::size_t max, TextKind kind, const std::string& at) {
  if (!text.is_object()) return fail("must provide an object", at);
  const auto type = text.value("type", "");
  if (type != "plain_text" && (kind == TextKind::Plain || type != "mrkdwn"))
    fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, at + "/type");
  no_others(text, {"text", "emoji", "verbatim"}, at);
  string(text, "text", max, at, true);
}

bool Checker::list(const Json& object, const char* key, std::size_t min, std::size_t max, const std::string& at) {
  if (!has(object, key, at)) return false;
  const auto here = at + "/" + key;
  if (!object[key].is_array()) {
    fail("must be an array", here);
    return false;
  }
  if (object[key].size() < min) fail(fmt::format("no fewer than {} items allowed", min), here);
  if (object[key].size() > max) fail(fmt::format("no more than {} items allowed", max), here);
  return true;
}

void Checker::blocks(const Json& blocks, const std::string& at) {
  if (!blocks.is_array()) return fail("must be an array", at);
  const std::size_t max = surface_ == Surface::Message ? 50 : 100;
  if (blocks.size() > max) fail(fmt::format("no more than {} items allowed", max), at);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto here = fmt::format("{}/{}", at, i);
    const auto& block = blocks[i];
    if (!block.is_object()) {
      fail("must provide an object", here);
      continue;
    }
    string(block, "block_id", 255, here);
    const auto id = block.contains("block_id") && block["block_id"].is_string() ? block["block_id"].get<std::string>() : "";
    if (!id.empty() && !ids.insert(id).second) fail("`block_id` must be unique: " + id, here + "/block_id");
    const auto type = block.contains("type") && block["type"].is_string() ? block["type"].get<std::string>() : "";
    static const std::set<std::string> kUnchecked{"video", "file",     "call",      "data_table",      "task_card", "plan",
                                                  "card",  "carousel", "container", "context_actions", "alert"};
    const auto rule = block_rules().find(type);
    if (rule != block_rules().end()) {
      no_others(block, rule->second.fields, here);
      (this->*rule->second.check)(block, here);
    } else if (kUnchecked.count(type) == 0) {
      fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, here + "/type");
    }
  }
}

void Checker::section(const Json& block, const std::string& at) {
  if (!block.contains("text") && !block.contains("fields")) return fail("missing required field: text", at);
  text(block, "text", 3000, TextKind::Any, at, false);
  if (block.contains("fields") && list(block, "fields", 1, 10, at)) {
    for (std::size_t i = 0; i < block["fields"].size(); ++i) text_object(block["fields"][i], 2000, TextKind::Any, fmt::format("{}/fields/{}", at, i));
  }
  auto allowed = kActionElements;
  allowed.insert("image");
  if (block.contains("accessory")) element(block["accessory"], allowed, at + "/accessory");
}

void Checker::context(const Json& block, const std::string& at) {
  if (!list(block, "elements", 1, 10, at)) return;
  for (std::size_t i = 0; i < block["elements"].size(); ++i) {
    const auto& item = block["elements"][i];
    const auto here = fmt::format("{}/elements/{}", at, i);
    if (item.is_object() && item.value("type", "") == "image")
      image(item, here);
    else
      text_object(item, 2000, TextKind::Any, here);
  }
}

void Checker::actions(const Json& block, const std::string& at) {
  if (!list(block, "elements", 1, 25, at)) return;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < block["elements"].size(); ++i) {
    const auto here = fmt::format("{}/elements/{}", at, i);
    const auto& item = block["elements"][i];
    element(item, kActionElements, here);
    const auto id = item.is_object() ? item.value("action_id", "") : "";
    if (!id.empty() && !ids.insert(id).second) fail("`action_id` must be unique within a block: " + id, here + "/action_id");
  }
}

void Checker::image(const Json& block, const std::string& at) {
  if (block.contains("slack_file") && block.contains("image_url")) fail("only one of image_url and slack_file is allowed", at);
  if (!block.contains("slack_file")) string(block, "image_url", 3000, at, true);
  string(block, "alt_text", 2000, at, true);
  text(block, "title", 2000, TextKind::Plain, at, false);
}

void Checker::input(const Json& block, const std::string& at) {
  text(block, "label", 2000, TextKind::Plain, at);
  text(block, "hint", 2000, TextKind::Plain, at, false);
  flag(block, "optional", at);
  flag(block, "dispatch_action", at);
  if (has(block, "element", at)) element(block["element"], kInputElements, at + "/element");
}

void Checker::rich_text(const Json& block, const std::string& at) {
  if (!list(block, "elements", 1, 1000, at)) return;
  static const std::set<std::string> kKinds{"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"};
  for (std::size_t i = 0; i < block["elements"].size(); ++i) {
    const auto& item = block["elements"][i];
    const auto here = fmt::format("{}/elements/{}", at, i);
    const auto type = item.is_object() ? item.value("type", "") : "";
    if (kKinds.count(type) == 0)
      fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, here + "/type");
    else if (list(item, "elements", 0, 10'000, here)) {
      if (type == "rich_text_list" && item.contains("style") && item["style"] != "bullet" && item["style"] != "ordered")
        fail("must be a valid enum value", here + "/style");
      for (std::size_t k = 0; k < item["elements"].size(); ++k) rich_leaf(item["elements"][k], fmt::format("{}/elements/{}", here, k));
    }
  }
}

/// A piece of text, or in a list a whole section of them.
void Checker::rich_leaf(const Json& leaf, const std::string& at) {
  static const std::set<std::string> kLeaves{"text", "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "color", "team", "rich_text_section"};
  const auto type = leaf.is_object() && leaf.contains("type") && leaf["type"].is_string() ? leaf["type"].get<std::string>() : "";
  if (type.empty()) return fail("missing required field: type", at);
  if (kLeaves.count(type) == 0) return fail("unsupported type: " + type, at + "/type");
  if (type == "text") string(leaf, "text", 100'000, at, true);
  if (type == "link") string(leaf, "url", 3000, at, true);
  if (type != "rich_text_section" || !list(leaf, "elements", 0, 10'000, at)) return;
  for (std::size_t i = 0; i < leaf["elements"].size(); ++i) rich_leaf(leaf["elements"][i], fmt::format("{}/elements/{}", at, i));
}

void Checker::markdown(const Json& block, const std::string& at) {
  string(block, "text", 12'000, at, true);
  if (block.contains("text") && block["text"].is_string()) markdown_characters_ += characters(block["text"].get<std::string>());
  if (markdown_characters_ > 12'000) fail("all markdown blocks together must be less than 12001 characters", at);
}

void Checker::table(const Json& block, const std::string& at) {
  if (++tables_ > 1) fail("only_one_table_allowed", at);
  if (!list(block, "rows", 1, 100, at)) return;
  for (std::size_t i = 0; i < block["rows"].size(); ++i) {
    const auto& row = block["rows"][i];
    const auto here = fmt::format("{}/rows/{}", at, i);
    if (!row.is_array())
      fail("must be an array", here);
    else if (row.empty() || row.size() > 20)
      fail(row.empty() ? "no fewer than 1 items allowed" : "no more than 20 items allowed", here);
    else
      for (std::size_t k = 0; k < row.size(); ++k) {
        const auto type = row[k].is_object() ? row[k].value("type", "") : "";
        if (type != "raw_text" && type != "raw_number" && type != "rich_text")
          fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, fmt::format("{}/{}/type", here, k));
        if (type == "raw_text") string(row[k], "text", 3000, fmt::format("{}/{}", here, k), true);
      }
  }
}

void Checker::view(const Json& view) {
  if (!view.is_object()) return fail("must provide an object", "/view");
  const auto type = view.value("type", "");
  if (type != "modal" && type != "home") fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, "/view/type");
  no_others(view,
            {"title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id", "submit_disabled"},
            "/view");
  text(view, "title", 24, TextKind::Plain, "/view", type == "modal");
  text(view, "submit", 24, TextKind::Plain, "/view", false);
  text(view, "close", 24, TextKind::Plain, "/view", false);
  string(view, "private_metadata", 3000, "/view");
  string(view, "callback_id", 255, "/view");
  string(view, "external_id", 255, "/view");
  if (!has(view, "blocks", "/view")) return;
  blocks(view["blocks"], "/view/blocks");
  const bool asks = view["blocks"].is_array() &&
                    std::any_of(view["blocks"].begin(), view["blocks"].end(), [](const Json& b) { return b.is_object() && b.value("type", "") == "input"; });
  if (type == "modal" && asks && !view.contains("submit")) fail("missing required field: submit", "/view");
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> check_blocks(const nlohmann::json& blocks, Surface surface, const std::string& at) {
  Checker checker{surface};
  checker.blocks(blocks, at);
  return std::move(checker.errors);
}

std::vector<std::string> check_view(const nlohmann::json& view) {
  Checker checker{Surface::View};
  checker.view(view);
  return std::move(checker.errors);
}

}  // namespace driftwarden::sandbox::workspace
