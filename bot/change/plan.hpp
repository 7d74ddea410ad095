#pragma once
// What a Change would write to Git and show to people, as data. Pure.
#include "bot/config/config.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"
#include "gitops/repository/mirror.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

/// "driftwarden/c-12-sync-checkout": the idempotency key of the proposal.
std::string branch_name(const Change& change);

/// Subject, reason, and the trailers that lead back: Requested-by, Change, Driftwarden-Audit: <seq>:<hash>.
std::string commit_message(const Change& change, const App& app, const std::string& audit_id);

/// The commit on top of `head`. `adopted` holds the edited files of an adopt or an ignore; the other verbs make their own edits. The same Change on the
/// same head gives the same commit.
CommitRequest plan_commit(const Change& change, const App& app, const Config& config, const std::string& head, const std::string& audit_id,
                          std::vector<FileEdit> adopted);

/// Edits per manifest file that make Git say what live says. `source` gives an App file's text by its path inside the App. Refused
/// (InvalidInput with the reason) where live can't be written into the manifest.
Result<std::vector<FileEdit>> plan_adoption(const App& app, const DriftReport& report, const std::vector<Manifest>& desired,
                                            const std::function<Result<std::string>(const std::string&)>& source);

/// The App's ignore file with what the Change asks for after `rules`, which it has now.
FileEdit plan_ignore(const Change& change, const App& app, std::vector<IgnoreRule> rules);

/// What the cluster would get: a unified diff per object from `before` to `after`, redacted. "" when nothing would change.
std::string effect_text(const std::vector<Manifest>& before, const std::vector<Manifest>& after, const Redactor& redactor);
/// The same for putting drifted objects back: live -> desired. `live` may answer null.
std::string undo_text(const DriftReport& report, const std::vector<Manifest>& desired, const std::function<JsonPtr(const ObjectRef&)>& live, const Redactor& redactor);

}  // namespace driftwarden
