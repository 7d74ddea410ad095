#include "bot/change/set_out.hpp"

namespace driftwarden {

Result<ChangeStep> set_out(storage::Transaction& tx, Change added, WallTime now) {
  auto step = on_requested(std::move(added), now);
  step.effects.insert(step.effects.begin(), ChangeEffect::ShowCard);
  return commit_step(tx, std::move(step), now);
}

}  // namespace driftwarden
