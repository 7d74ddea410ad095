#pragma once
// The people of a world: they edit what runs, commit, say and press things, review and meddle on the forge. By the seed.
#include "tests/sim/truth.hpp"

#include <functional>
#include <map>
#include <string>

namespace driftwarden::sim {

class People {
 public:
  struct Outside {
    Ground& ground;
    SlackModel& slack;
    ClusterModel& cluster;
    ForgeModel& forge;
    std::map<std::string, GitRemote*> remotes;
    Truth& truth;
    std::function<void(std::size_t event)> deliver;
  };
  explicit People(Outside outside) : at_(std::move(outside)) {}

  /// Somebody does something.
  void act();
  /// The day is over: what somebody holds up is let go.
  void tidy_up();

 private:
  const Player& somebody();
  const Player& member();
  std::string an_app();
  void say(const Player& who, const std::string& text);
  void press(const Player& who, const Posted& message, const Button& button);
  void edit_live();
  void commit();
  void ask_for_a_change();
  void decide();
  void decide_on_forge();
  void meddle_on_forge();
  void hold();
  void ask_in_words();
  void waive();
  void press_anything();
  void talk();
  void open_own_pull_request();
  std::vector<PullEntry*> open_pulls(bool of_bot);

  Outside at_;
  int tags_ = 0;
};

}  // namespace driftwarden::sim
