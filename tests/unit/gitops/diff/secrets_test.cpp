// drift.md section 6: nothing of a Secret leaves the comparator, whichever way it is looked at.
#include "gitops/diff/compare.hpp"
#include "gitops/diff/drift_diff.hpp"
#include "gitops/diff/print.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }

json managed(const std::string& manager, const std::string& operation, const std::string& fields) {
  return {{"manager", manager}, {"operation", operation}, {"apiVersion", "v1"}, {"time", "2026-05-01T10:00:00Z"}, {"fieldsV1", json::parse(fields)}};
}

const std::string kPlain = "geheim-wort";
const std::string kEncoded = "Z2VoZWltLXdvcnQ=";

class Secrets : public testing::Test {
 protected:
  Secrets() : redactor("key") { context.redactor = &redactor; }

  /// Everything that anybody gets to see.
  std::string all_of(const ObjectDrift& drift, const json& desired, const json& live) const {
    const auto d = redactor.redact(desired);
    const auto l = redactor.redact(live);
    return to_text(drift) + to_json(drift).dump() + drift_diff(&d, &l, drift) + unified_yaml_diff(d, l);
  }
  ObjectDrift run(const json& desired, const json& live, const DryRun* dry_run = nullptr, const json* last = nullptr) {
    auto drift = compare(&desired, &live, last, dry_run, context);
    const auto seen = all_of(drift, desired, live);
    EXPECT_THAT(seen, Not(HasSubstr(kPlain)));
    EXPECT_THAT(seen, Not(HasSubstr(kEncoded)));
    EXPECT_THAT(seen, Not(HasSubstr(kEncoded.substr(0, kEncoded.size() - 2)))) << "not even a part";
    return drift;
  }
  Redactor redactor;
  CompareContext context;
};

json secret(const std::string& body) { return yaml("{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}, " + body + "}"); }

TEST_F(Secrets, ChangedValues) {
  EXPECT_EQ(run(secret("data: {p: " + kEncoded + "}"), secret("data: {p: eA==}")).fields.size(), 1U);
  EXPECT_EQ(run(secret("data: {p: eA==}"), secret("data: {p: " + kEncoded + "}")).fields.size(), 1U);
  EXPECT_EQ(run(secret("stringData: {p: " + kPlain + "}"), secret("data: {p: eA==}")).fields.size(), 1U);
  EXPECT_EQ(run(secret("stringData: {p: x}"), secret("data: {p: " + kEncoded + "}")).verdict, Verdict::OutOfSync);
}

TEST_F(Secrets, EqualValuesLookEqualInBothSpellings) {
  auto live = secret("data: {p: " + kEncoded + ", q: eA==}");
  const auto drift = run(secret("stringData: {p: " + kPlain + ", q: y}"), live);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].path, ".data.q");
  const auto diff = drift_diff(&static_cast<const json&>(redactor.redact(secret("stringData: {p: " + kPlain + ", q: y}"))), &live, drift);
  EXPECT_THAT(diff, testing::AllOf(HasSubstr("-  q: hmac:"), HasSubstr("+  q: hmac:"), Not(HasSubstr("stringData")))) << diff;
}

TEST_F(Secrets, RemovedAddedAndStaleValues) {
  EXPECT_EQ(run(secret("data: {p: " + kEncoded + "}"), secret("type: Opaque")).fields.size(), 1U);
  auto live = secret("data: {p: " + kEncoded + "}");
  live["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", R"({"f:data":{".":{},"f:p":{}}})")});
  EXPECT_THAT(run(secret("type: Opaque"), live).fields, Contains(testing::Field(&FieldDrift::op, FieldOp::Added)));
  live["metadata"]["managedFields"] = json::array({managed("driftwarden", "Apply", R"({"f:data":{"f:p":{}}})")});
  EXPECT_THAT(run(secret("data: {q: eA==}"), live).fields, Contains(testing::Field(&FieldDrift::op, FieldOp::Stale)));
}

