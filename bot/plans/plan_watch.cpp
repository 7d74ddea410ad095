#include "bot/plans/plan_watch.hpp"

#include "bot/plans/file_prices.hpp"
#include "bot/plans/plan_steps.hpp"
#include "bot/plans/schedule.hpp"
#include "bot/watch/git_inputs.hpp"
#include "gitops/base/gate.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace driftwarden {
namespace {

constexpr Duration kIdle = std::chrono::hours{1};

/// What is remembered of one App.
struct Known {
  App app{};
  std::optional<PlanInputs> inputs{};  ///< as last planned
  std::optional<PlanInputs> synced{};  ///< when it was last in sync
  std::optional<DriftReport> report{};
  std::string text{};
  std::uint64_t plans = 0;
  std::vector<std::shared_ptr<Signal>> waiting{};
};
using KnownPtr = std::shared_ptr<Known>;

PlanWatch::Parts with_tools(PlanWatch::Parts parts) {
  if (!parts.terraform) parts.terraform = terraform::create_tool(*parts.clock, parts.pool);
  if (!parts.ansible) parts.ansible = ansible::create_runner(*parts.clock);
  return parts;
}

}  // namespace

struct PlanWatch::State {
  explicit State(Parts given) : parts(with_tools(std::move(given))), steps(parts), prices(parts), schedule(*parts.random), wake(parts.executor), tasks(parts.executor) {}

  void look_again() {
    std::map<std::string, Duration> every;
    for (auto& app : parts.fleet->apps()) {
      if (app.kind == AppKind::Kubernetes || app.orphans) continue;
      every[app.name] = app.plan.every;
      auto& entry = known[app.name];
      // Dropped and added anew while it is planned: that plan is of what it was.
      if (!entry && schedule.knows(app.name)) wanted.push_back(app.name);
      if (!entry) entry = std::make_shared<Known>();
      const bool other = !entry->app.name.empty() && entry->app != app;
      entry->app = app;
      if (!other) continue;
      entry->inputs.reset();
      wanted.push_back(app.name);
    }
    std::vector<KnownPtr> gone;
    for (const auto& [name, entry] : known) {
      if (!every.contains(name)) gone.push_back(entry);
    }
    std::erase_if(known, [&](const auto& entry) { return !every.contains(entry.first); });
    for (const auto& entry : gone) tell_waiting(*entry);
    schedule.set(every, parts.clock->mono_now());
    for (const auto& name : std::exchange(wanted, {})) schedule.want(name, parts.clock->mono_now());
    wake.notify();
  }

  static void tell_waiting(Known& entry) {
    for (const auto& waiter : std::exchange(entry.waiting, {})) waiter->notify();
  }

  asio::awaitable<void> run() {
    if (!co_await steps.clean_up()) co_return;
    for (;;) {
      const auto now = parts.clock->mono_now();
      const auto running = schedule.running();
      for (const auto& name : schedule.take(now, parts.at_once > running ? parts.at_once - running : 0)) tasks.spawn("plan " + name, run_one(name));
      auto next = schedule.next_due().value_or(now + kIdle);
      // All hands are busy: whoever ends wakes this.
      if (schedule.running() >= parts.at_once) next = now + kIdle;
      const auto woken = co_await wake.wait_until(*parts.clock, next);
      if (!woken) co_return;
    }
  }

  /// Says that it ended however it did.
  struct Turn {
    State& state;
    std::weak_ptr<int> alive;  ///< a frame may go with the io_context, after the state
    std::string name;
    bool well = false;
    KnownPtr entry;  ///< as it began: by the end the App may be gone, or be another
    Turn(State& state_, std::string name_) : state(state_), alive(state_.alive), name(std::move(name_)) {
      const auto found = state.known.find(name);
      if (found != state.known.end()) entry = found->second;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (alive.expired()) return;
      state.schedule.ended(name, well, state.parts.clock->mono_now());
      state.wake.notify();
      if (entry) tell_waiting(*entry);
    }
  };

  asio::awaitable<void> run_one(std::string name) {
    Turn turn(*this, name);
    auto planned = co_await plan(name);
    turn.well = planned && planned->state != AppState::Unknown;
    if (!planned && planned.error().kind != ErrorKind::Cancelled) log_debug("plans", fmt::format("{}: {}", name, planned.error().message));
  }

  /// The caller has begun it in the schedule.
  asio::awaitable<Result<DriftReport>> plan(std::string name) {
    const auto found = known.find(name);
    if (found == known.end()) co_return Error{ErrorKind::NotFound, name + " is no App that is planned"};
    const KnownPtr entry = found->second;
    CO_TRY(const auto turn, co_await gate_of(name).enter());
    const App app = entry->app;
    CO_TRY(auto planned, co_await steps.plan(app, entry->synced));
    entry->inputs = planned.inputs;
    entry->text = std::move(planned.text);
    entry->report = planned.report;
    ++entry->plans;
    if (planned.report.state == AppState::Synced) entry->synced = planned.inputs;
    const auto report = std::move(planned.report);
    // It may be another App by now, or none.
    if (known.contains(name) && known.at(name) == entry) parts.fleet->put_report(report);
    co_return report;
  }

