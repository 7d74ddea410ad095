// A first config from what Argo CD and Flux deploy.
#include "bot/setup/clean_url.hpp"
#include "bot/setup/init.hpp"
#include "bot/watch/repository_url.hpp"
#include "gitops/base/text.hpp"
#include "integrations/argocd/application.hpp"
#include "integrations/flux/objects.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kMostObjects = 500;
constexpr std::size_t kShownPlaces = 5;

WatchedKind kind_named(const std::string& group, const std::string& version, const std::string& kind) {
  WatchedKind watched;
  watched.group = group;
  watched.version = version;
  watched.kind = kind;
  return watched;
}

asio::awaitable<Result<std::vector<Manifest>>> list_kind(kubernetes::Cluster& cluster, WatchedKind kind) {
  kubernetes::ListQuery query;
  query.kind = std::move(kind);
  query.limit = kMostObjects;
  const auto listed = co_await cluster.list(std::move(query));
  std::vector<Manifest> objects;
  if (!listed && listed.error().kind == ErrorKind::NotFound) co_return objects;
  if (!listed) co_return listed.error();
  for (const auto& object : **listed) {
    Manifest manifest;
    manifest.ref = ref_of(object);
    manifest.body = std::make_shared<const nlohmann::json>(object);
    objects.push_back(std::move(manifest));
  }
  co_return objects;
}

/// Repositories by what they are, however their URLs are written.
class Gathered {
 public:
  void add(const std::string& url, const std::string& revision) {
    const auto id = normal_repository_url(url);
    if (id.empty()) {
      if (!url.empty()) odd_.insert(without_credentials(url));
      return;
    }
    auto& known = by_id_[id];
    const auto clean = without_credentials(url);
    if (clean != url) known.held_credentials = true;
    if (known.url.empty()) known.url = clean;
    ++known.revisions[revision == "HEAD" ? "" : revision];
  }

  void write(InitAnswers& answers) const {
    std::set<std::string> names;
    std::map<std::string, std::string> tokens;  // by host
    for (const auto& [id, known] : by_id_) {
      InitRepository repository;
      repository.url = known.url;
      repository.name = name_from_url(known.url);
      for (int number = 2; !names.insert(repository.name).second; ++number) repository.name = fmt::format("{}-{}", name_from_url(known.url), number);
      repository.branch = branch_of(known, repository.name, answers);
      const auto guess = guess_forge(known.url);
      repository.forge = guess.kind;
      repository.api_url = guess.api_url;
      repository.project = guess.project;
      if (guess.kind != ForgeKind::None) repository.token = token_of(tokens, guess.host);
      if (known.held_credentials) answers.remarks.push_back(fmt::format("the URL of {} held credentials, which aren't written here: whoever saw that URL has them, so have them replaced", repository.name));
      if (guess.kind == ForgeKind::None) answers.remarks.push_back(fmt::format("say which forge {} is on (github, gitlab, gitea), or leave it at none", repository.name));
      answers.repositories.push_back(std::move(repository));
    }
    for (const auto& url : odd_) answers.remarks.push_back(fmt::format("{} isn't the URL of a Git repository that I understand, so it is left out", url));
  }

 private:
  struct Known {
    std::string url;
    std::map<std::string, int> revisions;
    bool held_credentials = false;
  };

  static std::string branch_of(const Known& known, const std::string& name, InitAnswers& answers) {
    const auto most = std::ranges::max_element(known.revisions, {}, [](const auto& one) { return one.second; });
    if (known.revisions.size() > 1) {
      std::vector<std::string> all;
      for (const auto& [revision, count] : known.revisions) all.push_back(revision.empty() ? "HEAD" : revision);
      answers.remarks.push_back(fmt::format("{} is deployed from {}: the branch that changes go to is set to the most frequent", name, join(all, ", ")));
    }
    if (!most->first.empty()) return most->first;
    answers.remarks.push_back(fmt::format("{} is deployed from its default branch (HEAD), taken for main", name));
    return "main";
  }

  static std::string token_of(std::map<std::string, std::string>& tokens, const std::string& host) {
    const auto found = tokens.find(host);
    if (found != tokens.end()) return found->second;
    std::string name = "FORGE_TOKEN";
    if (!tokens.empty()) {
      name += "_";
      for (const char c : host) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
    }
    return tokens[host] = name;
  }

