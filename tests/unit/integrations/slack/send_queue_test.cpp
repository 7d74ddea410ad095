#include "integrations/slack/send_queue.hpp"

#include <gtest/gtest.h>

#include <map>

namespace driftwarden::slack {
namespace {

using namespace std::chrono_literals;
using Priority = Sender::Priority;

const MonoTime kStart{std::chrono::hours{1}};

Sender::Outgoing outgoing(std::string key, std::string text, Priority priority = Priority::Answer, std::string channel = "C1") {
  Sender::Outgoing made;
  made.key = std::move(key);
  made.channel = std::move(channel);
  made.message.text = std::move(text);
  made.priority = priority;
  return made;
}

Sender::Outgoing edit(std::string key, std::string ts, std::string text) {
  auto made = outgoing(std::move(key), std::move(text));
  made.ts = std::move(ts);
  return made;
}

/// "text ts #waiters" of every job in the order in which they would go out.
std::string drain(SendQueue& queue, MonoTime now = kStart) {
  std::string out;
  while (queue.waiting() > 0) {
    auto job = queue.next(now);
    if (!job) {
      now = queue.next_due().value_or(now + 1h);
      continue;
    }
    if (!out.empty()) out += ", ";
    out += job->outgoing.message.text + (job->outgoing.ts ? "@" + *job->outgoing.ts : "") + "*" + std::to_string(job->waiters.size());
    queue.finish(*job, std::nullopt);
  }
  return out;
}

struct QueueRow {
  std::string name;
  std::vector<Sender::Outgoing> added;
  std::string goes_out;
  friend void PrintTo(const QueueRow& row, std::ostream* out) { *out << row.name; }
};
class QueueOrder : public testing::TestWithParam<QueueRow> {};

TEST_P(QueueOrder, Is) {
  SendQueue queue(1s);
  Ticket ticket = 0;
  for (const auto& one : GetParam().added) queue.add(++ticket, one);
  EXPECT_EQ(drain(queue), GetParam().goes_out);
}

INSTANTIATE_TEST_SUITE_P(
    Table, QueueOrder,
    testing::Values(QueueRow{"FirstInFirstOut", {outgoing("a", "A"), outgoing("b", "B"), outgoing("c", "C")}, "A*1, B*1, C*1"},
                    QueueRow{"AnswersBeforeAlerts",
                             {outgoing("a", "A", Priority::Alert), outgoing("b", "B", Priority::Alert), outgoing("c", "C"), outgoing("d", "D")},
                             "C*1, D*1, A*1, B*1"},
                    QueueRow{"APostThatWaitsCarriesTheNewestContent", {outgoing("a", "A1"), outgoing("b", "B"), outgoing("a", "A2")}, "A2*2, B*1"},
                    QueueRow{"AnEditThatWaitsIsReplaced", {edit("a", "1.1", "A1"), edit("b", "2.2", "B"), edit("a", "1.1", "A2")}, "A2@1.1*2, B@2.2*1"},
                    QueueRow{"PostsBeforeEdits", {edit("a", "1.1", "A"), outgoing("b", "B"), edit("c", "3.3", "C"), outgoing("d", "D")},
                             "B*1, D*1, A@1.1*1, C@3.3*1"},
                    QueueRow{"AnAnswersEditBeforeAnAlertsPost", {outgoing("b", "B", Priority::Alert), edit("a", "1.1", "A")}, "A@1.1*1, B*1"},
                    QueueRow{"AnEditIsOvertakenFourTimesOnly",
                             {edit("a", "1.1", "A"), outgoing("b", "B"), outgoing("c", "C"), outgoing("d", "D"), outgoing("e", "E"), outgoing("f", "F")},
                             "B*1, C*1, D*1, E*1, A@1.1*1, F*1"},
                    QueueRow{"AnEditOfAnotherMessageIsNot", {edit("a", "1.1", "A1"), edit("a", "2.2", "A2")}, "A1@1.1*1, A2@2.2*1"},
                    QueueRow{"APostAndAnEditOfAKnownMessageStayTwo", {outgoing("a", "A1"), edit("a", "1.1", "A2")}, "A1*1, A2@1.1*1"},
                    QueueRow{"WithoutKeyNothingCoalesces", {outgoing("", "A"), outgoing("", "B")}, "A*1, B*1"},
                    QueueRow{"AnAnswerTakesAWaitingAlertAlong",
                             {outgoing("x", "X", Priority::Alert), outgoing("a", "A1", Priority::Alert), outgoing("a", "A2")},
                             "A2*2, X*1"},
                    QueueRow{"AnAlertJoinsAWaitingAnswer", {outgoing("b", "B"), outgoing("a", "A1"), outgoing("a", "A2", Priority::Alert)}, "B*1, A2*2"}),
    [](const auto& row) { return row.param.name; });

TEST(SendQueue, PacesAChannelAndNotItsNeighbour) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A"));
  queue.add(2, outgoing("b", "B"));
  queue.add(3, outgoing("c", "C", Priority::Alert, "C2"));
  const auto first = queue.next(kStart);
  const auto other = queue.next(kStart);
  ASSERT_TRUE(first && other);
  EXPECT_EQ(first->outgoing.message.text, "A");
  EXPECT_EQ(other->outgoing.message.text, "C");
  EXPECT_FALSE(queue.next(kStart + 5s)) << "one at a time";
  queue.finish(*first, std::nullopt);
  EXPECT_EQ(queue.next_due(), kStart + 1s);
  EXPECT_FALSE(queue.next(kStart + 999ms));
  EXPECT_TRUE(queue.next(kStart + 1s));
}

TEST(SendQueue, NewsOfAPostUnderWayBecomesItsEdit) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A1"));
  const auto post = queue.next(kStart);
  queue.add(2, outgoing("a", "A2"));
  queue.add(3, outgoing("a", "A3"));
  queue.finish(*post, MessageRef{"C1", "7.7"});
  EXPECT_EQ(drain(queue), "A3@7.7*2");
}