  asio::awaitable<Result<DriftReport>> plan_now(std::string name) {
    const auto found = known.find(name);
    if (found == known.end()) co_return Error{ErrorKind::NotFound, name + " is no App that is planned"};
    if (schedule.begin(name)) {
      Turn turn(*this, name);
      auto planned = co_await plan(name);
      turn.well = planned && planned->state != AppState::Unknown;
      co_return planned;
    }
    const KnownPtr entry = found->second;
    const auto plans = entry->plans;
    auto ended = std::make_shared<Signal>(parts.executor);
    entry->waiting.push_back(ended);
    CO_CHECK_OK(co_await ended->wait());
    const auto still = known.find(name);
    if (still == known.end()) co_return Error{ErrorKind::NotFound, name + " is no App that is planned any more"};
    if (entry->plans == plans || !entry->report) co_return Error{ErrorKind::Unavailable, name + " can't be planned now: its repository wasn't read yet"};
    co_return *entry->report;
  }

  struct Look {
    std::string name{};
    App app{};
    PlanInputs inputs{};
  };

  /// Apps of which a new head has other files are planned.
  asio::awaitable<void> look_at_head(std::string repository, std::string head) {
    std::vector<Look> looks;
    for (const auto& [name, entry] : known) {
      if (entry->app.repository != repository) continue;
      if (entry->inputs) {
        looks.push_back(Look{name, entry->app, *entry->inputs});
      } else {
        schedule.want(name, parts.clock->mono_now());
      }
    }
    wake.notify();
    if (looks.empty()) co_return;
    std::function<Result<std::vector<std::string>>(Mirror&)> work = [looks, head](Mirror& mirror) -> Result<std::vector<std::string>> {
      std::vector<std::string> moved;
      for (const auto& look : looks) {
        const auto revision = revision_in_force(mirror, look.app, head);
        if (!revision || inputs_moved(mirror, look.inputs, *revision)) moved.push_back(look.name);
      }
      return moved;
    };
    auto moved = co_await parts.fleet->repository(repository).with_mirror<std::vector<std::string>>(std::move(work));
    if (!moved) co_return;
    for (const auto& name : *moved) schedule.want(name, parts.clock->mono_now());
    wake.notify();
  }

  /// The data directory of that name is one tool's at a time, also when the App is dropped and added anew.
  Gate& gate_of(const std::string& name) { return gates[name]; }

  Parts parts;
  PlanSteps steps;
  FilePrices prices;
  PlanSchedule schedule;
  std::map<std::string, KnownPtr> known;
  std::map<std::string, Gate> gates;
  std::vector<std::string> wanted;
  std::shared_ptr<int> alive = std::make_shared<int>();
  Signal wake;
  TaskGroup tasks;
};

PlanWatch::PlanWatch(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}
PlanWatch::~PlanWatch() = default;

void PlanWatch::start() {
  state_->look_again();
  state_->tasks.spawn("plans", state_->run());
}

asio::awaitable<void> PlanWatch::stop() {
  co_await state_->tasks.join();
  state_->steps.let_go();
}

void PlanWatch::look_again() { state_->look_again(); }

void PlanWatch::on_head(const std::string& repository, const std::string& head) {
  state_->tasks.spawn("plans of " + repository, state_->look_at_head(repository, head));
}

asio::awaitable<Result<DriftReport>> PlanWatch::plan_now(std::string app) { return state_->plan_now(std::move(app)); }

asio::awaitable<Result<SavedPlan>> PlanWatch::save_plan(App app, std::string id) {
  const auto found = state_->known.find(app.name);
  if (found == state_->known.end()) co_return Error{ErrorKind::NotFound, app.name + " is no App that is planned"};
  CO_TRY(const auto turn, co_await state_->gate_of(app.name).enter());
  co_return co_await state_->steps.save(std::move(app), std::move(id));
}

asio::awaitable<Result<std::string>> PlanWatch::apply_saved(App app, std::string id, std::string digest) {
  const auto found = state_->known.find(app.name);
  if (found == state_->known.end()) co_return Error{ErrorKind::NotFound, app.name + " is no App that is planned"};
  const auto name = app.name;
  CO_TRY(const auto turn, co_await state_->gate_of(name).enter());
  auto applied = co_await state_->steps.apply(std::move(app), std::move(id), std::move(digest));
  // Whatever came of it: how it stands now is told.
  state_->schedule.want(name, state_->parts.clock->mono_now());
  state_->wake.notify();
  co_return applied;
}

void PlanWatch::drop_saved(const std::string& id) { state_->steps.drop(id); }

asio::awaitable<Result<CostChange>> PlanWatch::price_files(App app, std::string before, std::string after) {
  return state_->prices.between(std::move(app), std::move(before), std::move(after));
}

std::string PlanWatch::text(const std::string& app) const {
  const auto found = state_->known.find(app);
  return found == state_->known.end() ? std::string() : found->second->text;
}

}  // namespace driftwarden
