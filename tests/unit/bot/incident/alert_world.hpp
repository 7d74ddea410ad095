#pragma once
// Incidents with the real store and outbox; what drifts is said by the test. For crowds of Apps, where rendering each would take its time.
#include "bot/incident/incidents.hpp"
#include "tests/support/fakes/slack.hpp"
#include "tests/support/fakes/watched_store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

namespace driftwarden::test {

using namespace std::chrono_literals;

class AlertWorld {
 public:
  AlertWorld() : clock(io), random(create_seeded_random(7)), store(clock), async(store, io.get_executor()) {
    config.slack.default_channel = "#gitops";
    config.slack.admin_channel = "#driftwarden";
    for (const auto* name : {"prod-eu", "prod-us"}) {
      ClusterConfig cluster;
      cluster.name = name;
      config.clusters.push_back(cluster);
    }
    Person alice;
    alice.name = "alice";
    alice.slack = "U0ALICE";
    config.people.push_back(alice);
  }
  ~AlertWorld() { stop(); }

  App& add_app(const std::string& name, const std::string& cluster = "prod-eu", const std::string& environment = "staging", const std::string& channel = "#shop") {
    App app;
    app.name = name;
    app.cluster = cluster;
    app.namespace_ = "shop";
    app.environment = environment;
    app.channel = channel;
    app.owners = {"alice"};
    config.apps.push_back(app);
    return config.apps.back();
  }
  void add_apps(int count, const std::string& channel = "#shop") {
    for (int i = 0; i < count; ++i) add_app(name_of(i), i % 2 == 0 ? "prod-eu" : "prod-us", "staging", channel);
  }
  static std::string name_of(int i) { return fmt::format("app-{:04}", i); }

  void start() {
    messenger = std::make_unique<Messenger>(slack, slack);
    outbox = std::make_unique<Outbox>(io.get_executor(), async, clock, *random, Outbox::Limits{});
    Fleet::Parts parts;
    parts.executor = io.get_executor();
    parts.pool = io.get_executor();
    parts.clock = &clock;
    parts.random = random.get();
    parts.config = &config;
    parts.redactor = &redactor;
    fleet = std::make_unique<Fleet>(std::move(parts));
    incidents = std::make_unique<Incidents>(io.get_executor(), clock, config, async, *outbox, *messenger, *fleet);
    outbox->start();
    incidents->start();
    clock.settle();
  }
  void stop() {
    if (!outbox) return;
    run(io, incidents->stop());
    run(io, outbox->stop());
    incidents.reset();
    fleet.reset();
    outbox.reset();
    messenger.reset();
  }
  void restart() {
    stop();
    store.revive();
    start();
  }

  static DriftReport drift(const std::string& app, const std::string& path = ".spec.replicas", const std::string& live = "5", const std::string& manager = "kubectl-edit") {
    DriftReport report;
    report.app = app;
    report.state = AppState::OutOfSync;
    report.cause = Cause::LiveEdited;
    report.revision = "4f2c81a";
    FieldDrift field;
    field.path = path;
    field.by = manager;
    field.cause = FieldCause::Live;
    field.desired = "2";
    field.live = live;
    report.objects.push_back({{"apps", "v1", "Deployment", "shop", app}, Verdict::OutOfSync, {field}, {}});
    return report;
  }
  static DriftReport missing(const std::string& app) {
    auto report = drift(app);
    report.cause = Cause::Missing;
    report.objects.front().verdict = Verdict::Missing;
    report.objects.front().fields.clear();
    return report;
  }
  /// Its drift is nobody else's.
  static DriftReport own_drift(int i) { return drift(name_of(i), ".spec.replicas", std::to_string(10 + i)); }
  void report(DriftReport drift) { incidents->on_report(std::move(drift)); }
  void heal(const std::string& app) {
    DriftReport synced;
    synced.app = app;
    synced.state = AppState::Synced;
    synced.revision = "4f2c81a";
    report(std::move(synced));
  }

  template <class T>
  T look(const std::function<Result<T>(storage::Transaction&)>& work) {
    std::optional<T> value;
    auto done = store.transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(value, work(tx));
      return Result<void>{};
    });
    if (!done) throw std::runtime_error(done.error().message);
    return std::move(*value);
  }
  Incident incident(const std::string& app) {
    auto all = look<std::vector<Incident>>([app](storage::Transaction& tx) { return tx.incidents_of(app, 100); });
    if (all.empty()) throw std::runtime_error("no incident of " + app);
    return all.front();
  }
  std::vector<Incident> open() {
    return look<std::vector<Incident>>([](storage::Transaction& tx) { return tx.open_incidents(); });
  }
  void transact(const std::function<Result<void>(storage::Transaction&)>& work) {
    auto done = store.transact(work);
    if (!done) throw std::runtime_error(done.error().message);
    outbox->wake();
    clock.settle();
  }

  std::size_t alerts() const { return slack.with_key("incident:").size(); }
  const slack::Message& alert(std::size_t i = 0) const { return slack.with_key("incident:").at(i)->now(); }
  std::vector<std::string> notes() const {
    std::vector<std::string> texts;
    for (const auto* note : slack.with_key("note:")) texts.push_back(note->now().text);
    return texts;
  }
  /// What people see in the channel itself: messages, and replies that are broadcast.
  std::size_t seen_in(const std::string& channel) const {
    std::size_t count = 0;
    for (const auto& message : slack.messages) count += message.at.channel == channel && (message.thread_ts.empty() || message.now().broadcast) ? 1U : 0U;
    return count;
  }
  std::size_t all_in(const std::string& channel) const {
    return static_cast<std::size_t>(std::ranges::count_if(slack.messages, [&](const PostedMessage& message) { return message.at.channel == channel; }));
  }

  asio::io_context io;
  ManualClock clock;
  std::unique_ptr<Random> random;
  WatchedStore store;
  AsyncStore async;
  Config config;
  Redactor redactor{"key"};
  FakeSlack slack;
  std::unique_ptr<Messenger> messenger;
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<Incidents> incidents;
};

}  // namespace driftwarden::test
