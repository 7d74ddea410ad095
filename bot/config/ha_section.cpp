// ha, shards: several instances of one bot.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kShortest = std::chrono::seconds{3};
constexpr Duration kLongest = std::chrono::minutes{5};
constexpr std::string_view kLabel = "lower-case letters, digits and \"-\"";

std::string check_label(std::string_view text) { return is_namespace(text) ? "" : "isn't such a name"; }
std::string check_plain(std::string_view text) { return text.size() <= 128 && is_plain_name(text) ? "" : "isn't a name"; }

/// Each of them is in one shard, and only there.
void take_clusters(Section& section, ShardConfig& shard, std::map<std::string, const ConfigNode*>& taken) {
  section.named_list("clusters", shard.clusters, NameKind::Cluster);
  const auto* list = section.find("clusters");
  if (list == nullptr || (list->kind == ConfigNode::Kind::List && list->items.empty())) return section.missing("clusters", "a list of clusters");
  for (const auto& item : list->items) {
    const auto [earlier, is_new] = taken.emplace(item.text, &item);
    if (is_new) continue;
    const auto& first = *earlier->second;
    section.reading().mistake(item, fmt::format("the cluster {} is in a shard already", describe(item)), fmt::format("it in one of them (first at {}:{}:{})", first.source->name, first.line, first.column));
  }
}

/// Slack deals the envelopes of an app out among its sockets, whoever they are about.
void expect_own_app(Section& section, const Config& config, const ShardConfig& shard) {
  const auto token_of = [&](const ShardConfig& one) { return one.app_token.empty() ? config.slack.app_token.reveal() : one.app_token.reveal(); };
  const auto token = token_of(shard);
  if (token.empty()) return;
  const auto same = std::ranges::find_if(config.shards, [&](const ShardConfig& other) { return token_of(other) == token; });
  if (same == config.shards.end()) return;
  section.reading().mistake(section.place("app_token"), fmt::format("the shards \"{}\" and \"{}\" have the same Slack app", same->name, shard.name), "an app_token and a bot_token of its own");
}

}  // namespace

void read_ha(Section& root, Config& config) {
  if (!root.has("ha")) return;
  root.inside("ha", [&](Section& section) {
    HaConfig ha;
    section.named("cluster", ha.cluster, NameKind::Cluster);
    if (!section.has("cluster")) section.missing("cluster", "the cluster in which the Lease is");
    section.checked("namespace", ha.namespace_, check_label, kLabel);
    section.checked("lease", ha.lease, check_label, kLabel);
    section.checked("identity", ha.identity, check_plain, "letters, digits, \".\", \"_\" and \"-\"");
    section.duration("duration", ha.duration);
    if (ha.duration < kShortest || ha.duration > kLongest) {
      section.reading().mistake(section.place("duration"), fmt::format("\"duration\" is {}", format_duration(ha.duration)), "from 3s to 5m");
    }
    config.ha = std::move(ha);
  });
}

void read_shards(Section& root, Config& config) {
  std::map<std::string, const ConfigNode*> names;
  std::map<std::string, const ConfigNode*> taken;
  root.each("shards", [&](Section& section) {
    ShardConfig shard;
    read_name(section, shard.name, names);
    if (!shard.name.empty() && is_plain_name(shard.name) && !is_namespace(shard.name)) {
      section.reading().mistake(section.place("name"), fmt::format("\"{}\" can't be a part of a Lease's name", shard.name), std::string(kLabel));
    }
    take_clusters(section, shard, taken);
    section.secret("app_token", shard.app_token);
    section.secret("bot_token", shard.bot_token);
    if (section.has("app_token") != section.has("bot_token")) section.missing(section.has("app_token") ? "bot_token" : "app_token", "both tokens of the shard's Slack app, or neither");
    expect_own_app(section, config, shard);
    config.shards.push_back(std::move(shard));
  });
  if (config.shards.empty()) return;
  for (const auto& cluster : config.clusters) {
    if (!taken.contains(cluster.name)) root.reading().mistake(root.place("shards"), fmt::format("the cluster \"{}\" is in no shard", cluster.name), "it among the clusters of one");
  }
}

}  // namespace driftwarden
