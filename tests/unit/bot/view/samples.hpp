#pragma once
// The App, drift and Change that the views are shown with.
#include "bot/view/alert_view.hpp"
#include "bot/view/answer_view.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/record_view.hpp"
#include "tests/support/block_kit.hpp"
#include "tests/support/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::view::sample {

using namespace std::chrono_literals;
inline const WallTime kNine{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 9h};
inline const std::string kSha = "4f2c81a0b5d6e7f80912a3b4c5d6e7f809123456";
inline const std::string kHostile = "</div> <!channel> `rm -rf` *bold* & <@U1>\nnext line \x1b[31m";

inline App app(const std::string& name = "checkout") {
  App made;
  made.name = name;
  made.repository = "config";
  made.path = "apps/" + name;
  made.cluster = "prod-eu";
  made.namespace_ = "shop";
  made.environment = "prod";
  made.channel = "#shop-prod";
  made.owners = {"shop-team"};
  return made;
}

inline ObjectRef deployment(const std::string& name = "checkout") { return {"apps", "v1", "Deployment", "shop", name}; }

inline FieldDrift field(const std::string& path, std::optional<std::string> desired, std::optional<std::string> live, FieldOp op = FieldOp::Changed) {
  FieldDrift made;
  made.path = path;
  made.op = op;
  made.desired = std::move(desired);
  made.live = std::move(live);
  return made;
}

inline FieldDrift scaled() {
  auto made = field(".spec.replicas", "2", "5");
  made.by = "kubectl-client-side-apply";
  made.cause = FieldCause::Live;
  made.time = kNine + 12s;
  return made;
}

inline DriftReport report(std::vector<ObjectDrift> objects, Cause cause = Cause::LiveEdited) {
  DriftReport made;
  made.app = "checkout";
  made.state = AppState::OutOfSync;
  made.cause = cause;
  made.revision = kSha;
  made.objects = std::move(objects);
  made.objects_total = 6;
  made.as_of = kNine + 30s;
  return made;
}

inline DriftReport edited_live() { return report({{deployment(), Verdict::OutOfSync, {scaled()}, {}}}); }

inline Incident incident(DriftReport drift = edited_live(), IncidentState state = IncidentState::Open) {
  Incident made;
  made.id = 7;
  made.app = "checkout";
  made.state = state;
  made.report = std::move(drift);
  made.opened_at = kNine + 12s;
  made.updated_at = kNine + 12s;
  return made;
}

/// A report with something of each kind to say.
inline DriftReport everything_at_once() {
  auto image = field(".spec.template.spec.containers[name=\"app\"].image", "\"shop/checkout:1.4\"", "\"shop/checkout:1.3\"");
  image.by = "kubectl-edit";
  image.time = kNine;
  auto made = report({{deployment(), Verdict::OutOfSync, {scaled(), image}, {"rolled-back", "unconfirmed", "autoscaled"}},
                      {{"", "v1", "Service", "shop", "cart"}, Verdict::OutOfSync, {}, {"terminating"}}}, Cause::Fight);
  made.fights = {{deployment(), ".spec.replicas", {"argocd-controller", "kubectl-patch"}, 4, kNine + 20s}};
  made.rules = {{".data.motd of ConfigMap shop/*", "bob", "changes daily", kNine + 720h, 2, false},
                {".spec.replicas of Deployment *", "alice", "scaled by KEDA, OPS-12", WallTime{std::chrono::sys_days{std::chrono::year{2026} / 6 / 30}}, 1, true},
                {".spec.x of Deployment *", "", "", {}, 0, false}};
  made.floating = {{deployment(), "nginx:latest"}, {deployment("web"), "nginx:latest"}};
  made.warnings = {"Deployment shop/checkout: .spec.replicass is not in the schema"};
  return made;
}

inline App orphans_app() {
  App made;
  made.name = "orphans-prod-eu-shop";
  made.cluster = "prod-eu";
  made.namespace_ = "shop";
  made.environment = "prod";
  made.orphans = true;
  return made;
}

inline DriftReport orphans() {
  DriftReport made;
  made.app = orphans_app().name;
  made.state = AppState::OutOfSync;
  made.cause = Cause::Extra;
  const auto object = [](const std::string& kind, const std::string& name, std::vector<std::string> notes) {
    return ObjectDrift{{"", "v1", kind, "shop", name}, Verdict::Untracked, {}, std::move(notes)};
  };
  made.objects = {object("Service", "debug", {"created by kubectl-expose 2026-11-21T08:59:00Z"}), object("ConfigMap", "tmp", {"created by <!here> x 2026-11-19T09:00:00Z"}), object("Service", "old", {}),
                  object("Service", "older", {"created 2026-11-19T09:00:00Z"}), object("Secret", "key", {"created by kubectl"})};
  made.objects_total = made.objects.size();
  made.as_of = kNine;
  return made;
}

inline Change change(ChangeState state = ChangeState::Proposed) {
  Change made;
  made.id = 12;
  made.app = "checkout";
  made.verb = ChangeVerb::Sync;
  made.state = state;
  made.requester = "alice";
  made.reason = "the load test is over";
  made.target_revision = kSha;
  made.content = {"9e8d7c6b5a493827160594837261504f3e2d1c0b", "d1"};
  made.diff = "Deployment shop/checkout\n  .spec.replicas\n- 5\n+ 2\n";
  made.quorum = {1, {"sre", "bob"}};
  made.pull_request = 3;
  made.pull_request_url = "https://forge.example.org/acme/config/pulls/3";
  made.requested_at = kNine + 60s;
  made.updated_at = kNine + 150s;
  made.expires_at = kNine + 4h;
  if (state != ChangeState::Requested && state != ChangeState::Proposed) made.merged_sha = "77aa88bb99cc00dd11ee22ff33445566778899aa";
  return made;
}

/// Compares with the golden file, and with Slack's limits.
inline void expect_view(const std::string& name, const slack::Message& message) {
  EXPECT_THAT(test::block_kit_faults(message), testing::IsEmpty());
  test::expect_golden("view/" + name + ".json", test::message_text(message));
}

}  // namespace driftwarden::view::sample
