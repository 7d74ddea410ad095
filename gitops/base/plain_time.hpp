#pragma once
// Moments in words that aren't Slack's: quoted, cited, in the audit log's answers, shown to a model.
#include "gitops/base/clock.hpp"
#include "gitops/base/text.hpp"

#include <string>

namespace driftwarden {

/// "2026-11-23 01:39 UTC"
inline std::string plain_time(WallTime time) {
  const auto text = format_time(time);
  return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

/// The same of a moment as it is stored; what is none stays as it is.
inline std::string plain_moment(const std::string& stored) {
  const auto time = parse_time(stored);
  return time ? plain_time(*time) : stored;
}

}  // namespace driftwarden