  std::map<std::string, Known> by_id_;
  std::set<std::string> odd_;
};

std::string some_of(const std::set<std::string>& names) {
  std::vector<std::string> shown;
  for (const auto& name : names) {
    if (shown.size() < kShownPlaces) shown.push_back(name);
  }
  return join(shown, ", ") + (names.size() > shown.size() ? fmt::format(" and {} more", names.size() - shown.size()) : "");
}

void take_applications(InitAnswers& answers, const std::vector<Manifest>& applications, Gathered& gathered) {
  std::set<std::string> namespaces;
  std::set<std::string> elsewhere;
  std::size_t charts = 0;
  for (const auto& manifest : applications) {
    const auto application = argocd::parse_application(*manifest.body);
    if (!application) continue;
    namespaces.insert(application->ref.namespace_);
    for (const auto& source : application->sources) {
      if (source.chart.empty()) gathered.add(source.repo_url, source.target_revision);
      charts += source.chart.empty() ? 0 : 1;
    }
    const auto& server = application->destination_server;
    const auto& name = application->destination_name;
    const bool here = name == "in-cluster" || (name.empty() && (server.empty() || server.find("kubernetes.default") != std::string::npos));
    if (!here) elsewhere.insert(name.empty() ? server : name);
  }
  answers.argocd = !namespaces.empty();
  if (namespaces.size() == 1) answers.argocd_namespace = *namespaces.begin();
  if (!elsewhere.empty()) answers.remarks.push_back("Applications go to clusters that aren't here yet: " + some_of(elsewhere) + ". Add each under clusters, with this as an alias");
  if (charts > 0) answers.remarks.push_back(fmt::format("{} source{} of Applications {} from a chart registry, which can't be compared with Git", charts, charts == 1 ? "" : "s", charts == 1 ? "is" : "are"));
}

void take_flux(InitAnswers& answers, const FoundInCluster& found, Gathered& gathered) {
  answers.flux = !found.kustomizations.empty() || !found.helm_releases.empty();
  if (!answers.flux) return;
  for (const auto& manifest : found.git_repositories) {
    const auto repository = flux::parse_git_repository(*manifest.body);
    if (!repository) continue;
    gathered.add(repository->url, repository->branch);
  }
}

}  // namespace

asio::awaitable<Result<FoundInCluster>> look_into(kubernetes::Cluster& cluster) {
  FoundInCluster found;
  auto applications = list_kind(cluster, kind_named("argoproj.io", "v1alpha1", "Application"));
  CO_TRY(found.applications, co_await std::move(applications));
  auto sources = list_kind(cluster, kind_named("source.toolkit.fluxcd.io", "v1", "GitRepository"));
  CO_TRY(found.git_repositories, co_await std::move(sources));
  auto kustomizations = list_kind(cluster, kind_named("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"));
  CO_TRY(found.kustomizations, co_await std::move(kustomizations));
  auto releases = list_kind(cluster, kind_named("helm.toolkit.fluxcd.io", "v2", "HelmRelease"));
  CO_TRY(found.helm_releases, co_await std::move(releases));
  co_return found;
}

Result<InitAnswers> take_found(InitAnswers answers, const FoundInCluster& found) {
  Gathered gathered;
  take_applications(answers, found.applications, gathered);
  take_flux(answers, found, gathered);
  if (!answers.argocd && !answers.flux) {
    return Error{ErrorKind::NotFound, "neither Argo CD's Applications nor Flux's Kustomizations are in that cluster: leave --from-cluster out, and the questions are about a repository"};
  }
  gathered.write(answers);
  if (answers.repositories.empty()) return Error{ErrorKind::NotFound, "what Argo CD or Flux deploys there comes from no Git repository"};
  for (const auto* listed : {&found.applications, &found.kustomizations, &found.helm_releases}) {
    if (listed->size() >= kMostObjects) answers.remarks.push_back(fmt::format("only the first {} objects of a kind were looked at: there may be more repositories", kMostObjects));
  }
  return answers;
}

}  // namespace driftwarden
