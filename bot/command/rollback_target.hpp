#pragma once
// What may follow `rollback APP to`. Pure.
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// Name: one word, for Git or as an image's tag ("4f2c81a", "HEAD~1", "1.4.1"). Moment: what was in force then. Before: the commit that the last
/// one of somebody was made on ("before alice's last", "before alice").
struct RollbackTarget {
  enum class Kind { Name, Moment, Before };
  Kind kind = Kind::Name;
  std::string text;  ///< the word, the moment as written, or the person
  bool operator==(const RollbackTarget&) const = default;
};
std::optional<RollbackTarget> rollback_target_from(const std::string& text);

/// True when one of the lines holds the tag as an image's: "web:1.4.1", `tag: 1.4.1`, `newTag: "1.4.1"`.
bool holds_tag(const std::string& file, const std::string& tag);

}  // namespace driftwarden