TEST(SendQueue, NewsOfAPostThatFailedIsAPost) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A1"));
  const auto post = queue.next(kStart);
  queue.add(2, outgoing("a", "A2"));
  queue.finish(*post, std::nullopt);
  EXPECT_EQ(drain(queue), "A2*1");
}

TEST(SendQueue, ARefusedJobGoesFirstAfterThePause) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A"));
  queue.add(2, outgoing("b", "B"));
  auto job = queue.next(kStart);
  queue.put_back(std::move(*job), kStart + 30s);
  EXPECT_EQ(queue.next_due(), kStart + 30s);
  EXPECT_FALSE(queue.next(kStart + 29s));
  job = queue.next(kStart + 30s);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->outgoing.message.text, "A");
  EXPECT_EQ(job->refusals, 1);
}

TEST(SendQueue, ARefusedJobTakesTheContentThatCameMeanwhile) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A1"));
  auto job = queue.next(kStart);
  queue.add(2, outgoing("b", "B"));
  queue.add(3, outgoing("a", "A2"));
  queue.put_back(std::move(*job), kStart + 2s);
  EXPECT_EQ(drain(queue), "A2*2, B*1");
}

TEST(SendQueue, WhatNobodyWaitsForIsNotSent) {
  SendQueue queue(1s);
  queue.add(1, outgoing("a", "A1"));
  queue.add(2, outgoing("a", "A2"));
  queue.add(3, outgoing("b", "B"));
  queue.withdraw(3);
  queue.withdraw(1);
  EXPECT_EQ(drain(queue), "A2*1");
  EXPECT_FALSE(queue.next_due());
}

SenderOptions pace(int posts, int posts_burst, int edits, int edits_burst) {
  SenderOptions options;
  options.posts_per_minute = posts;
  options.posts_burst = posts_burst;
  options.edits_per_minute = edits;
  options.edits_burst = edits_burst;
  return options;
}

