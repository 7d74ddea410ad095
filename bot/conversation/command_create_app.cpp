// create-app: in one sentence, or by a form.
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// Where the new App's files go: beside the pattern's, with its name replaced.
std::string path_beside(const App& like, const std::string& name) {
  auto parts = split(like.path, '/');
  bool replaced = false;
  for (auto& part : parts) {
    if (part != like.name) continue;
    part = name;
    replaced = true;
  }
  if (!replaced && !parts.empty()) parts.back() = name;
  return join(parts, "/");
}

bool is_safe_path(const std::string& path) {
  const auto parts = split(path, '/');
  return std::ranges::none_of(parts, [](const std::string& part) { return part.empty() || part == "." || part == ".." || part == ".git" || part.find_first_of("\\\n\r\t\"'`*?$ ") != std::string::npos; });
}

/// What is left open is as in the pattern, or the only one there is.
void complete(const Services& services, CreateAppRequest& request) {
  const auto fill = [](std::string& value, const std::string& from) {
    if (value.empty()) value = from;
  };
  if (const auto* like = services.fleet.app(request.like)) {
    fill(request.repository, like->repository);
    fill(request.cluster, like->cluster);
    fill(request.namespace_, like->namespace_);
    fill(request.channel, like->channel);
    fill(request.path, path_beside(*like, request.name));
  }
  if (services.config.repositories.size() == 1) fill(request.repository, services.config.repositories.front().name);
  if (services.config.clusters.size() == 1) fill(request.cluster, services.config.clusters.front().name);
  fill(request.path, "apps/" + request.name);
  fill(request.namespace_, request.name);
}

std::string names_of_clusters(const Services& services) {
  std::vector<std::string> names;
  for (const auto& cluster : services.config.clusters) names.push_back(cluster.name);
  return join(names, ", ");
}

/// Why it can't be made, "" when it can.
std::string trouble_with(const Services& services, const CreateAppRequest& request) {
  if (services.fleet.app(request.name) != nullptr) return fmt::format("There is an App {} already.", request.name);
  if (!request.like.empty() && services.fleet.app(request.like) == nullptr) return fmt::format("There is no App {} to take as a pattern.", request.like);
  if (!request.like.empty() && services.fleet.app(request.like)->orphans) return fmt::format("{} stands for what no Git knows: it is no pattern.", request.like);
  if (request.like.empty() && request.image.empty()) return fmt::format("Which image? Or `create-app {} like APP`.", request.name);
  if (find_cluster(services.config, request.cluster) == nullptr) return fmt::format("Which cluster? I know {}.", names_of_clusters(services));
  if (find_repository(services.config, request.repository) == nullptr) return "Into which repository? Say it with `repository NAME`.";
  if (!is_safe_path(request.path)) return fmt::format("\"{}\" is no path inside a repository.", ellipsize(request.path, 80));
  for (const auto& app : services.fleet.apps()) {
    if (app.repository != request.repository || app.path.empty()) continue;
    if ((app.path + "/").starts_with(request.path + "/") || (request.path + "/").starts_with(app.path + "/")) return fmt::format("{} is where {} lives: say another path.", request.path, app.name);
  }
  if (!request.image.empty()) {
    if (const auto image = parse_image(std::string(request.image)); !image) return image.error().message + ".";
  }
  return {};
}

asio::awaitable<Result<Answer>> ask_by_form(Services& services, Call call) {
  std::vector<std::string> clusters;
  for (const auto& cluster : services.config.clusters) clusters.push_back(cluster.name);
  auto view = view::create_app_modal(services.fleet.apps(), clusters, call.request.channel, call.request.thread_ts);
  co_return co_await open_modal(services, std::move(call), std::move(view), "New App", "create-app", "A new App needs a few words: `create-app NAME like APP`, or fill in the form.");
}

}  // namespace

asio::awaitable<Result<Answer>> handle_create_app(Services& services, Call call) {
  auto request = std::get<CreateAppRequest>(call.command.intent);
  if (request.name.empty()) co_return co_await ask_by_form(services, std::move(call));
  call.command.app = request.name;
  // Copying its files shows them.
  if (const auto* like = services.fleet.app(request.like)) {
    const auto readable = may(services.config, call.caller.person.empty() ? call.caller.slack_id : call.caller.person, "diff", *like);
    if (!readable.allowed) co_return refuse(services, call, fmt::format("You may not diff {}, so it is no pattern for you: {}.", like->name, readable.rule), readable.rule);
  }
  complete(services, request);
  Change draft;
  draft.app = request.name;
  draft.verb = ChangeVerb::CreateApp;
  draft.argument = to_json_text(request);
  if (const auto why = trouble_with(services, request); !why.empty()) co_return say(":information_source: " + slack::escape(why));
  const auto app = app_of_change(services, draft);
  if (!app) co_return say("The App's cluster is not configured.");
  if (auto refusal = check_policy(services, call, *app)) co_return *refusal;
  co_return request_change(services, call, *app, ChangeVerb::CreateApp, "", draft.argument);
}

}  // namespace driftwarden
