#pragma once
// The real hands.
#include "bot/change/hands.hpp"

namespace driftwarden {

/// Null: there is none. What is given outlives the hands.
inline Hands hands_of(Deployments* deployments, PlanWatch* plans) {
  Hands hands;
  if (deployments != nullptr) {
    hands.deploy = [deployments](App app, std::string revision, std::string id, std::string requested_by) {
      return deployments->deploy(std::move(app), std::move(revision), std::move(id), std::move(requested_by));
    };
    hands.refresh = [deployments](App app) { return deployments->refresh(std::move(app)); };
    hands.pauses = [deployments] { return deployments->pauses(); };
  }
  if (plans != nullptr) {
    hands.plan_now = [plans](std::string app) { return plans->plan_now(std::move(app)); };
    hands.save_plan = [plans](App app, std::string id) { return plans->save_plan(std::move(app), std::move(id)); };
    hands.apply_saved = [plans](App app, std::string id, std::string digest) { return plans->apply_saved(std::move(app), std::move(id), std::move(digest)); };
    hands.drop_saved = [plans](const std::string& id) { plans->drop_saved(id); };
    hands.price_files = [plans](App app, std::string before, std::string after) { return plans->price_files(std::move(app), std::move(before), std::move(after)); };
    hands.plan_text = [plans](const std::string& app) { return plans->text(app); };
  }
  return hands;
}

}  // namespace driftwarden
