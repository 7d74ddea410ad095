#include "bot/deploy/deploy_tool.hpp"
#include "bot/watch/repository_url.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::array<std::string_view, 3> kOwnServers{"https://kubernetes.default.svc", "https://kubernetes.default", "https://kubernetes.default.svc.cluster.local"};

std::string normal_server(std::string_view url) {
  auto text = to_lower(trim(url));
  while (text.ends_with('/')) text.pop_back();
  if (text.starts_with("https://") && text.ends_with(":443")) text.resize(text.size() - 4);
  return text;
}

bool is_called(const ClusterConfig& cluster, const std::string& word, const std::map<std::string, std::string>& servers) {
  if (cluster.name == word || std::ranges::find(cluster.aliases, word) != cluster.aliases.end()) return true;
  const auto server = normal_server(word);
  if (const auto own = servers.find(cluster.name); own != servers.end() && normal_server(own->second) == server) return true;
  return std::ranges::any_of(cluster.aliases, [&](const auto& alias) { return alias.find("://") != std::string::npos && normal_server(alias) == server; });
}

}  // namespace

std::string DeployGround::cluster_of(const std::string& server, const std::string& name, const std::string& home) const {
  if (server.empty() && name.empty()) return home;
  // What the tool calls its own cluster is that, whatever another cluster's alias says: several tools may say so.
  if (name == "in-cluster" || (name.empty() && std::ranges::find(kOwnServers, normal_server(server)) != kOwnServers.end())) return home;
  for (const auto& word : {name, server}) {
    if (word.empty() || config == nullptr) continue;
    const auto found = std::ranges::find_if(config->clusters, [&](const auto& cluster) { return is_called(cluster, word, servers); });
    if (found != config->clusters.end()) return found->name;
  }
  return {};
}

const RepositoryConfig* DeployGround::repository_of(const std::string& url, const std::string& revision) const {
  const auto wanted = normal_repository_url(url);
  if (wanted.empty() || config == nullptr) return nullptr;
  const RepositoryConfig* first = nullptr;
  for (const auto& repository : config->repositories) {
    if (normal_repository_url(repository.url) != wanted) continue;
    if (repository.branch == revision) return &repository;
    if (first == nullptr) first = &repository;
  }
  return first;
}

}  // namespace driftwarden
