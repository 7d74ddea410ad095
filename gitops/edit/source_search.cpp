#include "gitops/edit/source_search.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr int kMaxRenders = 60;
constexpr int kMaxRendersOfOne = 16;

/// The likeliest way for every value, proven together: one rendering for the common case. Nothing when that isn't it.
Result<std::optional<EditedTree>> all_at_once(const AppSource& source, Proof& proof, const FindWays& find_ways) {
  EditedTree tree(source);
  for (std::size_t i = 0; i < proof.targets().size(); ++i) {
    if (proof.holds(i)) continue;
    TRY(const auto found, find_ways(tree, proof.targets()[i]));
    bool made = false;
    for (const auto& way : found.ways) {
      auto copy = tree;
      made = static_cast<bool>(way(copy));
      if (copy.owned()) return *copy.owned();
      if (!made) continue;
      tree = std::move(copy);
      break;
    }
    if (!made) return std::optional<EditedTree>();
  }
  auto right = proof.check(tree, std::vector<bool>(proof.targets().size(), true));
  if (right) return std::optional<EditedTree>(std::move(tree));
  if (is_final(right.error())) return right.error();
  return std::optional<EditedTree>();
}

/// What a renderer says may be long; its first line has to do.
std::string in_short(const std::string& reason) { return ellipsize(trim(reason.substr(0, reason.find('\n'))), 240); }

Error none_works(const Target& target, const std::vector<std::string>& reasons) {
  std::vector<std::string> shown;
  for (const auto& reason : reasons) {
    auto line = in_short(reason);
    if (shown.size() < 3 && std::find(shown.begin(), shown.end(), line) == shown.end()) shown.push_back(std::move(line));
  }
  return {ErrorKind::InvalidInput, fmt::format("no edit gives {} just {}: {}", to_string(target.object), target.edit.path,
                                               shown.empty() ? "nothing that could be edited says it" : join(shown, "; "))};
}

Result<EditedTree> one_by_one(const AppSource& source, Proof& proof, const FindWays& find_ways) {
  EditedTree tree(source);
  std::vector<bool> done(proof.targets().size());
  for (std::size_t i = 0; i < done.size(); ++i) {
    done[i] = true;
    if (proof.holds(i)) continue;
    const auto& target = proof.targets()[i];
    TRY(const auto found, find_ways(tree, target));
    auto reasons = found.obstacles;
    const auto limit = std::min(kMaxRenders, proof.renders() + kMaxRendersOfOne);
    bool right = false;
    for (const auto& way : found.ways) {
      auto copy = tree;
      const auto made = way(copy);
      if (copy.owned()) return *copy.owned();
      if (!made) {
        reasons.push_back(made.error().message);
        continue;
      }
      if (copy.edits() == tree.edits()) continue;
      if (proof.renders() >= limit) break;
      const auto checked = proof.check(copy, done);
      right = static_cast<bool>(checked);
      if (right) {
        tree = std::move(copy);
        break;
      }
      if (is_final(checked.error())) return checked.error();
      reasons.push_back(checked.error().message);
    }
    if (!right) return none_works(target, reasons);
  }
  return tree;
}

}  // namespace

Result<EditedTree> search_edits(const AppSource& source, Proof& proof, const FindWays& find_ways) {
  if (proof.targets().size() > 1) {
    TRY(auto found, all_at_once(source, proof, find_ways));
    if (found) return *std::move(found);
  }
  return one_by_one(source, proof, find_ways);
}

}  // namespace driftwarden
