// The process dies at every writing transaction of every verb, before it is committed and right after: nothing is lost, doubled, or applied without its
// approval.
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::IsEmpty;

/// What is asked for, and what there is when it is done.
struct Walk {
  std::string name;
  ChangeVerb verb = ChangeVerb::Sync;
  bool drifted = false;         ///< somebody scaled live to 5 by hand
  std::string argument{};
  std::string image = "shop/checkout:1.4";
  int replicas = 2;
  std::string commits = "2";    ///< on main; the first was there
  int pull_requests = 1;
};

struct CrashRow {
  Walk walk;
  WatchedStore::Crash when = WatchedStore::Crash::BeforeCommit;
  int part = 0;  ///< of kParts: so that the parts run side by side
  friend void PrintTo(const CrashRow& row, std::ostream* out) { *out << row.walk.name << " part " << row.part; }
};
constexpr int kParts = 2;
class CrashAnywhere : public testing::TestWithParam<CrashRow> {};

struct Started : World {
  explicit Started(const Walk& walk) {
    if (walk.verb == ChangeVerb::Rollback) commit(3);
    start();
    clock.advance(std::chrono::seconds{1});
    if (walk.drifted) scale_by_hand(5);
    clock.advance(std::chrono::seconds{1});
  }
  nlohmann::json live_object() const { return cluster->objects.begin()->second; }
};

Asked asked_of(const Walk& walk, const World& world) {
  Asked asked;
  asked.verb = walk.verb;
  asked.argument = walk.argument;
  if (walk.verb == ChangeVerb::Rollback) asked.target = world.git("rev-parse main~1");
  return asked;
}

void check_end(Started& world, const Walk& walk) {
  EXPECT_EQ(world.forge_state.entries.size(), static_cast<std::size_t>(walk.pull_requests));
  EXPECT_EQ(world.forge_state.merges, walk.pull_requests);
  EXPECT_EQ(world.slack.with_key("change:1").size(), 1U) << "one card";
  EXPECT_LE(world.slack.with_key("incident:").size(), 1U);
  EXPECT_EQ(world.git("rev-list --count main"), walk.commits);
  EXPECT_EQ(world.change().approvals.size(), 1U);
  EXPECT_THAT(*world.store.verify_audit(), IsEmpty());
  const auto live = world.live_object();
  EXPECT_EQ(live.at("spec").at("replicas"), walk.replicas);
  EXPECT_EQ(live.at(nlohmann::json::json_pointer("/spec/template/spec/containers/0/image")), walk.image);
  for (const auto& entry : world.forge_state.entries) EXPECT_LE(entry.comments.size(), 1U) << "one sticky comment";
}

TEST_P(CrashAnywhere, NothingIsLostOrDoubled) {
  const auto& walk = GetParam().walk;
  for (int n = 1 + GetParam().part;; n += kParts) {
    SCOPED_TRACE(fmt::format("crash at writing transaction {}", n));
    Started world(walk);
    world.store.crash_at(n, GetParam().when);
    const auto asked = asked_of(walk, world);
    ASSERT_TRUE(pass_until(world, [&] { return request(world, asked).has_value(); }));
    ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << to_string(world.change().state) << world.change().failure;
    const int applied_before = world.cluster->applies;
    world.clock.advance(std::chrono::seconds{5});
    if (!world.store.crashed()) {
      EXPECT_EQ(world.cluster->applies, applied_before) << "nobody approved yet";
      EXPECT_EQ(world.forge_state.merges, 0);
    }
    ASSERT_TRUE(pass_until(world, [&] { return approve(world, "bob") && !world.store.crashed(); }));
    ASSERT_TRUE(reaches(world, ChangeState::Done)) << to_string(world.change().state) << world.change().failure;
    world.clock.advance(std::chrono::minutes{1});
    if (world.store.crashed()) world.restart();
    world.clock.advance(std::chrono::minutes{1});
    check_end(world, walk);
    if (HasFailure()) return;
    if (!world.store.ever_crashed()) {
      EXPECT_GT(n, 20) << "the walk writes more often than that";
      break;
    }
    ASSERT_LT(n, 300);
  }
}

std::vector<CrashRow> rows() {
  const std::string replicas = R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"checkout","path":".spec.replicas"}],"until":"2100-01-01T00:00:00Z"})";
  const std::vector<Walk> walks{
      {.name = "Sync", .verb = ChangeVerb::Sync, .drifted = true},
      {.name = "Adopt", .verb = ChangeVerb::Adopt, .drifted = true, .replicas = 5},
      {.name = "Rollback", .verb = ChangeVerb::Rollback, .commits = "3"},
      {.name = "Ignore", .verb = ChangeVerb::Ignore, .drifted = true, .argument = replicas, .replicas = 5},
      {.name = "SetImage", .verb = ChangeVerb::SetImage, .argument = to_json_text(SetImageRequest{"app", "1.5", ""}), .image = "shop/checkout:1.5"},
      {.name = "Scale", .verb = ChangeVerb::Scale, .argument = to_json_text(ScaleRequest{"", 4}), .replicas = 4},
      {.name = "Set", .verb = ChangeVerb::Set, .argument = to_json_text(SetRequest{"Deployment/checkout", ".spec.replicas", "3"}), .replicas = 3},
      {.name = "Restart", .verb = ChangeVerb::Restart, .argument = to_json_text(RestartRequest{}), .commits = "1", .pull_requests = 0},
  };
  std::vector<CrashRow> all;
  for (const auto& walk : walks) {
    for (const auto when : {WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit}) {
      for (int part = 0; part < kParts; ++part) all.push_back({walk, when, part});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Verbs, CrashAnywhere, testing::ValuesIn(rows()), [](const auto& row) {
  return fmt::format("{}{}Commit{}", row.param.walk.name, row.param.when == WatchedStore::Crash::BeforeCommit ? "Before" : "After", row.param.part);
});

}  // namespace
}  // namespace driftwarden
