#include "integrations/slack/send_queue.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace driftwarden::slack {
namespace {

/// So many posts overtake an edit that could go; then it does, lest a busy channel's cards grow stale.
constexpr int kMaxOvertaken = 4;
/// An alert's edit that waited so long goes before answers, every other time: an alert that is over must not look alive.
constexpr Duration kPatience{18'000};
constexpr int kProgressShare = 3;  ///< one of so many edits

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
    : per_channel_(options.per_channel),
      posts_(options.posts_per_minute, options.posts_burst),
      edits_(options.edits_per_minute, options.edits_burst),
      progress_(options.edits_per_minute / kProgressShare, options.edits_burst / kProgressShare),
      edits_kept_(options.edits_burst / kProgressShare) {}

SendQueue::SendQueue(Duration per_channel) : SendQueue(only_per_channel(per_channel)) {}

/// Joins what waits in its own lane or a higher one; takes what waits in a lower one along.
void SendQueue::add(Ticket ticket, Sender::Outgoing outgoing) {
  auto& lanes = channels_[outgoing.channel].lanes;
  const auto own = lane_of(outgoing.priority);
  std::vector<Ticket> waiters;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    const auto found = find_same(lanes.at(lane), outgoing);
    if (found == lanes.at(lane).end()) continue;
    if (lane <= own) {
      found->outgoing.message = std::move(outgoing.message);
      found->waiters.push_back(ticket);
      return;
    }
    std::ranges::copy(found->waiters, std::back_inserter(waiters));
    lanes.at(lane).erase(found);
  }
  waiters.push_back(ticket);
  lanes.at(own).push_back(Job{std::move(outgoing), std::move(waiters), 0, ++last_order_});
}

MonoTime SendQueue::due_of(std::size_t lane, bool edit) const {
  if (!edit) return posts_.due();
  return lane == lane_of(Sender::Priority::Progress) ? std::max(progress_.due(), edits_.due(edits_kept_)) : edits_.due();
}

/// The first post, or the first edit where there is no post or the edit was overtaken often enough.
std::optional<SendQueue::Choice> SendQueue::choose_in(Channel& channel, std::size_t lane, MonoTime now) const {
  auto& jobs = channel.lanes.at(lane);
  const auto post = due_of(lane, false) > now ? jobs.end() : std::ranges::find_if(jobs, [](const Job& job) { return !job.is_edit(); });
  const auto edit = due_of(lane, true) > now ? jobs.end() : std::ranges::find_if(jobs, &Job::is_edit);
  if (post == jobs.end() && edit == jobs.end()) return std::nullopt;
  const bool older_edit = post != jobs.end() && edit != jobs.end() && edit->order < post->order;
  const bool take_edit = post == jobs.end() || (older_edit && channel.overtaken >= kMaxOvertaken);
  return Choice{&channel, lane, take_edit ? edit : post, older_edit && !take_edit};
}

std::optional<SendQueue::Choice> SendQueue::choose_aged(Channel& channel, MonoTime now) const {
  const auto lane = lane_of(Sender::Priority::Alert);
  if (channel.jumped || due_of(lane, true) > now) return std::nullopt;
  auto& jobs = channel.lanes.at(lane);
  const auto edit = std::ranges::find_if(jobs, [now](const Job& job) { return job.is_edit() && job.since && *job.since + kPatience <= now; });
  if (edit == jobs.end()) return std::nullopt;
  return Choice{&channel, lane, edit, false, true};
}

std::optional<SendQueue::Choice> SendQueue::choose_in(Channel& channel, MonoTime now) const {
  if (channel.busy || channel.not_before > now) return std::nullopt;
  auto choice = choose_aged(channel, now);
  for (std::size_t lane = 0; !choice && lane < channel.lanes.size(); ++lane) choice = choose_in(channel, lane, now);
  return choice;
}

/// Which of two channels gets what the workspace has left.
bool SendQueue::goes_before(const Choice& a, const Choice& b) const {
  const auto rank = [this](const Choice& one) { return std::tuple(!one.aged || jumped_, one.lane, one.job->is_edit(), one.job->order); };
  return rank(a) < rank(b);
}

void SendQueue::see_all(MonoTime now) {
  for (auto& [name, channel] : channels_) {
    for (auto& jobs : channel.lanes) {
      for (auto& job : jobs) job.since = job.since.value_or(now);
    }
  }
}

std::optional<SendQueue::Job> SendQueue::next(MonoTime now) {
  see_all(now);
  std::optional<Choice> best;
  for (auto& [name, channel] : channels_) {
    const auto choice = choose_in(channel, now);
    if (choice && (!best || goes_before(*choice, *best))) best = choice;
  }
  if (best) return take(*best, now);
  forget_idle(now);
  return std::nullopt;
}

SendQueue::Job SendQueue::take(const Choice& choice, MonoTime now) {
  auto job = std::move(*choice.job);
  auto& channel = *choice.channel;
  channel.lanes.at(choice.lane).erase(choice.job);
  channel.busy = true;
  channel.not_before = now + per_channel_;
  channel.jumped = choice.aged;
  channel.overtaken = choice.overtakes ? channel.overtaken + 1 : 0;
  if (!job.is_edit()) {
    posts_.take(now);
    return job;
  }
  edits_.take(now);
  jumped_ = choice.aged && !jumped_;
  if (choice.lane == lane_of(Sender::Priority::Progress)) progress_.take(now);
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
  for (auto& jobs : found->second.lanes) {
    const auto later = find_same(jobs, job.outgoing);
    if (later != jobs.end()) later->outgoing.ts = posted->ts;
  }
}

void SendQueue::put_back(Job job, MonoTime not_before) {
  auto& channel = channels_[job.outgoing.channel];
  channel.busy = false;
  channel.not_before = std::max(channel.not_before, not_before);
  ++job.refusals;
  for (auto& jobs : channel.lanes) {
    const auto newer = find_same(jobs, job.outgoing);
    if (newer == jobs.end()) continue;
    job.outgoing.message = std::move(newer->outgoing.message);
    job.outgoing.priority = std::min(job.outgoing.priority, newer->outgoing.priority);
    std::ranges::copy(newer->waiters, std::back_inserter(job.waiters));
    jobs.erase(newer);
  }
  auto& own = channel.lanes.at(lane_of(job.outgoing.priority));
  own.push_front(std::move(job));
}

void SendQueue::withdraw(Ticket ticket) {
  const auto for_nobody = [ticket](Job& job) { return std::erase(job.waiters, ticket) > 0 && job.waiters.empty(); };
  for (auto& [name, channel] : channels_) {
    for (auto& jobs : channel.lanes) std::erase_if(jobs, for_nobody);
  }
}

std::optional<MonoTime> SendQueue::next_due() const {
  std::optional<MonoTime> due;
  for (const auto& [name, channel] : channels_) {
    if (channel.busy) continue;
    for (std::size_t lane = 0; lane < channel.lanes.size(); ++lane) {
      for (const auto& job : channel.lanes.at(lane)) {
        const auto when = std::max(channel.not_before, due_of(lane, job.is_edit()));
        if (!due || when < *due) due = when;
      }
    }
  }
  return due;
}

std::size_t SendQueue::waiting() const {
  std::size_t count = 0;
  for (const auto& [name, channel] : channels_) {
    for (const auto& jobs : channel.lanes) count += jobs.size();
  }
  return count;
}

}  // namespace driftwarden::slack
