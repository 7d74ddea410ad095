// Dry-runs: which to make next, and what their answers mean.
#include "gitops/drift/state.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using drift_index::AppEntry;
using drift_index::Moved;
using drift_index::Question;

void DriftIndex::State::ask(AppEntry& entry, Cluster& cluster, ObjectKey object, Plan& plan, Urgency urgency, std::uint64_t live) {
  if (entry.plans.ask(object, plan, urgency, live)) cluster.questions[plan.urgency].push_back({entry.app.name, entry.id, object});
}

void DriftIndex::set_confirmation(const std::string& cluster_name, bool possible) {
  auto& cluster = state_->cluster(cluster_name);
  if (cluster.confirms == possible) return;
  cluster.confirms = possible;
  cluster.questions.clear();
  for (auto& [name, entry] : state_->apps) {
    if (entry.app.cluster != cluster_name) continue;
    if (!possible) entry.plans.clear();
    for (const auto& [object, judged] : entry.judged) state_->touch(entry, object, Moved::Else);
    if (!possible || entry.all_dirty) continue;
    entry.desired.each([&, &user = entry](const DesiredItem& item) {
      const auto* live = state_->find_live(cluster, item.kind, item.object);
      if (live == nullptr || user.judged.contains(item.object)) return;
      state_->ask(user, cluster, item.object, user.plans.of(item.object, item.body->digest), Urgency::Early, live->content);
    });
  }
}

std::optional<DryRunWanted> DriftIndex::State::wanted_of(const std::string& cluster_name, Cluster& cluster, const Question& question, Urgency urgency) {
  auto* entry = find_app(question.app);
  if (entry == nullptr || entry->id != question.id) return std::nullopt;
  auto* plan = entry->plans.find(question.object);
  // Of another urgency by now: then it stands in another queue, too.
  if (plan == nullptr || plan->ask != Plan::Ask::Queued || plan->urgency != urgency) return std::nullopt;
  const auto* item = entry->desired.find(question.object);
  const auto* live = item == nullptr ? nullptr : find_live(cluster, item->kind, item->object);
  if (live == nullptr || plan->desired != item->body->digest) {
    entry->plans.answered(question.object, *plan);
    return std::nullopt;
  }
  plan->ask = Plan::Ask::Out;
  plan->asked_of = live->content;
  plan->asked_early |= plan->urgency == Urgency::Early;
  plan->asked_in_doubt |= plan->urgency == Urgency::Doubt;
  DryRunWanted wanted;
  wanted.app = question.app;
  wanted.cluster = cluster_name;
  wanted.object = objects.ref(item->object, kinds.at(item->kind).version);
  wanted.body = std::make_shared<const nlohmann::json>(for_dry_run(packer.unpack(item->body->packed), cluster.schemas.get()));
  wanted.desired_digest = plan->desired;
  wanted.live_version = live->resource_version;
  wanted.urgent = plan->urgency == Urgency::Urgent;
  return wanted;
}

std::vector<DryRunWanted> DriftIndex::take_dry_runs(const std::string& cluster_name, std::size_t limit, bool urgent_only) {
  std::vector<DryRunWanted> taken;
  const auto found = state_->clusters.find(cluster_name);
  if (found == state_->clusters.end()) return taken;
  auto& cluster = found->second;
  for (auto& [urgency, queue] : cluster.questions) {
    if (urgent_only && urgency != Urgency::Urgent) break;
    while (!queue.empty() && taken.size() < limit) {
      const auto question = std::move(queue.front());
      queue.pop_front();
      if (auto wanted = state_->wanted_of(cluster_name, cluster, question, urgency)) taken.push_back(*std::move(wanted));
    }
  }
  return taken;
}

void DriftIndex::on_dry_run(const DryRunWanted& wanted, Result<DryRun> answer) {
  auto& state = *state_;
  auto* entry = state.find_app(wanted.app);
  if (entry == nullptr || entry->app.cluster != wanted.cluster) return;
  const auto object = state.objects.find(wanted.object);
  const auto* item = object == kNoKey ? nullptr : entry->desired.find(object);
  auto* plan = object == kNoKey ? nullptr : entry->plans.find(object);
  if (item == nullptr || plan == nullptr || plan->desired != wanted.desired_digest || item->body->digest != wanted.desired_digest) return;
  if (plan->ask != Plan::Ask::Out) return;
  const bool was_urgent = plan->urgency == Urgency::Urgent;
  const auto judged = entry->judged.find(object);
  const bool unsettled = judged != entry->judged.end() &&
                         (judged->second.drift.confirmation != Confirmation::NotNeeded || judged->second.drift.verdict == Verdict::Unknown);
  const bool in_doubt = judged != entry->judged.end() && judged->second.drift.confirmation == Confirmation::Doubtful;
  entry->plans.answered(object, *plan);
  const bool stood = plan->stands;
  auto& cluster = state.cluster_of(*entry);
  if (!answer) {
    plan->refusal = Plan::Refusal{plan->asked_of, 0, answer.error().message};
    plan->asked_in_doubt = plan->asked_early = false;
    ++plan->unanswered;
    cluster.unanswered = true;
  } else if (answer->status >= 300 || answer->object == nullptr || !answer->object->is_object()) {
    plan->refusal = Plan::Refusal{plan->asked_of, answer->status < 300 ? 0 : answer->status, answer->message};
  } else {
    plan->refusal.reset();
    const auto desired = state.packer.unpack(item->body->packed);
    const bool differs = plan_differs(desired, *answer->object, state.context_of(*entry, cluster, state.latest));
    plan->stands = !differs;
    plan->planned = {};
    if (differs || in_doubt) {
      plan->planned = state.packer.pack_live(*answer->object, fmt::format("live {}/{}", wanted.object.group, wanted.object.kind));
    }
  }
  if (was_urgent || unsettled || stood != plan->stands) state.touch(*entry, object, Moved::Else);
  if (!answer) return;
  plan->unanswered = 0;
  if (cluster.unanswered) state.ask_again(wanted.cluster);
}

/// The server answers: what got no answer before is worth another try.
void DriftIndex::State::ask_again(const std::string& cluster_name) {
  cluster(cluster_name).unanswered = false;
  for (auto& [name, entry] : apps) {
    if (entry.app.cluster != cluster_name) continue;
    for (const auto object : entry.plans.take_unanswered()) touch(entry, object, Moved::Else);
  }
}

bool DriftIndex::is_settling(const std::string& app) const {
  const auto* entry = state_->find_app(app);
  if (entry == nullptr) return false;
  if (entry->plans.has_urgent()) return true;
  const auto& cluster = state_->cluster_of(*entry);
  for (const auto& mark : state_->own_marks(*entry, cluster)) {
    const auto* claimed = cluster.claims.of(mark);
    if (claimed != nullptr && std::any_of(claimed->begin(), claimed->end(), [&](const auto& place) { return cluster.lookups.contains(place); })) return true;
  }
  return std::any_of(cluster.lookups.begin(), cluster.lookups.end(), [&](const auto& lookup) {
    const auto object = lookup.first.second;
    const auto [begin, end] = cluster.wanted.equal_range(object);
    if (std::any_of(begin, end, [&](const auto& user) { return user.second == entry; })) return true;
    const auto [bare, bare_end] = cluster.wanted_bare.equal_range(object);
    return std::any_of(bare, bare_end, [&](const auto& user) { return user.second.first == entry; });
  });
}

}  // namespace driftwarden
