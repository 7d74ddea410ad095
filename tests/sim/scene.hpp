#pragma once
// The cast of a seed: its people, Apps and rules, the same for the bot's config and for whoever judges it.
#include "bot/config/config.hpp"
#include "tests/sim/git_remote.hpp"

#include <string>
#include <vector>

namespace driftwarden::sim {

struct Player {
  std::string name;   ///< "" = nobody that the config knows
  std::string slack;
  std::string email;
  bool may_act = false;
};
const std::vector<Player>& players();
const Player* player_by_slack(const std::string& slack);
/// Those whose yes counts.
std::vector<std::string> approvers();
/// Those who must agree to a rise in cost beside them, and those who may waive what a gate found.
std::vector<std::string> money_people();
std::vector<std::string> gate_people();

struct SceneApp {
  std::string name;
  std::string repository;
  bool has_config_map = false;
};
const std::vector<SceneApp>& scene_apps();
const SceneApp* scene_app(const std::string& name);
std::string manifest_path(const std::string& app);

/// What stands in Git of an App: its Deployment, and with it a ConfigMap.
std::string deployment_text(const std::string& app, int replicas, const std::string& tag);
/// Of a vCPU a month, and the rise from which on one of money_people is asked.
inline constexpr int kCpuPrice = 20;
inline constexpr int kDearRise = 15;

std::string config_map_text(const std::string& app, const std::string& mode);
std::map<std::string, std::string> first_files(const std::string& repository);

/// How many must agree, by seed.
struct Rules {
  int need = 1;
  int flapping = 0;
  bool storms = false;
  bool gates = true;
  bool cost = true;
  bool model = true;
};
Config scene_config(const Rules& rules, const Mutant* mutant);

}  // namespace driftwarden::sim
