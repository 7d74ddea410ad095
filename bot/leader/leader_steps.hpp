#pragma once
// Who leads among several instances that share one Lease: what happened goes in with its time, what is to be done comes out. Pure.
//
//            stand()             the Lease is taken
//   Idle ------------> Candidate ------------------> Leader --.
//     ^                                                 |     | renewed every quarter of the duration
//     |                                                 |  <--'
//     `-------------------------------------------------'
//        not renewed for two thirds of it, another holds it, or resign()
//
// Only our own monotonic clock counts: a holder may be displaced once WE saw its record unchanged for a whole duration. A leader counts from before
// its last good renewal was sent, and for two thirds of the duration only, so it has fallen silent before anybody else may speak.
// A Lease is always made for nobody, and then taken over like any other: a request to make it that arrives late makes nobody a leader.
#include "integrations/kubernetes/lease.hpp"

#include <optional>
#include <string>

namespace driftwarden {

struct ElectionLimits {
  Duration duration{9'000};  ///< unchanged for so long: may be taken over
  Duration silent{6'000};    ///< a leader that couldn't renew for so long isn't one
  Duration renew{2'250};
  Duration look{2'000};      ///< those who don't lead read it so often
  Duration retry{500};       ///< after an exchange that failed
  Duration request{2'250};   ///< one exchange
};
ElectionLimits limits_of(Duration duration);

/// All that an instance knows. Plain, so that tests and simulations can hold several.
struct Election {
  std::string identity;
  ElectionLimits limits{};
  std::optional<kubernetes::Lease> seen{};  ///< the newest record; nothing: there is none, or nobody looked
  bool looked = false;
  MonoTime changed_at{};        ///< when we saw `seen` become what it is
  bool must_read = true;        ///< a write's outcome isn't known, or somebody else wrote
  bool candidate = false;
  bool leading = false;
  MonoTime speak_until{};       ///< of a leader
  MonoTime renewed_at{};        ///< when its last good renewal was sent
  std::optional<kubernetes::Lease> taken{};  ///< how we last tried to take it: what tells our own term from one of the same name
  MonoTime next_at{};           ///< no exchange before
  int transitions = 0;          ///< the most that was seen
};

enum class ElectionDeed { Wait, Read, Create, Update };

struct ElectionStep {
  ElectionDeed deed = ElectionDeed::Wait;
  MonoTime until{};            ///< Wait
  kubernetes::Lease lease{};   ///< Create, Update: what to write
  Duration timeout{0};
  bool takes = false;          ///< Update: begins a term of ours
};

/// What to do now. `on_time` goes before.
ElectionStep next_step(const Election& election, MonoTime now, WallTime wall);
/// What to write at a clean stop, so that nobody has to wait; nothing when the Lease isn't ours.
std::optional<ElectionStep> release_step(const Election& election);

/// A leader whose time is over leads no more, and is no candidate until stand().
void on_time(Election& election, MonoTime now);
void on_read(Election& election, const Result<std::optional<kubernetes::Lease>>& read, MonoTime now);
/// A step that takes the Lease is known before it is sent: its answer may get lost.
void on_sending(Election& election, const ElectionStep& step);
void on_written(Election& election, const ElectionStep& step, const Result<kubernetes::Lease>& written, MonoTime sent_at, MonoTime now);

/// From now on it may lead: what it did in an earlier term has ended.
void stand(Election& election, MonoTime now);
void resign(Election& election);

/// Whether anything may go out at this moment.
bool may_speak(const Election& election, MonoTime now);
/// The record says that this very process holds it.
bool is_ours(const Election& election, const kubernetes::Lease& lease);

}  // namespace driftwarden
