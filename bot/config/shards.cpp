#include "bot/config/shards.hpp"

#include "bot/config/teams.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

class EnvironmentOfShard final : public Environment {
 public:
  EnvironmentOfShard(std::shared_ptr<const Environment> inner, std::string shard) : inner_(std::move(inner)), shard_(std::move(shard)) {}
  std::optional<std::string> variable(const std::string& name) const override { return name == kShardVariable ? shard_ : inner_->variable(name); }
  Result<std::string> read_file(const std::string& path) const override { return inner_->read_file(path); }
  std::vector<std::string> list_files(const std::string& pattern) const override { return inner_->list_files(pattern); }
  std::string absolute(const std::string& path) const override { return inner_->absolute(path); }

 private:
  std::shared_ptr<const Environment> inner_;
  std::string shard_;
};

bool has(const ShardConfig& shard, const std::string& cluster) { return std::ranges::find(shard.clusters, cluster) != shard.clusters.end(); }

std::string shard_of(const Config& config, const std::string& cluster) {
  const auto found = std::ranges::find_if(config.shards, [&](const ShardConfig& shard) { return has(shard, cluster); });
  if (found != config.shards.end()) return found->name;
  return config.shards.empty() ? std::string() : config.shards.front().name;
}

bool is_private(const Config& config, const App& app) {
  return std::ranges::any_of(config.teams, [&](const Team& team) { return team.is_private && has_app(team, app); });
}

/// Whether the rule can find Apps of this shard; one whose paths say the cluster finds Apps of every shard.
bool can_find(const Config& config, const DiscoverRule& rule, const std::string& shard) {
  const auto& cluster = rule.cluster.empty() ? rule.app.cluster : rule.cluster;
  if (!cluster.empty()) return shard_of(config, cluster) == shard;
  return rule.app.kind == AppKind::Kubernetes || shard == config.shards.front().name;
}

}  // namespace

std::shared_ptr<const Environment> with_shard(std::shared_ptr<const Environment> environment, std::string shard) {
  return std::make_shared<EnvironmentOfShard>(std::move(environment), std::move(shard));
}

std::shared_ptr<const Environment> without_shard(std::shared_ptr<const Environment> environment) { return with_shard(std::move(environment), ""); }

std::string shard_database(const std::string& path, const std::string& shard) {
  const std::filesystem::path whole{path};
  const auto name = whole.stem().string() + "-" + shard + whole.extension().string();
  return (whole.parent_path() / shard / name).string();
}

bool is_elsewhere(const Config& config, std::string_view cluster) {
  if (config.shard.empty() || find_cluster(config, cluster) != nullptr) return false;
  return std::ranges::any_of(config.shards, [&](const ShardConfig& shard) { return shard.name != config.shard && has(shard, std::string(cluster)); });
}

void narrow_to_shard(Config& config, const std::string& shard) {
  const auto own = std::ranges::find(config.shards, shard, &ShardConfig::name);
  if (own == config.shards.end()) return;
  config.shard = shard;
  config.storage.path = shard_database(config.storage.path, shard);
  if (config.ha) config.ha->lease += "-" + shard;
  if (!own->app_token.empty()) config.slack.app_token = own->app_token;
  if (!own->bot_token.empty()) config.slack.bot_token = own->bot_token;
  for (const auto& app : config.apps) {
    // Whom a private team hides its Apps isn't told where they are, either.
    if (auto of = shard_of(config, app.cluster); of != shard && !is_private(config, app)) config.elsewhere.emplace(app.name, std::move(of));
  }
  std::erase_if(config.apps, [&](const App& app) { return shard_of(config, app.cluster) != shard; });
  std::erase_if(config.discover, [&](const DiscoverRule& rule) { return !can_find(config, rule, shard); });
  std::erase_if(config.clusters, [&](const ClusterConfig& cluster) { return !has(*own, cluster.name); });
}

}  // namespace driftwarden