TEST(SendQueue, EditsOfAllChannelsShareOneBucket) {
  SendQueue queue(pace(600, 100, 60, 2));
  for (Ticket i = 1; i <= 4; ++i) {
    auto one = edit("k" + std::to_string(i), "1.1", "E" + std::to_string(i));
    one.channel = "C" + std::to_string(i);
    queue.add(i, std::move(one));
  }
  EXPECT_TRUE(queue.next(kStart));
  EXPECT_TRUE(queue.next(kStart));
  EXPECT_FALSE(queue.next(kStart));
  EXPECT_EQ(queue.next_due(), kStart + 1s);
  queue.add(5, outgoing("p", "P", Priority::Alert, "C9"));
  const auto post = queue.next(kStart);
  ASSERT_TRUE(post) << "a post needn't wait for the edits' bucket";
  EXPECT_EQ(post->outgoing.message.text, "P");
  EXPECT_EQ(queue.next(kStart + 1s)->outgoing.message.text, "E3");
  EXPECT_FALSE(queue.next(kStart + 1999ms));
  EXPECT_EQ(queue.next(kStart + 2s)->outgoing.message.text, "E4");
}

TEST(SendQueue, TheWorkspacesPostsGoToApprovalsOfOtherChannelsFirst) {
  SendQueue queue(pace(60, 1, 60, 1));
  queue.add(1, outgoing("a", "A", Priority::Alert, "C1"));
  queue.add(2, outgoing("b", "B", Priority::Alert, "C2"));
  queue.add(3, outgoing("c", "C", Priority::Answer, "C3"));
  EXPECT_EQ(queue.next(kStart)->outgoing.message.text, "C");
  EXPECT_FALSE(queue.next(kStart));
  EXPECT_EQ(queue.next(kStart + 1s)->outgoing.message.text, "A");
}

TEST(SendQueue, AMethodThatSlackHoldsBackHoldsNoOther) {
  SendQueue queue(SenderOptions{});
  queue.add(1, edit("a", "1.1", "A"));
  queue.add(2, outgoing("b", "B", Priority::Answer, "C2"));
  queue.hold(true, kStart + 30s);
  EXPECT_EQ(queue.next(kStart)->outgoing.message.text, "B");
  EXPECT_FALSE(queue.next(kStart + 29s));
  EXPECT_EQ(queue.next_due(), kStart + 30s);
  EXPECT_EQ(queue.next(kStart + 30s)->outgoing.message.text, "A");
}

/// A minute in which each of ten messages, in as many channels, changes a hundred times, and ten cards want an approval.
TEST(SendQueue, AThousandEditsAMinuteAreFewCallsAndTheLastContentArrives) {
  SendQueue queue(SenderOptions{});
  std::map<std::string, std::string> shown;
  std::vector<Duration> approvals;
  int edits = 0;
  int edits_in_minute = 0;
  const auto send_due = [&](MonoTime now) {
    while (auto job = queue.next(now)) {
      shown[job->outgoing.key] = job->outgoing.message.text;
      if (job->is_edit()) {
        ++edits;
        if (now < kStart + 60s) ++edits_in_minute;
      } else {
        approvals.push_back(std::chrono::duration_cast<Duration>(now - kStart));
      }
      queue.finish(*job, MessageRef{job->outgoing.channel, "9.9"});
    }
  };
  Ticket ticket = 0;
  for (int change = 0; change < 1000; ++change) {
    const auto now = kStart + change * 60ms;
    const auto which = std::to_string(change % 10);
    auto one = edit("m" + which, "1." + which, std::to_string(change));
    one.channel = "C" + which;
    one.priority = Priority::Alert;
    queue.add(++ticket, std::move(one));
    if (change % 100 == 50) queue.add(++ticket, outgoing("approval" + which + std::to_string(change), "card", Priority::Answer, "C" + which));
    send_due(now);
  }
  auto now = kStart + 60s;
  for (; queue.waiting() > 0; now += 100ms) send_due(now);
  EXPECT_LE(edits_in_minute, 50) << "tier 3";
  EXPECT_GE(edits_in_minute, 40) << "and no slower than needed";
  EXPECT_LE(edits, 60);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(shown["m" + std::to_string(i)], std::to_string(990 + i)) << "the newest content wins";
  ASSERT_EQ(approvals.size(), 10U);
  for (std::size_t i = 0; i < approvals.size(); ++i) EXPECT_LE(approvals[i] - Duration{60 * (static_cast<int>(i) * 100 + 50)}, 1s) << "card " << i;
  EXPECT_LE(now - (kStart + 60s), 20s);
}

