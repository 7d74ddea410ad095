#include "bot/command/intents.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTag = 128;
constexpr std::int64_t kMaxCount = 1'000'000;
constexpr std::size_t kSha256Hex = 64;

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json object_from(const std::string& text) {
  auto value = json::parse(text, nullptr, false);
  return value.is_object() ? value : json::object();
}

std::string string_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int int_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return 0;
  const auto value = found->get<std::int64_t>();
  return value < 0 || value > kMaxCount ? 0 : static_cast<int>(value);
}

std::vector<std::string> strings_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& item : *found) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

Error invalid(std::string message) { return Error{ErrorKind::InvalidInput, std::move(message)}; }

std::string shown(std::string_view text) { return ellipsize(without_control_characters(text), 120); }

bool is_word(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

Result<void> check_tag(const std::string& tag) {
  const bool spelled = std::ranges::all_of(tag, [](unsigned char c) { return is_word(c) || c == '.' || c == '-'; });
  if (!tag.empty() && spelled && tag.size() <= kMaxTag && is_word(static_cast<unsigned char>(tag.front()))) return Result<void>{};
  return invalid(fmt::format("\"{}\" is no tag: up to {} letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`", shown(tag), kMaxTag));
}

Result<void> check_digest(const std::string& digest) {
  constexpr std::string_view kPrefix = "sha256:";
  const auto hex = digest.starts_with(kPrefix) ? digest.substr(kPrefix.size()) : std::string();
  const bool lower_hex = std::ranges::all_of(hex, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (hex.size() == kSha256Hex && lower_hex) return Result<void>{};
  return invalid(fmt::format("\"{}\" is no digest: sha256: and 64 hex digits", shown(digest)));
}

/// Segments of lower-case letters, digits, `.`, `_`, `-`; the first one may be a host with a port.
Result<void> check_name(const std::string& name) {
  const auto parts = split(name, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part = parts[i];
    const auto colon = part.rfind(':');
    const bool host = i == 0 && parts.size() > 1;
    if (host && colon != std::string::npos) {
      const auto port = part.substr(colon + 1);
      if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; })) part.clear();
      part = part.substr(0, std::min(colon, part.size()));
    }
    const bool spelled = std::ranges::all_of(part, [&](unsigned char c) { return is_word(c) || c == '.' || c == '-'; });
    if (part.empty() || !spelled || std::isalnum(static_cast<unsigned char>(part.front())) == 0 || part.find("..") != std::string::npos) {
      return invalid(fmt::format("\"{}\" is no image or container name", shown(name)));
    }
  }
  return Result<void>{};
}

}  // namespace

Result<SetImageRequest> parse_image(const std::string& text) {
  SetImageRequest request;
  std::string rest(trim(text));
  if (const auto at = rest.find('@'); at != std::string::npos) {
    request.digest = rest.substr(at + 1);
    rest.resize(at);
    CHECK_OK(check_digest(request.digest));
  }
  // A colon before the last slash is a registry's port.
  const auto slash = rest.rfind('/');
  const auto colon = rest.rfind(':');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    request.tag = rest.substr(colon + 1);
    rest.resize(colon);
    CHECK_OK(check_tag(request.tag));
  }
  if (rest.empty()) return invalid(fmt::format("\"{}\" names no image: give NAME:TAG, like web:1.4.2", shown(text)));
  CHECK_OK(check_name(rest));
  if (request.tag.empty() && request.digest.empty()) return invalid(fmt::format("\"{}\" has no tag: give {}:TAG or {}@sha256:...", shown(text), shown(rest), shown(rest)));
  request.image = rest;
  return request;
}

std::string to_json_text(const Intent& intent) {
  return std::visit(
      [](const auto& request) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(request)>, std::monostate>) {
          return "";
        } else {
          return to_json_text(request);
        }
      },
      intent);
}

