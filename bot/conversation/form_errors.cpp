// What is wrong with a form, as far as it can be told while the person still has it open: no outside calls, nothing but the facts.
#include "bot/command/intents.hpp"
#include "bot/conversation/forms.hpp"
#include "bot/view/modals.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

using nlohmann::json;
using Errors = std::map<std::string, std::string>;

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestError = 300;
constexpr std::size_t kCodeDigits = 6;

std::string value_of(const Request& request, const std::string& name) {
  const auto found = request.values.find(name);
  return found == request.values.end() ? std::string() : std::string(trim(found->second));
}

bool is_dns_label(const std::string& text) {
  const bool spelled = std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return spelled && !text.empty() && text.size() <= kLongestLabel && text.front() != '-' && text.back() != '-';
}

bool is_one_word(const std::string& text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

bool holds(const std::vector<std::string>& list, const std::string& text) { return std::ranges::find(list, text) != list.end(); }

std::string label_trouble(const std::string& what) { return fmt::format("{}: lower-case letters, digits and \"-\" between them, at most {}.", what, kLongestLabel); }

bool is_safe_path(const std::string& path) {
  const auto parts = split(path, '/');
  return std::ranges::none_of(parts, [](const std::string& part) { return part.empty() || part == "." || part == ".." || part == ".git" || part.find_first_of("\\\n\r\t\"'`*?$ ") != std::string::npos; });
}

void check_name(const Request& request, const FormFacts& facts, Errors& errors) {
  const auto name = value_of(request, "name");
  if (!is_dns_label(name)) {
    errors["name"] = label_trouble("A name");
  } else if (std::ranges::find(facts.apps, name, &App::name) != facts.apps.end()) {
    errors["name"] = "That name is taken.";
  }
}

void check_path(const Request& request, const FormFacts& facts, Errors& errors) {
  const auto path = value_of(request, "path");
  if (path.empty()) return;
  if (!is_safe_path(path)) {
    errors["path"] = "A path inside the repository, like apps/web.";
    return;
  }
  auto repository = value_of(request, "repository");
  if (repository.empty() && facts.repositories.size() == 1) repository = facts.repositories.front();
  for (const auto& app : facts.apps) {
    if (app.path.empty() || app.repository != repository) continue;
    if ((app.path + "/").starts_with(path + "/") || (path + "/").starts_with(app.path + "/")) errors["path"] = "Another App lives there.";
  }
}

void check_image(const Request& request, const FormFacts& facts, Errors& errors) {
  const auto image = value_of(request, "image");
  const bool has_pattern = !value_of(request, "like").empty() || !value_of(request, "template").empty() || request.text.find(" template ") != std::string::npos;
  if (image.empty()) {
    if (!has_pattern) errors["image"] = "An image, or an App or a template to make it like.";
    return;
  }
  if (!is_one_word(image)) {
    errors["image"] = "An image's name has no spaces.";
    return;
  }
  const bool is_rule = std::ranges::any_of(facts.parameters, [](const TemplateParameter& parameter) { return parameter.name == "image"; });
  if (const auto parsed = parse_image(image); !parsed && !is_rule) errors["image"] = parsed.error().message + ".";
}

void check_port(const Request& request, Errors& errors) {
  const auto text = value_of(request, "port");
  if (text.empty()) return;
  int port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65'535) errors["port"] = "A number from 1 to 65535.";
}

void check_places(const Request& request, const FormFacts& facts, Errors& errors) {
  const auto like = value_of(request, "like");
  if (!like.empty() && !holds(facts.visible, like)) errors["like"] = fmt::format("I don't know an App \"{}\".", ellipsize(like, 60));
  const auto cluster = value_of(request, "cluster");
  if (!cluster.empty() && !holds(facts.clusters, cluster)) errors["cluster"] = fmt::format("I don't know a cluster \"{}\".", ellipsize(cluster, 60));
  const auto repository = value_of(request, "repository");
  if (!repository.empty() && !holds(facts.repositories, repository)) errors["repository"] = fmt::format("I don't know a repository \"{}\".", ellipsize(repository, 60));
  const auto namespace_ = value_of(request, "namespace");
  if (!namespace_.empty() && !is_dns_label(namespace_)) errors["namespace"] = label_trouble("A namespace");
  const auto channel = value_of(request, "channel");
  if (!channel.empty() && (!is_one_word(channel) || channel == "#")) errors["channel"] = "One channel, like #shop-prod.";
}

void check_parameters(const Request& request, const FormFacts& facts, Errors& errors) {
  for (const auto& parameter : facts.parameters) {
    const bool built_in = parameter.name == "image" || parameter.name == "port";
    const auto id = built_in ? parameter.name : view::kParameter + parameter.name;
    const auto value = value_of(request, id);
    if (value.empty() && !parameter.required) continue;
    if (auto why = trouble_with(parameter, value); !why.empty()) errors[id] = std::move(why);
  }
}

Errors errors_of_new_app(const Request& request, const FormFacts& facts) {
  Errors errors;
  check_name(request, facts, errors);
  check_path(request, facts, errors);
  check_image(request, facts, errors);
  check_port(request, errors);
  check_places(request, facts, errors);
  check_parameters(request, facts, errors);
  return errors;
}

Errors errors_of_approval(const Request& request, const FormFacts& facts) {
  Errors errors;
  // Of an App that isn't there for them the command says so.
  if (!facts.change || !holds(facts.visible, facts.change->app)) return errors;
  const auto& quorum = facts.change->quorum;
  if (quorum.step_up == StepUp::Totp) {
    auto code = value_of(request, "code");
    std::erase(code, ' ');
    const bool digits = std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
    if (code.size() != kCodeDigits || !digits) errors["code"] = "The six digits that your authenticator app shows now.";
  }
  if (quorum.typed_name && value_of(request, "name") != facts.change->app) errors["name"] = fmt::format("Type {} exactly.", facts.change->app);
  return errors;
}

}  // namespace

Errors form_errors(const Request& request, const FormFacts& facts) {
  if (request.kind != Request::Kind::Modal) return {};
  const auto verb = request.text.substr(0, request.text.find(' '));
  Errors errors;
  if (verb == "create-app") errors = errors_of_new_app(request, facts);
  if (verb == "approve") errors = errors_of_approval(request, facts);
  if (verb == "reject" && value_of(request, "reason").empty()) errors["reason"] = "Say why: whoever asked reads it.";
  for (auto& [id, words] : errors) words = ellipsize(words, kLongestError);
  return errors;
}

json errors_payload(const Errors& errors, const std::vector<std::string>& inputs) {
  if (errors.empty() || inputs.empty()) return json();
  json told = json::object();
  for (const auto& [id, words] : errors) {
    const auto& at = holds(inputs, id) ? id : inputs.front();
    const auto before = told.value(at, std::string());
    told[at] = before.empty() ? words : before + " " + words;
  }
  return {{"response_action", "errors"}, {"errors", std::move(told)}};
}

}  // namespace driftwarden
