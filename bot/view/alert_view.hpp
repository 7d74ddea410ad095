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

/// One line per drifted field or object, most telling first: "`.spec.replicas` 2 -> 5 by kubectl at 09:00:12".
std::vector<std::string> drift_lines(const DriftReport& report, std::size_t limit);
/// ":rotating_light:" and so on.
std::string state_emoji(AppState state);
/// "edited live", "Git is ahead", ...
std::string cause_words(Cause cause);

}  // namespace driftwarden::view
