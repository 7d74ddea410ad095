// Whatever came in whatever order: in the end only the end counts.
#include "gitops/base/random.hpp"
#include "gitops/base/text.hpp"
#include "index_fixture.hpp"

#include <map>

namespace driftwarden {
namespace {

using Objects = std::map<std::string, json>;

const std::vector<std::string> kNames{"a", "b", "c", "d", "e", "f"};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(create_seeded_random(seed)), redactor_("key") {
    apps_["shop"] = apps_["pay"] = {};
    const bool confirms = random_->below(2) == 0;
    for (auto* index : {&index_, &fresh_}) {
      for (const auto* name : {"shop", "pay"}) {
        auto app = shop_app();
        app.name = name;
        index->set_app(app);
      }
      App orphans = shop_app();
      orphans.name = "orphans";
      orphans.namespace_ = "shop";
      orphans.orphans = true;
      index->set_app(orphans);
      index->set_confirmation("prod", confirms);
      for (const auto& kind : index->kinds_of("prod")) {
        if (kind == kMaps) continue;
        index->on_relist("prod", kind);
        index->on_listed("prod", kind);
      }
    }
  }

  void step() {
    switch (random_->below(10)) {
      case 0: return desire();
      case 1: return relist();
      case 2: return remove();
      case 3: return answer_lookups();
      case 4: return answer_dry_runs(3);
      case 5: return sync();
      case 6: index_.report(random_->below(2) == 0 ? "shop" : "pay", kNow); return;
      default: return change();
    }
  }

  /// Everything that is asked gets its answer, and the index that saw only the end says the same.
  void expect_same_end() {
    if (!listed_) relist();
    settle(index_);
    for (const auto& [app, desired] : apps_) {
      fresh_.set_desired(app, revision_of(app), manifests_of(desired));
      if (synced_.contains(app)) fresh_.set_last_synced(app, manifests_of(synced_.at(app)));
    }
    fresh_.on_relist("prod", kMaps);
    for (const auto& [name, object] : live_) feed(fresh_, object);
    fresh_.on_listed("prod", kMaps);
    settle(fresh_);
    for (const auto* app : {"shop", "pay", "orphans"}) {
      const auto mine = end_of(index_, app);
      const auto other = end_of(fresh_, app);
      ASSERT_EQ(mine.state, other.state) << app << ": " << mine.reason << " / " << other.reason;
      EXPECT_EQ(mine, other) << app;
      EXPECT_FALSE(index_.is_settling(app));
    }
  }

 private:
  const std::string& any_name() { return kNames[random_->below(kNames.size())]; }
  std::string any_value() { return std::to_string(random_->below(3)); }
  static std::string revision_of(const std::string& app) { return "of-" + app; }
  static std::vector<Manifest> manifests_of(const Objects& objects) {
    std::vector<Manifest> manifests;
    for (const auto& [name, object] : objects) manifests.push_back(manifest(object));
    return manifests;
  }

  void desire() {
    const std::string app = random_->below(2) == 0 ? "shop" : "pay";
    auto& objects = apps_[app];
    objects.clear();
    for (const auto& name : kNames) {
      if (random_->below(2) == 0) objects[name] = config_map(name, {{"k", any_value()}});
    }
    index_.set_desired(app, revision_of(app), manifests_of(objects));
    rendered_.insert(app);
  }

  void sync() {
    const std::string app = random_->below(2) == 0 ? "shop" : "pay";
    if (!rendered_.contains(app)) return;
    synced_[app] = apps_[app];
    if (random_->below(2) == 0) {
      index_.mark_synced(app);
    } else {
      index_.set_last_synced(app, manifests_of(apps_[app]));
    }
  }

