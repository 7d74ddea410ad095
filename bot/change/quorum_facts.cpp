#include "bot/change/quorum_facts.hpp"

#include "bot/change/risen_lately.hpp"

namespace driftwarden {

asio::awaitable<Result<QuorumFacts>> quorum_facts(AsyncStore& store, const Config& config, const Change& change, const Proposal& proposal, WallTime now) {
  QuorumFacts facts;
  facts.verb = change.verb;
  facts.requester = change.requester;
  facts.risk = proposal.risk;
  facts.break_glass = !change.break_glass.empty();
  facts.cost = proposal.cost;
  facts.cost_trouble = proposal.cost_trouble;
  auto summing = load_risen_lately(store, config, change, proposal.cost, now);
  CO_TRY(facts.risen_lately, co_await std::move(summing));
  co_return facts;
}

}  // namespace driftwarden