std::string to_json_text(const SetImageRequest& request) { return text_of({{"image", request.image}, {"tag", request.tag}, {"digest", request.digest}}); }
std::string to_json_text(const ScaleRequest& request) { return text_of({{"workload", request.workload}, {"replicas", request.replicas}}); }
std::string to_json_text(const SetRequest& request) { return text_of({{"target", request.target}, {"path", request.path}, {"value", request.value}}); }
std::string to_json_text(const PromoteRequest& request) { return text_of({{"from", request.from}}); }
std::string to_json_text(const CreateAppRequest& request) {
  return text_of({{"name", request.name},
                  {"repository", request.repository},
                  {"path", request.path},
                  {"like", request.like},
                  {"image", request.image},
                  {"port", request.port},
                  {"cluster", request.cluster},
                  {"namespace", request.namespace_},
                  {"channel", request.channel},
                  {"owners", request.owners},
                  {"template", request.template_},
                  {"parameters", request.parameters}});
}
std::string to_json_text(const RestartRequest& request) { return text_of({{"workloads", request.workloads}}); }
std::string to_json_text(const MoveRequest& request) { return text_of({{"cluster", request.cluster}, {"namespace", request.namespace_}}); }
std::string to_json_text(const ProposeRequest& request) {
  auto steps = json::array();
  for (const auto& step : request.steps) {
    if (step.kind == DraftStep::Kind::Create) {
      steps.push_back({{"file", step.file}, {"content", step.content}});
    } else if (step.kind == DraftStep::Kind::Delete) {
      steps.push_back({{"delete", step.set.target}});
    } else {
      steps.push_back({{"target", step.set.target}, {"path", step.set.path}, {"value", step.set.value}});
    }
  }
  return text_of({{"sentence", request.sentence}, {"steps", steps}, {"summary", request.summary}, {"model", request.model}});
}
std::string to_json_text(const RollbackRequest& request) { return text_of({{"undo", request.undo}}); }

SetImageRequest set_image_request_from(const std::string& text) {
  const auto object = object_from(text);
  return {string_at(object, "image"), string_at(object, "tag"), string_at(object, "digest")};
}
ScaleRequest scale_request_from(const std::string& text) {
  const auto object = object_from(text);
  const auto replicas = object.find("replicas");
  // What isn't there must not mean "to none".
  const bool said = replicas != object.end() && replicas->is_number_integer() && *replicas >= 0 && *replicas <= kMaxCount;
  return {string_at(object, "workload"), said ? replicas->get<int>() : -1};
}
SetRequest set_request_from(const std::string& text) {
  const auto object = object_from(text);
  return {string_at(object, "target"), string_at(object, "path"), string_at(object, "value")};
}
PromoteRequest promote_request_from(const std::string& text) { return {string_at(object_from(text), "from")}; }
CreateAppRequest create_app_request_from(const std::string& text) {
  const auto object = object_from(text);
  CreateAppRequest request;
  request.name = string_at(object, "name");
  request.repository = string_at(object, "repository");
  request.path = string_at(object, "path");
  request.like = string_at(object, "like");
  request.image = string_at(object, "image");
  request.port = int_at(object, "port");
  request.cluster = string_at(object, "cluster");
  request.namespace_ = string_at(object, "namespace");
  request.channel = string_at(object, "channel");
  request.owners = strings_at(object, "owners");
  request.template_ = string_at(object, "template");
  if (const auto given = object.find("parameters"); given != object.end() && given->is_object()) {
    for (const auto& [name, value] : given->items()) {
      if (value.is_string()) request.parameters[name] = value.get<std::string>();
    }
  }
  return request;
}
MoveRequest move_request_from(const std::string& text) {
  const auto object = object_from(text);
  return {string_at(object, "cluster"), string_at(object, "namespace")};
}
ProposeRequest propose_request_from(const std::string& text) {
  const auto object = object_from(text);
  ProposeRequest request;
  request.sentence = string_at(object, "sentence");
  request.summary = string_at(object, "summary");
  request.model = string_at(object, "model");
  const auto steps = object.find("steps");
  if (steps == object.end() || !steps->is_array()) return request;
  for (const auto& one : *steps) {
    DraftStep step;
    if (one.contains("delete")) {
      step.kind = DraftStep::Kind::Delete;
      step.set.target = string_at(one, "delete");
      request.steps.push_back(std::move(step));
      continue;
    }
    step.kind = one.contains("file") ? DraftStep::Kind::Create : DraftStep::Kind::Set;
    step.set = {string_at(one, "target"), string_at(one, "path"), string_at(one, "value")};
    step.file = string_at(one, "file");
    step.content = string_at(one, "content");
    request.steps.push_back(std::move(step));
  }
  return request;
}
RestartRequest restart_request_from(const std::string& text) { return {strings_at(object_from(text), "workloads")}; }
RollbackRequest rollback_request_from(const std::string& text) { return {string_at(object_from(text), "undo")}; }

}  // namespace driftwarden
