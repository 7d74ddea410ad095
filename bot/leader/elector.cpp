#include "bot/leader/elector.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <utility>

namespace driftwarden {

using kubernetes::Lease;

namespace {

constexpr int kReleaseTries = 2;

std::string holder_of(const Election& election) { return election.seen ? election.seen->holder : std::string(); }

}  // namespace

Elector::Elector(Parts parts)
    : executor_(parts.executor),
      clock_(*parts.clock),
      lease_(std::move(parts.lease)),
      on_change_(std::move(parts.on_change)),
      fence_(std::make_shared<Fence>(clock_)),
      wake_(executor_),
      began_(executor_),
      tasks_(executor_) {
  election_.identity = std::move(parts.identity);
  election_.limits = limits_of(parts.duration);
  election_.next_at = clock_.mono_now();
}

void Elector::start() {
  tasks_.spawn("lease", take_part());
  tasks_.spawn("end of the lease", watch_the_time());
}

void Elector::stand() {
  driftwarden::stand(election_, clock_.mono_now());
  wake_.notify();
}

asio::awaitable<void> Elector::stop() {
  co_await tasks_.join();
  resign(election_);
  settle();
}

std::function<bool()> Elector::may_speak() const {
  return [fence = fence_] { return may_speak_now(*fence); };
}

asio::awaitable<void> Elector::take_part() {
  while (true) {
    on_time(election_, clock_.mono_now());
    settle();
    auto step = next_step(election_, clock_.mono_now(), clock_.wall_now());
    if (step.deed == ElectionDeed::Wait) {
      const auto woken = co_await wake_.wait_until(clock_, step.until);
      if (!woken) co_return;
      continue;
    }
    co_await carry_out(std::move(step));
  }
}

asio::awaitable<void> Elector::carry_out(ElectionStep step) {
  const auto sent_at = clock_.mono_now();
  const auto deadline = sent_at + step.timeout;
  if (step.deed == ElectionDeed::Read) {
    auto reading = lease_->read(step.timeout);
    auto bounded = with_deadline<std::optional<Lease>>(clock_, deadline, std::move(reading));
    auto read = co_await std::move(bounded);
    if (!read) tell_failure(read.error());
    if (read) trouble_.clear();
    on_read(election_, read, clock_.mono_now());
  } else {
    on_sending(election_, step);
    auto writing = step.deed == ElectionDeed::Create ? lease_->create(step.lease, step.timeout) : lease_->update(step.lease, step.timeout);
    auto bounded = with_deadline<Lease>(clock_, deadline, std::move(writing));
    auto written = co_await std::move(bounded);
    if (!written && written.error().kind != ErrorKind::Conflict) tell_failure(written.error());
    if (written) trouble_.clear();
    on_written(election_, step, written, sent_at, clock_.mono_now());
  }
  settle();
}

asio::awaitable<void> Elector::watch_the_time() {
  while (true) {
    if (!election_.leading) {
      const auto began = co_await began_.wait();
      if (!began) co_return;
      continue;
    }
    const auto slept = co_await clock_.sleep_until(election_.speak_until);
    if (!slept) co_return;
    on_time(election_, clock_.mono_now());
    settle();
  }
}

void Elector::settle() {
  const auto until = election_.leading ? election_.speak_until : MonoTime::min();
  fence_->until.store(until.time_since_epoch().count());
  if (election_.leading == led_) return;
  led_ = election_.leading;
  if (led_) {
    ++terms_;
    log_info("leader", fmt::format("{} leads (term {} of the Lease)", election_.identity, election_.transitions));
    began_.notify();
  } else {
    if (!releasing_) ++lost_;
    const auto holder = holder_of(election_);
    const bool another = !holder.empty() && !is_ours(election_, *election_.seen);
    log_warn("leader", fmt::format("{} leads no more: {}", election_.identity, releasing_ ? "it gave the Lease back" : another ? holder + " holds the Lease" : "it couldn't renew the Lease in time"));
    wake_.notify();
  }
  if (on_change_) on_change_();
}

asio::awaitable<void> Elector::release() {
  releasing_ = true;
  co_await tasks_.join();
  resign(election_);
  settle();
  for (int attempt = 0; attempt < kReleaseTries && election_.taken; ++attempt) {
    if (election_.must_read) {
      ElectionStep look;
      look.deed = ElectionDeed::Read;
      look.timeout = election_.limits.request;
      co_await carry_out(std::move(look));
    }
    auto step = release_step(election_);
    if (!step) break;
    co_await carry_out(std::move(*step));
    if (!election_.must_read) break;
  }
  releasing_ = false;
}

void Elector::tell_failure(const Error& why) {
  if (why.kind == ErrorKind::Cancelled || std::exchange(trouble_, why.message) == why.message) return;
  log_warn("leader", why.message);
}

LeaderFigures Elector::figures() const {
  LeaderFigures figures;
  figures.leading = leads();
  figures.holder = holder_of(election_);
  figures.transitions = election_.transitions;
  figures.terms = terms_;
  figures.lost = lost_;
  if (election_.leading) figures.since_renewal = std::chrono::duration_cast<Duration>(clock_.mono_now() - election_.renewed_at);
  return figures;
}

std::string to_metrics(const LeaderFigures& figures) {
  auto text = fmt::format(
      "# HELP driftwarden_leader Whether this instance leads.\n# TYPE driftwarden_leader gauge\ndriftwarden_leader {}\n"
      "# HELP driftwarden_lease_transitions_total How often the Lease changed hands.\n# TYPE driftwarden_lease_transitions_total counter\n"
      "driftwarden_lease_transitions_total {}\n"
      "# HELP driftwarden_leader_terms_total Terms of this process.\n# TYPE driftwarden_leader_terms_total counter\ndriftwarden_leader_terms_total {}\n"
      "# HELP driftwarden_leader_lost_total Terms that ended because the Lease couldn't be renewed or was taken.\n# TYPE driftwarden_leader_lost_total counter\n"
      "driftwarden_leader_lost_total {}\n",
      figures.leading ? 1 : 0, figures.transitions, figures.terms, figures.lost);
  if (figures.since_renewal) {
    text += fmt::format(
        "# HELP driftwarden_lease_renewal_age_seconds Since the Lease was last renewed by this instance.\n# TYPE driftwarden_lease_renewal_age_seconds gauge\n"
        "driftwarden_lease_renewal_age_seconds {:.3f}\n",
        static_cast<double>(figures.since_renewal->count()) / 1000);
  }
  return text;
}

}  // namespace driftwarden
