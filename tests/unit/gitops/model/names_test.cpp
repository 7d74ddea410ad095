#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

TEST(ChangeNames, RoundTrip) {
  EXPECT_EQ(change_name(12), "C-12");
  for (const auto* text : {"C-12", "c-12", "c12", "12"}) EXPECT_EQ(parse_change_name(text), 12) << text;
  for (const auto* text : {"", "C-", "C-0", "C--1", "C-12x", "checkout"}) EXPECT_FALSE(parse_change_name(text)) << text;
}

TEST(ObjectRefs, KnowTheirIdentity) {
  ObjectRef deployment;
  deployment.set_api_version("apps/v1");
  deployment.kind = "Deployment";
  deployment.namespace_ = "shop";
  deployment.name = "checkout";
  EXPECT_EQ(deployment.api_version(), "apps/v1");
  EXPECT_EQ(object_id(deployment), "apps/Deployment:shop/checkout");
  EXPECT_EQ(to_string(deployment), "Deployment shop/checkout");
  auto beta = deployment;
  beta.version = "v1beta1";
  EXPECT_TRUE(same_object(deployment, beta));
  ObjectRef space;
  space.set_api_version("v1");
  EXPECT_EQ(space.group, "");
  EXPECT_EQ(space.api_version(), "v1");
}

DriftReport report_of(const std::string& live) {
  DriftReport report;
  FieldDrift field;
  field.path = ".spec.replicas";
  field.live = live;
  ObjectDrift drift;
  drift.object.name = "checkout";
  drift.verdict = Verdict::OutOfSync;
  drift.fields.push_back(field);
  report.objects.push_back(drift);
  return report;
}

TEST(Fingerprint, SeesContentAndNothingElse) {
  auto report = report_of("5");
  const auto digest = fingerprint(report);
  report.as_of += std::chrono::hours{1};
  report.revision = "another";
  report.objects[0].fields[0].time = WallTime{};
  EXPECT_EQ(fingerprint(report), digest);
  EXPECT_NE(fingerprint(report_of("6")), digest);
  auto two = report;
  two.objects.push_back(report.objects[0]);
  two.objects[1].object.name = "cart";
  auto swapped = two;
  std::swap(swapped.objects[0], swapped.objects[1]);
  EXPECT_EQ(fingerprint(two), fingerprint(swapped));
}

TEST(States, FinalOnesAreFinal) {
  for (const auto state : {ChangeState::Done, ChangeState::Rejected, ChangeState::Expired, ChangeState::Failed, ChangeState::Cancelled}) EXPECT_TRUE(is_final(state));
  for (const auto state : {ChangeState::Requested, ChangeState::Proposed, ChangeState::Approved, ChangeState::Merged, ChangeState::Verifying}) EXPECT_FALSE(is_final(state));
  EXPECT_EQ(change_state_from(to_string(ChangeState::Verifying)), ChangeState::Verifying);
}

}  // namespace
}  // namespace driftwarden
