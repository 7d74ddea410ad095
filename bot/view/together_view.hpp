#pragma once
// Changes that were asked for together: what waits, with a button that approves it all, and what became of the rest.
#include "gitops/model/change.hpp"
#include "integrations/slack/slack.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::view {

/// Each of them is judged in one transaction with the others.
inline constexpr std::size_t kMostChangesAtOnce = 50;

struct TogetherRow {
  Change change;
  std::vector<PersonId> counted;  ///< whose yes counts
};

/// `about` is what they were asked for, "incident 7". Two messages of the same words are equal: nothing in it but what the Changes say.
slack::Message together_message(const std::vector<TogetherRow>& rows, const std::string& about);

}  // namespace driftwarden::view
