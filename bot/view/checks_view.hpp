#pragma once
// What CI says of a Change's pull request: one message in its thread.
#include "gitops/model/change.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

struct CheckRow {
  enum class State { Queued, Running, Passed, Failed, Skipped };
  std::string name;
  State state = State::Queued;
  std::string url{};
  std::string summary{};
  bool required = false;
  std::optional<Duration> took{};
};

/// Failed ones first, then those that go on; the required ones first among equals.
slack::Message checks_message(const Change& change, std::vector<CheckRow> rows);

}  // namespace driftwarden::view
