#include "integrations/slack/send_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace driftwarden::slack {
namespace {

bool same_message(const Sender::Outgoing& a, const Sender::Outgoing& b) {
  return !a.key.empty() && a.key == b.key && a.ts == b.ts && a.thread_ts == b.thread_ts;
}

template <class Jobs>
auto find_same(Jobs& jobs, const Sender::Outgoing& outgoing) {
  return std::ranges::find_if(jobs, [&](const SendQueue::Job& job) { return same_message(job.outgoing, outgoing); });
}

}  // namespace

std::deque<SendQueue::Job>& SendQueue::lane(Channel& channel, Sender::Priority priority) {
  return priority == Sender::Priority::Answer ? channel.answers : channel.alerts;
}

bool SendQueue::join_waiting(std::deque<Job>& jobs, Ticket ticket, const Sender::Outgoing& outgoing) {
  const auto found = find_same(jobs, outgoing);
  if (found == jobs.end()) return false;
  found->outgoing.message = outgoing.message;
  found->waiters.push_back(ticket);
  return true;
}

void SendQueue::add(Ticket ticket, Sender::Outgoing outgoing) {
  auto& channel = channels_[outgoing.channel];
  if (join_waiting(channel.answers, ticket, outgoing)) return;
  const auto alert = find_same(channel.alerts, outgoing);
  if (alert != channel.alerts.end() && outgoing.priority == Sender::Priority::Alert) {
    join_waiting(channel.alerts, ticket, outgoing);
    return;
  }
  Job job{std::move(outgoing), {ticket}, 0};
  if (alert != channel.alerts.end()) {  // an answer takes the waiting alert along to its own lane
    job.waiters.insert(job.waiters.begin(), alert->waiters.begin(), alert->waiters.end());
    channel.alerts.erase(alert);
  }
  lane(channel, job.outgoing.priority).push_back(std::move(job));
}

std::optional<SendQueue::Job> SendQueue::next(MonoTime now) {
  for (auto& [name, channel] : channels_) {
    if (channel.busy || channel.empty() || channel.not_before > now) continue;
    auto& jobs = channel.answers.empty() ? channel.alerts : channel.answers;
    auto job = std::move(jobs.front());
    jobs.pop_front();
    channel.busy = true;
    channel.not_before = now + per_channel_;
    return job;
  }
  forget_idle(now);
  return std::nullopt;
}

void SendQueue::forget_idle(MonoTime now) {
  std::erase_if(channels_, [now](const auto& entry) { return !entry.second.busy && entry.second.empty() && entry.second.not_before <= now; });
}

void SendQueue::finish(const Job& job, const std::optional<MessageRef>& posted) {
  const auto found = channels_.find(job.outgoing.channel);
  if (found == channels_.end()) return;
  found->second.busy = false;
  if (!posted || job.outgoing.ts || job.outgoing.key.empty()) return;
  // News of a message that was under way edits it, rather than posting it again.
  for (auto* jobs : {&found->second.answers, &found->second.alerts}) {
    const auto later = find_same(*jobs, job.outgoing);
    if (later != jobs->end()) later->outgoing.ts = posted->ts;
  }
}

void SendQueue::put_back(Job job, MonoTime not_before) {
  auto& channel = channels_[job.outgoing.channel];
  channel.busy = false;
  channel.not_before = std::max(channel.not_before, not_before);
  ++job.refusals;
  for (auto* jobs : {&channel.answers, &channel.alerts}) {
    const auto newer = find_same(*jobs, job.outgoing);
    if (newer == jobs->end()) continue;
    job.outgoing.message = std::move(newer->outgoing.message);
    job.outgoing.priority = std::min(job.outgoing.priority, newer->outgoing.priority);
    std::ranges::copy(newer->waiters, std::back_inserter(job.waiters));
    jobs->erase(newer);
  }
  auto& jobs = lane(channel, job.outgoing.priority);
  jobs.push_front(std::move(job));
}

void SendQueue::withdraw(Ticket ticket) {
  const auto for_nobody = [ticket](Job& job) { return std::erase(job.waiters, ticket) > 0 && job.waiters.empty(); };
  for (auto& [name, channel] : channels_) {
    std::erase_if(channel.answers, for_nobody);
    std::erase_if(channel.alerts, for_nobody);
  }
}

std::optional<MonoTime> SendQueue::next_due() const {
  std::optional<MonoTime> due;
  for (const auto& [name, channel] : channels_) {
    if (channel.busy || channel.empty()) continue;
    if (!due || channel.not_before < *due) due = channel.not_before;
  }
  return due;
}

std::size_t SendQueue::waiting() const {
  std::size_t count = 0;
  for (const auto& [name, channel] : channels_) count += channel.answers.size() + channel.alerts.size();
  return count;
}

}  // namespace driftwarden::slack
