#include "integrations/kubernetes/watch_fsm.hpp"

namespace driftwarden::kubernetes {

using Do = WatchStep::Do;
using Pause = WatchStep::Pause;

WatchStep WatchFsm::start() {
  now_ = Do::Resolve;
  WatchStep step;
  step.what = now_;
  return step;
}

WatchStep WatchFsm::list_from_start() {
  now_ = Do::List;
  continue_.clear();
  resource_version_.clear();
  WatchStep step;
  step.what = now_;
  step.relist = true;
  return step;
}

WatchStep WatchFsm::sleep(Pause pause, Do then) {
  now_ = Do::Sleep;
  after_sleep_ = then;
  WatchStep step;
  step.what = now_;
  step.pause = pause;
  return step;
}

WatchStep WatchFsm::on_resolved() { return list_from_start(); }

WatchStep WatchFsm::on_page(const std::string& resource_version, const std::string& continue_token) {
  continue_ = continue_token;
  WatchStep step;
  step.what = Do::List;
  if (!continue_.empty()) return step;
  resource_version_ = resource_version;
  step.what = now_ = Do::Watch;
  step.listed = true;
  return step;
}

WatchStep WatchFsm::on_opened() {
  now_ = Do::Read;
  WatchStep step;
  step.what = now_;
  return step;
}

WatchStep WatchFsm::on_event(const std::string& resource_version) {
  resource_version_ = resource_version;
  progressed_ = true;
  gone_in_a_row_ = corrupt_in_a_row_ = quick_ends_ = 0;
  WatchStep step;
  step.what = Do::Read;
  return step;
}

WatchStep WatchFsm::on_gone() {
  // Once is normal; again without a single event between is a server that compacts faster than it lists.
  if (++gone_in_a_row_ <= 1) return list_from_start();
  return sleep(Pause::BackOff, Do::List);
}

WatchStep WatchFsm::on_ended(bool quick) {
  // A quiet watch may end without an event every few minutes; a server that ends each at once must not be hammered.
  quick_ends_ = quick ? quick_ends_ + 1 : 0;
  if (quick_ends_ > 1) return sleep(Pause::BackOff, Do::Watch);
  now_ = Do::Watch;
  WatchStep step;
  step.what = now_;
  return step;
}

WatchStep WatchFsm::on_failed(ErrorKind kind) {
  if (kind == ErrorKind::NotFound || kind == ErrorKind::Denied) {
    auto step = sleep(Pause::Kind, Do::Resolve);
    step.failed = true;
    step.forget = kind == ErrorKind::NotFound;
    return step;
  }
  const bool watching = now_ == Do::Watch || now_ == Do::Read;
  auto then = now_ == Do::Resolve ? Do::Resolve : Do::List;
  if (watching) then = Do::Watch;
  // The same version may bring the same broken line for ever.
  if (watching && kind == ErrorKind::Corrupt && ++corrupt_in_a_row_ > 2) then = Do::List;
  if (watching && kind == ErrorKind::InvalidInput) then = Do::List;
  return sleep(Pause::BackOff, then);
}

WatchStep WatchFsm::on_refused() {
  auto step = sleep(Pause::Kind, Do::Resolve);
  step.failed = true;
  return step;
}

WatchStep WatchFsm::on_slept() {
  if (after_sleep_ == Do::List) return list_from_start();
  now_ = after_sleep_;
  WatchStep step;
  step.what = now_;
  return step;
}

}  // namespace driftwarden::kubernetes
