// The interactive elements, their options and dialogs.
#include "integrations/sandbox/workspace/block_kit_checker.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {

using Json = nlohmann::json;

const std::set<std::string> kActionElements{"button",
                                            "overflow",
                                            "static_select",
                                            "external_select",
                                            "users_select",
                                            "conversations_select",
                                            "channels_select",
                                            "multi_static_select",
                                            "multi_external_select",
                                            "multi_users_select",
                                            "multi_conversations_select",
                                            "multi_channels_select",
                                            "checkboxes",
                                            "radio_buttons",
                                            "datepicker",
                                            "timepicker",
                                            "datetimepicker",
                                            "workflow_button",
                                            "feedback_buttons",
                                            "icon_button"};
const std::set<std::string> kInputElements{"plain_text_input",
                                           "email_text_input",
                                           "url_text_input",
                                           "number_input",
                                           "rich_text_input",
                                           "static_select",
                                           "external_select",
                                           "users_select",
                                           "conversations_select",
                                           "channels_select",
                                           "multi_static_select",
                                           "multi_external_select",
                                           "multi_users_select",
                                           "multi_conversations_select",
                                           "multi_channels_select",
                                           "checkboxes",
                                           "radio_buttons",
                                           "datepicker",
                                           "timepicker",
                                           "datetimepicker",
                                           "file_input"};

const std::map<std::string, Checker::Rule>& Checker::element_rules() {
  static const std::map<std::string, Rule> kRules{
      {"button", {{"text", "value", "url", "style", "confirm", "accessibility_label"}, &Checker::button}},
      {"overflow", {{"options", "confirm"}, &Checker::overflow}},
      {"static_select", {{"placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"}, &Checker::static_select}},
      {"multi_static_select",
       {{"placeholder", "options", "option_groups", "initial_options", "confirm", "focus_on_load", "max_selected_items"}, &Checker::static_select}},
      {"external_select", {{"placeholder", "initial_option", "min_query_length", "confirm", "focus_on_load"}, &Checker::external_select}},
      {"multi_external_select",
       {{"placeholder", "initial_options", "min_query_length", "confirm", "focus_on_load", "max_selected_items"}, &Checker::external_select}},
      {"users_select", {{"placeholder", "initial_user", "confirm", "focus_on_load"}, &Checker::anything}},
      {"channels_select", {{"placeholder", "initial_channel", "confirm", "focus_on_load", "response_url_enabled"}, &Checker::anything}},
      {"conversations_select",
       {{"placeholder", "initial_conversation", "default_to_current_conversation", "confirm", "focus_on_load", "response_url_enabled", "filter"},
        &Checker::anything}},
      {"checkboxes", {{"options", "initial_options", "confirm", "focus_on_load"}, &Checker::choices}},
      {"radio_buttons", {{"options", "initial_option", "confirm", "focus_on_load"}, &Checker::choices}},
      {"datepicker", {{"initial_date", "placeholder", "confirm", "focus_on_load"}, &Checker::moment}},
      {"timepicker", {{"initial_time", "placeholder", "confirm", "focus_on_load", "timezone"}, &Checker::moment}},
      {"plain_text_input",
       {{"initial_value", "multiline", "min_length", "max_length", "placeholder", "dispatch_action_config", "focus_on_load"}, &Checker::text_input}}};
  return kRules;
}

void Checker::element(const Json& element, const std::set<std::string>& allowed, const std::string& at) {
  if (!element.is_object()) return fail("must provide an object", at);
  const auto type = element.contains("type") && element["type"].is_string() ? element["type"].get<std::string>() : "";
  if (allowed.count(type) == 0) return fail(type.empty() ? "missing required field: type" : "unsupported type: " + type, at + "/type");
  if (type == "image") return image(element, at);
  string(element, "action_id", 255, at);
  text(element, "placeholder", 150, TextKind::Plain, at, false);
  flag(element, "focus_on_load", at);
  if (element.value("focus_on_load", Json()) == true && ++focused_ > 1) fail("only one element can have focus_on_load set to true", at + "/focus_on_load");
  confirm(element, at);
  const auto rule = element_rules().find(type);
  if (rule == element_rules().end()) return;
  no_others(element, rule->second.fields, at);
  (this->*rule->second.check)(element, at);
}

void Checker::number(const Json& object, const char* key, long long min, long long max, const std::string& at) {
  if (!object.contains(key) || object[key].is_null()) return;
  const auto here = at + "/" + key;
  if (!object[key].is_number_integer()) return fail("must be an integer", here);
  const auto value = object[key].get<long long>();
  if (value < min) fail(fmt::format("must be at least {}", min), here);
  if (value > max) fail(fmt::format("must be at most {}", max), here);
}

void Checker::flag(const Json& object, const char* key, const std::string& at) {
  if (object.contains(key) && !object[key].is_null() && !object[key].is_boolean()) fail("must be a boolean", at + "/" + key);
}

