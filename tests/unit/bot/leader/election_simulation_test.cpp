// Several candidates, one Lease, and everything that may go wrong between them: lost and late answers, requests that arrive late, partitions, processes that
// are frozen, clocks that run at different speeds, people who delete or empty the Lease. At no moment may two speak.
#include "bot/leader/leader_steps.hpp"
#include "gitops/base/random.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace driftwarden {
namespace {

using kubernetes::Lease;
using namespace std::chrono_literals;

constexpr Duration kDuration = 9s;
constexpr Duration kTick = 10ms;
const MonoTime kEpoch = MonoTime{} + 100h;
const WallTime kWall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h;

/// As an API server keeps it.
struct Server {
  std::optional<Lease> lease;
  int version = 0;

  Result<std::optional<Lease>> read() const { return lease; }
  Result<Lease> create(Lease given) {
    if (lease) return Error{ErrorKind::Conflict, "exists"};
    return store(std::move(given));
  }
  Result<Lease> update(Lease given) {
    if (!lease) return Error{ErrorKind::NotFound, "gone"};
    if (given.version != lease->version) return Error{ErrorKind::Conflict, "changed"};
    return store(std::move(given));
  }
  Result<Lease> store(Lease given) {
    given.version = std::to_string(++version);
    lease = std::move(given);
    return *lease;
  }
};

struct Faults {
  double lost_request = 0.05;
  double lost_answer = 0.05;
  double slow = 0.1;          ///< up to several seconds each way
  double freeze = 0.0008;     ///< per tick and candidate
  double partition = 0.0008;
  double by_hand = 0.0002;    ///< somebody deletes the Lease, or its holder
  double dies = 0.0002;
};

struct Message {
  Duration at{0};  ///< true time
  std::size_t from = 0;
  ElectionStep step;
  MonoTime sent_at{};  ///< by the sender's clock
  std::uint64_t id = 0;
};
struct Answer {
  Duration at{0};
  std::uint64_t id = 0;
  Result<std::optional<Lease>> read = std::optional<Lease>{};
  Result<Lease> written = Lease{};
};

struct Candidate {
  Election election;
  double speed = 1;       ///< of its clock
  Duration offset{0};     ///< where its clock began
  Duration wall_error{0};
  Duration frozen_until{0};
  Duration cut_off_until{0};
  Duration working_until{0};  ///< after a term: until what it did has ended, and it stands again
  bool led = false;
  std::optional<Message> waits_for;
  Duration gives_up_at{0};
};

class World {
 public:
  World(std::uint64_t seed, std::size_t candidates, Faults faults, ElectionLimits limits = limits_of(kDuration))
      : random_(create_seeded_random(seed)), faults_(faults), limits_(limits) {
    for (std::size_t i = 0; i < candidates; ++i) {
      Candidate one;
      one.speed = 0.9 + 0.2 * random_->unit();
      one.offset = Duration{static_cast<std::int64_t>(random_->below(1'000'000))};
      one.wall_error = Duration{static_cast<std::int64_t>(random_->below(7'200'000)) - 3'600'000};
      start(one, i);
      all_.push_back(std::move(one));
    }
  }

  void run(Duration length) {
    for (const auto end = now_ + length; now_ < end; now_ += kTick) {
      chance();
      deliver();
      for (std::size_t i = 0; i < all_.size(); ++i) act(i);
      check();
    }
  }
  void heal() {
    faults_ = Faults{0, 0, 0, 0, 0, 0, 0};
    for (auto& one : all_) one.frozen_until = one.cut_off_until = now_;
  }
  std::size_t speaking() const {
    std::size_t count = 0;
    for (const auto& one : all_) count += may_speak(one.election, mono(one)) ? 1 : 0;
    return count;
  }
  int terms = 0;
  int lost_terms = 0;
  std::string two_at_once;

 private:
  MonoTime mono(const Candidate& one) const { return kEpoch + one.offset + Duration{static_cast<std::int64_t>(static_cast<double>(now_.count()) * one.speed)}; }
  WallTime wall(const Candidate& one) const { return kWall + now_ + one.wall_error; }

  void start(Candidate& one, std::size_t at) {
    one.election = Election{};
    one.election.identity = "candidate " + std::to_string(at) + " life " + std::to_string(++lives_);
    one.election.limits = limits_;
    one.election.next_at = mono(one);
    one.waits_for.reset();
    one.led = false;
    stand(one.election, mono(one));
  }

