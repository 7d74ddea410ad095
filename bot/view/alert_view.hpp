#pragma once
// The one living message of an incident.
#include "bot/view/drift_words.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>

namespace driftwarden::view {

/// A revision of Git that asked for what live runs now.
struct EarlierRevision {
  std::string sha;
  WallTime time{};
};

struct AlertContext {
  std::optional<Change> open_change;  ///< what is under way for this App
  std::string commit_summary;         ///< of the report's revision, "" when unknown
  std::string commit_author;
  std::optional<EarlierRevision> rolled_back_to{};
  WallTime now{};  ///< to say how old the verdict is
  std::optional<Opinion> opinion{};  ///< of who deploys it, now
  std::string mentions{};  ///< "cc <@U0ALICE>", "" = nobody
  std::optional<CostChange> drift_cost{};  ///< a month: what Git says, and what live has; nothing: no prices, or the drift costs nothing
};

slack::Message alert_message(const Incident& incident, const App& app, const AlertContext& context);
/// "checkout is OutOfSync on prod-eu: edited live" in mrkdwn, with its emoji; also the head of other answers.
std::string title_of(const DriftReport& report, const App& app);

}  // namespace driftwarden::view
