#pragma once
// Several Apps' drift in one message: what they have in common once, then a row for each.
#include "gitops/model/drift.hpp"
#include "integrations/slack/slack.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

struct GroupDiff {
  slack::Message message;
  std::string file;  ///< all of it, plain, where the message doesn't hold it; else ""
};
GroupDiff group_diff(std::int64_t incident, const std::vector<DriftReport>& reports, WallTime now);

}  // namespace driftwarden::view
