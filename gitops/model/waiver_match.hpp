#pragma once
// Which finding a waiver lets pass, and those that are said to. Whether it is in force, and whether its owner may say so here, is asked elsewhere.
#include "gitops/model/finding.hpp"
#include "gitops/model/waiver.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// In force, and yet it lets nothing pass here.
struct IdleWaiver {
  Waiver waiver{};
  std::string why{};  ///< for people, without markup: "carol isn't an owner of that gate any more"
  bool operator==(const IdleWaiver&) const = default;
};

/// The waivers of an App as they bear on what somebody wants of it.
struct WaiversHere {
  std::vector<Waiver> counting{};
  std::vector<IdleWaiver> idle{};
  bool operator==(const WaiversHere&) const = default;
};

inline bool lets_pass(const Waiver& waiver, std::string_view app, std::string_view gate, const Finding& finding) {
  const bool of_it = waiver.app == app && waiver.gate == gate && waiver.rule == finding.rule;
  return of_it && (waiver.object.empty() || waiver.object == finding.object);
}

}  // namespace driftwarden
