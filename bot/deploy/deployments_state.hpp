#pragma once
// Inside of Deployments: what it keeps, and how that becomes Apps, deployers and opinions.
#include "bot/deploy/deploy_tool.hpp"
#include "bot/deploy/deployments.hpp"
#include "bot/deploy/kept_object.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

struct Deployments::State {
  explicit State(Parts given);

  using Objects = std::map<std::string, KeptObject>;  ///< by object_id
  struct Watched {
    std::map<GroupKind, Objects> objects{};
    std::set<GroupKind> answered{};
    std::map<GroupKind, Error> failed{};
    bool applications_moved = false;
  };
  struct Entry {
    FoundApp found{};
    std::string app{};  ///< its name among the fleet's Apps; "" = it is none of them
    bool written = false;
  };
  struct Rule {
    DiscoverRule rule{};
    std::unique_ptr<DeployTool> tool{};
    std::set<WatchedKind> kinds{};
    std::set<GroupKind> group_kinds{};
    bool look = true;                  ///< at all objects
    std::set<std::string> touched{};   ///< only the status of these moved
    bool looked = false;
    std::vector<Entry> entries{};
    std::map<std::string, std::size_t> by_object{};
    std::vector<App> given{};          ///< to the fleet
    bool told = false;                 ///< the fleet knows that there are these, or none
    std::map<std::string, std::set<std::string>> noticed{};  ///< names, by what was said of them
  };

  // deployments.cpp
  void read_rules();
  std::string ground_digest() const;
  DeployGround ground() const;
  void wake();
  asio::awaitable<void> run();
  Rule* rule_of(DeployerKind kind, const std::string& cluster, const ObjectRef& object);
  void touch(const std::string& cluster, const ObjectRef& ref, bool spec);

  // deploy_settle.cpp
  void settle();
  bool is_answered(const Rule& rule) const;
  std::vector<Manifest> objects_of(const Rule& rule, const std::set<std::string>* only) const;
  /// True when other Apps come of it than before.
  bool look(Rule& rule);
  /// What came of those whose status moved.
  std::vector<const Entry*> look_at_touched(Rule& rule);
  void assign();
  void give(Rule& rule, std::vector<App> apps);
  void give_opinions();
  void give_opinion(const Entry& entry);
  void give_live_applications();
  using Said = std::map<std::string, std::vector<std::string>>;  ///< lines, by rule
  void collect_notices(Rule& rule, Said& said);
  void collect_failed_kinds(Said& said);
  void tell(const Said& said) const;
  bool has_windows() const;

  // deploy_run.cpp
  struct Target {
    Deployer deployer{};
    std::unique_ptr<DeployTool> tool{};  ///< its own: a reload may exchange the rule's while we wait
    kubernetes::Cluster* cluster = nullptr;
  };
  Result<Target> target_of(const App& app);
  asio::awaitable<Result<std::vector<Manifest>>> read_objects(kubernetes::Cluster& cluster, const DeployTool& tool, Deployer deployer);
  asio::awaitable<Result<bool>> went_on(App app, std::string revision, std::string current);
  const RepositoryConfig* repository_of(const App& app) const;
  asio::awaitable<Result<DeployTool::Wanted>> with_facts(App app, DeployTool::Wanted wanted, std::vector<std::string> revisions, bool charts);
  asio::awaitable<Result<DeployProgress>> deploy(App app, DeployTool::Wanted wanted);
  asio::awaitable<Result<void>> refresh(App app);
  asio::awaitable<Result<void>> refresh_once(Target& target);

  Parts parts;
  std::vector<std::unique_ptr<Rule>> rules;
  std::string ground_seen;
  std::map<std::string, Watched> clusters;
  std::map<std::string, Deployer> written_deployers;  ///< as given to the fleet
  std::map<std::string, Opinion> opinions;            ///< as given to the fleet
  std::set<std::string> told_failures;
  bool assign_again = false;
  Signal changed;
  TaskGroup tasks;
};

}  // namespace driftwarden
