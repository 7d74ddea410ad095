#pragma once
// What a Change would write to Git and show to people, as data. Pure.
#include "bot/command/intents.hpp"
#include "bot/config/config.hpp"
#include "bot/watch/git_inputs.hpp"
#include "bot/watch/templates.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"
#include "gitops/repository/mirror.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What a verb's plan is made from. Blocking (the mirror, the renderer): for the pool.
struct PlanContext {
  const Config& config;
  Mirror& mirror;
  const Renderer& render;
  std::string head;                ///< the commit is made on it
  DriftReport report;              ///< of the App, as told now
  std::vector<Manifest> desired;   ///< of the App, as rendered now
  std::vector<App> apps;           ///< all
  /// The Application that says where the App goes, where it stands in Git: in which App, and as rendered now. Of a move.
  struct Held {
    App app;
    Manifest manifest;
    DriftReport report{};  ///< of the App that holds it
  };
  std::optional<Held> application{};
  std::size_t most_commits = 2000; ///< looked through in one go for who wrote what comes into force
};
/// What a verb writes to Git. `notes` are for people: which file says it and why that one, what rides along, what can't be brought back.
struct VerbPlan {
  std::vector<FileEdit> edits;
  std::string restore_path;        ///< as in CommitRequest
  std::string restore_revision;
  std::string undo_revision;
  std::vector<std::string> notes;
  std::vector<PersonId> authors;   ///< of commits that it puts in force beside the requester's own: they can't approve
  bool authors_incomplete = false; ///< there are commits whose authors nobody looked at: one of them may approve unknown
};
/// Why a verb that writes to the branch would put nothing in force: another branch, a tag or a commit is (App::revision). For people; "" = it would.
std::string kept_elsewhere(ChangeVerb verb, const App& app);
/// InvalidInput with words for people where the verb can't be done to this App; nothing of it outside the App's paths.
Result<VerbPlan> plan_verb(const Change& change, const App& app, const PlanContext& context);

/// The App that a create-app makes, with what was left out taken from the pattern, as the policy sees it: its owners are the pattern's or nobody, whatever
/// its file will declare. InvalidInput where it can't be made.
Result<App> created_app(const Change& change, const Config& config, const std::vector<App>& apps);

/// What a template is filled in with.
TemplateInputs inputs_of(const CreateAppRequest& request, const App& made);

/// What restart would do: the workloads, "Deployment shop/web". InvalidInput when there are none or one isn't the App's.
Result<std::vector<ObjectRef>> plan_restart(const Change& change, const App& app, const std::vector<Manifest>& desired);

/// Who wrote it and who committed it, and the message with its trailers: the commit on top of `head`, unsigned. The same Change and plan give the same commit.
CommitRequest commit_of(const Change& change, const App& app, const Config& config, const std::string& head, const std::string& audit_id, VerbPlan plan);

/// The words of the head that is merged, with the Change's trailer: where somebody else pushed that head, they don't have it.
std::string merge_message(const Change& change, std::string message);

/// The trailers that only the merge knows: Approved-by for each, and what was overridden. Appended to the merge's message.
std::string approval_trailers(const Change& change, const std::vector<PersonId>& approvers);

/// "driftwarden/c-12-sync-checkout": the idempotency key of the proposal.
std::string branch_name(const Change& change);

/// Subject, reason, and the trailers that lead back: Requested-by, Driftwarden-Change, Driftwarden-Audit: <seq>:<hash>:<instance>.
std::string commit_message(const Change& change, const App& app, const std::string& audit_id);

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
