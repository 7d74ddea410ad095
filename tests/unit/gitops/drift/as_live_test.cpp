#include "gitops/drift/as_live.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

ObjectRef ref(const std::string& name) { return {"apps", "v1", "Deployment", "shop", name}; }

Manifest manifest(const std::string& name, int replicas) { return {ref(name), std::make_shared<const json>(json{{"spec", {{"replicas", replicas}, {"paused", true}}}}), "", 0}; }

FieldDrift field(const std::string& path, std::optional<std::string> live) {
  FieldDrift drift;
  drift.path = path;
  drift.live = std::move(live);
  return drift;
}

TEST(AsLive, TakesWhatLiveDiffersIn) {
  DriftReport report;
  report.objects.push_back({ref("web"), Verdict::OutOfSync, {field(".spec.replicas", "5"), field(".spec.paused", std::nullopt)}, {}});
  report.objects.push_back({ref("gone"), Verdict::Missing, {}, {}});
  report.objects.push_back({ref("hidden"), Verdict::Unknown, {field(".spec.replicas", "9")}, {}});
  const auto live = as_live_is({manifest("web", 2), manifest("gone", 1), manifest("hidden", 3)}, report);
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(*live[0].body, json::parse(R"({"spec":{"replicas":5}})"));
  EXPECT_EQ(live[1].body->at("spec").at("replicas"), 3);
}

TEST(AsLive, ExtrasCome) {
  DriftReport report;
  report.objects.push_back({ref("extra"), Verdict::Extra, {}, {}});
  report.objects.push_back({ref("unseen"), Verdict::Extra, {}, {}});
  std::vector<Manifest> objects{manifest("web", 2)};
  add_extras(report, [](const ObjectRef& one) { return one.name == "extra" ? std::make_shared<const json>(json{{"kind", "Deployment"}}) : nullptr; }, objects);
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects.back().ref.name, "extra");
}

}  // namespace
}  // namespace driftwarden
