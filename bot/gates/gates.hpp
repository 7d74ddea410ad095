#pragma once
// Judges what a Change or a pull request would make of an App: the built-in rules, and the user's tools in their fence. Fails closed.
#include "bot/config/config.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/finding.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// What is judged. Values: it is worked on elsewhere.
struct ManifestsToJudge {
  ManifestsToJudge() = default;
  App app;
  std::vector<Manifest> before;  ///< as in force, or at the base
  std::vector<Manifest> after;
};

class Gates {
 public:
  virtual ~Gates() = default;
  /// One result per gate that concerns the App, "built-in" first; gates with nothing to say have an empty result. Never an error: what can't be judged is a
  /// result with `trouble`. Findings that `before` has as well are only counted.
  virtual asio::awaitable<std::vector<GateResult>> judge(ManifestsToJudge judged) = 0;
};

}  // namespace driftwarden
