#include "integrations/kubernetes/reachability.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

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

void Reachability::expect(const WatchedKind& kind, MonoTime now) { watches_.try_emplace(kind, Watch{now, {}}); }

void Reachability::alive(const WatchedKind& kind, MonoTime now) {
  const auto watch = watches_.find(kind);
  if (watch == watches_.end()) return;
  watch->second.alive_at = now;
  if (!watch->second.why.empty()) watch->second.why.clear();
}

void Reachability::watch_failed(const WatchedKind& kind, std::string why) {
  if (const auto watch = watches_.find(kind); watch != watches_.end()) watch->second.why = std::move(why);
}

void Reachability::release(const WatchedKind& kind) { watches_.erase(kind); }

bool Reachability::well_without(const WatchedKind& kind) const {
  return settled() && std::any_of(watches_.begin(), watches_.end(), [&](const auto& watch) { return watch.first != kind && watch.second.why.empty(); });
}

MonoTime Reachability::next_due() const {
  auto oldest = heard_at_;
  for (const auto& [kind, watch] : watches_) oldest = std::min(oldest, watch.alive_at);
  return oldest + limit_;
}

std::optional<MonoTime> Reachability::as_of(MonoTime now) const {
  if (!heard_once_) return std::nullopt;
  auto time = heard_at_;
  for (const auto& [kind, watch] : watches_) {
    if (now - watch.alive_at >= limit_) time = std::min(time, watch.alive_at);
  }
  return time;
}

/// "" when every watch speaks.
std::string Reachability::tell_silent(MonoTime now) const {
  const std::pair<const WatchedKind, Watch>* worst = nullptr;
  int others = -1;
  for (const auto& entry : watches_) {
    if (now - entry.second.alive_at < limit_) continue;
    ++others;
    if (worst == nullptr || entry.second.alive_at < worst->second.alive_at) worst = &entry;
  }
  if (worst == nullptr) return {};
  auto text = "the watch of " + worst->first.kind;
  if (others > 0) text += others == 1 ? " (and 1 other)" : " (and " + std::to_string(others) + " others)";
  text += " has been silent for " + format_age(std::chrono::duration_cast<Duration>(now - worst->second.alive_at));
  if (!worst->second.why.empty()) text += ": " + worst->second.why;
  return text;
}

std::optional<ReachChange> Reachability::take_change(MonoTime now) {
  const bool silent = now - heard_at_ >= limit_;
  const bool refused = probes_failed_ >= 2 && requests_failed_ >= 2;
  const auto silent_watch = tell_silent(now);
  if (silent || refused || !silent_watch.empty()) {
    if (told_ == false) return std::nullopt;
    told_ = false;
    if (!silent && !refused) return ReachChange{false, silent_watch};
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
