#pragma once
// What a gate (a policy check, built in or a tool of the user's) finds in what a Change or a pull request would make of an App.
#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden {

/// `rule` and `object` are what a waiver names.
struct Finding {
  std::string rule;         ///< "floating-tag", "deny-latest", "KUBECONFORM"
  std::string object{};     ///< "Deployment shop/web"; "" = the App as a whole
  std::string path{};       ///< ".spec.template.spec.containers[web].image", "" = the object
  std::string message{};    ///< for people; from outside, where a tool says it
  bool blocks = true;       ///< false: worth a word, no more
  std::string link{};       ///< where the rule is explained; https, or ""
  bool operator==(const Finding&) const = default;
};

/// Only what is new: what the App had before already is counted, not told.
struct GateResult {
  std::string gate;                   ///< "built-in", or the tool's name in the config
  std::vector<Finding> findings{};    ///< those that block first
  std::size_t left_out = 0;           ///< findings beyond the bound
  std::size_t known = 0;              ///< in force before already
  std::string trouble{};              ///< why it could not be judged: counts as a finding that blocks, with the rule "unjudged"
  bool blocks = true;                 ///< false: the gate only warns, whatever it finds
  bool operator==(const GateResult&) const = default;
};
inline constexpr const char* kUnjudged = "unjudged";

}  // namespace driftwarden
