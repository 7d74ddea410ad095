#pragma once
// Which message goes out next, and when: the sender's decisions without I/O and without a clock.
#include "integrations/slack/slack.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::slack {

/// Names one send() that waits for a result.
using Ticket = std::uint64_t;

/// Lets `burst` pass at once and then one in every minute/per_minute.
class Bucket {
 public:
  Bucket(int per_minute, int burst);
  /// When the next one may pass and leave room for `keep` more.
  MonoTime due(int keep = 0) const { return full_at_ - slack_ + every_ * keep; }
  void take(MonoTime now);
  /// Slack said "not before": nobody passes till then.
  void hold(MonoTime until) { full_at_ = std::max(full_at_, until + slack_); }

 private:
  Duration every_;
  Duration slack_;      ///< how far ahead of the even pace a burst may run
  MonoTime full_at_{};  ///< the theoretical arrival time of the next one
};

class SendQueue {
 public:
  explicit SendQueue(SenderOptions options);
  explicit SendQueue(Duration per_channel);

  struct Job {
    Sender::Outgoing outgoing;
    std::vector<Ticket> waiters;
    int refusals = 0;  ///< how often Slack said "rate limited" to it
    std::uint64_t order = 0;
    std::optional<MonoTime> since{};  ///< when next() first saw it
    bool is_edit() const { return outgoing.ts.has_value(); }
  };

  /// Joins the job that waits under the same key for the same message: the newest content, the higher priority, the older place.
  void add(Ticket ticket, Sender::Outgoing outgoing);
  /// The next job that may go now. Its channel is busy until finish() or put_back().
  std::optional<Job> next(MonoTime now);
  /// `posted`: where the job's message is, when it was sent.
  void finish(const Job& job, const std::optional<MessageRef>& posted);
  /// Rate limited: the channel pauses. Content that came meanwhile wins.
  void put_back(Job job, MonoTime not_before);
  /// Slack holds a whole method back: chat.update for `edits`, else chat.postMessage.
  void hold(bool edits, MonoTime until) { (edits ? edits_ : posts_).hold(until); }
  /// Nobody waits under `ticket` any more; a message for nobody isn't sent.
  void withdraw(Ticket ticket);
  /// When next() has a job that it hasn't now; nothing when it needs finish() or add() first.
  std::optional<MonoTime> next_due() const;
  std::size_t waiting() const;

 private:
  using Jobs = std::deque<Job>;
  struct Channel {
    std::array<Jobs, 3> lanes;  ///< by Priority
    MonoTime not_before{};
    bool busy = false;
    bool jumped = false;  ///< what went last was an alert's edit that had waited long enough
    int overtaken = 0;    ///< posts that went although an edit of the same lane could have
    bool empty() const { return std::ranges::all_of(lanes, [](const Jobs& jobs) { return jobs.empty(); }); }
  };
  struct Choice {
    Channel* channel = nullptr;
    std::size_t lane = 0;
    Jobs::iterator job;
    bool overtakes = false;
    bool aged = false;
  };

  static std::size_t lane_of(Sender::Priority priority) { return static_cast<std::size_t>(priority); }
  MonoTime due_of(std::size_t lane, bool edit) const;
  std::optional<Choice> choose_in(Channel& channel, MonoTime now) const;
  std::optional<Choice> choose_in(Channel& channel, std::size_t lane, MonoTime now) const;
  std::optional<Choice> choose_aged(Channel& channel, MonoTime now) const;
  bool goes_before(const Choice& a, const Choice& b) const;
  Job take(const Choice& choice, MonoTime now);
  void see_all(MonoTime now);
  void forget_idle(MonoTime now);

  Duration per_channel_;
  Bucket posts_;
  Bucket edits_;
  Bucket progress_;    ///< the share of the edits that news of answers may have
  int edits_kept_ = 0; ///< and what it leaves of them
  bool jumped_ = false;  ///< the last edit was an alert's that had waited long enough
  std::uint64_t last_order_ = 0;
  std::map<std::string, Channel> channels_;
};

}  // namespace driftwarden::slack
