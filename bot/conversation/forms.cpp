#include "bot/conversation/forms.hpp"

#include "bot/view/modals.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string value_of(const Request& request, const std::string& name) {
  const auto found = request.values.find(name);
  return found == request.values.end() ? std::string() : std::string(trim(without_control_characters(found->second)));
}

bool is_form_of(const Request& request, std::string_view verb) {
  return request.kind == Request::Kind::Modal && (request.text == verb || (request.text.starts_with(verb) && request.text[verb.size()] == ' '));
}

/// "create-app template web-service": the form's own words.
std::string words_after(const std::string& text, std::string_view verb) { return std::string(trim(std::string_view(text).substr(verb.size()))); }

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

TemplateParameter parameter_from(const json& rule) {
  TemplateParameter parameter;
  parameter.name = text_at(rule, "name");
  parameter.pattern = text_at(rule, "pattern");
  const auto required = rule.find("required");
  parameter.required = required != rule.end() && required->is_boolean() && required->get<bool>();
  const auto choices = rule.find("choices");
  if (choices == rule.end() || !choices->is_array()) return parameter;
  for (const auto& choice : *choices) {
    if (choice.is_string()) parameter.choices.push_back(choice.get<std::string>());
  }
  return parameter;
}

}  // namespace

std::string command_text(const Request& request) {
  if (!is_form_of(request, "create-app")) return request.text;
  auto text = "create-app " + value_of(request, "name");
  if (const auto more = words_after(request.text, "create-app"); !more.empty()) text += " " + more;
  for (const auto* part : {"template", "like", "image", "port", "cluster", "namespace", "repository", "path", "channel"}) {
    if (const auto said = value_of(request, part); !said.empty()) text += fmt::format(" {} {}", part, said);
  }
  if (const auto reason = value_of(request, "reason"); !reason.empty()) text += " because " + reason;
  return text;
}

void fill_from_form(const Request& request, Command& command) {
  if (request.kind != Request::Kind::Modal) return;
  const auto take = [&](const char* name, std::string& into) {
    if (const auto found = request.values.find(name); found != request.values.end()) into = std::string(trim(found->second));
  };
  if (command.verb == Verb::Approve) {
    take("code", command.code);
    take("name", command.typed_name);
    std::erase(command.code, ' ');
  } else if (command.verb == Verb::Reject) {
    take("reason", command.reason);
    command.reason = without_control_characters(command.reason);
  } else if (auto* wanted = std::get_if<CreateAppRequest>(&command.intent)) {
    constexpr std::string_view kPrefix = view::kParameter;
    for (const auto& [id, value] : request.values) {
      if (id.starts_with(kPrefix)) wanted->parameters[id.substr(kPrefix.size())] = std::string(trim(without_control_characters(value)));
    }
  }
}

std::int64_t change_of_form(const Request& request) {
  if (!is_form_of(request, "approve") && !is_form_of(request, "reject")) return 0;
  const auto words = split(request.text, ' ');
  return words.size() < 2 ? 0 : parse_change_name(words[1]).value_or(0);
}

std::vector<TemplateParameter> form_parameters(const json& payload) {
  std::vector<TemplateParameter> parameters;
  if (!payload.is_object() || !payload.contains("view") || !payload.at("view").is_object()) return parameters;
  const auto metadata = json::parse(text_at(payload.at("view"), "private_metadata"), nullptr, false);
  if (!metadata.is_object()) return parameters;
  const auto rules = metadata.find("parameters");
  if (rules == metadata.end() || !rules->is_array()) return parameters;
  for (const auto& rule : *rules) {
    if (rule.is_object() && !text_at(rule, "name").empty()) parameters.push_back(parameter_from(rule));
  }
  return parameters;
}

}  // namespace driftwarden
