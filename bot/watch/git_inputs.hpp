#pragma once
// Blocking Git work of the fleet: what Apps are rendered from, found by ids alone, and the rendering itself. Values in, values out.
#include "bot/watch/git_sources.hpp"
#include "bot/watch/renderer.hpp"
#include "gitops/diff/argo_rules.hpp"
#include "gitops/diff/unstable.hpp"
#include "gitops/render/render.hpp"
#include "gitops/repository/mirror.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What the App's Git side says at one revision.
struct DesiredState {
  std::string revision;  ///< what is rendered: the commit, or the pinned one
  std::string tree;      ///< sources_id there: equal id = equal Desired
  std::vector<Manifest> manifests;
  UnstablePaths unstable{};  ///< at which a second render said otherwise; only where it was asked for
};

/// Where an App's Desired comes from at a head, as ids: equal ids, equal Desired.
struct AppInputs {
  std::string revision;     ///< in force: the head, or what the pin says
  std::string tree;         ///< sources_id there
  AppSources sources;       ///< what that is the id of
  std::string pin;          ///< id of the pin file, "" without
  std::string ignore;       ///< id of the ignore file at the head, "" without
  std::string synced_tree;  ///< sources_id of the last synced revision, "" when that isn't known any more
  std::optional<Error> error;
};

struct LookUp {
  App app;
  AppInputs known;          ///< at the previous head
  std::string last_synced;  ///< revision, "" = its tree isn't asked for
};
struct LookedUp {
  AppInputs inputs;
  std::optional<ImportedRules> rules;  ///< of the ignore file, when that is another one than before
};

/// For all Apps of one repository at once; reads nothing of what didn't change since `previous` ("" = there is none). The error is one of
/// the head itself; what is wrong with an App is in its inputs.
Result<std::vector<LookedUp>> look_up(Mirror& mirror, const std::string& previous, const std::string& head, const std::vector<LookUp>& apps);

/// Paths from the root that the App's rendering reads at `revision`: its own, and for kustomize the bases, components and files outside of it that it names.
Result<std::vector<std::string>> source_paths(Mirror& mirror, const App& app, const std::string& revision);
/// One id of all that: equal ids, equal sources. Of an App that reads nothing outside its path it is that path's tree id.
Result<std::string> sources_id(Mirror& mirror, const App& app, const std::string& revision);
/// The App rendered with these files in place of the revision's. Nothing is written to Git.
Result<std::vector<Manifest>> render_edited(Mirror& mirror, const App& app, const std::string& revision, const std::vector<FileEdit>& edits, const Renderer& render);

/// What an App is rendered from as of `commit`.
Result<std::string> revision_in_force(Mirror& mirror, const App& app, const std::string& commit);

/// `compare_twice`: where the renderer may give something else each time, a second run says at which paths.
Result<DesiredState> render_desired(Mirror& mirror, const App& app, const std::string& revision, const Renderer& render, bool compare_twice);

/// The rules of `.driftwarden/ignore/<app>.yaml`. One that can't be read hides nothing: it has no rules and a warning "file:line: why".
ImportedRules parse_ignore_file(const std::string& text, const std::string& path);

}  // namespace driftwarden