  void change() {
    const auto& name = any_name();
    auto object = random_->below(2) == 0 ? edited(name, any_value(), next_version()) : live(config_map(name, {{"k", any_value()}}), next_version());
    const auto tracked = random_->below(4);
    if (tracked < 2) {
      object["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking_id(tracked == 0 ? "shop" : "pay", ref_of(object))}};
    } else if (tracked == 2) {
      object["metadata"]["ownerReferences"] = json::array({json{{"uid", "1"}, {"kind", "X"}}});
    }
    live_[name] = object;
    feed(index_, object);
  }

  void remove() {
    const auto& name = any_name();
    if (live_.erase(name) > 0) index_.on_deleted("prod", ref_of(config_map(name, {})));
  }

  void relist() {
    index_.on_relist("prod", kMaps);
    // Events that a list covers may never have been told.
    for (int i = 0; i < 2; ++i) {
      if (random_->below(2) == 0) live_.erase(any_name());
    }
    for (const auto& [name, object] : live_) feed(index_, object);
    index_.on_listed("prod", kMaps);
    listed_ = true;
  }

  void feed(DriftIndex& index, const json& object) {
    const auto text = object.dump();
    const auto version = object["metadata"].value("resourceVersion", "");
    if (random_->below(2) == 0) {
      index.on_object("prod", {ref_of(object), std::make_shared<const json>(object)});
      return;
    }
    const LiveGlimpse seen{ref_of(object), version, content_hash(object), {}, text};
    if (index.wants("prod", seen)) index.on_object("prod", {seen.ref, std::make_shared<const json>(object), seen.content});
  }

  bool answer_lookups(DriftIndex& index) {
    const auto refs = index.take_lookups("prod");
    for (const auto& ref : refs) {
      const auto found = live_.find(ref.name);
      if (found == live_.end()) {
        index.on_deleted("prod", ref);
      } else {
        index.on_object("prod", {ref, std::make_shared<const json>(found->second)});
      }
    }
    return !refs.empty();
  }
  void answer_lookups() { answer_lookups(index_); }

  /// The server's admission turns "1" into "2", and it refuses objects named f.
  static DryRun planned(const DryRunWanted& wanted) {
    if (wanted.object.name == "f") return {422, nullptr, "no: field is immutable"};
    auto object = *wanted.body;
    if (object["data"]["k"] == "1") object["data"]["k"] = "2";
    return {200, std::make_shared<const json>(live(object, wanted.live_version)), {}};
  }
  bool answer_dry_runs(DriftIndex& index, std::size_t limit) {
    auto taken = index.take_dry_runs("prod", limit, random_->below(2) == 0);
    waiting_.insert(waiting_.end(), taken.begin(), taken.end());
    const bool any = !waiting_.empty();
    while (!waiting_.empty()) {
      const auto at = static_cast<std::ptrdiff_t>(random_->below(waiting_.size()));
      const auto wanted = waiting_[static_cast<std::size_t>(at)];
      waiting_.erase(waiting_.begin() + at);
      index.on_dry_run(wanted, planned(wanted));
      if (limit < 100 && random_->below(3) == 0) break;
    }
    return any;
  }
  void answer_dry_runs(std::size_t limit) { answer_dry_runs(index_, limit); }

  void settle(DriftIndex& index) {
    for (const auto& [app, desired] : apps_) {
      if (&index == &index_ && !rendered_.contains(app)) index.set_desired(app, revision_of(app), {});
    }
    for (int round = 0; round < 20; ++round) {
      for (const auto* app : {"shop", "pay", "orphans"}) index.report(app, kNow);
      answer_lookups(index);
      answer_dry_runs(index, 1000);
    }
  }

  static DriftReport end_of(DriftIndex& index, const std::string& app) {
    // Long after: fights are over by then.
    auto report = index.report(app, kNow + std::chrono::hours(1));
    for (auto& object : report.objects) object.confirmation = Confirmation::NotNeeded;
    return report;
  }
  std::string next_version() { return std::to_string(++version_); }

  std::unique_ptr<Random> random_;
  Redactor redactor_;
  DriftIndex index_{redactor_};
  DriftIndex fresh_{redactor_};
  std::map<std::string, Objects> apps_;
  std::map<std::string, Objects> synced_;
  std::set<std::string> rendered_;
  Objects live_;
  std::vector<DryRunWanted> waiting_;
  int version_ = 100;
  bool listed_ = false;
};

TEST(Property, TheEndIsAllThatCounts) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(seed);
    for (int i = 0; i < 80; ++i) world.step();
    world.expect_same_end();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace driftwarden
