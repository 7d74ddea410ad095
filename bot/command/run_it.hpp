#pragma once
// What the button `Run it` says: a command that was made out of somebody's plain words, for that person and a while only. Pure.
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

struct RunIt {
  std::string user;  ///< Slack id of who said the words
  WallTime until{};
  std::string command;
  bool operator==(const RunIt&) const = default;
};

/// "run-it U0ALICE 1763800000 rollback checkout to yesterday"
std::string to_text(const RunIt& asked);
std::optional<RunIt> run_it_from(std::string_view text);

}  // namespace driftwarden
