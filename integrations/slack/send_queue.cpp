#include "integrations/slack/send_queue.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace driftwarden::slack {
namespace {

/// So many posts overtake an edit that could go; then it does, lest a busy channel's cards grow stale.
constexpr int kMaxOvertaken = 4;

bool same_message(const Sender::Outgoing& a, const Sender::Outgoing& b) {
  return !a.key.empty() && a.key == b.key && a.ts == b.ts && a.thread_ts == b.thread_ts;
}

template <class Jobs>
auto find_same(Jobs& jobs, const Sender::Outgoing& outgoing) {
  return std::ranges::find_if(jobs, [&](const SendQueue::Job& job) { return same_message(job.outgoing, outgoing); });
}

SenderOptions only_per_channel(Duration per_channel) {
  SenderOptions options;
  options.per_channel = per_channel;
  return options;
}

}  // namespace

Bucket::Bucket(int per_minute, int burst) : every_(60'000 / std::max(per_minute, 1)), slack_(every_ * (std::max(burst, 1) - 1)) {}

void Bucket::take(MonoTime now) { full_at_ = std::max(full_at_, now) + every_; }

SendQueue::SendQueue(SenderOptions options)
    : per_channel_(options.per_channel), posts_(options.posts_per_minute, options.posts_burst), edits_(options.edits_per_minute, options.edits_burst) {}

SendQueue::SendQueue(Duration per_channel) : SendQueue(only_per_channel(per_channel)) {}

SendQueue::Jobs& SendQueue::lane(Channel& channel, Sender::Priority priority) {
  return priority == Sender::Priority::Answer ? channel.answers : channel.alerts;
}

bool SendQueue::join_waiting(Jobs& jobs, Ticket ticket, const Sender::Outgoing& outgoing) {
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
  Job job{std::move(outgoing), {ticket}, 0, ++last_order_};
  if (alert != channel.alerts.end()) {  // an answer takes the waiting alert along to its own lane
    job.waiters.insert(job.waiters.begin(), alert->waiters.begin(), alert->waiters.end());
    channel.alerts.erase(alert);
  }
  lane(channel, job.outgoing.priority).push_back(std::move(job));
}

/// The first post, or the first edit where there is no post or the edit was overtaken often enough.
std::optional<SendQueue::Choice> SendQueue::choose_in(Channel& channel, Jobs& jobs, MonoTime now) const {
  const auto post = posts_.due() > now ? jobs.end() : std::ranges::find_if(jobs, [](const Job& job) { return !job.is_edit(); });
  const auto edit = edits_.due() > now ? jobs.end() : std::ranges::find_if(jobs, &Job::is_edit);
  if (post == jobs.end() && edit == jobs.end()) return std::nullopt;
  const bool older_edit = post != jobs.end() && edit != jobs.end() && edit->order < post->order;
  const bool take_edit = post == jobs.end() || (older_edit && channel.overtaken >= kMaxOvertaken);
  return Choice{&channel, &jobs, take_edit ? edit : post, older_edit && !take_edit};
}

std::optional<SendQueue::Choice> SendQueue::choose_in(Channel& channel, MonoTime now) const {
  if (channel.busy || channel.not_before > now) return std::nullopt;
  if (auto answer = choose_in(channel, channel.answers, now)) return answer;
  return choose_in(channel, channel.alerts, now);
}

/// Which of two channels gets what the workspace has left.
bool SendQueue::goes_before(const Choice& a, const Choice& b) {
  const auto rank = [](const Choice& one) { return std::tuple(one.jobs != &one.channel->answers, one.job->is_edit(), one.job->order); };
  return rank(a) < rank(b);
}

std::optional<SendQueue::Job> SendQueue::next(MonoTime now) {
  std::optional<Choice> best;
  for (auto& [name, channel] : channels_) {
    const auto choice = choose_in(channel, now);
    if (choice && (!best || goes_before(*choice, *best))) best = choice;
  }
  if (!best) {
    forget_idle(now);
    return std::nullopt;
  }
  auto job = std::move(*best->job);
  best->jobs->erase(best->job);
  auto& channel = *best->channel;
  channel.busy = true;
  channel.not_before = now + per_channel_;
  channel.overtaken = best->overtakes ? channel.overtaken + 1 : 0;
  (job.is_edit() ? edits_ : posts_).take(now);
  return job;
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
  const auto consider = [&](const Channel& channel, const Jobs& jobs) {
    for (const auto& job : jobs) {
      const auto when = std::max(channel.not_before, (job.is_edit() ? edits_ : posts_).due());
      if (!due || when < *due) due = when;
    }
  };
  for (const auto& [name, channel] : channels_) {
    if (channel.busy) continue;
    consider(channel, channel.answers);
    consider(channel, channel.alerts);
  }
  return due;
}

std::size_t SendQueue::waiting() const {
  std::size_t count = 0;
  for (const auto& [name, channel] : channels_) count += channel.answers.size() + channel.alerts.size();
  return count;
}

}  // namespace driftwarden::slack