void Checker::confirm(const Json& object, const std::string& at) {
  if (!object.contains("confirm") || object["confirm"].is_null()) return;
  const auto& dialog = object["confirm"];
  const auto here = at + "/confirm";
  if (!dialog.is_object()) return fail("must provide an object", here);
  no_others(dialog, {"title", "text", "confirm", "deny", "style"}, here);
  text(dialog, "title", 100, TextKind::Plain, here);
  text(dialog, "text", 300, TextKind::Any, here);
  text(dialog, "confirm", 30, TextKind::Plain, here);
  text(dialog, "deny", 30, TextKind::Plain, here);
  if (dialog.contains("style") && dialog["style"] != "primary" && dialog["style"] != "danger") fail("must be a valid enum value", here + "/style");
}

void Checker::option(const Json& option, TextKind kind, bool with_url, const std::string& at) {
  if (!option.is_object()) return fail("must provide an object", at);
  no_others(option, with_url ? std::set<std::string>{"text", "value", "description", "url"} : std::set<std::string>{"text", "value", "description"}, at);
  text(option, "text", 75, kind, at);
  string(option, "value", 150, at, true);
  text(option, "description", 75, kind, at, false);
  string(option, "url", 3000, at);
}

void Checker::options(const Json& object, std::size_t max, TextKind kind, const std::string& at) {
  if (!list(object, "options", 1, max, at)) return;
  const bool with_url = object.value("type", Json()) == "overflow";
  for (std::size_t i = 0; i < object["options"].size(); ++i) option(object["options"][i], kind, with_url, fmt::format("{}/options/{}", at, i));
}

/// What is chosen from the start has to be one of the options, letter by letter.
void Checker::initial(const Json& element, const std::string& at) {
  std::vector<Json> known;
  const auto collect = [&](const Json& holder) {
    if (holder.is_object() && holder.contains("options") && holder["options"].is_array()) known.insert(known.end(), holder["options"].begin(), holder["options"].end());
  };
  collect(element);
  if (element.contains("option_groups") && element["option_groups"].is_array()) std::ranges::for_each(element["option_groups"], collect);
  const auto check = [&](const Json& one, const std::string& here) {
    if (std::ranges::find(known, one) == known.end()) fail("must match one of the provided options exactly", here);
  };
  if (element.contains("initial_option") && !element["initial_option"].is_null()) check(element["initial_option"], at + "/initial_option");
  if (!element.contains("initial_options") || !element["initial_options"].is_array()) return;
  for (const auto& one : element["initial_options"]) check(one, at + "/initial_options");
}

void Checker::button(const Json& element, const std::string& at) {
  text(element, "text", 75, TextKind::Plain, at);
  string(element, "value", 2000, at);
  string(element, "url", 3000, at);
  string(element, "accessibility_label", 75, at);
  if (!element.contains("style")) return;
  const auto& style = element["style"];
  if (style != "primary" && style != "danger") fail("must be a valid enum value", at + "/style");
}

void Checker::overflow(const Json& element, const std::string& at) { options(element, 5, TextKind::Plain, at); }

void Checker::choices(const Json& element, const std::string& at) {
  options(element, 10, TextKind::Any, at);
  initial(element, at);
}

void Checker::static_select(const Json& element, const std::string& at) {
  number(element, "max_selected_items", 1, 100, at);
  if (!element.contains("option_groups")) {
    options(element, 100, TextKind::Plain, at);
    return initial(element, at);
  }
  if (element.contains("options")) fail("only one of options and option_groups is allowed", at);
  if (!list(element, "option_groups", 1, 100, at)) return;
  for (std::size_t i = 0; i < element["option_groups"].size(); ++i) {
    const auto here = fmt::format("{}/option_groups/{}", at, i);
    const auto& group = element["option_groups"][i];
    if (!group.is_object()) {
      fail("must provide an object", here);
      continue;
    }
    text(group, "label", 75, TextKind::Plain, here);
    options(group, 100, TextKind::Plain, here);
  }
  initial(element, at);
}

void Checker::external_select(const Json& element, const std::string& at) {
  number(element, "min_query_length", 0, 3000, at);
  number(element, "max_selected_items", 1, 100, at);
  if (element.contains("initial_option") && !element["initial_option"].is_null()) option(element["initial_option"], TextKind::Plain, false, at + "/initial_option");
}

/// "2026-11-21" or "09:30".
void Checker::moment(const Json& element, const std::string& at) {
  const bool is_date = element["type"] == "datepicker";
  const char* key = is_date ? "initial_date" : "initial_time";
  if (!element.contains(key) || element[key].is_null()) return;
  const std::string_view pattern = is_date ? "dddd-dd-dd" : "dd:dd";
  const auto given = element[key].is_string() ? element[key].get<std::string>() : std::string();
  const bool fits = std::ranges::equal(given, pattern, [](char c, char p) { return p == 'd' ? c >= '0' && c <= '9' : c == p; });
  if (!fits) fail(is_date ? "must be a date of the form YYYY-MM-DD" : "must be a time of the form HH:mm", at + "/" + key);
}

void Checker::text_input(const Json& element, const std::string& at) {
  string(element, "initial_value", 3000, at);
  flag(element, "multiline", at);
  number(element, "min_length", 0, 3000, at);
  number(element, "max_length", 1, 3000, at);
}

}  // namespace driftwarden::sandbox::workspace
