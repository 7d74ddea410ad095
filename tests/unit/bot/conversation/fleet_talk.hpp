#pragma once
// Somebody talks to the bot about several Apps that drift in the same way.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {

struct FleetTalk : Talk {
  explicit FleetTalk(std::vector<std::string> more = {"cart", "search"}) : added(std::move(more)) {
    close();
    for (const auto& name : added) add_app(name);
    open();
    clock.advance(30s);
  }

  static std::string renamed(std::string text, const std::string& name) {
    for (auto at = text.find("checkout"); at != std::string::npos; at = text.find("checkout", at + name.size())) text.replace(at, 8, name);
    return text;
  }
  static ObjectRef ref_of(const std::string& name) { return {"apps", "v1", "Deployment", "shop", name}; }
  void add_app(const std::string& name) {
    const auto file = (directory.path / (name + ".yaml")).string();
    std::ofstream(file) << renamed(test::deployment_yaml(2), name);
    const auto index = "GIT_INDEX_FILE=" + (directory.path / "index").string();
    test::run_shell(fmt::format("cd {0} && export {1} && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w {2}),apps/{3}/deployment.yaml && "
                                "c=$(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p main -m 'Add {3}') && git update-ref refs/heads/main $c",
                                remote(), index, file, name));
    auto app = config.apps.front();
    app.name = name;
    app.path = "apps/" + name;
    config.apps.push_back(app);
    cluster->objects[object_id(ref_of(name))] = nlohmann::json::parse(renamed(test::live_deployment(2).dump(), name));
  }
  void scale(const std::string& name, int replicas) {
    auto object = nlohmann::json::parse(renamed(test::live_deployment(replicas).dump(), name));
    object["metadata"]["managedFields"] = nlohmann::json::array();
    live->put(object);
  }
  /// All of them drift, and share the message of the first.
  std::int64_t drift_together() {
    scale("checkout", 5);
    for (const auto& name : added) scale(name, 5);
    clock.advance(2min);
    auto open = look<std::vector<Incident>>([](storage::Transaction& tx) { return tx.open_incidents(); });
    EXPECT_EQ(open.size(), added.size() + 1);
    if (open.empty()) return 0;
    std::ranges::sort(open, {}, &Incident::id);
    const auto leader = open.front().id;
    EXPECT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
      for (auto& incident : open) {
        incident.group = leader;
        if (incident.id == leader) incident.grouping = Grouping::RootCause;
        CHECK_OK(tx.save_incident(incident));
      }
      return Result<void>{};
    }));
    return leader;
  }
  std::vector<Incident> members(std::int64_t leader) {
    return look<std::vector<Incident>>([&](storage::Transaction& tx) { return tx.incidents_of_group(leader); });
  }

  std::vector<std::string> added;
};

}  // namespace driftwarden
