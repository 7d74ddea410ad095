#pragma once
// Takes a Change through its walk in a World, as chat would.
#include "bot/change/changes.hpp"
#include "bot/command/intents.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace driftwarden {

using test::WatchedStore;
using test::World;

struct Asked {
  ChangeVerb verb = ChangeVerb::Sync;
  int need = 1;
  std::string argument{};
  std::string target{};       ///< "" = main's head
  PersonId break_glass{};
};

/// As the command does it; an error is "ask again".
inline Result<void> request(World& world, Asked asked = {}) {
  world.config.policy.approvals.front().need = asked.need;
  const auto head = world.git("rev-parse main");
  const auto now = world.clock.wall_now();
  auto done = world.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto known, tx.changes({"checkout", false, 1}));
    if (!known.empty()) return Result<void>{};
    Change draft;
    draft.app = "checkout";
    draft.verb = asked.verb;
    draft.requester = "alice";
    draft.reason = "the load test is over";
    draft.target_revision = asked.target.empty() ? head : asked.target;
    draft.argument = asked.argument;
    draft.break_glass = asked.break_glass;
    draft.quorum.need = asked.need;
    draft.quorum.from = {"alice", "bob"};
    draft.channel = "Cshop-prod";
    draft.requested_at = now;
    draft.expires_at = now + std::chrono::hours{4};
    TRY(draft, tx.add_change(std::move(draft)));
    auto step = on_requested(std::move(draft), now);
    step.effects.insert(step.effects.begin(), ChangeEffect::ShowCard);
    auto committed = commit_step(tx, std::move(step), now);
    if (!committed) return committed.error();
    return Result<void>{};
  });
  if (world.outbox) world.outbox->wake();
  return done;
}

inline Result<ChangeStep> approve(World& world, const PersonId& who, std::optional<Content> seen = {}) {
  const Approval approval{.by = who, .of = seen.value_or(world.change().content), .at = world.clock.wall_now(), .via = "chat"};
  const auto now = world.clock.wall_now();
  auto stepping = world.changes->step(1, [approval, now](Change change) { return on_approval(std::move(change), approval, now); });
  auto stepped = test::run(world.io, std::move(stepping));
  world.clock.settle();
  return stepped;
}

/// Lets time pass, and brings the process back whenever it died.
template <class Done>
bool pass_until(World& world, Done done) {
  for (int i = 0; i < 240; ++i) {
    if (world.store.crashed()) world.restart();
    if (!world.store.crashed() && done()) return true;
    world.clock.advance(std::chrono::milliseconds{500});
  }
  return false;
}

inline bool reaches(World& world, ChangeState state) {
  return pass_until(world, [&] { return world.change().state == state; });
}

struct Drifted : World {
  Drifted() {
    start();
    clock.advance(std::chrono::seconds{1});
    scale_by_hand(5);
    clock.advance(std::chrono::seconds{1});
  }
};

}  // namespace driftwarden
