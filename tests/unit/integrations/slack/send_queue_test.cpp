#include "integrations/slack/send_queue.hpp"

#include <gtest/gtest.h>

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
                    QueueRow{"AnEditThatWaitsIsReplaced", {edit("a", "1.1", "A1"), outgoing("b", "B"), edit("a", "1.1", "A2")}, "A2@1.1*2, B*1"},
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

}  // namespace
}  // namespace driftwarden::slack
