#include "integrations/kubernetes/reachability.hpp"

#include "gitops/base/text.hpp"

namespace driftwarden::kubernetes {

void Reachability::heard(MonoTime now) {
  heard_at_ = now;
  heard_once_ = true;
  requests_failed_ = probes_failed_ = 0;
  why_.clear();
}

void Reachability::request_failed(std::string why) {
  ++requests_failed_;
  why_ = std::move(why);
}

void Reachability::probe_failed(std::string why) {
  ++probes_failed_;
  why_ = std::move(why);
}

std::optional<ReachChange> Reachability::take_change(MonoTime now) {
  const bool silent = now - heard_at_ >= limit_;
  const bool refused = probes_failed_ >= 2 && requests_failed_ >= 2;
  if (silent || refused) {
    if (told_ == false) return std::nullopt;
    told_ = false;
    auto why = "nothing heard for " + format_age(std::chrono::duration_cast<Duration>(now - heard_at_));
    if (refused && !silent) why = "no connection";
    if (!why_.empty()) why += ": " + why_;
    return ReachChange{false, std::move(why)};
  }
  // After unreachable only a word of the server counts, not the passing of time.
  const bool well = heard_once_ && requests_failed_ == 0 && probes_failed_ == 0;
  if (!well || told_ == true) return std::nullopt;
  told_ = true;
  return ReachChange{true, {}};
}

}  // namespace driftwarden::kubernetes