Sender::Outgoing news(std::string key, Priority priority, std::string channel) {
  auto made = edit(key, "1.1", key);
  made.priority = priority;
  made.channel = std::move(channel);
  return made;
}

TEST(SendQueue, NewsOfAnswersLeavesTheRestOfTheEditsToOthers) {
  SendQueue queue(SenderOptions{});
  Ticket ticket = 0;
  for (int i = 0; i < 20; ++i) queue.add(++ticket, news("p" + std::to_string(i), Priority::Progress, "P" + std::to_string(i)));
  int sent = 0;
  MonoTime now = kStart;
  for (; now < kStart + 60s; now += 100ms) {
    while (auto job = queue.next(now)) {
      ++sent;
      queue.add(++ticket, job->outgoing);  // there is always more
      queue.finish(*job, std::nullopt);
    }
  }
  EXPECT_GE(sent, 12);
  EXPECT_LE(sent, 16) << "a third, and a burst";
  for (int i = 0; i < 3; ++i) queue.add(++ticket, news("a" + std::to_string(i), Priority::Alert, "A" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) {
    const auto job = queue.next(now);
    ASSERT_TRUE(job) << "there is room at once";
    EXPECT_EQ(job->outgoing.priority, Priority::Alert);
  }
}

TEST(SendQueue, ProgressGoesAfterAlertsOfOtherChannels) {
  SendQueue queue(pace(600, 100, 60, 1));
  queue.add(1, news("p", Priority::Progress, "C1"));
  queue.add(2, news("a", Priority::Alert, "C2"));
  queue.add(3, news("b", Priority::Answer, "C3"));
  EXPECT_EQ(queue.next(kStart)->outgoing.message.text, "b");
  EXPECT_EQ(queue.next(kStart + 1s)->outgoing.message.text, "a");
  EXPECT_EQ(queue.next(kStart + 2s)->outgoing.message.text, "p");
}

TEST(SendQueue, AnAlertsEditIsNotStarvedByAnswersElsewhereNorTheyByIt) {
  SendQueue queue(pace(600, 100, 30, 1));
  Ticket ticket = 0;
  for (int i = 0; i < 100; ++i) queue.add(++ticket, news("b" + std::to_string(i), Priority::Answer, "B" + std::to_string(i)));
  for (int i = 0; i < 50; ++i) queue.add(++ticket, news("a" + std::to_string(i), Priority::Alert, "A" + std::to_string(i)));
  std::optional<MonoTime> first;
  std::string order;
  for (MonoTime now = kStart; now < kStart + 60s; now += 500ms) {
    while (auto job = queue.next(now)) {
      const bool alert = job->outgoing.priority == Priority::Alert;
      if (alert && !first) first = now;
      order += alert ? "a" : "b";
      queue.finish(*job, std::nullopt);
    }
  }
  ASSERT_TRUE(first);
  EXPECT_LE(*first - kStart, 20s);
  EXPECT_NE(order.find("ababab"), std::string::npos) << order;
  EXPECT_EQ(order.find("aa"), std::string::npos) << order;
}

TEST(SendQueue, AnAlertsEditIsNotStarvedByAnswersOfItsChannel) {
  SendQueue queue(SenderOptions{});
  Ticket ticket = 0;
  queue.add(++ticket, news("a", Priority::Alert, "C1"));
  for (MonoTime now = kStart; now < kStart + 20s; now += 500ms) {
    ++ticket;
    queue.add(ticket, outgoing("b" + std::to_string(ticket), "B"));
    while (auto job = queue.next(now)) {
      if (job->outgoing.message.text == "a") return;
      queue.finish(*job, std::nullopt);
    }
  }
  FAIL() << "it never went";
}

}  // namespace
}  // namespace driftwarden::slack
