// set-image, scale, set: one value in Git.
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kImagesNamed = 5;

/// The images of the App as it is rendered now, each once.
std::vector<std::string> images_in(const Services& services, const App& app) {
  std::vector<std::string> images;
  const auto desired = services.fleet.desired(app.name);
  if (!desired) return images;
  for (const auto& manifest : *desired) {
    for (const auto& image : images_of(*manifest.body)) {
      if (std::ranges::find(images, image) == images.end()) images.push_back(image);
    }
  }
  return images;
}

bool is_called(const std::string& repository, const std::string& name) { return repository == name || repository.ends_with("/" + name); }

bool has(const ImageName& image, const SetImageRequest& request) {
  return (request.tag.empty() || image.tag == request.tag) && (request.digest.empty() ? image.digest.empty() : image.digest == request.digest);
}

/// Every image that is meant is so already.
bool is_so_already(const std::vector<std::string>& images, const SetImageRequest& request) {
  bool any = false;
  for (const auto& text : images) {
    const auto image = parse_image(std::string_view(text));
    if (!is_called(image.repository, request.image)) continue;
    if (!has(image, request)) return false;
    any = true;
  }
  return any;
}

/// The repositories without their tags, each once.
std::vector<std::string> repositories_of(const std::vector<std::string>& images) {
  std::vector<std::string> repositories;
  for (const auto& text : images) {
    const auto repository = parse_image(std::string_view(text)).repository;
    if (std::ranges::find(repositories, repository) == repositories.end()) repositories.push_back(repository);
  }
  return repositories;
}

Answer which_image(const Call& call, const App& app, const std::vector<std::string>& repositories, const SetImageRequest& request) {
  NotUnderstood trouble{repositories.empty() ? fmt::format("I see no image in {}: say which one, as in `set-image {} NAME:TAG`.", app.name, app.name)
                                             : fmt::format("{} has {} images. Which one?", app.name, repositories.size()),
                        {}};
  for (const auto& repository : repositories) {
    if (trouble.suggestions.size() == kImagesNamed) break;
    auto whole = call.command;
    whole.intent = SetImageRequest{repository, request.tag, request.digest};
    trouble.suggestions.push_back(to_text(whole));
  }
  return say(view::not_understood_message(trouble));
}

}  // namespace

asio::awaitable<Result<Answer>> handle_set_image(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto request = std::get<SetImageRequest>(call.command.intent);
  const auto images = images_in(services, app);
  if (request.image.empty()) {
    const auto repositories = repositories_of(images);
    if (repositories.size() != 1) co_return which_image(call, app, repositories, request);
    request.image = repositories.front();
  }
  if (is_so_already(images, request)) {
    const auto version = request.digest.empty() ? request.tag : request.digest;
    co_return say(fmt::format("*{}* has {} at {} already.", slack::escape(app.name), view::code_span(request.image), view::code_span(version)));
  }
  co_return request_change(services, call, app, ChangeVerb::SetImage, "", to_json_text(request));
}

asio::awaitable<Result<Answer>> handle_scale(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  co_return request_change(services, call, app, ChangeVerb::Scale, "", to_json_text(std::get<ScaleRequest>(call.command.intent)));
}

asio::awaitable<Result<Answer>> handle_set(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  co_return request_change(services, call, app, ChangeVerb::Set, "", to_json_text(std::get<SetRequest>(call.command.intent)));
}

}  // namespace driftwarden
