#include "bot/deploy/argo_app.hpp"

#include "bot/deploy/argo_source.hpp"
#include "bot/deploy/repository_path.hpp"
#include "bot/watch/repository_url.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kLongestChannel = 81;

std::string annotation(const argocd::Application& application, const char* name) {
  const auto found = application.annotations.find(name);
  return found == application.annotations.end() ? std::string() : std::string(trim(found->second));
}

/// "#shop-prod": lower-case letters of any script, digits, "-" and "_".
bool is_channel(const std::string& text) {
  if (text.size() < 2 || text.size() > kLongestChannel || text.front() != '#') return false;
  return std::all_of(text.begin() + 1, text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

/// Owners approve, so the rule alone says who they are: whoever may write an Application in the cluster would otherwise be asked by nobody.
void add_people(const argocd::Application& application, const DiscoverRule& rule, App& app, std::vector<std::string>& notices) {
  app.channel = rule.app.channel;
  app.owners = rule.app.owners;
  const auto channel = annotation(application, "driftwarden.io/channel");
  if (!app.channel.empty() || channel.empty()) return;
  if (is_channel(channel)) {
    app.channel = channel;
  } else {
    notices.push_back("the annotation driftwarden.io/channel is no channel such as \"#shop-prod\"");
  }
}

std::string destination_words(const argocd::Application& application) {
  return without_control_characters(application.destination_name.empty() ? application.destination_server : application.destination_name);
}

/// What it is called and where it goes; `cluster` and `repository` may stay empty.
App base_of(const argocd::Application& application, const std::string& name, const DiscoverRule& rule, const DeployGround& ground) {
  App app;
  app.name = name;
  app.namespace_ = application.destination_namespace;
  app.track = rule.app.track;
  app.render = rule.app.render;
  app.ignore = rule.app.ignore;
  if (!application.destination_server.empty() || !application.destination_name.empty()) {
    app.cluster = ground.cluster_of(application.destination_server, application.destination_name, rule.cluster);
  }
  const auto* cluster = find_cluster(*ground.config, app.cluster);
  app.environment = rule.app.environment.empty() && cluster != nullptr ? cluster->environment : rule.app.environment;
  app.deployer.kind = DeployerKind::ArgoCd;
  app.deployer.cluster = rule.cluster;
  app.deployer.object = application.ref;
  app.deployer.may_sync = rule.may_sync;
  app.found_by = fmt::format("argocd {}/{} in {}", application.ref.namespace_, application.ref.name, rule.cluster);
  return app;
}

/// The first source that holds manifests, and whether all that do are of its repository and revision.
Result<const argocd::Source*> main_source(const argocd::Application& application) {
  const argocd::Source* first = nullptr;
  for (const auto& source : application.sources) {
    if (!holds_manifests(source)) continue;
    if (first == nullptr) {
      first = &source;
      continue;
    }
    if (!source.chart.empty() || !first->chart.empty()) continue;
    if (normal_repository_url(source.repo_url) != normal_repository_url(first->repo_url)) {
      return Error{ErrorKind::InvalidInput, fmt::format("its sources are of several repositories ({}, {}): Driftwarden renders an App from one; make an Application of each",
                                                        normal_repository_url(first->repo_url), normal_repository_url(source.repo_url))};
    }
    if (source.target_revision != first->target_revision) return Error{ErrorKind::InvalidInput, "its sources are of several revisions: Driftwarden renders an App at one"};
  }
  if (first == nullptr) return Error{ErrorKind::InvalidInput, "it has no source with a path"};
  return first;
}

Result<void> add_parts(const argocd::Application& application, const DeployGround& ground, App& app) {
  bool first = true;
  for (const auto& source : application.sources) {
    if (!holds_manifests(source)) continue;
    TRY(auto part, argo_part(application, source, ground));
    if (part.render == RenderKind::Auto) part.render = app.render;
    if (!first) {
      app.more.push_back(std::move(part));
      continue;
    }
    first = false;
    app.path = part.path;
    app.render = part.render;
    app.helm = std::move(part.helm);
    app.kustomize = std::move(part.kustomize);
    app.top_only = part.top_only;
  }
  return Result<void>{};
}

/// Of an App that somebody wrote down for what we can't render. Where a source is none of its repository's, no App covers the Application: then nobody is
/// said to deploy it, since the objects of that source would be taken for what nobody wants.
App place_of(App app, const argocd::Application& application, const RepositoryConfig& repository) {
  for (const auto& source : application.sources) {
    if (!holds_manifests(source)) continue;
    const bool inside = source.chart.empty() && normal_repository_url(source.repo_url) == normal_repository_url(repository.url);
    if (!inside) {
      app.deployer = {};
      return app;
    }
    SourcePart part;
    part.path = normal_repository_path(source.path);
    app.more.push_back(std::move(part));
  }
  return app;
}

}  // namespace

FoundApp argo_app(const argocd::Application& application, const std::string& name, const DiscoverRule& rule, const DeployGround& ground) {
  FoundApp found;
  found.name = name;
  found.object = application.ref;
  auto app = base_of(application, name, rule, ground);
  add_people(application, rule, app, found.notices);
  const auto source = main_source(application);
  const argocd::Source* first = source ? *source : nullptr;
  const RepositoryConfig* repository = first == nullptr ? nullptr : ground.repository_of(first->repo_url, first->target_revision);
  if (repository != nullptr) {
    app.repository = repository->name;
    app.path = normal_repository_path(first->path);
  }
  // An App that somebody wrote down may be rendered where this one can't.
  const bool placed = repository != nullptr && first->chart.empty() && !app.cluster.empty();
  const auto refuse = [&](std::string why) {
    found.notices.push_back(std::move(why));
    if (placed) found.place = place_of(app, application, *repository);
    return found;
  };
  if (application.destination_server.empty() && application.destination_name.empty()) return refuse("it has no destination");
  if (app.cluster.empty()) return refuse(fmt::format("its destination \"{}\" is no configured cluster: add it under \"clusters\", or to the aliases of one", destination_words(application)));
  if (!source) return refuse(source.error().message);
  if (first->chart.empty() && repository == nullptr) {
    return refuse(fmt::format("its repository {} isn't configured: add it under \"repositories\"", normal_repository_url(first->repo_url)));
  }
  auto rendered = app;
  if (const auto parts = add_parts(application, ground, rendered); !parts) return refuse(parts.error().message);
  const auto revision = argo_revision(first->target_revision, *repository);
  if (!revision) return refuse(revision.error().message);
  rendered.revision = *revision;
  if (!application.hydrate_to.empty()) {
    found.notices.push_back(fmt::format("Argo CD hydrates its dry source to {} and deploys from there: what the dry source renders is compared, and changes go to the dry source", application.hydrate_to));
  }
  found.app = std::move(rendered);
  return found;
}

}  // namespace driftwarden
