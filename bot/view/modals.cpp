// Views: what is asked before a yes or a no counts, and the form for a new App. Limits: slack.md section 2.4.
#include "bot/view/modals.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace driftwarden::view {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTitle = 24;
constexpr std::size_t kMaxOptions = 100;
constexpr std::size_t kMaxOptionText = 75;
constexpr std::size_t kMaxMetadata = 3000;

json plain(std::string_view text, std::size_t limit) { return {{"type", "plain_text"}, {"text", ellipsize(valid_utf8(text), limit)}}; }

struct Input {
  std::string id;
  std::string label;
  std::string placeholder{};
  std::string hint{};
  bool optional = false;
  bool multiline = false;
  std::size_t min_length = 0;
  std::size_t max_length = 0;
  std::string value{};  ///< filled in
};

json input_of(const Input& input, json element) {
  json block{{"type", "input"}, {"block_id", input.id}, {"label", plain(input.label, 2000)}, {"optional", input.optional}, {"element", std::move(element)}};
  if (!input.hint.empty()) block["hint"] = plain(input.hint, 2000);
  return block;
}

json text_input(const Input& input) {
  json element{{"type", "plain_text_input"}, {"action_id", input.id}};
  if (input.multiline) element["multiline"] = true;
  if (input.min_length > 0) element["min_length"] = input.min_length;
  if (input.max_length > 0) element["max_length"] = input.max_length;
  if (!input.placeholder.empty()) element["placeholder"] = plain(input.placeholder, 150);
  if (!input.value.empty()) element["initial_value"] = ellipsize(valid_utf8(input.value), input.max_length > 0 ? input.max_length : 3000);
  return input_of(input, std::move(element));
}

json option_of(const std::string& text, const std::string& value) { return {{"text", plain(text, kMaxOptionText)}, {"value", valid_utf8(value)}}; }

/// A select must have an option, and no more than it can show; what doesn't fit is typed.
json select_input(const Input& input, const std::vector<std::string>& values) {
  json options = json::array();
  for (const auto& value : values) {
    if (!value.empty() && value.size() <= kMaxOptionText) options.push_back(option_of(value, value));
  }
  if (options.empty() || values.size() > kMaxOptions) return text_input(input);
  json element{{"type", "static_select"}, {"action_id", input.id}, {"options", std::move(options)}};
  if (!input.placeholder.empty()) element["placeholder"] = plain(input.placeholder, 150);
  if (std::ranges::find(values, input.value) != values.end() && !input.value.empty()) element["initial_option"] = option_of(input.value, input.value);
  return input_of(input, std::move(element));
}

/// An App, by its name: of more than a menu can show those that fit what is typed.
json app_input(const Input& input, const std::vector<std::string>& names) {
  if (names.size() <= kMaxOptions) return select_input(input, names);
  json element{{"type", "external_select"}, {"action_id", input.id}, {"min_query_length", 0}, {"placeholder", plain("A part of its name", 150)}};
  if (!input.value.empty() && input.value.size() <= kMaxOptionText) element["initial_option"] = option_of(input.value, input.value);
  return input_of(input, std::move(element));
}

json choice_input(const Input& input, const std::vector<FormChoice>& choices) {
  json options = json::array();
  for (const auto& choice : choices) {
    if (options.size() == kMaxOptions || choice.name.empty() || choice.name.size() > kMaxOptionText) continue;
    options.push_back(option_of(choice.title.empty() ? choice.name : fmt::format("{}: {}", choice.name, choice.title), choice.name));
  }
  return input_of(input, {{"type", "static_select"}, {"action_id", input.id}, {"options", std::move(options)}});
}

