#pragma once
// What is in force and ends (silences, waivers): a line each, and buttons that end the first few before their time.
#include "bot/view/blocks.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

struct EndingRow {
  std::string line;
  std::string button;   ///< "Lift 3"
  std::string command;  ///< "unsilence 3"
};

slack::Message ending_list(const std::string& heading, const std::vector<EndingRow>& rows);

}  // namespace driftwarden::view
