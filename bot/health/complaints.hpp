#pragma once
// When an ailment is told to the admins, and when it is told that it is over. Pure.
#include "bot/health/vitals.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

/// What is to be said of one thing. `over`: it is well again.
struct Complaint {
  std::string about;
  std::string words;
  bool over = false;
  bool operator==(const Complaint&) const = default;
};

class Complaints {
 public:
  /// What lasts shorter than `patience` is never told.
  explicit Complaints(Duration patience = std::chrono::minutes{5}) : patience_(patience) {}
  /// Of each ailment once, and once more when it is over.
  std::vector<Complaint> step(const std::vector<Ailment>& ailments, WallTime now);

 private:
  struct Known {
    WallTime since{};
    bool told = false;
  };
  Duration patience_;
  std::map<std::string, Known> known_;
};

}  // namespace driftwarden
