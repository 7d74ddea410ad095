#pragma once
// Which message goes out next, and when: the sender's decisions without I/O and without a clock.
#include "integrations/slack/slack.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::slack {

/// Names one send() that waits for a result.
using Ticket = std::uint64_t;

class SendQueue {
 public:
  explicit SendQueue(Duration per_channel) : per_channel_(per_channel) {}

  struct Job {
    Sender::Outgoing outgoing;
    std::vector<Ticket> waiters;
    int refusals = 0;  ///< how often Slack said "rate limited" to it
  };

  /// Joins the job that waits under the same key for the same message: the newest content, the higher priority, the older place.
  void add(Ticket ticket, Sender::Outgoing outgoing);
  /// The next job that may go now. Its channel is busy until finish() or put_back().
  std::optional<Job> next(MonoTime now);
  /// `posted`: where the job's message is, when it was sent.
  void finish(const Job& job, const std::optional<MessageRef>& posted);
  /// Rate limited: the channel pauses. Content that came meanwhile wins.
  void put_back(Job job, MonoTime not_before);
  /// Nobody waits under `ticket` any more; a message for nobody isn't sent.
  void withdraw(Ticket ticket);
  /// When next() has a job that it hasn't now; nothing when it needs finish() or add() first.
  std::optional<MonoTime> next_due() const;
  std::size_t waiting() const;

 private:
  struct Channel {
    std::deque<Job> answers;
    std::deque<Job> alerts;
    MonoTime not_before{};
    bool busy = false;
    bool empty() const { return answers.empty() && alerts.empty(); }
  };

  static std::deque<Job>& lane(Channel& channel, Sender::Priority priority);
  static bool join_waiting(std::deque<Job>& jobs, Ticket ticket, const Sender::Outgoing& outgoing);
  void forget_idle(MonoTime now);

  Duration per_channel_;
  std::map<std::string, Channel> channels_;
};

}  // namespace driftwarden::slack
