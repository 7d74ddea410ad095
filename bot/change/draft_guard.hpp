#pragma once
// What a draft never does, whoever's words it follows: the person's, or those that somebody hid in a file for a model to find. Pure.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <vector>

namespace driftwarden::planning {

/// A document that a draft brings, as it is written: of a kind that a draft may make, in the App's own namespace or in none said.
Result<void> check_made(const nlohmann::json& document, const App& app);
/// Whether a draft may touch this object at all: no rights, no secrets, nothing that deploys other things.
Result<void> check_touched(const ObjectRef& object);
/// Whether a draft may take this object away: of a kind that it could make, too, and nothing that holds data or keeps others out.
Result<void> check_removed(const Manifest& object);
/// No template and no variable in what a draft writes: somebody else would fill it in.
Result<void> check_plain(const std::string& text, const std::string& what);

/// What comes of a draft, as rendered.
struct DraftedEffect {
  const std::vector<Manifest>& before;
  const std::vector<Manifest>& settled;  ///< with the values that it sets, proven by edit_source
  const std::vector<Manifest>& after;    ///< with its new files, and without what goes
  std::vector<ObjectRef> set{};
  std::vector<Manifest> made{};          ///< as written
  std::vector<ObjectRef> gone{};         ///< taken away, after the values
};
/// Nothing but the objects that it names moves; what it makes is there, what it takes away is not and nothing refers to it, and nothing else comes or goes; nobody gets more rights, another Secret, or an image of a
/// repository that the App doesn't run yet.
Result<void> check_effect(const DraftedEffect& effect, const App& app);

}  // namespace driftwarden::planning
