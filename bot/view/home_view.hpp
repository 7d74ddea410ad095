#pragma once
// The App Home tab.
#include "bot/view/answer_view.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

struct HomeContent {
  PersonId person;                  ///< "" = not in the config
  std::string slack_id{};
  std::string workspace_url{};      ///< for links to cards; "" = no links
  std::vector<StatusRow> mine;      ///< Apps that they own, worst first
  std::vector<StatusRow> others;    ///< the other Apps they may see that aren't in sync
  std::size_t visible = 0;          ///< Apps they may see
  std::vector<Change> for_me;       ///< that wait for their approval
  std::vector<Change> by_me;        ///< that they asked for and that are under way
  std::vector<std::string> verbs;   ///< what they may do
};

/// A view of type home: at most 100 blocks and 250 kB, whatever there is. Nothing in it depends on `now` but the line that says it.
slack::JsonPtr home_view(const HomeContent& content, WallTime now);

}  // namespace driftwarden::view
