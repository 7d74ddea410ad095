#include "gitops/diff/compare.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::IsEmpty;
using testing::SizeIs;

/// An object as a person left it: `spec` beside what Git says, every field of it theirs.
struct Left {
  std::string_view api_version;
  std::string_view kind;
  std::string_view spec;    ///< JSON
  std::string_view fields;  ///< fieldsV1 of the person
};

class DefaultValues : public testing::Test {
 protected:
  DefaultValues() : redactor("key") { context.redactor = &redactor; }

  ObjectDrift run(const Left& left) {
    const json desired{{"apiVersion", left.api_version}, {"kind", left.kind}, {"metadata", {{"name", "a"}, {"namespace", "shop"}}}, {"spec", json::object()}};
    auto live = desired;
    live["spec"] = json::parse(left.spec);
    live["metadata"]["managedFields"] = json::array(
        {{{"manager", "driftwarden"}, {"operation", "Apply"}, {"apiVersion", left.api_version}, {"fieldsV1", json::object()}},
         {{"manager", "kubectl-patch"}, {"operation", "Update"}, {"apiVersion", left.api_version}, {"fieldsV1", {{"f:spec", json::parse(left.fields)}}}}});
    return compare(&desired, &live, nullptr, nullptr, context);
  }

  Redactor redactor;
  CompareContext context;
};

TEST_F(DefaultValues, SetBackByHandAreNoDrift) {
  const Left rows[]{
      {"v1", "Service", R"({"type":"ClusterIP"})", R"({"f:type":{}})"},
      {"v1", "Service", R"({"sessionAffinity":"None"})", R"({"f:sessionAffinity":{}})"},
      {"batch/v1", "CronJob", R"({"concurrencyPolicy":"Allow"})", R"({"f:concurrencyPolicy":{}})"},
      {"batch/v1", "CronJob", R"({"suspend":false})", R"({"f:suspend":{}})"},
      {"apps/v1", "Deployment", R"({"replicas":1})", R"({"f:replicas":{}})"},
      {"apps/v1", "Deployment", R"({"template":{"spec":{"terminationGracePeriodSeconds":30}}})",
       R"({"f:template":{"f:spec":{"f:terminationGracePeriodSeconds":{}}}})"},
      {"apps/v1", "Deployment", R"({"template":{"spec":{"serviceAccount":"web","serviceAccountName":"web"}}})",
       R"({"f:template":{"f:spec":{"f:serviceAccount":{}}}})"},
  };
  for (const auto& row : rows) {
    const auto drift = run(row);
    EXPECT_THAT(drift.fields, IsEmpty()) << row.kind << row.spec;
    EXPECT_EQ(drift.verdict, Verdict::Synced) << row.kind << row.spec;
  }
}

TEST_F(DefaultValues, AnythingElseByHandIs) {
  const Left rows[]{
      {"v1", "Service", R"({"type":"NodePort"})", R"({"f:type":{}})"},
      {"batch/v1", "CronJob", R"({"suspend":true})", R"({"f:suspend":{}})"},
      {"apps/v1", "Deployment", R"({"replicas":2})", R"({"f:replicas":{}})"},
      {"apps/v1", "Deployment", R"({"template":{"spec":{"serviceAccount":"old","serviceAccountName":"web"}}})",
       R"({"f:template":{"f:spec":{"f:serviceAccount":{}}}})"},
      {"apps/v1", "Deployment", R"({"template":{"spec":{"automountServiceAccountToken":false}}})",
       R"({"f:template":{"f:spec":{"f:automountServiceAccountToken":{}}}})"},
      {"apps/v1", "Deployment", R"({"template":{"metadata":{"labels":{"scheme":"HTTP"}}}})", R"({"f:template":{"f:metadata":{"f:labels":{"f:scheme":{}}}}})"},
      {"apps/v1", "Deployment", R"({"selector":{"matchLabels":{"protocol":"TCP"}}})", R"({"f:selector":{"f:matchLabels":{"f:protocol":{}}}})"},
      {"shop.example/v1", "Deployment", R"({"replicas":1})", R"({"f:replicas":{}})"},
  };
  for (const auto& row : rows) EXPECT_THAT(run(row).fields, SizeIs(1)) << row.kind << row.spec;
}

TEST_F(DefaultValues, TheRuleCanBeSwitchedOff) {
  context.disabled_rules = {"default-value"};
  EXPECT_THAT(run({"v1", "Service", R"({"type":"ClusterIP"})", R"({"f:type":{}})"}).fields, SizeIs(1));
}

}  // namespace
}  // namespace driftwarden
