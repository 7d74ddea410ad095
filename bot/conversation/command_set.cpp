// set-image, scale, set: one value in Git.
#include "bot/change/value_guard.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/conversation/image_tags.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/manifest/value_path.hpp"

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

/// No tag yet: which ones there are.
asio::awaitable<Result<Answer>> suggest_tags(Services& services, App app, std::string name) {
  auto looking = image_choices(services, app, name);
  const auto choices = co_await std::move(looking);
  if (choices.empty()) {
    co_return say(name.empty() ? fmt::format("I see no image in {}: say which one, as in `set-image {} NAME:TAG`.", slack::escape(app.name), slack::escape(app.name))
                               : fmt::format("{} has no image {}: `set-image {}` shows those that it has.", slack::escape(app.name), view::code_span(name), slack::escape(app.name)));
  }
  co_return say(view::image_message(app, choices, services.clock.wall_now()));
}

bool is_file(const std::string& target) { return target.ends_with(".yaml") || target.ends_with(".yml") || target.ends_with(".json"); }

Error not_through_chat(const std::string& what) { return {ErrorKind::InvalidInput, what + " is secret: its values don't go through chat into Git"}; }

/// The kind as it was written, in lower case; "" when it wasn't.
std::string written_kind(const std::string& target) {
  const auto slash = target.find('/');
  return slash == std::string::npos ? std::string() : to_lower(target.substr(0, slash));
}

bool is_meant(const Manifest& manifest, const SetRequest& request) {
  if (request.target.empty()) return json_pointer(*manifest.body, request.path).has_value();
  const auto kind = written_kind(request.target);
  const auto own = to_lower(manifest.ref.kind);
  return (kind.empty() || kind == own || kind == own + "s") && manifest.ref.name == request.target.substr(request.target.rfind('/') + 1);
}

/// What the objects that are meant say against it, as they are rendered now. Nobody knows whether what isn't there yet would be a Secret.
Result<void> check_objects(const Services& services, const App& app, const SetRequest& request) {
  TRY(const auto steps, parse_value_path(request.path));
  const auto first = steps.empty() || steps.front().kind != ValueStep::Kind::Field ? std::string() : steps.front().name;
  const auto kind = written_kind(request.target);
  if (first == "stringData" || (first == "data" && (kind == "secret" || kind == "secrets"))) return not_through_chat(request.target.empty() ? request.path : request.target);
  bool any = false;
  for (const auto& manifest : services.fleet.desired(app.name).value_or(std::vector<Manifest>{})) {
    if (!is_meant(manifest, request)) continue;
    any = true;
    CHECK_OK(planning::check_set(*manifest.body, request));
  }
  if (!any && first == "data" && kind.empty()) return Error{ErrorKind::InvalidInput, "say which object has that, with its kind, like ConfigMap/NAME"};
  return Result<void>{};
}

/// The same of a file at the head of Git.
asio::awaitable<Result<void>> check_file(Services& services, App app, SetRequest request) {
  std::function<Result<bool>(Mirror&)> read = [path = app.path.empty() ? request.target : app.path + "/" + request.target, request](Mirror& mirror) -> Result<bool> {
    TRY(const auto head, mirror.head());
    const auto text = mirror.read_file(head, path);
    if (!text) return Error{ErrorKind::InvalidInput, "there is no file " + path};
    TRY(const auto documents, parse_yaml(*text, path));
    for (const auto& document : documents) CHECK_OK(planning::check_set(document, request));
    return true;
  };
  auto reading = services.fleet.repository(app.repository).with_mirror<bool>(std::move(read));
  const auto fine = co_await std::move(reading);
  if (!fine) co_return fine.error();
  co_return Result<void>{};
}

}  // namespace

asio::awaitable<Result<Answer>> handle_set_image(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto request = std::get<SetImageRequest>(call.command.intent);
  if (request.tag.empty() && request.digest.empty()) {
    auto suggesting = suggest_tags(services, app, request.image);
    co_return co_await std::move(suggesting);
  }
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
  auto looking = warn_of_tag(services, app, request);
  const auto warning = co_await std::move(looking);
  co_return request_change(services, call, app, ChangeVerb::SetImage, "", to_json_text(request), warning);
}

asio::awaitable<Result<Answer>> handle_scale(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  co_return request_change(services, call, app, ChangeVerb::Scale, "", to_json_text(std::get<ScaleRequest>(call.command.intent)));
}

asio::awaitable<Result<Answer>> handle_set(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  const auto request = std::get<SetRequest>(call.command.intent);
  // Before it is kept and shown anywhere: what is refused may be a secret.
  auto checked = planning::check_value(request);
  if (checked && !is_file(request.target)) checked = check_objects(services, app, request);
  if (checked && is_file(request.target)) {
    auto checking = check_file(services, app, request);
    checked = co_await std::move(checking);
  }
  if (!checked && checked.error().kind != ErrorKind::InvalidInput) co_return checked.error();
  if (!checked) co_return refuse(services, call, checked.error().message + ".", "what set may write");
  co_return request_change(services, call, app, ChangeVerb::Set, "", to_json_text(request));
}

}  // namespace driftwarden
