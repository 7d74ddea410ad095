#include "gitops/drift/dry_runs.hpp"

#include "gitops/diff/deployers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

Plan& PlanBook::of(ObjectKey object, std::uint64_t desired) {
  auto& plan = plans_[object];
  if (plan.desired != desired) {
    plan = {};
    plan.desired = desired;
    urgent_.erase(object);
  }
  return plan;
}

const Plan* PlanBook::find(ObjectKey object) const {
  const auto found = plans_.find(object);
  return found == plans_.end() ? nullptr : &found->second;
}

Plan* PlanBook::find(ObjectKey object) {
  const auto found = plans_.find(object);
  return found == plans_.end() ? nullptr : &found->second;
}

void PlanBook::forget(ObjectKey object) {
  plans_.erase(object);
  urgent_.erase(object);
}

void PlanBook::clear() {
  plans_.clear();
  urgent_.clear();
}

bool PlanBook::ask(ObjectKey object, Plan& plan, Urgency urgency, std::uint64_t live) {
  const bool raised = urgency > plan.urgency;
  plan.urgency = std::max(plan.urgency, urgency);
  if (plan.urgency == Urgency::Urgent) urgent_.insert(object);
  if (plan.ask == Plan::Ask::Out) return false;
  plan.asked_of = live;
  if (plan.ask == Plan::Ask::Queued && !raised) return false;
  plan.ask = Plan::Ask::Queued;
  return true;
}

void PlanBook::relax(ObjectKey object, Plan& plan) {
  urgent_.erase(object);
  if (plan.urgency != Urgency::Urgent) return;
  // A queued question is dropped; one that is out is still worth its answer.
  plan.urgency = Urgency::None;
  if (plan.ask == Plan::Ask::Queued) plan.ask = Plan::Ask::None;
}

void PlanBook::answered(ObjectKey object, Plan& plan) {
  plan.ask = Plan::Ask::None;
  plan.urgency = Urgency::None;
  urgent_.erase(object);
}

std::vector<ObjectKey> PlanBook::take_unanswered() {
  constexpr std::uint8_t kTries = 5;
  std::vector<ObjectKey> objects;
  for (auto& [object, plan] : plans_) {
    if (!plan.refusal || plan.refusal->status != 0 || plan.unanswered >= kTries) continue;
    plan.refusal.reset();
    objects.push_back(object);
  }
  return objects;
}

bool plan_differs(const nlohmann::json& desired, const nlohmann::json& planned, CompareContext context) {
  // Whatever explains a difference elsewhere: here the server's own value counts.
  context.ignore.clear();
  context.compiled = nullptr;
  context.unstable = nullptr;
  context.disabled_rules = {"autoscaled",    "aggregated-rules", "ca-bundle",  "restarted",
                            "same-quantity", "same-duration",    "order-only", "crd-field-dropped", std::string(kDeployerTracking)};
  const auto drift = compare(&desired, &planned, nullptr, nullptr, context);
  if (drift.verdict == Verdict::Missing || drift.confirmation == Confirmation::Doubtful) return true;
  return std::any_of(drift.fields.begin(), drift.fields.end(),
                     [](const FieldDrift& field) { return field.op != FieldOp::Added && field.op != FieldOp::Stale; });
}

}  // namespace driftwarden
