#include "integrations/net/backoff.hpp"

#include <algorithm>

namespace driftwarden::net {

Duration Backoff::next() {
  auto upper = std::min(limits_.base, limits_.max);
  for (int i = 0; i < failures_ && upper < limits_.max; ++i) upper = std::min(upper * 2, limits_.max);
  ++failures_;
  const auto lower = std::min(limits_.base / 2, upper);
  const auto span = static_cast<std::uint64_t>((upper - lower).count());
  return lower + Duration{static_cast<Duration::rep>(random_.below(span + 1))};
}

}  // namespace driftwarden::net