TEST_F(Secrets, ValuesOfTheWrongTypeAreNoWayOut) {
  run(secret("data: {p: [" + kPlain + "]}"), secret("data: {p: {a: " + kPlain + "}}"));
  run(secret("data: " + kPlain), secret("data: [" + kEncoded + "]"));
  run(secret("data: {p: {a: {b: " + kPlain + "}}}"), secret("data: {p: {a: {b: x}}}"));
}

/// A map of annotations is shown as a whole when a person made it; last-applied in it holds every value of the Secret.
TEST_F(Secrets, LastAppliedAmongAddedAnnotations) {
  auto live = secret("data: {p: " + kEncoded + "}");
  const auto last_applied = R"({"apiVersion":"v1","kind":"Secret","data":{"p":")" + kEncoded + R"("},"stringData":{"p":")" + kPlain + R"("}})";
  live["metadata"]["annotations"] = {{"by-hand", "1"}, {"kubectl.kubernetes.io/last-applied-configuration", last_applied}};
  live["metadata"]["managedFields"] = json::array({managed("kubectl-annotate", "Update", R"({"f:metadata":{"f:annotations":{".":{},"f:by-hand":{}}}})")});
  const auto drift = run(secret("data: {p: " + kEncoded + "}"), live);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].live, R"({"by-hand":"1"})");
}

TEST_F(Secrets, LastAppliedAmongStaleAnnotations) {
  auto live = secret("data: {p: " + kEncoded + "}");
  live["metadata"]["annotations"] = {
      {"old", "1"}, {"kubectl.kubernetes.io/last-applied-configuration", R"({"metadata":{"annotations":{"old":"1"}},"data":{"p":")" + kEncoded + R"("}})"}};
  live["metadata"]["managedFields"] = json::array({managed("helm", "Update", R"({"f:metadata":{"f:annotations":{}}})")});
  EXPECT_EQ(run(secret("data: {p: " + kEncoded + "}"), live).fields.size(), 1U);
}

TEST_F(Secrets, MessagesOfTheServerAreNotPassedOn) {
  const DryRun refused{422, nullptr, "Secret \"s\" is invalid: data[p]: Invalid value: \"" + kPlain + "\": field is immutable " + kEncoded};
  const auto drift = run(secret("data: {p: " + kEncoded + "}"), secret("data: {p: eA==}"), &refused);
  EXPECT_THAT(drift.notes, ElementsAre("dry-run-failed", "immutable"));
}

TEST_F(Secrets, SensitiveNamesOfConfigMapsAndVariables) {
  const auto map = [](const std::string& value) { return yaml("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {dbPassword: " + value + "}}"); };
  EXPECT_EQ(run(map(kPlain), map("other")).fields.size(), 1U);
  const auto pod = [](const std::string& value) {
    return yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: A, value: a}, {name: API_TOKEN, value: " + value +
                "}]}]}}");
  };
  EXPECT_EQ(run(pod(kPlain), pod("other")).fields.size(), 1U);
  EXPECT_EQ(run(pod("other"), pod(kPlain)).fields.size(), 1U);
  auto reordered = pod(kPlain);
  std::swap(reordered["spec"]["containers"][0]["env"][0], reordered["spec"]["containers"][0]["env"][1]);
  EXPECT_EQ(run(pod(kPlain), reordered).fields.at(0).op, FieldOp::Order);
  const auto none = yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}}");
  EXPECT_EQ(run(pod(kPlain), none).fields.size(), 1U) << "the whole list";
}

TEST_F(Secrets, TheTypeIsCompared) {
  const auto drift = run(secret("type: Opaque, data: {p: " + kEncoded + "}"), secret("type: kubernetes.io/tls, data: {p: " + kEncoded + "}"));
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].live, "\"kubernetes.io/tls\"");
}

TEST_F(Secrets, MadeByAControllerAreNobodysExtra) {
  auto made = secret("data: {p: " + kEncoded + "}");
  made["metadata"]["annotations"] = {{"driftwarden.io/tracking", "shop:/Secret:shop/s"}};
  EXPECT_EQ(compare(nullptr, &made, nullptr, nullptr, context).verdict, Verdict::Extra);
  made["metadata"]["ownerReferences"] = json::array({json{{"kind", "SealedSecret"}, {"controller", true}}});
  EXPECT_EQ(compare(nullptr, &made, nullptr, nullptr, context).verdict, Verdict::Untracked);
}

