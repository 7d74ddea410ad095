#pragma once
// What somebody's plain words were taken for.
#include "bot/command/command.hpp"
#include "bot/command/run_it.hpp"
#include "integrations/slack/slack.hpp"

#include <string>

namespace driftwarden::view {

struct ReadAs {
  Command command;
  RunIt button;       ///< what pressing it says
  std::string model;  ///< who read it, where it wasn't our own table
};
/// The command, whole, and the one button that runs it.
slack::Message read_as_message(const ReadAs& read);

}  // namespace driftwarden::view
