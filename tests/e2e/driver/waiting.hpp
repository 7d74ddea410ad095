#pragma once
// End-to-end tests wait on the real clock: asking again every 50 ms until what they look for is there.
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace driftwarden::e2e {

inline constexpr std::chrono::milliseconds kPatience{90'000};
inline constexpr std::chrono::milliseconds kAskEvery{50};
/// How long "and nothing more happens" is watched.
inline constexpr std::chrono::milliseconds kQuiet{1'500};

/// The value of `look` once it has one. Throws, naming `what`, when it never has.
template <class Look>
auto await(const std::string& what, Look look, std::chrono::milliseconds patience = kPatience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto found = look();
    if (found) return std::move(*found);
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("waited in vain for " + what);
    std::this_thread::sleep_for(kAskEvery);
  }
}

/// Waits until `holds` is true.
template <class Holds>
void await_that(const std::string& what, Holds holds, std::chrono::milliseconds patience = kPatience) {
  await(what, [&] { return holds() ? std::optional<bool>(true) : std::nullopt; }, patience);
}

inline void be_quiet() { std::this_thread::sleep_for(kQuiet); }

}  // namespace driftwarden::e2e
