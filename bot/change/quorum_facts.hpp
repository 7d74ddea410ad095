#pragma once
// What a proposal says to the question who must agree.
#include "bot/change/change_steps.hpp"
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "bot/policy/gate.hpp"

namespace driftwarden {

/// Its verb, requester, risk and cost, with what the App's other Changes of late cost; not who owns or wrote what it touches. All outlive the call.
asio::awaitable<Result<QuorumFacts>> quorum_facts(AsyncStore& store, const Config& config, const Change& change, const Proposal& proposal, WallTime now);

}  // namespace driftwarden
