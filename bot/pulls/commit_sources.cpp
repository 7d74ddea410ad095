#include "bot/pulls/commit_sources.hpp"

#include "bot/watch/app_files.hpp"

#include <utility>

namespace driftwarden {
namespace {

/// What it is rendered from as last looked up, its pin, its ignore rules and its own file. Of an App that a tool plans its directory alone.
std::vector<std::string> paths_of(const App& app, const AppSources& sources) {
  std::vector<std::string> paths{app.path, pin_path(app.name), ignore_path(app.name), app_file_path(app.name)};
  for (const auto& part : app.more) paths.push_back(part.path);
  for (const auto& [path, id] : sources.outside) paths.push_back(path);
  for (const auto& [path, id] : sources.links) paths.push_back(path);
  return paths;
}

asio::awaitable<Result<std::optional<ConfirmedPull>>> find_merged(forge::Forge* forge, std::int64_t number) {
  if (forge == nullptr) co_return std::optional<ConfirmedPull>{};
  auto asking = forge->get(number);
  const auto pull = co_await std::move(asking);
  if (!pull) co_return pull.error();
  if (pull->state != forge::PullRequestState::Merged) co_return std::optional<ConfirmedPull>{};
  ConfirmedPull merged;
  merged.number = pull->number;
  merged.url = pull->url;
  merged.author = pull->author;
  merged.merged_sha = pull->merged_sha;
  co_return std::optional<ConfirmedPull>(std::move(merged));
}

}  // namespace

void take_sources(CommitWatch::Parts& parts, Fleet& fleet, std::map<std::string, forge::Forge*> forges) {
  parts.in_mirror = [&fleet](std::string repository, std::function<Result<void>(Mirror&)> work) { return fleet.repository(repository).with_mirror<void>(std::move(work)); };
  parts.apps = [&fleet](const std::string& repository) {
    std::vector<AppPaths> found;
    for (const auto& app : fleet.apps()) {
      if (app.repository == repository) found.push_back({app.name, paths_of(app, fleet.sources(app.name))});
    }
    return found;
  };
  parts.find_merged = [forges = std::move(forges)](std::string repository, std::int64_t number) {
    const auto known = forges.find(repository);
    return find_merged(known == forges.end() ? nullptr : known->second, number);
  };
}

}  // namespace driftwarden
