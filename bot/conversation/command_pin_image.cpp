// pin-image: the digest that its registry gives an image's tag now, as a SetImage Change.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/conversation/image_tags.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kSuggested = 5;

/// The App's images, each once: those that are named; else those that float, where any does.
std::vector<std::string> images_meant(const Services& services, const App& app, const std::string& name) {
  std::vector<std::string> images;
  for (const auto& use : image_uses(services, app, name)) {
    if (std::ranges::find(images, use.image) == images.end()) images.push_back(use.image);
  }
  if (!name.empty()) return images;
  std::vector<std::string> floating;
  std::ranges::copy_if(images, std::back_inserter(floating), [](const std::string& image) { return is_floating(image); });
  if (!floating.empty()) return floating;
  std::erase_if(images, [](const std::string& image) { return !parse_image(std::string_view(image)).digest.empty(); });
  return images;
}

Answer which_one(const App& app, const std::vector<std::string>& images) {
  NotUnderstood trouble{fmt::format("{} has {} images that could be pinned. Which one?", app.name, images.size()), {}};
  for (const auto& image : images) {
    const auto command = fmt::format("pin-image {} {}", app.name, parse_image(std::string_view(image)).repository);
    if (trouble.suggestions.size() < kSuggested && std::ranges::find(trouble.suggestions, command) == trouble.suggestions.end()) trouble.suggestions.push_back(command);
  }
  return say(view::not_understood_message(trouble));
}

/// Both verbs end in the same pull request.
std::optional<Answer> check_rights(const Services& services, Call call, const App& app) {
  if (!call.caller.person.empty() && may(services.config, caller_id(call), to_string(Verb::SetImage), app).allowed) return std::nullopt;
  return check_policy(services, call, app);
}

}  // namespace

asio::awaitable<Result<Answer>> handle_pin_image(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_rights(services, call, app)) co_return *refusal;
  const auto* request = std::get_if<SetImageRequest>(&call.command.intent);
  const auto name = request == nullptr ? std::string() : request->image;
  const auto images = images_meant(services, app, name);
  if (images.empty() && name.empty()) co_return say(fmt::format(":white_check_mark: Every image of *{}* is named by its digest already.", slack::escape(app.name)));
  if (images.empty()) co_return say(fmt::format("{} has no image {}: `set-image {}` shows those that it has.", slack::escape(app.name), view::code_span(name), slack::escape(app.name)));
  if (images.size() > 1) co_return which_one(app, images);
  const auto image = parse_image(std::string_view(images.front()));
  if (!image.digest.empty()) co_return say(fmt::format(":white_check_mark: {} is named by its digest already.", view::code_span(images.front())));
  const auto used = image.tag.empty() ? std::string("latest") : image.tag;
  const auto decision = may(services.config, caller_id(call), to_string(Verb::SetImage), app);
  if (request != nullptr && !request->tag.empty() && request->tag != used && !decision.allowed) {
    const auto why = fmt::format("`pin-image` keeps the tag, and {} is in use with {}. Another one is `set-image {} {}:{}`, which you may not: {}", image.repository, used, app.name, name, request->tag, decision.rule);
    co_return refuse(services, call, why + ".", decision.rule);
  }
  const auto known = registry::image_name(images.front());
  const auto registry = services.registries.find(known.host);
  if (registry == services.registries.end()) {
    co_return say(fmt::format(":information_source: I don't know the registry of {}: add `{{host: {}}}` to `registries` in my configuration, then I can ask it for the digest.", view::code_span(images.front()),
                              slack::escape(known.host)));
  }
  const auto said = request == nullptr || request->tag.empty() ? image.tag : request->tag;
  const auto tag = said.empty() ? std::string("latest") : said;
  auto asking = registry->second->digest(known.name, tag);
  auto raced = with_deadline(services.clock, services.clock.mono_now() + kRegistryBudget, std::move(asking));
  const auto digest = co_await std::move(raced);
  if (!digest) co_return say(fmt::format(":warning: {} doesn't say which image {} is: {}", slack::escape(known.host), view::code_span(image.repository + ":" + tag), slack::escape(digest.error().message)));
  const SetImageRequest pin{image.repository, said, *digest};
  co_return request_change(services, call, app, ChangeVerb::SetImage, "", to_json_text(pin));
}

}  // namespace driftwarden
