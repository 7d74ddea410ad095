#pragma once
// A drift report in words: the same facts wherever it is shown (alert, status, diff, why).
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::view {

/// ":rotating_light:" and so on.
std::string state_emoji(AppState state);
/// "edited live", "Git is ahead", ...
std::string cause_words(Cause cause);
/// The same, and "rolled back outside Git" where live runs an older image than Git asks for.
std::string cause_words(const DriftReport& report);
bool is_rolled_back(const DriftReport& report);
/// Of what a tool plans: "1 to replace, 2 to change".
std::string planned_words(const DriftReport& report);
/// Who deploys the App says of it, in one line: "Argo CD says Synced at `4f2c81a`, auto-sync off"; "" without one. mrkdwn.
std::string opinion_line(const Opinion& opinion);
/// Why that may differ from what we see, for people; "" when it doesn't.
std::string disagreement(const DriftReport& report);
/// Its cluster; of what a tool plans, which is on none, the tool. Plain.
std::string place_name(const App& app);
/// "Argo CD (Application argocd/checkout)", "tofu", "" when it is us.
std::string deployer_words(const App& app);
/// What a note says to people; "" for those that only explain why something is no drift.
std::string note_words(std::string_view note);

/// Fights first, then each object on a line of its own and its fields below it, what was changed before what is missing or can't be judged:
/// "`Deployment shop/checkout`", "\u2022 `.spec.replicas` `2` \u2192 `5` by *kubectl* ...". `limit` counts fields, and objects without any.
std::vector<std::string> drift_lines(const DriftReport& report, std::size_t limit);
/// Ignore rules that ran out, and warnings for the owners.
std::vector<std::string> concern_lines(const DriftReport& report);
/// What ignore rules hide now, with counts; notes that say why something is no drift.
std::vector<std::string> hidden_lines(const DriftReport& report);
/// What the server has not confirmed, and images that may change under their name.
std::vector<std::string> small_print(const DriftReport& report);
/// "as of 12:03:11" for a verdict that is older than a minute, else "".
std::string age_words(const DriftReport& report, WallTime now);

/// A name from outside (a field manager) inside `*bold*`.
std::string name_words(std::string_view name);
/// "until 2026-12-31", "ran out on 2026-06-30", "" for a rule without an end.
std::string until_words(const RuleUse& use);
/// "3 objects"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace driftwarden::view
