#pragma once
// A config with everything that a gate looks at, and the shortest way to a Change, a hold, a yes.
#include "bot/policy/gate.hpp"
#include "gitops/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {

inline WallTime at(const std::string& time) { return *parse_time(time); }
/// A Saturday.
inline const WallTime kNow = at("2026-11-21T14:30:00Z");

inline Person person(const std::string& name, const std::string& forge) {
  Person made;
  made.name = name;
  made.slack = "U0" + name;
  made.forge = forge;
  made.emails = {name + "@example.org"};
  return made;
}

inline App shop_app(const std::string& name, const std::string& environment) {
  App app;
  app.name = name;
  app.repository = "config";
  app.cluster = environment + "-eu";
  app.environment = environment;
  app.owners = {"alice", "bob"};
  return app;
}

class GateTest : public testing::Test {
 protected:
  GateTest() {
    RepositoryConfig repository;
    repository.name = "config";
    repository.forge.kind = ForgeKind::Gitea;
    config.repositories.push_back(repository);
    for (const auto* environment : {"production", "staging"}) {
      ClusterConfig cluster;
      cluster.environment = environment;
      cluster.name = cluster.environment + "-eu";
      config.clusters.push_back(cluster);
    }
    for (const auto* name : {"alice", "bob", "carol", "dan"}) config.people.push_back(person(name, name));
    config.people.push_back(person("eve", ""));  // never linked
    config.groups = {{.name = "sre", .members = {"carol", "dan"}, .slack_usergroup = {}}};
    config.apps = {shop_app("checkout", "production"), shop_app("search", "staging")};
    config.policy.given = true;
    config.policy.rules = {{{"alice", "bob", "eve"}, {"sync", "rollback"}, {}}, {{"sre"}, {"*"}, {"*"}}};
    ApprovalRule production;
    production.environment = "production";
    production.need = 1;
    production.from = {"owners", "sre", "eve"};
    config.policy.approvals = {production};
  }

  const App& app(std::string_view name = "checkout") const { return *find_app(config, name); }

  Change change(const PersonId& requester = "alice") const {
    Change made;
    made.id = 12;
    made.app = "checkout";
    made.verb = ChangeVerb::Sync;
    made.requester = requester;
    made.content = {.head_sha = "head", .diff_digest = "digest"};
    QuorumFacts facts;
    facts.requester = requester;
    made.quorum = quorum_of(config, app(), facts);
    return made;
  }

  static Approval yes(const PersonId& by, const std::string& via = "chat") {
    Approval made;
    made.by = by;
    made.of = {.head_sha = "head", .diff_digest = "digest"};
    made.via = via;
    return made;
  }

  static Hold hold(HoldKind kind, HoldScope scope, const PersonId& owner, const std::string& reason = {}) {
    Hold made;
    made.id = 1;
    made.kind = kind;
    made.scope = std::move(scope);
    made.owner = owner;
    made.reason = reason;
    made.since = at("2026-11-21T14:02:00Z");
    return made;
  }

  static FreezeConfig freeze(const std::string& name, int override_need) {
    FreezeConfig made;
    made.name = name;
    made.window = {.from = 4 * 1440, .until = 0};  // Fri 00:00 - Mon 00:00
    made.environments = {"production"};
    made.override_need = override_need;
    return made;
  }

  std::optional<Obstacle> obstacle(const Change& to, const std::vector<Hold>& holds, GateStage stage, WallTime now = kNow) const {
    return obstacle_to(config, app(), to, holds, stage, now);
  }

  Config config;
};

}  // namespace driftwarden
