#include "bot/pulls/beats.hpp"

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

constexpr Duration kLookEvery{30'000};
constexpr Duration kLongestBackOff{600'000};
constexpr Duration kLong{30'000};
constexpr std::size_t kAtOnce = 4;
constexpr std::size_t kMostAtOnce = 16;

Duration back_off(int failures) {
  auto wait = kLookEvery;
  for (int i = 0; i < failures && wait < kLongestBackOff; ++i) wait *= 2;
  return std::min(wait, kLongestBackOff);
}

}  // namespace

/// For looks that may begin now.
std::size_t Beats::places(MonoTime now) const {
  std::size_t all = 0;
  std::size_t quick = 0;
  for (const auto& [repository, beat] : beats_) {
    if (!beat.began) continue;
    ++all;
    if (now - *beat.began < kLong) ++quick;
  }
  const auto left = [](std::size_t most, std::size_t taken) { return most - std::min(most, taken); };
  return std::min(left(kAtOnce, quick), left(kMostAtOnce, all));
}

std::vector<std::string> Beats::begin(MonoTime now) {
  std::vector<std::string> due;
  for (const auto& [repository, beat] : beats_) {
    if (!beat.began && beat.due <= now) due.push_back(repository);
  }
  std::ranges::stable_sort(due, {}, [&](const std::string& repository) { return beats_.at(repository).due; });
  due.resize(std::min(due.size(), places(now)));
  for (const auto& repository : due) beats_.at(repository).began = now;
  return due;
}

void Beats::ended(const std::string& repository, bool good, MonoTime now) {
  auto& beat = beats_.at(repository);
  beat.began.reset();
  beat.failures = good ? 0 : beat.failures + 1;
  const bool at_once = std::exchange(beat.again, false) && good;
  beat.due = at_once ? now : now + back_off(beat.failures);
}

void Beats::hurry(MonoTime now) {
  for (auto& [repository, beat] : beats_) {
    if (beat.began) beat.again = true;
    if (!beat.began && beat.failures == 0) beat.due = std::min(beat.due, now);
  }
}

MonoTime Beats::next(MonoTime now) const {
  auto next = now + kLookEvery;
  for (const auto& [repository, beat] : beats_) {
    const auto long_from = beat.began ? *beat.began + kLong : beat.due;
    if (long_from > now) next = std::min(next, long_from);
  }
  return next;
}

}  // namespace driftwarden