  Duration delay() {
    if (random_->unit() < faults_.slow) return Duration{static_cast<std::int64_t>(random_->below(8'000))};
    return Duration{static_cast<std::int64_t>(random_->below(40))};
  }

  void chance() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto& one = all_[i];
      if (random_->unit() < faults_.freeze) one.frozen_until = now_ + Duration{static_cast<std::int64_t>(random_->below(30'000))};
      if (random_->unit() < faults_.partition) one.cut_off_until = now_ + Duration{static_cast<std::int64_t>(random_->below(20'000))};
      if (random_->unit() < faults_.dies) start(one, i);
    }
    if (random_->unit() >= faults_.by_hand || !server_.lease) return;
    if (random_->unit() < 0.5) {
      server_.lease.reset();
    } else {
      auto emptied = *server_.lease;
      emptied.holder.clear();
      (void)server_.store(emptied);
    }
  }

  void deliver() {
    for (std::size_t i = 0; i < requests_.size();) {
      if (requests_[i].at > now_) {
        ++i;
        continue;
      }
      const auto message = requests_[i];
      requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
      Answer answer;
      answer.id = message.id;
      answer.at = now_ + delay();
      switch (message.step.deed) {
        case ElectionDeed::Read: answer.read = server_.read(); break;
        case ElectionDeed::Create: answer.written = server_.create(message.step.lease); break;
        case ElectionDeed::Update: answer.written = server_.update(message.step.lease); break;
        case ElectionDeed::Wait: break;
      }
      if (random_->unit() >= faults_.lost_answer) answers_[message.from].push_back(std::move(answer));
    }
  }

  /// What the Elector does, one step of it.
  void act(std::size_t at) {
    auto& one = all_[at];
    if (now_ < one.frozen_until) return;
    const auto now = mono(one);
    on_time(one.election, now);
    take_answer(one, at, now);
    note_term(one);
    if (one.waits_for) return;
    if (!one.election.leading && !one.election.candidate && now_ >= one.working_until) stand(one.election, now);
    const auto step = next_step(one.election, now, wall(one));
    if (step.deed != ElectionDeed::Wait) send(one, at, step, now);
  }

  void send(Candidate& one, std::size_t at, const ElectionStep& step, MonoTime now) {
    if (step.deed != ElectionDeed::Read) on_sending(one.election, step);
    Message message;
    message.from = at;
    message.step = step;
    message.sent_at = now;
    message.id = ++ids_;
    message.at = now_ + delay();
    one.waits_for = message;
    one.gives_up_at = now_ + step.timeout;
    const bool lost = now_ < one.cut_off_until || random_->unit() < faults_.lost_request;
    if (!lost) requests_.push_back(std::move(message));
  }

  void take_answer(Candidate& one, std::size_t at, MonoTime now) {
    auto& mine = answers_[at];
    if (now_ < one.cut_off_until) mine.clear();
    if (!one.waits_for) return mine.clear();
    for (const auto& answer : mine) {
      if (answer.at > now_ || answer.id != one.waits_for->id) continue;
      const auto sent = *std::exchange(one.waits_for, std::nullopt);
      if (sent.step.deed == ElectionDeed::Read) {
        on_read(one.election, answer.read, now);
      } else {
        on_written(one.election, sent.step, answer.written, sent.sent_at, now);
      }
      return mine.clear();
    }
    if (now_ < one.gives_up_at) return;
    const auto sent = *std::exchange(one.waits_for, std::nullopt);
    const Error late{ErrorKind::Timeout, "no answer in time"};
    if (sent.step.deed == ElectionDeed::Read) {
      on_read(one.election, late, now);
    } else {
      on_written(one.election, sent.step, late, sent.sent_at, now);
    }
  }

  void note_term(Candidate& one) {
    if (one.election.leading == one.led) return;
    one.led = one.election.leading;
    if (one.led) ++terms;
    if (!one.led) {
      ++lost_terms;
      one.working_until = now_ + Duration{static_cast<std::int64_t>(random_->below(3'000))};
    }
  }

  void check() {
    if (speaking() < 2 || !two_at_once.empty()) return;
    two_at_once = "after " + std::to_string(now_.count()) + " ms:";
    for (const auto& one : all_) {
      if (may_speak(one.election, mono(one))) two_at_once += " " + one.election.identity;
    }
  }

  std::unique_ptr<Random> random_;
  Faults faults_;
  ElectionLimits limits_;
  Server server_;
  std::vector<Candidate> all_;
  std::deque<Message> requests_;
  std::map<std::size_t, std::deque<Answer>> answers_;
  Duration now_{0};
  std::uint64_t ids_ = 0;
  int lives_ = 0;
};

/// DRIFTWARDEN_SEEDS asks for more.
std::uint64_t seeds() {
  const char* given = std::getenv("DRIFTWARDEN_SEEDS");
  return given == nullptr ? 300 : std::strtoull(given, nullptr, 10);
}
constexpr Duration kLength = 3min;

TEST(ElectionSimulation, NeverDoTwoSpeakAndSoonOneDoes) {
  int terms = 0;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    World world(seed, 2 + seed % 2, Faults{});
    world.run(kLength);
    ASSERT_EQ(world.two_at_once, "") << "seed " << seed;
    world.heal();
    world.run(3 * kDuration);
    ASSERT_EQ(world.two_at_once, "") << "seed " << seed;
    ASSERT_EQ(world.speaking(), 1U) << "seed " << seed << ": nothing is wrong any more, and nobody leads";
    terms += world.terms;
    lost += world.lost_terms;
  }
  EXPECT_GT(terms, static_cast<int>(seeds()) * 3) << "faults that change nothing prove nothing";
  EXPECT_GT(lost, static_cast<int>(seeds()));
}

/// How many of some seeds end with two that speak.
int found_with(ElectionLimits limits) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed, 3, Faults{}, limits);
    world.run(kLength);
    found += world.two_at_once.empty() ? 0 : 1;
  }
  return found;
}

TEST(ElectionSimulation, FindsALeaderThatGoesOnTooLong) {
  auto limits = limits_of(kDuration);
  limits.silent = kDuration + 3s;
  EXPECT_GT(found_with(limits), 0);
}

TEST(ElectionSimulation, FindsACandidateThatTakesTooSoon) {
  auto limits = limits_of(kDuration);
  limits.duration = 3s;
  EXPECT_GT(found_with(limits), 0);
}

TEST(ElectionSimulation, WithoutFaultsOneLeadsForEver) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, 3, Faults{0, 0, 0, 0, 0, 0, 0});
    world.run(kLength);
    EXPECT_EQ(world.terms, 1) << "seed " << seed;
    EXPECT_EQ(world.speaking(), 1U);
  }
}

}  // namespace
}  // namespace driftwarden
