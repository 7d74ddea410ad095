#pragma once
// Which finding a waiver lets pass. Whether it is in force, and whether its owner may say so here, is asked elsewhere.
#include "gitops/model/finding.hpp"
#include "gitops/model/waiver.hpp"

#include <string_view>

namespace driftwarden {

inline bool lets_pass(const Waiver& waiver, std::string_view app, std::string_view gate, const Finding& finding) {
  const bool of_it = waiver.app == app && waiver.gate == gate && waiver.rule == finding.rule;
  return of_it && (waiver.object.empty() || waiver.object == finding.object);
}

}  // namespace driftwarden
