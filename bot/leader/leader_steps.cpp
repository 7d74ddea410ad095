#include "bot/leader/leader_steps.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using kubernetes::Lease;

constexpr Duration kLeastRequest{500};
constexpr Duration kMostRequest{3'000};
constexpr Duration kMostLook{2'000};
constexpr Duration kMostRetry{500};

/// Given back by its last holder. A name that was only deleted by hand isn't enough, nor is a Lease made by hand: its holder may not know yet.
bool is_free(const Election& election, const Lease& lease) {
  return lease.holder.empty() && !lease.renewed_at && lease.transitions > 0 && lease.transitions >= election.transitions;
}

/// Of nobody, as those are that were just made.
bool is_vacant(const Lease& lease) { return lease.holder.empty() && lease.renewed_at; }

/// When a candidate may take what it saw.
MonoTime takeable_at(const Election& election, const Lease& seen) {
  // Ours was written over what we had read, so nobody led in between.
  if (is_free(election, seen) || is_ours(election, seen)) return election.changed_at;
  return election.changed_at + std::max(election.limits.duration, seen.duration);
}

Lease term_of(const Election& election, WallTime wall) {
  Lease lease = *election.seen;
  lease.holder = election.identity;
  lease.duration = election.limits.duration;
  lease.acquired_at = wall;
  lease.renewed_at = wall;
  lease.transitions = election.transitions + 1;
  return lease;
}

ElectionStep wait_until(MonoTime until) {
  ElectionStep step;
  step.until = until;
  return step;
}

ElectionStep exchange(ElectionDeed deed, Duration timeout) {
  ElectionStep step;
  step.deed = deed;
  step.timeout = timeout;
  return step;
}

ElectionStep make_vacant(const Election& election, Duration timeout, WallTime wall) {
  auto step = exchange(ElectionDeed::Create, timeout);
  step.lease.duration = election.limits.duration;
  step.lease.renewed_at = wall;
  step.lease.transitions = election.transitions;
  return step;
}

ElectionStep next_of_leader(const Election& election, MonoTime now, WallTime wall) {
  if (now < election.next_at) return wait_until(std::min(election.next_at, election.speak_until));
  const auto left = std::chrono::ceil<Duration>(election.speak_until - now);
  const auto timeout = std::clamp(left, Duration{1}, election.limits.request);
  if (election.must_read) return exchange(ElectionDeed::Read, timeout);
  if (!election.seen) return make_vacant(election, timeout, wall);
  auto step = exchange(ElectionDeed::Update, timeout);
  step.lease = *election.seen;
  step.lease.holder = election.identity;
  step.lease.duration = election.limits.duration;
  // The same term, though somebody may have deleted its record.
  step.lease.acquired_at = election.taken->acquired_at;
  step.lease.transitions = election.taken->transitions;
  step.lease.renewed_at = wall;
  return step;
}

void note_seen(Election& election, const std::optional<Lease>& lease, MonoTime now) {
  const bool same = election.looked && election.seen.has_value() == lease.has_value() && (!lease || election.seen->version == lease->version);
  if (!same) election.changed_at = now;
  election.seen = lease;
  election.looked = true;
  election.must_read = false;
  if (lease) election.transitions = std::max(election.transitions, lease->transitions);
}

/// When it isn't the time of a leader's next renewal: nobody waits for the next look to see that the Lease is free, or that a duration is over.
void plan_next(Election& election, MonoTime now) {
  election.next_at = now + (election.leading ? Duration{0} : election.limits.look);
  if (!election.candidate) return;
  const auto takeable = election.seen ? takeable_at(election, *election.seen) : now;
  election.next_at = std::max(now, std::min(election.next_at, takeable));
}

void failed(Election& election, MonoTime now) {
  election.must_read = true;
  election.next_at = now + election.limits.retry;
}

}  // namespace

ElectionLimits limits_of(Duration duration) {
  ElectionLimits limits;
  limits.duration = duration;
  limits.silent = duration * 2 / 3;
  limits.renew = duration / 4;
  limits.look = std::min(duration / 4, kMostLook);
  limits.retry = std::min(duration / 12, kMostRetry);
  limits.request = std::clamp(duration / 4, kLeastRequest, kMostRequest);
  return limits;
}

bool is_ours(const Election& election, const Lease& lease) {
  const auto& taken = election.taken;
  return taken && lease.holder == election.identity && lease.acquired_at == taken->acquired_at && lease.transitions == taken->transitions;
}

bool may_speak(const Election& election, MonoTime now) { return election.leading && now < election.speak_until; }

ElectionStep next_step(const Election& election, MonoTime now, WallTime wall) {
  if (election.leading) return next_of_leader(election, now, wall);
  if (now < election.next_at) return wait_until(election.next_at);
  const bool may_take = election.candidate && election.looked && !election.must_read;
  if (may_take && !election.seen) return make_vacant(election, election.limits.request, wall);
  if (!may_take || now < takeable_at(election, *election.seen)) return exchange(ElectionDeed::Read, election.limits.request);
  auto step = exchange(ElectionDeed::Update, election.limits.request);
  step.lease = term_of(election, wall);
  step.takes = true;
  return step;
}

std::optional<ElectionStep> release_step(const Election& election) {
  if (!election.seen || !is_ours(election, *election.seen)) return std::nullopt;
  auto step = exchange(ElectionDeed::Update, election.limits.request);
  step.lease = *election.seen;
  step.lease.holder.clear();
  step.lease.acquired_at.reset();
  step.lease.renewed_at.reset();
  return step;
}

void on_time(Election& election, MonoTime now) {
  if (election.leading && now >= election.speak_until) resign(election);
}

void on_read(Election& election, const Result<std::optional<Lease>>& read, MonoTime now) {
  on_time(election, now);
  if (!read) return failed(election, now);
  note_seen(election, *read, now);
  // A vacant one was made, or emptied by hand, while we lead: nobody else may take it so soon.
  if (election.leading && election.seen && !is_ours(election, *election.seen) && !is_vacant(*election.seen)) resign(election);
  plan_next(election, now);
}

void on_sending(Election& election, const ElectionStep& step) {
  if (step.takes) election.taken = step.lease;
}

void on_written(Election& election, const ElectionStep& step, const Result<Lease>& written, MonoTime sent_at, MonoTime now) {
  on_time(election, now);
  if (!written) {
    const auto kind = written.error().kind;
    if (kind == ErrorKind::NotFound && step.deed == ElectionDeed::Update) {
      note_seen(election, std::nullopt, now);
      election.next_at = now;
      return;
    }
    failed(election, now);
    if (kind == ErrorKind::Conflict) election.next_at = now;
    return;
  }
  note_seen(election, *written, now);
  if (step.deed == ElectionDeed::Create) return plan_next(election, now);
  const bool goes_on = election.leading && !step.takes;
  // An answer that comes too late begins nothing: it stays a candidate for what is its own already.
  const bool begins = step.takes && election.candidate && now < sent_at + election.limits.silent;
  if ((goes_on || begins) && is_ours(election, *written)) {
    election.leading = true;
    election.candidate = false;
    election.renewed_at = sent_at;
    election.speak_until = std::max(election.speak_until, sent_at + election.limits.silent);
  }
  on_time(election, now);
  election.next_at = election.leading ? std::max(now, sent_at + election.limits.renew) : now + election.limits.look;
}

void stand(Election& election, MonoTime now) {
  if (election.leading || election.candidate) return;
  election.candidate = true;
  election.next_at = now;
}

void resign(Election& election) {
  election.leading = false;
  election.candidate = false;
}

}  // namespace driftwarden
