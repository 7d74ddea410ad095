#pragma once
// The one living message of an incident.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

struct AlertContext {
  std::optional<Change> open_change;  ///< what is under way for this App
  std::string commit_summary;         ///< of the report's revision, "" when unknown
  std::string commit_author;
};

slack::Message alert_message(const Incident& incident, const App& app, const AlertContext& context);

/// Each object on a line of its own and its fields below it, what was changed before what is missing or can't be judged:
/// "`Deployment shop/checkout`", "\u2022 `.spec.replicas` `2` \u2192 `5` by *kubectl* ...". `limit` counts fields, and objects without any.
std::vector<std::string> drift_lines(const DriftReport& report, std::size_t limit);
/// ":rotating_light:" and so on.
std::string state_emoji(AppState state);
/// "edited live", "Git is ahead", ...
std::string cause_words(Cause cause);

}  // namespace driftwarden::view