TEST_F(Secrets, SealedOnesAreComparedByteForByte) {
  const auto sealed = [](const std::string& value) {
    return yaml("{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s}, spec: {encryptedData: {password: " + value + "}}}");
  };
  auto live = sealed("AgBxyz");
  live["status"] = {{"conditions", json::array({json{{"type", "Synced"}}})}};
  EXPECT_THAT(run(sealed("AgBxyz"), live).fields, IsEmpty());
  EXPECT_EQ(run(sealed("AgBxyw"), live).fields.size(), 1U);
  EXPECT_EQ(run(sealed("\"AgBxyz\\n\""), live).fields.size(), 1U) << "base64 of equal meaning is other ciphertext";
}

class Encrypted : public Secrets {
 protected:
  static json in_git(const std::string& body) { return secret(body + ", sops: {mac: 'ENC[m]', encrypted_regex: '^(data|stringData)$'}"); }
};

TEST_F(Encrypted, OnlyTypeAndNamesAreCompared) {
  const auto drift = run(in_git("type: Opaque, data: {a: 'ENC[x]', b: 'ENC[y]'}"), secret("type: Opaque, data: {a: " + kEncoded + ", b: eA==}"));
  EXPECT_EQ(drift.verdict, Verdict::Synced);
  EXPECT_THAT(drift.notes, ElementsAre("encrypted"));
  EXPECT_EQ(drift.confirmation, Confirmation::NotNeeded);
  const auto missing = run(in_git("data: {a: 'ENC[x]', b: 'ENC[y]'}"), secret("data: {a: " + kEncoded + "}"));
  ASSERT_EQ(missing.fields.size(), 1U);
  EXPECT_EQ(missing.fields[0].path, ".data.b");
  EXPECT_EQ(missing.confirmation, Confirmation::NotNeeded) << "ciphertext can't be sent to the server";
  EXPECT_EQ(run(in_git("type: Opaque, data: {a: 'ENC[x]'}"), secret("type: kubernetes.io/tls, data: {a: eA==}")).fields.at(0).path, ".type");
}

TEST_F(Encrypted, StringDataToo) {
  const auto drift = run(in_git("stringData: {a: 'ENC[x]'}"), secret("data: {a: " + kEncoded + "}"));
  EXPECT_EQ(drift.verdict, Verdict::Synced);
  EXPECT_THAT(drift.notes, ElementsAre("encrypted"));
}

TEST_F(Encrypted, WhatIsPlainInGitIsCompared) {
  auto live = secret("data: {a: eA==}");
  auto desired = in_git("data: {a: 'ENC[x]'}");
  desired["metadata"]["labels"] = {{"tier", "a"}};
  live["metadata"]["labels"] = {{"tier", "b"}};
  EXPECT_EQ(run(desired, live).fields.at(0).path, ".metadata.labels.tier");
}

TEST_F(Encrypted, KeysAddedByHandAreTold) {
  auto live = secret("data: {a: eA==, b: " + kEncoded + "}");
  live["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", R"({"f:data":{"f:b":{}}})")});
  const auto drift = run(in_git("data: {a: 'ENC[x]'}"), live);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].path, ".data.b");
}

TEST_F(Secrets, AVariableInAListWithoutKeysIsOneToo) {
  const auto task = [](const std::string& value) {
    return yaml("{apiVersion: ci.example/v1, kind: Task, metadata: {name: t, namespace: shop}, spec: {env: [{name: MODE, value: a}, {name: DB_PASSWORD, value: " + value + "}]}}");
  };
  const auto drift = run(task(kPlain), task("another"));
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].path, ".spec.env[1].value");
  EXPECT_THAT(*drift.fields[0].desired, HasSubstr("hmac:"));
}

}  // namespace
}  // namespace driftwarden
