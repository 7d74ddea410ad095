#pragma once
// What is said of a pull request that somebody opened in a watched repository: a sticky comment there, a message in the Apps' channel.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/waiver_match.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

/// One App that the pull request touches.
struct PullEffect {
  App app;
  std::string rendered_diff;  ///< base -> head, redacted; "" = renders the same
  std::string live_diff;      ///< head -> live as applying it would change live; "" = live is so already
  std::string failure;        ///< why it could not be rendered, "" when it could
  Risk risk;
  std::string policy;         ///< "needs 2 approvals of sre (policy.approvals[1])"
  std::vector<std::string> obstacles;  ///< "frozen: weekend, until Mon 08:00"
  bool live_known = true;     ///< false: `live_diff` says nothing, the cluster isn't known well enough
  std::optional<CostChange> cost{};
  std::vector<GateResult> gates{};
  WaiversHere waivers{};          ///< for what the author wants
  std::vector<std::string> files{};  ///< of an App that a tool plans: which of its files change, the first of them
  std::size_t more_files = 0;
  std::string cost_trouble{};        ///< why what should have said what it costs could not
  bool cost_may_come = false;        ///< asked once more it may say so
  std::int64_t risen_lately = 0;     ///< how much else raised its cost in the last 7 days, millionths a month
  bool operator==(const PullEffect&) const = default;
};
struct PullSummary {
  std::string repository;
  std::int64_t number = 0;
  std::string url;
  std::string title;
  std::string author;         ///< login
  PersonId person;            ///< whom we know behind it, "" = nobody
  std::string head_sha;
  std::string base_sha;
  std::string state;          ///< "open", "merged", "closed"
  std::vector<PullEffect> effects;
  std::vector<std::string> not_rendered{};    ///< Apps that it touches besides, by name
  std::vector<std::string> quiet_channels{};  ///< of its Apps, in which nothing is said of it
  std::size_t not_judged = 0;                 ///< of those in not_rendered, that gates would judge
  bool by_stranger = false;                   ///< from a fork, or of an author whom we don't know
  bool operator==(const PullSummary&) const = default;
};
/// Markdown, at most `limit` characters: the longest diffs are folded away and then cut first, each cut said.
std::string pull_comment(const PullSummary& pull, std::size_t limit);
slack::Message pull_message(const PullSummary& pull);

}  // namespace driftwarden::view