json section(std::string_view mrkdwn) { return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", cut_mrkdwn(valid_utf8(mrkdwn), 3000)}, {"verbatim", true}}}}; }

struct Modal {
  std::string callback_id;
  std::string title;
  std::string submit;
  std::string command;
};

/// `rules`: what a submission is checked by at once; left out where they don't fit, and the command checks all the same.
slack::JsonPtr modal_of(const Modal& modal, const std::string& channel, const std::string& thread_ts, json blocks, json rules = json()) {
  json metadata{{"command", modal.command}, {"channel", channel}, {"thread_ts", thread_ts}};
  const auto written = [&] { return metadata.dump(-1, ' ', false, json::error_handler_t::replace); };
  auto text = written();
  if (!rules.empty()) {
    metadata["parameters"] = std::move(rules);
    if (auto with_rules = written(); with_rules.size() <= kMaxMetadata) text = std::move(with_rules);
  }
  if (text.size() > kMaxMetadata) text = json{{"command", modal.command}}.dump(-1, ' ', false, json::error_handler_t::replace);
  json view{{"type", "modal"},
            {"callback_id", modal.callback_id},
            {"title", plain(modal.title, kMaxTitle)},
            {"submit", plain(modal.submit, kMaxTitle)},
            {"close", plain("Not now", kMaxTitle)},
            {"private_metadata", std::move(text)},
            {"blocks", std::move(blocks)}};
  // What people wrote may be anything; a view must be UTF-8.
  return std::make_shared<const json>(json::parse(view.dump(-1, ' ', false, json::error_handler_t::replace)));
}

/// What every new App may have, and a template says more about.
bool is_built_in(const FormField& field) { return field.name == "image" || field.name == "port"; }

json field_input(const FormField& field) {
  Input input;
  input.id = is_built_in(field) ? field.name : kParameter + field.name;
  input.label = field.title.empty() ? field.name : field.title;
  input.hint = field.hint;
  input.optional = !field.required;
  input.max_length = 1000;
  input.value = field.value;
  return field.choices.empty() ? text_input(input) : select_input(input, field.choices);
}

json rules_of(const std::vector<FormField>& fields) {
  json rules = json::array();
  for (const auto& field : fields) {
    json rule{{"name", field.name}, {"id", is_built_in(field) ? field.name : kParameter + field.name}};
    if (field.required) rule["required"] = true;
    if (!field.pattern.empty()) rule["pattern"] = field.pattern;
    if (!field.choices.empty()) rule["choices"] = field.choices;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

slack::JsonPtr approve_modal(const Change& change, const App& app, const std::string& seen_head, const std::string& channel, const std::string& thread_ts) {
  const auto name = change_name(change.id);
  const auto& words = slack_dialect();
  json blocks = json::array();
  blocks.push_back(section(fmt::format("*{}* {} on *{}*: {}", name, words.text(app.name), words.text(app.cluster), intent_words(change))));
  if (const auto risk = join(risk_lines(change.risk, words), "\n"); !risk.empty()) blocks.push_back(section(risk));
  if (change.quorum.step_up == StepUp::Totp) {
    Input code{"code", "One-time code"};
    code.placeholder = "123456";
    code.hint = "The six digits that your authenticator app shows now.";
    code.min_length = 6;
    code.max_length = 7;
    blocks.push_back(text_input(code));
  }
  if (change.quorum.typed_name) {
    Input typed{"name", "Type the App's name: " + app.name};
    typed.hint = "What this Change destroys doesn't come back.";
    blocks.push_back(text_input(typed));
  }
  const auto head = seen_head.empty() ? short_sha(change.content.head_sha) : short_sha(seen_head);
  return modal_of({"approve", "Approve " + name, "Approve", fmt::format("approve {} {}", name, head)}, channel, thread_ts, std::move(blocks));
}

slack::JsonPtr reject_modal(const Change& change, const std::string& channel, const std::string& thread_ts) {
  const auto name = change_name(change.id);
  Input reason{"reason", "Why not?"};
  reason.placeholder = "too risky before the weekend";
  reason.multiline = true;
  reason.max_length = 1000;
  json blocks = json::array({section(fmt::format("*{}*: {}", name, intent_words(change))), text_input(reason)});
  return modal_of({"reject", "Reject " + name, "Reject", "reject " + name}, channel, thread_ts, std::move(blocks));
}

slack::JsonPtr create_app_modal(const std::vector<App>& apps, const std::vector<std::string>& clusters, const std::string& channel, const std::string& thread_ts) {
  CreateAppForm form;
  form.apps = apps;
  form.clusters = clusters;
  form.channel = channel;
  form.thread_ts = thread_ts;
  return create_app_modal(form);
}

slack::JsonPtr create_app_modal(const CreateAppForm& form) {
  const auto value = [&](const std::string& id) {
    const auto found = form.values.find(id);
    return found == form.values.end() ? std::string() : found->second;
  };
  const auto input = [&](std::string id, std::string label, bool optional, std::string placeholder = {}) {
    Input made;
    made.value = value(id);
    made.id = std::move(id);
    made.label = std::move(label);
    made.placeholder = std::move(placeholder);
    made.optional = optional;
    return made;
  };
  const bool from_template = !form.template_.empty();
  json blocks = json::array();
  if (from_template) blocks.push_back(section(fmt::format("From the template {}.", code_span(form.template_))));
  auto name = input("name", "Name", false, "web-shop");
  name.max_length = 63;
  blocks.push_back(text_input(name));
  if (!from_template && !form.templates.empty()) {
    auto choice = input("template", "From which template?", true);
    choice.hint = "What it wants to know is asked next.";
    blocks.push_back(choice_input(choice, form.templates));
  }
  if (!from_template) {
    std::vector<std::string> patterns;
    for (const auto& app : form.apps) {
      if (is_rendered(app) && !app.repository.empty()) patterns.push_back(app.name);
    }
    auto like = input("like", "Like which App?", true);
    like.hint = "Its files are copied with its name replaced. Without one a plain Deployment is made, and an image is needed.";
    blocks.push_back(app_input(like, patterns));
  }
  for (const auto& field : form.fields) blocks.push_back(field_input(field));
  const auto is_asked = [&](std::string_view id) { return std::ranges::any_of(form.fields, [&](const FormField& field) { return field.name == id; }); };
  if (!is_asked("image")) blocks.push_back(text_input(input("image", "Image", true, "ghcr.io/acme/web:1.4.2")));
  auto port = input("port", "Port", true, "8080");
  port.hint = "With one it gets a Service.";
  port.max_length = 5;
  if (!is_asked("port")) blocks.push_back(text_input(port));
  blocks.push_back(select_input(input("cluster", "Cluster", false), form.clusters));
  auto namespace_ = input("namespace", "Namespace", false);
  namespace_.max_length = 63;
  blocks.push_back(text_input(namespace_));
  if (form.repositories.size() > 1) blocks.push_back(select_input(input("repository", "Repository", true), form.repositories));
  blocks.push_back(text_input(input("path", "Path in the repository", true, "apps/web")));
  blocks.push_back(text_input(input("channel", "Channel", true, "#shop-prod")));
  auto reason = input("reason", "Why?", true);
  reason.max_length = 1000;
  blocks.push_back(text_input(reason));
  const auto command = from_template ? "create-app template " + form.template_ : std::string("create-app");
  return modal_of({"create-app", "New App", "Propose", command}, form.channel, form.thread_ts, std::move(blocks), rules_of(form.fields));
}

}  // namespace driftwarden::view
