// What reaches main past the bot has its row, once; what the bot brings there has none.
#include "tests/sim/truth.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::sim {

using nlohmann::json;

bool Truth::is_merged_by_bot(const std::string& sha) const {
  if (own_merges_.contains(sha)) return true;
  return std::ranges::any_of(at_.forge.entries, [&](const PullEntry& entry) { return entry.pull.merged_sha == sha && !entry.merged_by_hand; });
}

void Truth::on_commit_row(const AuditRow& row) {
  const auto& entry = row.entry;
  at_.ground.check(entry.action != "commit.rewritten", "commits-told", [&] { return "nobody pushed by force, and a row says so: " + entry.detail; });
  std::vector<std::string> shas{entry.on};
  if (entry.action == "commit.caught-up") shas = json::parse(entry.detail).at("commits").get<std::vector<std::string>>();
  for (const auto& sha : shas) {
    at_.ground.check(told_.insert(sha).second, "commits-told", [&] { return sha.substr(0, 8) + " has a second row: " + entry.detail; });
    at_.ground.check(!is_merged_by_bot(sha), "commits-told", [&] { return sha.substr(0, 8) + " is the bot's own merge, and a row says that it went past it: " + entry.detail; });
  }
}

/// Since the first of them that was told: what lay there before the bot first looked isn't its to tell.
std::optional<Truth::Unrest> Truth::unrest_of_commits() {
  for (const auto& [name, remote] : at_.remotes) {
    std::vector<std::string> line;
    for (auto at = remote->head("main"); !at.empty();) {
      line.push_back(at);
      const auto parents = remote->parents(at);
      at = parents.empty() ? "" : parents.front();
    }
    std::ranges::reverse(line);
    const auto first = std::ranges::find_if(line, [&](const std::string& sha) { return told_.contains(sha) || is_merged_by_bot(sha); });
    for (auto sha = first; sha != line.end(); ++sha) {
      const bool by_hand = std::ranges::any_of(at_.forge.entries, [&](const PullEntry& entry) { return entry.pull.merged_sha == *sha && !entry.by_bot; });
      const auto writers = remote->writers.find(*sha);
      const bool pushed = writers != remote->writers.end() && !writers->second.empty();
      if (told_.contains(*sha) || !(by_hand || pushed)) continue;
      return Unrest{"commits-told", fmt::format("{} of {} came past the bot, and has no row", sha->substr(0, 8), name)};
    }
  }
  return std::nullopt;
}

}  // namespace driftwarden::sim
