#pragma once
// When each repository's pull requests are looked at: each on its own beat, so that a slow one keeps none of the others waiting. Pure.
#include "gitops/base/clock.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// A repository is looked at half a minute after its last look ended, after failures more and more seldom, and never twice at a time. Four looks are under way
/// at once; one that takes long gives its place to another, up to sixteen.
class Beats {
 public:
  void add(const std::string& repository) { beats_[repository] = {}; }
  bool empty() const { return beats_.empty(); }
  /// Those to be looked at now, the one that is due for longest first. They are under way until `ended`.
  std::vector<std::string> begin(MonoTime now);
  void ended(const std::string& repository, bool good, MonoTime now);
  /// All are due, but those that fail; one that is looked at just now is looked at again.
  void hurry(MonoTime now);
  /// When `begin` may have something else to say, unless a look ends before.
  MonoTime next(MonoTime now) const;

 private:
  struct Beat {
    MonoTime due{};
    int failures = 0;
    std::optional<MonoTime> began{};
    bool again = false;
  };
  std::size_t places(MonoTime now) const;

  std::map<std::string, Beat> beats_;
};

}  // namespace driftwarden
